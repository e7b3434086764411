#pragma once
// Structure of the groups of pictures. See README.md beside.

#include <array>
#include <optional>

#include <pier/analysis/analyzer.hpp>

#include "stream_clock.hpp"

namespace pier::analysis {

class GopAnalyzer final : public Analyzer {
 public:
  static constexpr int64_t kAccessGapUs = 10'000'000;  // without a random access point: a finding

  explicit GopAnalyzer(const AnalyzerContext& context);
  static std::unique_ptr<Analyzer> make(const AnalyzerContext& context);

  std::string_view name() const override { return "gop"; }
  Needs needs() const override { return {.access_units = true}; }
  void read_unit(const media::Packet& packet, const media::AccessUnit& unit,
                 const media::AccessUnitReader& reader) override;
  Outcome finish() override;

 private:
  enum class Entry : uint8_t { kNone, kClosed, kOpen };
  struct Spread {
    int64_t count = 0, sum = 0, smallest = INT64_MAX, largest = 0;
    void add(int64_t value);
    json::object json(double unit) const;
  };
  /// The group that is being read.
  struct Group {
    int64_t first = 0;     // picture number in decoding order
    int64_t start_us = 0;  // on the decoding clock
    int64_t entry_pts = 0;
    media::PictureAccess access = media::PictureAccess::kOrdinary;
    int64_t leading = 0;  // shown before the access point, decoded after it
    int64_t skipped = 0;  // of them RASL: not decodable from it
  };
  struct Reordered {
    int64_t pts = 0;
    int depth = 0;
  };
  static Entry entry_of(const media::Packet& packet, const media::AccessUnit& unit);
  void begin_group(const media::Packet& packet, const media::AccessUnit& unit, int64_t at_us);
  void end_group(int64_t at_us, bool last);
  void take_leading(const media::Packet& packet, const media::AccessUnit& unit);
  void take_depth(const media::Packet& packet, const media::AccessUnit& unit);
  void report(std::string kind, Severity severity, int64_t from_pts, int64_t to_pts, json::object measures);

  VideoContext x_video;
  impl::DecodingClock x_clock;
  Outcome x_outcome;
  int64_t x_pictures = 0, x_units = 0;
  std::array<int64_t, 4> x_by_coding{};
  std::optional<Group> x_group;
  int64_t x_groups = 0, x_open = 0;
  Spread x_length, x_idr_pictures, x_idr_us, x_access_us;
  std::optional<int64_t> x_last_idr, x_last_idr_us;
  int64_t x_before_entry = 0, x_before_pts = INT64_MIN;
  int64_t x_lost_leading = 0;  // of the first access point
  int64_t x_false_keys = 0, x_bad_leading = 0, x_set_changes = 0, x_entries_without_sets = 0;
  std::vector<Reordered> x_window;  // pictures decoded lately in this group
  int x_depth = 0, x_layers = 0;
  int64_t x_b_run = 0, x_longest_b_run = 0;
  int64_t x_last_pts = INT64_MIN;
  bool x_parsed = false;
};

}  // namespace pier::analysis
