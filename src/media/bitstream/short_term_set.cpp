#include "bitstream/short_term_set.hpp"

namespace pier::media::impl {
namespace {

constexpr uint32_t kMaxOfOneSign = 16;
constexpr size_t kMaxEntries = 32;
constexpr uint32_t kMaxDelta = 1U << 15U;

// Entry `at` of the set predicted from, shifted; the one behind the last is the picture of that set itself.
struct Shifted {
  int32_t delta = 0;
  bool used = false, kept = true;
};

// Equations (7-61) and (7-62).
ShortTermSet predicted(const std::vector<Shifted>& from, size_t negative) {
  const size_t itself = from.size() - 1;
  ShortTermSet set;
  const auto take = [&](size_t entry, bool below) {
    const Shifted& s = from[entry];
    if (s.kept && (below ? s.delta < 0 : s.delta > 0)) set.push_back({s.delta, s.used});
  };
  for (size_t j = itself; j > negative; --j) take(j - 1, true);
  take(itself, true);
  for (size_t j = 0; j < negative; ++j) take(j, true);
  for (size_t j = negative; j > 0; --j) take(j - 1, false);
  take(itself, false);
  for (size_t j = negative; j < itself; ++j) take(j, false);
  return set;
}

std::optional<ShortTermSet> read_predicted(BitReader& reader, const std::vector<ShortTermSet>& known,
                                           bool in_slice_header) {
  const uint32_t back = in_slice_header ? reader.ue() : 0;
  const bool minus = reader.flag();
  const uint32_t distance = reader.ue();
  if (!reader.ok() || back >= known.size() || distance >= kMaxDelta) return std::nullopt;
  const int32_t shift = minus ? -static_cast<int32_t>(distance + 1) : static_cast<int32_t>(distance + 1);
  const ShortTermSet& base = known[known.size() - 1 - back];
  std::vector<Shifted> entries;
  size_t negative = 0;
  for (size_t j = 0; j <= base.size(); ++j) {
    const int32_t delta = j < base.size() ? base[j].delta : 0;
    negative += delta < 0 ? 1 : 0;
    Shifted entry{.delta = delta + shift, .used = reader.flag()};
    if (!entry.used) entry.kept = reader.flag();
    entries.push_back(entry);
  }
  return predicted(entries, negative);
}

std::optional<ShortTermSet> read_listed(BitReader& reader) {
  const uint32_t negative = reader.ue();
  const uint32_t positive = reader.ue();
  if (!reader.ok() || negative > kMaxOfOneSign || positive > kMaxOfOneSign) return std::nullopt;
  ShortTermSet set;
  int32_t delta = 0;
  for (uint32_t entry = 0; entry < negative + positive; ++entry) {
    if (entry == negative) delta = 0;
    const uint32_t step = reader.ue();
    if (step >= kMaxDelta) return std::nullopt;
    delta += entry < negative ? -static_cast<int32_t>(step + 1) : static_cast<int32_t>(step + 1);
    set.push_back({delta, reader.flag()});
  }
  return set;
}

}  // namespace

std::optional<ShortTermSet> read_short_term_set(BitReader& reader, const std::vector<ShortTermSet>& known,
                                                bool in_slice_header) {
  auto set = !known.empty() && reader.flag() ? read_predicted(reader, known, in_slice_header) : read_listed(reader);
  if (!reader.ok() || !set || set->size() > kMaxEntries) return std::nullopt;
  return set;
}

}  // namespace pier::media::impl
