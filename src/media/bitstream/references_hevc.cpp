#include <algorithm>
#include <utility>

#include "bitstream/references.hpp"

namespace pier::media::impl {

void HevcReferences::slice(const HevcSlice& slice) {
  if (slice.first || !x_open) {
    close();
    begin(slice);
  }
  x_intra &= slice.dependent || slice.coding == SliceCoding::kI;
}

void HevcReferences::begin(const HevcSlice& slice) {
  x_open = x_intra = true;
  if (!slice.complete) {
    x_sure = false;
    return;
  }
  const bool restarts = slice.irap() && (slice.idr() || slice.bla() || x_ended || !x_sure);
  if (slice.irap()) {
    x_ended = false;
    x_skip_rasl = restarts;
  }
  if (restarts) {
    x_held.clear();
    x_left = 0;
    x_sure = true;
  }
  if (!x_sure || (slice.rasl() && x_skip_rasl)) return;
  x_poc = order_count(slice, restarts);
  if (slice.temporal_layer == 0 && slice.reference() && !slice.rasl() && !slice.radl()) x_previous_poc = *x_poc;
  if (!restarts) hold(slice, *x_poc);
}

int64_t HevcReferences::order_count(const HevcSlice& slice, bool restarts) const {
  if (restarts) return slice.poc_lsb;
  const int64_t range = int64_t{1} << slice.poc_bits;
  const int64_t previous_lsb = x_previous_poc & (range - 1);
  int64_t high = x_previous_poc - previous_lsb;
  if (slice.poc_lsb < previous_lsb && previous_lsb - slice.poc_lsb >= range / 2) high += range;
  if (slice.poc_lsb > previous_lsb && slice.poc_lsb - previous_lsb > range / 2) high -= range;
  return high + slice.poc_lsb;
}

void HevcReferences::hold(const HevcSlice& slice, int64_t poc) {
  std::vector<Held> kept;
  for (const ShortTermReference& reference : slice.references) {
    const auto found =
        std::find_if(x_held.begin(), x_held.end(), [&](const Held& held) { return held.poc == poc + reference.delta; });
    if (found != x_held.end()) kept.push_back(*found);
    if (!reference.used) continue;
    x_missing |= found == x_held.end();
    x_broken |= found != x_held.end() && found->broken;
  }
  x_held = std::move(kept);
}

void HevcReferences::close() {
  if (x_poc) {
    if (x_missing && !x_intra) x_left = kReachOfLoss;
    const bool touched = !x_intra && (x_missing || (x_broken && x_left > 0));
    x_left = std::max(0, x_left - 1);
    x_held.push_back({*x_poc, touched});
    x_found |= touched;
  }
  x_poc.reset();
  x_open = x_missing = x_broken = false;
}

bool HevcReferences::finish() {
  close();
  return std::exchange(x_found, false);
}

}  // namespace pier::media::impl
