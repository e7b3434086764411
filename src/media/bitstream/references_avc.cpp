#include "bitstream/references.hpp"

namespace pier::media::impl {

void AvcReferences::slice(const AvcSlice& slice) {
  x_intra &= slice.coding == SliceCoding::kI;
  x_unread |= !slice.complete;
  if (!slice.complete) return;
  const bool same =
      x_now && x_now->frame_num == slice.frame_num && x_now->idr == slice.idr && x_now->reference == slice.reference;
  if (!same) begin(slice);
  x_now = slice;
  if (!x_first) x_first = slice;
}

void AvcReferences::begin(const AvcSlice& slice) {
  if (slice.idr) {
    x_started = true;
    x_left = 0;
    x_entry.reset();
    x_previous = slice.frame_num;
    return;
  }
  if (x_started) {
    const uint32_t mask = (1U << slice.frame_num_bits) - 1U;
    const bool jumps = slice.frame_num != x_previous && slice.frame_num != ((x_previous + 1U) & mask);
    // A memory management control operation 5, which lies too deep to be read, starts the count anew (7.4.3).
    x_gap |= jumps && slice.frame_num > 1 && !slice.gaps_allowed;
    if (jumps) x_previous = (slice.frame_num - 1U) & mask;
  }
  if (slice.reference) x_previous = slice.frame_num;
}

bool AvcReferences::second_field() const {
  return x_before && x_first->field && x_before->field && x_first->bottom != x_before->bottom &&
         x_first->frame_num == x_before->frame_num;
}

/// Decoding can start at what is coded by itself; the count goes on from there.
bool AvcReferences::start(PictureAccess access) {
  x_started = x_intra || access != PictureAccess::kOrdinary;
  x_previous = (x_first->frame_num - (x_first->reference ? 0U : 1U)) & ((1U << x_first->frame_num_bits) - 1U);
  x_entry = x_first->poc_lsb;
  x_left = 0;
  x_point.reset();
  return false;
}

/// Whether the access unit is shown before another that was decoded earlier.
bool AvcReferences::leads(uint32_t point) const {
  const uint32_t range = 1U << x_first->poc_bits;
  return ((point - x_first->poc_lsb) & (range - 1U)) - 1U < range / 2;
}

bool AvcReferences::decide(PictureAccess access) {
  if (!x_started) return start(access);
  if (x_entry) {
    x_gap = false;
    if (x_first->poc_bits == 0 || !leads(*x_entry)) x_entry.reset();
  }
  if (x_gap) {
    x_left = kReachOfLoss;
    x_point.reset();
  }
  if (x_left == 0) return false;
  --x_left;
  if (access == PictureAccess::kCra || (x_intra && access == PictureAccess::kRecovery)) {
    x_point = x_first->poc_lsb;
    if (x_first->poc_bits == 0) x_left = 0;
    return false;
  }
  if (x_intra) return false;
  if (!x_point || leads(*x_point)) return true;
  x_left = 0;
  return false;
}

bool AvcReferences::finish(PictureAccess access) {
  bool found = false;
  if (x_unread || !x_first) {
    if (x_unread) x_started = false;
    x_before.reset();
  } else if (!x_gap && second_field()) {
    found = x_before_found;
    x_before.reset();
  } else {
    found = decide(access);
    x_before = x_first;
  }
  x_before_found = found;
  x_first.reset();
  x_now.reset();
  x_intra = true;
  x_gap = x_unread = false;
  return found;
}

}  // namespace pier::media::impl
