#pragma once
// Findings of a feed while they happen: what an analysis says now is compared with what it said before, and becomes
// "opened" and "closed", once each, also where a finding goes on over the end of a period.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pier/analysis/finding.hpp>

namespace pier::analysis::impl {

/// Kinds that are stretches of time and can be told while they last. The rest is said of a whole period at its end.
bool told_live(std::string_view kind);
/// Analyzers, or "pass", that give such kinds.
bool gives_live(std::string_view analyzer);

/// Not thread-safe. Bounded by what one period may list.
class FindingTracker {
 public:
  enum class Change : uint8_t { kOpened, kClosed, kWithdrawn };
  /// Of a finding that went on over the end of periods: its start is that of the first, `periods` says how many.
  struct Told {
    Change change = Change::kOpened;
    const Finding& finding;
    int periods = 1;
    bool ongoing = false;  // opened, and not at its end yet
  };
  using Tell = std::function<void(const Told& told)>;

  /// What has settled lies so long before now, seconds.
  static constexpr int64_t kSettleSeconds = 2;
  /// A finding that reached the end of a period is closed there when the next has not gone on with it by then.
  static constexpr int64_t kPatienceSeconds = 10;

  explicit FindingTracker(Tell tell) : x_tell(std::move(tell)) {}

  struct Moment {
    /// How far the analysis of a stream has come, seconds.
    std::function<Rational(int stream)> now;
    Rational period_start;
  };
  /// All that is found so far in this period.
  void look(const std::vector<Finding>& found, const Moment& moment);
  /// All that was found in this period, which ends. Where a finding goes on over an end, "continues" is put among its
  /// measures, and "continued" and "continued_seconds" (what lies before) where it began in the period before.
  void end_period(std::vector<Finding>& found, const Moment& moment, bool more_follows);
  /// Open ones.
  size_t open() const { return x_open.size(); }

 private:
  struct Entry {
    Finding finding;
    int periods = 1;
    bool carried = false;  // not seen yet in this period
    Rational part_start;   // in this period
  };
  struct Part {
    Finding finding;  // as the period has it
    Rational before;  // seconds of it that lie before
  };
  Entry* match(const Finding& found, const Moment& moment, std::vector<bool>& taken);
  void take_in(const std::vector<Finding>& found, const Moment& moment, bool end);
  void close(const Entry& entry, Change change);
  bool settled(const Finding& finding, const Moment& moment) const;
  bool is_over(const Finding& finding) const;

  Tell x_tell;
  std::vector<Entry> x_open;
  std::map<std::pair<std::string, int>, std::vector<Finding>> x_closed;  // of this period, by kind and stream
  std::vector<Part> x_continued;                                         // of this period
};

}  // namespace pier::analysis::impl
