#pragma once
// Conformance of the coded picture buffer of HEVC and AVC. See README.md beside.

#include <optional>

#include <pier/analysis/analyzer.hpp>

#include "analyzers/hrd/buffer_model.hpp"
#include "stream_clock.hpp"

namespace pier::analysis {

class HrdAnalyzer final : public Analyzer {
 public:
  explicit HrdAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "hrd"; }
  Needs needs() const override { return {.access_units = true}; }
  void read_unit(const media::Packet& packet, const media::AccessUnit& unit,
                 const media::AccessUnitReader& reader) override;
  Outcome finish() override;

  /// What read_unit() does, with the parameters in use at this access unit.
  void take(const media::Packet& packet, const media::AccessUnit& unit, const std::optional<media::HrdParameters>& hrd,
            const std::optional<media::LevelLimit>& limit);

 private:
  void take_schedule(const media::Packet& packet, const media::AccessUnit& unit);
  void take_level(const media::Packet& packet, const media::AccessUnit& unit, const media::LevelLimit& limit);
  void close_model();
  void report(const impl::BufferEvent& event);
  json::object schedule_measures() const;

  VideoContext x_video;
  impl::DecodingClock x_clock;
  Outcome x_outcome;
  std::optional<media::HrdParameters> x_hrd;
  std::optional<impl::BufferModel> x_model;  // by buffering messages
  impl::LeakyBucket x_bucket;                // by the level
  std::optional<media::LevelLimit> x_limit;
  int64_t x_units = 0, x_judged = 0, x_without_timing = 0, x_parameter_changes = 0;
  int64_t x_fullest = 0, x_least_margin_us = INT64_MAX;
  bool x_stripped = false;  // length-prefixed samples may have lost their filler
  bool x_filler = false;
  std::string x_not_judged;
};

}  // namespace pier::analysis
