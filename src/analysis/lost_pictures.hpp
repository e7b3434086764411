#pragma once
// Pictures that went into the decoder and never came out. A decoder says that something failed, not what: a picture is
// called lost when its time never came out and lies near, in the order of what came out, to a complaint. So the answer
// is the same at any number of decoding threads. What is missing without a complaint is no damage: pictures that lead
// the first access point or follow a cut and refer to what is not there, and packets that show nothing. FFmpeg's HEVC
// decoder passes over access units it cannot read without a word: there, whatever is missing between others and leads
// no access point is lost.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "damage.hpp"

namespace pier::analysis::impl {

/// Not thread-safe. Bounded.
class LostPictures {
 public:
  /// `silent`: the decoder is one that loses pictures without a complaint.
  explicit LostPictures(bool silent = false) : x_silent(silent) {}

  /// Presentation time of an access unit; INT64_MIN is not looked at.
  void sent(int64_t pts, int64_t duration, bool key);
  /// True when a picture was lost right before this one, so that it and those after it may refer to it.
  bool came_out(int64_t pts, int64_t duration);
  /// The decoder reported an error since the last frame that came out.
  void complaint();
  /// In order of time.
  std::vector<LostPicture> pictures() const;

 private:
  static constexpr int kReach = 16;  // frames before and after a complaint: as far as pictures are reordered
  static constexpr size_t kMaxWaiting = 4096, kMaxWindows = 10'000;

  struct Window {
    int64_t first = INT64_MIN, last = INT64_MAX;  // presentation times, both inside
  };
  struct Waiting {
    int64_t duration = 0;
    bool leads = false;  // an access point that was sent before it
    bool passed = false;
  };
  bool suspicious(int64_t pts, const Waiting& picture) const;
  void prune();

  std::map<int64_t, Waiting> x_waiting;  // by time
  std::deque<int64_t> x_recent;          // times that came out last
  std::vector<Window> x_windows;
  int x_window_left = 0;  // frames until the last window closes
  bool x_silent = false;
  int64_t x_key = INT64_MIN;  // last access point that was sent
  std::optional<int64_t> x_first_out;
  int64_t x_latest = INT64_MIN;
  bool x_started = false;  // the first access point was sent
  int64_t x_start = INT64_MIN;
};

}  // namespace pier::analysis::impl
