#pragma once
// Patches that appear and are gone again one to three frames later.

#include <optional>
#include <vector>

#include <pier/analysis/analyzer.hpp>

#include "analyzers/dropout/patches.hpp"

namespace pier::analysis::impl {

struct Impulse {
  bool line = false;
  Region region;
  int64_t first = 0, last = 0;  // frames that show it
  int64_t start = 0, end = 0;   // ticks
};

/// Where patches appear and vanish in one frame, things move: that frame is not used.
class Impulses {
 public:
  static constexpr int64_t kLongest = 3;  // frames

  void take(const FrameTime& time, std::vector<Patch> patches);
  struct Counted {
    std::vector<Impulse> listed;  // at most kMaxFindings of a sort
    int64_t lines = 0, blocks = 0;
  };
  const Counted& found() const { return x_found; }

  json::value save() const;
  Result<void> load(const json::value& state);
  Result<void> merge(const json::value& later);

 private:
  struct Record {
    FrameTime time;
    std::vector<Patch> patches;  // all of a sort appear, or all vanish
  };
  void settle(const Record& record);
  void forget(int64_t index);
  void add(const Impulse& impulse);

  std::vector<Record> x_head;     // the first frames with patches: what vanishes there may have appeared before
  std::vector<Record> x_pending;  // what appeared in the last frames
  std::optional<int64_t> x_first;
  Counted x_found;
};

}  // namespace pier::analysis::impl
