#include "bitstream/hrd.hpp"

namespace pier::media::impl {
namespace {

constexpr uint32_t kMaxSchedules = 32;

int64_t scaled(uint32_t value_minus1, uint32_t scale, int base) {
  return (int64_t{value_minus1} + 1) << (base + static_cast<int>(scale));
}

struct HevcScale {
  uint32_t bit_rate = 0, buffer = 0;
  bool sub_pictures = false;
};

// E.2.3 of H.265
bool read_schedules(BitReader& reader, uint32_t count, const HevcScale& scale, std::vector<HrdSchedule>& schedules) {
  schedules.clear();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    HrdSchedule schedule;
    schedule.bit_rate = scaled(reader.ue(), scale.bit_rate, 6);
    schedule.buffer_bits = scaled(reader.ue(), scale.buffer, 4);
    if (scale.sub_pictures) {
      reader.ue();
      reader.ue();
    }
    schedule.constant = reader.flag();
    schedules.push_back(schedule);
  }
  return reader.ok();
}

// E.1.2 of H.264, one hrd_parameters()
bool read_avc_schedules(BitReader& reader, HrdParameters& hrd) {
  const uint32_t count = reader.ue() + 1;
  const uint32_t rate_scale = reader.bits(4);
  const uint32_t size_scale = reader.bits(4);
  if (!reader.ok() || count > kMaxSchedules) return false;
  for (uint32_t i = 0; i < count; ++i) {
    HrdSchedule schedule;
    schedule.bit_rate = scaled(reader.ue(), rate_scale, 6);
    schedule.buffer_bits = scaled(reader.ue(), size_scale, 4);
    schedule.constant = reader.flag();
    hrd.schedules.push_back(schedule);
  }
  hrd.initial_delay_bits = static_cast<int>(reader.bits(5)) + 1;
  hrd.removal_delay_bits = static_cast<int>(reader.bits(5)) + 1;
  hrd.output_delay_bits = static_cast<int>(reader.bits(5)) + 1;
  hrd.time_offset_bits = static_cast<int>(reader.bits(5));
  return reader.ok();
}

// CpbVclFactor and CpbNalFactor of H.265 tables A.8 to A.10: only the NAL factor is of use here.
int hevc_nal_factor(const HevcLevel& level) {
  if (level.profile >= 1 && level.profile <= 3) return 1100;
  if (level.profile != 4) return 0;
  const int depth = level.depth <= 8 ? 0 : level.depth <= 10 ? 1 : level.depth <= 12 ? 2 : 3;
  static constexpr int kFactors[4][4] = {
      // 8, 10, 12, 16 bits
      {733, 0, 1100, 1467},      // 4:0:0
      {1100, 1100, 1650, 0},     // 4:2:0
      {1833, 1833, 2200, 0},     // 4:2:2
      {2200, 2750, 3300, 4400},  // 4:4:4
  };
  const int factor = kFactors[static_cast<int>(level.chroma)][depth];
  return level.intra_only && !level.lower_bit_rate ? 2 * factor : factor;
}

}  // namespace

std::optional<HrdParameters> read_hevc_hrd(BitReader& reader, int sub_layers, Rational tick) {
  HrdParameters hrd;
  hrd.tick = tick;
  const bool nal = reader.flag();
  const bool vcl = reader.flag();
  HevcScale scale;
  if (nal || vcl) {
    hrd.sub_pictures = scale.sub_pictures = reader.flag();
    if (hrd.sub_pictures) reader.skip(8 + 5 + 1 + 5);
    scale.bit_rate = reader.bits(4);
    scale.buffer = reader.bits(4);
    if (hrd.sub_pictures) reader.skip(4);
    hrd.initial_delay_bits = static_cast<int>(reader.bits(5)) + 1;
    hrd.removal_delay_bits = static_cast<int>(reader.bits(5)) + 1;
    hrd.output_delay_bits = static_cast<int>(reader.bits(5)) + 1;
  }
  hrd.nal = nal;
  hrd.both = nal && vcl;
  for (int layer = 0; layer <= sub_layers; ++layer) {
    const bool fixed_general = reader.flag();
    const bool fixed = fixed_general || reader.flag();
    bool low_delay = false;
    if (fixed) {
      reader.ue();
    } else {
      low_delay = reader.flag();
    }
    const uint32_t count = low_delay ? 1 : reader.ue() + 1;
    if (!reader.ok() || count > kMaxSchedules) return std::nullopt;
    std::vector<HrdSchedule> of_slices;
    if (nal && !read_schedules(reader, count, scale, hrd.schedules)) return std::nullopt;
    if (vcl && !read_schedules(reader, count, scale, of_slices)) return std::nullopt;
    if (!nal) hrd.schedules = std::move(of_slices);
    hrd.low_delay = low_delay;
    hrd.other_schedules = hrd.both ? count : 0;
  }
  return hrd.schedules.empty() ? std::nullopt : std::optional(std::move(hrd));
}

std::optional<HrdParameters> read_avc_hrd(BitReader& reader, Rational tick) {
  HrdParameters hrd;
  hrd.tick = tick;
  const bool nal = reader.flag();
  if (nal && !read_avc_schedules(reader, hrd)) return std::nullopt;
  const bool vcl = reader.flag();
  HrdParameters of_slices;
  of_slices.tick = tick;
  if (vcl && !read_avc_schedules(reader, of_slices)) return std::nullopt;
  if (!nal && !vcl) return std::nullopt;
  if (!nal) {
    hrd = std::move(of_slices);
    hrd.nal = false;
  } else if (vcl) {
    hrd.both = true;
    hrd.other_schedules = static_cast<uint32_t>(of_slices.schedules.size());
  }
  hrd.low_delay = reader.flag();
  return reader.ok() ? std::optional(std::move(hrd)) : std::nullopt;
}

std::optional<BufferingPeriod> read_hevc_buffering_period(BitReader& reader, const HrdParameters& hrd) {
  BufferingPeriod period;
  const bool alternative = !hrd.sub_pictures && reader.flag();
  if (alternative) reader.skip(static_cast<size_t>(hrd.removal_delay_bits + hrd.output_delay_bits));
  period.concatenation = reader.flag();
  period.removal_delay_delta = reader.bits(hrd.removal_delay_bits) + 1;
  for (size_t i = 0; i < hrd.schedules.size() && reader.ok(); ++i) {
    BufferingPeriod::Delay delay;
    delay.delay = reader.bits(hrd.initial_delay_bits);
    delay.offset = reader.bits(hrd.initial_delay_bits);
    if (alternative || hrd.sub_pictures) reader.skip(2 * static_cast<size_t>(hrd.initial_delay_bits));
    period.delays.push_back(delay);
  }
  return reader.ok() ? std::optional(std::move(period)) : std::nullopt;
}

std::optional<BufferingPeriod> read_avc_buffering_period(BitReader& reader, const HrdParameters& hrd) {
  BufferingPeriod period;
  for (size_t i = 0; i < hrd.schedules.size() && reader.ok(); ++i) {
    BufferingPeriod::Delay delay;
    delay.delay = reader.bits(hrd.initial_delay_bits);
    delay.offset = reader.bits(hrd.initial_delay_bits);
    period.delays.push_back(delay);
  }
  return reader.ok() ? std::optional(std::move(period)) : std::nullopt;
}

std::optional<LevelLimit> hevc_level_limit(const HevcLevel& level) {
  static constexpr struct {
    int level, buffer_main, buffer_high, rate_main, rate_high;  // thousands
  } kTable[] = {
      {30, 350, 0, 128, 0},
      {60, 1500, 0, 1500, 0},
      {63, 3000, 0, 3000, 0},
      {90, 6000, 0, 6000, 0},
      {93, 10000, 0, 10000, 0},
      {120, 12000, 30000, 12000, 30000},
      {123, 20000, 50000, 20000, 50000},
      {150, 25000, 100000, 25000, 100000},
      {153, 40000, 160000, 40000, 160000},
      {156, 60000, 240000, 60000, 240000},
      {180, 60000, 240000, 60000, 240000},
      {183, 120000, 480000, 120000, 480000},
      {186, 240000, 800000, 240000, 800000},
  };
  const int factor = hevc_nal_factor(level);
  for (const auto& row : kTable) {
    const int buffer = level.high_tier ? row.buffer_high : row.buffer_main;
    if (row.level != level.level || buffer == 0 || factor == 0) continue;
    std::string name = "level " + std::to_string(level.level / 30);
    if (level.level % 30 != 0) name += "." + std::to_string(level.level % 30 / 3);
    return LevelLimit{name + (level.high_tier ? " High tier" : " Main tier"),
                      int64_t{level.high_tier ? row.rate_high : row.rate_main} * factor, int64_t{buffer} * factor};
  }
  return std::nullopt;
}

std::optional<LevelLimit> avc_level_limit(int profile, int level) {
  static constexpr struct {
    int level, rate, buffer;
  } kTable[] = {
      {9, 128, 350},        {10, 64, 175},        {11, 192, 500},       {12, 384, 1000},      {13, 768, 2000},
      {20, 2000, 2000},     {21, 4000, 4000},     {22, 4000, 4000},     {30, 10000, 10000},   {31, 14000, 14000},
      {32, 20000, 20000},   {40, 20000, 25000},   {41, 50000, 62500},   {42, 50000, 62500},   {50, 135000, 135000},
      {51, 240000, 240000}, {52, 240000, 240000}, {60, 240000, 240000}, {61, 480000, 480000}, {62, 800000, 800000},
  };
  // cpbBrNalFactor of table A-2.
  int factor = 0;
  if (profile == 66 || profile == 77 || profile == 88) factor = 1200;
  if (profile == 100) factor = 1500;
  if (profile == 110) factor = 3600;
  if (profile == 122 || profile == 244 || profile == 44) factor = 4800;
  for (const auto& row : kTable) {
    if (row.level != level || factor == 0) continue;
    std::string name = "level " + (level == 9 ? std::string("1b") : std::to_string(level / 10));
    if (level > 9 && level % 10 != 0) name += "." + std::to_string(level % 10);
    return LevelLimit{name, int64_t{row.rate} * factor, int64_t{row.buffer} * factor};
  }
  return std::nullopt;
}

std::optional<ClockTime> read_clock(BitReader& reader, const ClockFields& fields, const ClockTime& last) {
  if (fields.ct_type) reader.skip(2);
  if (fields.field_based) reader.flag();
  ClockTime clock = last;
  const uint32_t counting = reader.bits(5);
  clock.drop = counting == 4;
  const bool full = reader.flag();
  clock.discontinuity = reader.flag();
  reader.flag();
  clock.frames = static_cast<int>(reader.bits(fields.frame_bits));
  if (full) {
    clock.seconds = static_cast<int>(reader.bits(6));
    clock.minutes = static_cast<int>(reader.bits(6));
    clock.hours = static_cast<int>(reader.bits(5));
  } else if (reader.flag()) {
    clock.seconds = static_cast<int>(reader.bits(6));
    if (reader.flag()) {
      clock.minutes = static_cast<int>(reader.bits(6));
      if (reader.flag()) clock.hours = static_cast<int>(reader.bits(5));
    }
  }
  reader.skip(fields.time_offset_bits < 0 ? reader.bits(5) : static_cast<uint32_t>(fields.time_offset_bits));
  const bool sane = clock.seconds < 60 && clock.minutes < 60 && clock.hours < 24;
  return reader.ok() && sane ? std::optional(clock) : std::nullopt;
}

}  // namespace pier::media::impl
