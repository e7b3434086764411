#pragma once
// Where one shot gives way to the next. A decision about a frame looks at most 128 frames to either side.

#include <cstdint>
#include <deque>

#include "analyzers/shots/shot_frame.hpp"

namespace pier::analysis::impl {

/// How a shot begins.
enum class ShotStart : uint8_t { kStream, kCut, kDissolve, kFadeOut, kFadeIn };

struct Decision {
  FrameTime time;
  int64_t sharpness = 0;
  int64_t light = 0;
  ShotStart start = ShotStart::kStream;  // kStream: nothing begins here
  int64_t length = 0;                    // frames of the transition around this one; 0 for a cut
};

class TransitionFinder {
 public:
  static constexpr size_t kReach = 64;        // frames to either side that a comparison looks at
  static constexpr size_t kLag = 2 * kReach;  // a decision comes so many frames late
  static constexpr size_t kHead = 2 * kLag + 1;

  /// True when a frame was decided: `decision` is about the frame kLag before this one.
  bool feed(const ShotFrame& frame, Decision& decision);
  /// After the last frame: the frames that are left, in order; false when there is none.
  bool drain(Decision& decision);

  json::value save() const;
  Result<void> load(const json::value& state);

 private:
  struct Candidate {
    Decision decision;
    int64_t difference = 0;  // between the ends of a gradual transition
  };

  void compare_at(size_t place);
  bool is_cut(size_t place) const;
  bool comes_back(size_t place, int64_t step) const;
  void find_gradual(size_t place, Candidate& candidate) const;
  bool decide(size_t place, Decision& decision);

  // x_candidates[i] is about x_frames[i] as far as it goes: up to kReach frames fewer.
  std::deque<ShotFrame> x_frames;
  std::deque<int64_t> x_steps;  // against the frame before
  std::deque<Candidate> x_candidates;
  size_t x_decided = 0;  // of x_frames
};

}  // namespace pier::analysis::impl
