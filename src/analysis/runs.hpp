#pragma once
// Hits on single frames (or sound windows) gathered into runs, and runs into findings: bounded, mergeable, exact.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pier/analysis/analyse.hpp>
#include <pier/analysis/analyzer.hpp>

namespace pier::analysis::impl {

struct Run {
  int64_t first_index = 0, last_index = 0;
  int64_t start = 0, end = 0;     // ticks, end exclusive
  int64_t hits = 0;               // frames that hit; the rest are gaps that were bridged
  int64_t worst = 0;              // largest value of a hit
  std::array<int64_t, 2> note{};  // of the first hit that had it: whatever the analyzer wants to say of it
};

struct RunRules {
  std::string kind;
  Severity severity = Severity::kInfo;
  int64_t min_length = 0;  // ticks; shorter runs are not reported
  int64_t max_gap = 0;     // frames without a hit that do not end a run
};

/// Runs that touch the start of a part are kept whatever their length, until it is known what came before.
class RunCollector {
 public:
  explicit RunCollector(RunRules rules) : x_rules(std::move(rules)) {}

  /// In order. `value` is kept as the worst of the run when `hit`, with its `note`.
  void mark(const FrameTime& time, bool hit, int64_t value = 0, const std::array<int64_t, 2>& note = {});
  /// Ends here whatever is open, whether the next frame hits or not.
  void cut();

  struct Totals {
    int64_t count = 0;   // runs
    int64_t length = 0;  // ticks
  };
  /// Once. The runs that were kept, at most kMaxFindings.
  std::vector<Run> finish();
  const Totals& totals() const { return x_totals; }  // after finish(): all of them
  const RunRules& rules() const { return x_rules; }

  json::value save() const;
  Result<void> load(const json::value& state);
  Result<void> merge(const json::value& later);

 private:
  bool at_start(const Run& run) const { return run.first_index - *x_first <= x_rules.max_gap; }
  void close(const Run& run);
  void keep(const Run& run);

  RunRules x_rules;
  std::optional<int64_t> x_first;  // index of the first frame seen
  int64_t x_last = 0;              // and of the last
  std::optional<Run> x_head;       // closed run at the start of the part
  std::optional<Run> x_open;
  std::vector<Run> x_runs;
  Totals x_totals;
};

/// Turns the runs into findings, times in seconds of `time_base`; `describe(run, finding)` adds the measures.
template <typename Describe>
void report_runs(RunCollector& collector, int stream_index, Rational time_base, bool frames, Outcome& outcome,
                 Describe describe) {
  for (const Run& run : collector.finish()) {
    Finding finding;
    finding.kind = collector.rules().kind;
    finding.severity = collector.rules().severity;
    finding.stream_index = stream_index;
    finding.time = {Rational(run.start) * time_base, Rational(run.end) * time_base};
    if (frames) {
      finding.first_frame = run.first_index;
      finding.last_frame = run.last_index;
    }
    set_id(finding);
    describe(run, finding);
    outcome.findings.push_back(std::move(finding));
  }
  FindingTotals& totals = outcome.totals[collector.rules().kind];
  totals.count += collector.totals().count;
  totals.seconds += (Rational(collector.totals().length) * time_base).value();
}

}  // namespace pier::analysis::impl
