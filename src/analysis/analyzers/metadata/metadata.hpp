#pragma once
// HDR metadata over the whole file: static metadata that changes, is late or cannot be true, dynamic metadata that is
// missing. See README.md beside.

#include <array>
#include <map>
#include <optional>

#include <pier/analysis/analyzer.hpp>

#include "runs.hpp"
#include "stream_clock.hpp"

namespace pier::analysis {

class MetadataAnalyzer final : public Analyzer {
 public:
  static constexpr size_t kMaxVersions = 16;  // values of one field that are listed

  explicit MetadataAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "metadata"; }
  Needs needs() const override { return {.access_units = true}; }
  void read_unit(const media::Packet& packet, const media::AccessUnit& unit,
                 const media::AccessUnitReader& reader) override;
  Outcome finish() override;

 private:
  enum Dynamic : size_t { kHdr10Plus, kDolbyVision, kHdrVivid, kDynamicKinds };
  /// What an access unit carries, on its way into the order of presentation.
  struct Carried {
    int64_t duration = 0;
    bool entry = false;
    std::optional<MasteringDisplay> mastering;
    std::optional<ContentLight> light;
    std::array<bool, kDynamicKinds> dynamic{};
  };
  /// One static field over the file.
  template <typename T>
  struct Field {
    std::optional<T> now;                     // the last that was said
    std::vector<std::pair<T, int64_t>> said;  // with how often; at most kMaxVersions
    int64_t carried = 0, changes = 0, other = 0;
    int64_t first_at = -1, first_pts = 0;      // picture of the first
    int64_t entries = 0, entries_without = 0;  // random access points since the first
    void count(const T& value);
  };
  void show(int64_t pts, const Carried& carried);
  template <typename T>
  void take(Field<T>& field, std::string_view name, const std::optional<T>& value, const FrameTime& time, bool entry);
  void report(std::string kind, Severity severity, const FrameTime& from, const FrameTime& to, json::object measures);
  template <typename T>
  void report_late(const Field<T>& field, std::string_view name, bool in_configuration);
  void report_dynamic();
  void report_plausibility();
  template <typename T>
  static json::object field_measures(const Field<T>& field);

  VideoContext x_video;
  Outcome x_outcome;
  impl::PresentationOrder<Carried> x_order;
  int64_t x_pictures = 0, x_units = 0;
  FrameTime x_first, x_last;
  Field<MasteringDisplay> x_mastering;
  Field<ContentLight> x_light;
  std::array<int64_t, kDynamicKinds> x_present{};
  std::vector<impl::RunCollector> x_missing;  // by dynamic kind
  media::AccessUnit x_configuration;
  bool x_parsed = false;
};

}  // namespace pier::analysis
