#pragma once
// From what was measured of frames to opposing transitions, and from their number in a second to what it means. Every
// answer depends on a bounded number of frames: at most 1 s (and 334 ms) of cells, 1 s of means, 5 s of counts.

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "analyzers/flash/flash_frame.hpp"

namespace pier::analysis::impl {

/// Spans in ticks of the stream; no span holds more frames than its limit, whatever the time stamps say.
struct FlashSpans {
  static constexpr size_t kSecondFrames = 128;
  static constexpr size_t kStepFrames = 48;
  static constexpr size_t kWindowFrames = 640;
  int64_t second = 0;  // 1 s
  int64_t step = 0;    // 334 ms: slower changes cannot make more than three flashes a second
  int64_t hold = 0;    // 4 s
  int64_t window = 0;  // 5 s

  static FlashSpans of(Rational time_base);
};

/// `then` lies less than `span` before `now`; half a frame of slack for rounded time stamps.
inline bool within(const FrameTime& now, int64_t then, int64_t span) {
  return 2 * (now.pts - then) + now.duration < 2 * span;
}

/// What the cells of one kind (light, red) did up to a frame.
struct CellCounts {
  int64_t transitions = 0;      // the most that more than a quarter of the picture made within a second, up to 16
  int64_t area_millionths = 0;  // share of the picture that made so many
  bool sequence = false;        // more than a quarter made four flashes, leading edges less than 334 ms apart
};

/// Opposing transitions of cells. A cell goes up when it is harmfully brighter than it last was within 334 ms, and down
/// likewise; up after up is one transition. They are counted in two ways, and the larger number holds:
///  - of the whole: up when the cells that went up are more than those that went down by over a quarter of the picture.
///    Things that move make as many cells brighter as darker, and do not count;
///  - of each cell, in frames in which more than a quarter of all cells turn and twice as many as in the frame before:
///    places that flash against each other, in step.
class CellTracker {
 public:
  enum class Quantity : uint8_t { kLight, kRed };
  explicit CellTracker(Quantity quantity) : x_quantity(quantity) {}

  /// `values` empty: all zero.
  CellCounts feed(const FrameTime& time, const FlashSpans& spans, const std::vector<uint16_t>& values, size_t cells);
  /// Nothing before is comparable with what follows.
  void forget();

  json::value save() const;
  Result<void> load(const json::value& state);

 private:
  static constexpr size_t kEdges = 16;
  struct Past {
    FrameTime time;
    std::vector<uint16_t> values;
  };
  struct Cell {
    std::array<int64_t, kEdges> edges{};  // ring of times of alternating transitions
    uint8_t count = 0, next = 0;
    int8_t last = 0;    // direction of the newest transition
    int8_t moving = 0;  // direction against the newest harmful difference within 334 ms, 0 none
  };

  void directions(const std::vector<uint16_t>& values, std::vector<int16_t>& moving) const;
  void turn(const FrameTime& time, const std::vector<int16_t>& moving);
  CellCounts count(const FrameTime& time, const FlashSpans& spans) const;
  static void push(Cell& cell, int8_t direction, int64_t pts);
  static size_t edges(const Cell& cell, const FrameTime& time, const FlashSpans& spans);
  static bool sequence(const Cell& cell, const FlashSpans& spans);
  static json::array save_cell(int64_t index, const Cell& cell);
  static Result<Cell> load_cell(const std::vector<int64_t>& numbers);

  Quantity x_quantity;
  std::deque<Past> x_past;
  bool x_past_empty = true;  // every value of x_past is zero
  std::vector<Cell> x_cells;
  int64_t x_turned = 0;      // cells that turned in the last frame
  Cell x_whole;              // of the picture as a whole
  int64_t x_whole_area = 0;  // millionths, of its newest transition
};

/// Transitions of the mean of the whole picture (IRIS): accumulated over frames of the same tendency, at most 1 s.
class MeanTracker {
 public:
  struct Rules {
    int64_t step = 0;  // an accumulated change of so much is a transition
    int64_t dark = 0;  // only when the darker of the two frames is below
  };
  explicit MeanTracker(Rules rules) : x_rules(rules) {}

  /// Transitions within the last second. `comparable`: at least a quarter of the picture changed.
  int64_t feed(const FrameTime& time, const FlashSpans& spans, int64_t mean, bool comparable);
  void forget() { x_have_mean = false; }

  json::value save() const;
  Result<void> load(const json::value& state);

 private:
  struct Entry {
    int64_t pts = 0, change = 0, sum = 0;
    bool transition = false;
  };
  int64_t accumulated(const FrameTime& time, const FlashSpans& spans, int64_t change) const;

  Rules x_rules;
  bool x_have_mean = false;
  int64_t x_mean = 0;
  std::deque<Entry> x_entries;  // newest at the end
};

enum class FlashStatus : uint8_t { kNone, kWarning, kExtended, kFailure };

/// What so many transitions within a second mean: more than six are a failure; four to six kept up for 4 s of the last
/// 5 s are an extended one.
class CountJudge {
 public:
  static constexpr int64_t kMost = 6;  // three flashes
  static constexpr int64_t kBand = 4;
  explicit CountJudge(int64_t warn_from) : x_warn_from(warn_from) {}

  FlashStatus feed(const FrameTime& time, const FlashSpans& spans, int64_t transitions);

  json::value save() const;
  Result<void> load(const json::value& state);

 private:
  int64_t x_warn_from;
  struct Entry {
    int64_t pts = 0, duration = 0;
    bool in_band = false;
  };
  std::deque<Entry> x_entries;
};

}  // namespace pier::analysis::impl
