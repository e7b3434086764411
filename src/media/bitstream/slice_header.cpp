#include "bitstream/slice_header.hpp"

#include <bit>

#include "bitstream/nal.hpp"

namespace pier::media::impl {
namespace {

constexpr size_t kSliceHead = 96;  // bytes of a slice unit that its first fields lie in

// From slice_pic_order_cnt_lsb to the set; true when all could be read.
bool read_references(BitReader& reader, const HevcSequence& sequence, HevcSlice& slice) {
  if (sequence.poc_bits == 0) return false;
  slice.poc_bits = sequence.poc_bits;
  if (slice.idr()) return reader.ok();
  slice.poc_lsb = reader.bits(sequence.poc_bits);
  const auto& sets = sequence.short_term_sets;
  if (!reader.flag()) {
    auto own = read_short_term_set(reader, sets, true);
    if (!own) return false;
    slice.references = std::move(*own);
    return true;
  }
  const uint32_t index = sets.size() > 1 ? reader.bits(static_cast<int>(std::bit_width(sets.size() - 1))) : 0;
  if (!reader.ok() || index >= sets.size()) return false;
  slice.references = sets[index];
  return true;
}

}  // namespace

HevcSlice read_hevc_slice(ByteView unit, const HevcSets& known) {
  HevcSlice slice;
  slice.type = hevc_nal_type(unit);
  if (slice.type < 0) return slice;
  slice.temporal_layer = std::max(0, (std::to_integer<int>(unit[1]) & 7) - 1);
  const Bytes rbsp = unescape(unit.subspan(2, std::min(unit.size() - 2, kSliceHead)));
  BitReader reader(rbsp);
  slice.first = reader.flag();
  if (slice.irap()) reader.flag();
  const auto picture = known.pictures.find(reader.ue());
  if (!reader.ok() || picture == known.pictures.end()) return slice;
  slice.sequence = picture->second.sequence;
  const auto found = known.sequences.find(*slice.sequence);
  const HevcSequence* sequence = found == known.sequences.end() ? nullptr : &found->second;
  if (!slice.first) {
    if (sequence == nullptr) return slice;
    slice.dependent = picture->second.dependent_slices && reader.flag();
    if (slice.dependent) return slice;
    reader.skip(static_cast<size_t>(sequence->slice_address_bits));
  }
  reader.skip(static_cast<size_t>(picture->second.extra_bits));
  const uint32_t type = reader.ue();
  if (!reader.ok() || type > 2) return slice;
  slice.coding = type == 0 ? SliceCoding::kB : type == 1 ? SliceCoding::kP : SliceCoding::kI;
  if (sequence == nullptr) return slice;
  reader.skip((picture->second.output_flag ? 1U : 0U) + (sequence->colour_planes ? 2U : 0U));
  slice.complete = read_references(reader, *sequence, slice);
  return slice;
}

AvcSlice read_avc_slice(ByteView unit, const AvcSets& known) {
  AvcSlice slice;
  if (unit.empty()) return slice;
  slice.idr = avc_nal_type(unit) == kAvcIdrSlice;
  slice.reference = (std::to_integer<int>(unit[0]) & 0x60) != 0;
  const Bytes rbsp = unescape(unit.subspan(1, std::min(unit.size() - 1, kSliceHead)));
  BitReader reader(rbsp);
  reader.ue();
  const uint32_t type = reader.ue();
  const auto picture = known.pictures.find(reader.ue());
  if (!reader.ok() || type > 9) return slice;
  const bool p = type % 5 == 0 || type % 5 == 3;
  slice.coding = type % 5 == 1 ? SliceCoding::kB : p ? SliceCoding::kP : SliceCoding::kI;
  if (picture == known.pictures.end()) return slice;
  slice.sequence = picture->second.sequence;
  const auto sequence = known.sequences.find(*slice.sequence);
  if (sequence == known.sequences.end()) return slice;
  const AvcSequence& of = sequence->second;
  if (of.colour_planes) reader.skip(2);
  slice.gaps_allowed = of.gaps_allowed;
  slice.frame_num_bits = of.frame_num_bits;
  slice.frame_num = reader.bits(of.frame_num_bits);
  slice.field = !of.frames_only && reader.flag();
  slice.bottom = slice.field && reader.flag();
  if (slice.idr) reader.ue();
  slice.poc_bits = of.poc_bits;
  slice.poc_lsb = reader.bits(of.poc_bits);
  slice.complete = reader.ok();
  return slice;
}

}  // namespace pier::media::impl
