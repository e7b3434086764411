#pragma once
// Shots: where they begin and how, and one picture that stands for each. See README.md beside.

#include <map>
#include <optional>
#include <vector>

#include <pier/analysis/analyzer.hpp>

#include "analyzers/shots/transition_finder.hpp"
#include "windowed.hpp"

namespace pier::analysis {

namespace impl {

/// Frames of one shot while it grows. Of each bucket (index >> shift) the sharpest frame is kept; the shift is the
/// least that leaves at most kBuckets.
struct OpenShot {
  static constexpr size_t kBuckets = 16;
  struct Best {
    int64_t sharpness = -1, index = 0;
  };
  int64_t first = 0, last = 0;
  int64_t start = 0, end = 0;  // ticks
  ShotStart how = ShotStart::kStream;
  int64_t length = 0;
  int64_t light = 0;  // largest of the frames
  int64_t shift = 0;
  std::map<int64_t, Best> buckets;

  explicit OpenShot(const Decision& decision);
  OpenShot() = default;
  void add(const Decision& decision);
  void join(const OpenShot& later);
  /// Sharpest of the middle half; earliest of equals.
  int64_t keyframe() const;

 private:
  void take(int64_t key, const Best& best);
  void coarsen();
};

struct Shot {
  int64_t first = 0, last = 0, start = 0, end = 0, keyframe = 0;
  ShotStart how = ShotStart::kStream;
  int64_t length = 0;
  int64_t light = 0;
};

/// Decided frames in order gathered into shots; mergeable.
class ShotList {
 public:
  static constexpr size_t kListed = 5000;
  void add(const Decision& decision);
  void merge(ShotList&& later);
  /// Once: all shots, at most kListed; their number and that of every start (by ShotStart).
  std::vector<Shot> finish();
  int64_t count() const { return x_count; }
  const std::array<int64_t, 5>& starts() const { return x_starts; }

  json::value save() const;
  Result<void> load(const json::value& state);

 private:
  void close(const OpenShot& shot);
  void keep(const OpenShot& shot);

  std::optional<OpenShot> x_head;  // closed, first of the part: it may go on from what came before
  std::optional<OpenShot> x_open;
  std::vector<Shot> x_shots;
  bool x_any = false;  // a shot was closed
  int64_t x_count = 0;
  std::array<int64_t, 5> x_starts{};
};

class ShotCore {
 public:
  using Frame = ShotFrame;
  bool full(const std::vector<ShotFrame>& head) const { return head.size() >= TransitionFinder::kHead; }
  void feed(const ShotFrame& frame, bool record);
  void resume(ShotCore&& later);
  void flush();
  json::value save() const;
  Result<void> load(const json::value& state);

  ShotList shots;

 private:
  TransitionFinder x_finder;
};

}  // namespace impl

class ShotsAnalyzer final : public Analyzer {
 public:
  explicit ShotsAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "shots"; }
  Needs needs() const override { return {.video = true, .eighth = true, .scan = true}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  void observe_damaged(const FrameTime& time) override;
  Outcome finish() override;
  Result<json::value> save() const override { return x_state.save(); }
  Result<void> load(const json::value& state) override { return x_state.load(state); }
  Result<void> merge(const json::value& later) override { return x_state.merge(later); }

 private:
  VideoContext x_video;
  impl::Windowed<impl::ShotCore> x_state{impl::ShotCore()};
};

}  // namespace pier::analysis
