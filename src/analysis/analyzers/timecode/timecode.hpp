#pragma once
// Whether the time code of the pictures runs on. See README.md beside.

#include <optional>

#include <pier/analysis/analyzer.hpp>

#include "stream_clock.hpp"

namespace pier::analysis {

class TimecodeAnalyzer final : public Analyzer {
 public:
  explicit TimecodeAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "timecode"; }
  Needs needs() const override { return {.access_units = true}; }
  void read_unit(const media::Packet& packet, const media::AccessUnit& unit,
                 const media::AccessUnitReader& reader) override;
  Outcome finish() override;

 private:
  struct Stamp {
    std::optional<media::ClockTime> clock;
    int64_t duration = 0;
  };
  void show(int64_t pts, const Stamp& stamp);
  bool follows(const media::ClockTime& before, const media::ClockTime& now) const;
  std::string text(const media::ClockTime& clock) const;

  VideoContext x_video;
  Outcome x_outcome;
  impl::PresentationOrder<Stamp> x_order;
  int64_t x_rate = 0;  // pictures a second, rounded; 0 when unknown
  int64_t x_pictures = 0, x_with = 0, x_jumps = 0, x_said_jumps = 0;
  int64_t x_since = 0;    // pictures since the last time code
  int64_t x_repeats = 0;  // pictures that share the last time code
  std::optional<media::ClockTime> x_first, x_last;
};

}  // namespace pier::analysis
