#pragma once
// Repeated, dropped and interlaced frames. See README.md beside.

#include <array>
#include <deque>
#include <vector>

#include <pier/analysis/analyzer.hpp>

#include "motion.hpp"
#include "patterns.hpp"
#include "runs.hpp"

namespace pier::analysis {

class CadenceAnalyzer final : public Analyzer {
 public:
  /// A frame is judged by this many frames before and after it.
  static constexpr size_t kReach = 80;

  explicit CadenceAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "cadence"; }
  Needs needs() const override { return {.video = true, .previous_frame = true, .luma_quarter = true, .eighth = true}; }
  std::unique_ptr<Measured> measure(const FrameViews& views) const override;
  void observe(const FrameTime& time, const Measured& measured) override;
  void observe_damaged(const FrameTime& time) override;
  Outcome finish() override;
  Result<json::value> save() const override;
  Result<void> load(const json::value& state) override;
  Result<void> merge(const json::value& later) override;

 private:
  struct Entry {
    FrameTime time;
    impl::Change change;
    impl::FieldVote vote = impl::FieldVote::kNone;
  };
  /// What was judged of a stretch of frames.
  struct Judged {
    Judged();
    std::vector<impl::RunCollector> patterns;  // one each
    impl::RunCollector duplicates, dropped, top_first, bottom_first;
    int64_t frames = 0, full_rate = 0, repeats = 0;
    std::array<int64_t, impl::kPatterns> by_pattern{};

    std::vector<impl::RunCollector*> collectors();
    std::vector<const impl::RunCollector*> collectors() const;
    json::value save() const;
    Result<void> load(const json::value& state);
    Result<void> merge(const json::value& later);
  };
  struct Stretch;

  void push(const Entry& entry);
  /// Judges frames [first, end) of `entries` by what is there of their surroundings.
  void judge(const std::deque<Entry>& entries, size_t first, size_t end, Judged& judged) const;
  int64_t short_hold(const Stretch& stretch, const impl::Stretch& repeats) const;
  void report(Outcome& outcome);
  void report_mixed(Outcome& outcome) const;

  VideoContext x_video;
  // Frames whose surroundings are not all known yet wait here: the first 2 * kReach (until it is known what came
  // before them) and the last 2 * kReach.
  std::deque<Entry> x_head, x_tail;
  int64_t x_count = 0;
  Judged x_judged;
};

}  // namespace pier::analysis
