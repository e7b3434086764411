#pragma once
// The active picture: letterbox, pillarbox and windowbox, fixed from edit to edit. See README.md beside.

#include <optional>
#include <vector>

#include <pier/analysis/analyzer.hpp>

#include "analyzers/active/lit_box.hpp"

namespace pier::analysis {

namespace impl {

/// Frames with evidence of the same active picture, from the first to the last.
struct BoxRun {
  int64_t first = 0, last = 0;
  int64_t start = 0, end = 0;  // ticks
  int64_t evident = 0;
  Box first_box, last_box, all;  // of the first and last frame, and what they cover together
  std::optional<Box> before;     // what was lit between the run before and this one
};

/// In order; mergeable: whatever joins, joins neighbours.
class BoxRuns {
 public:
  static constexpr size_t kMost = 2000;
  void add(const FrameTime& time, const LitBox& box);
  void merge(BoxRuns&& later);
  /// Once: runs that are one but for something small in between are joined.
  std::vector<BoxRun> finish();

  json::value save() const;
  Result<void> load(const json::value& state);

 private:
  bool joins(const BoxRun& next) const;
  void go_on(BoxRun next);
  void push(BoxRun next);

  std::vector<BoxRun> x_runs;
  std::optional<Box> x_after;  // lit since the last run
};

}  // namespace impl

class ActiveAnalyzer final : public Analyzer {
 public:
  static constexpr int64_t kMinMilliseconds = 1000;

  explicit ActiveAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "active"; }
  Needs needs() const override { return {.video = true, .luma_quarter = true}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  Outcome finish() override;
  Result<json::value> save() const override;
  Result<void> load(const json::value& state) override;
  Result<void> merge(const json::value& later) override;

 private:
  void report(const impl::BoxRun& run, Outcome& outcome) const;

  struct State {
    impl::BoxRuns runs;
    int64_t frames = 0, evident = 0;
    int64_t width = 0, height = 0;  // largest seen
  };
  static Result<State> state_from(const json::value& value);

  VideoContext x_video;
  State x_state;
};

}  // namespace pier::analysis
