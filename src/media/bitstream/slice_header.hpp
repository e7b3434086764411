#pragma once
// First fields of slice headers of H.264 and H.265.

#include <cstdint>
#include <map>
#include <optional>

#include "bitstream/avc.hpp"
#include "bitstream/hevc.hpp"

namespace pier::media::impl {

enum HevcSliceType : int {
  kHevcRadlN = 6,
  kHevcRadlR = 7,
  kHevcRaslN = 8,
  kHevcRaslR = 9,
  kHevcFirstIrap = 16,
  kHevcLastBla = 18,
  kHevcLastIdr = 20,
  kHevcCra = 21,
  kHevcLastIrap = 23
};

template <typename Sequence, typename Picture>
struct KnownSets {
  std::map<uint32_t, Sequence> sequences;
  std::map<uint32_t, Picture> pictures;
};
using HevcSets = KnownSets<HevcSequence, HevcPicture>;
using AvcSets = KnownSets<AvcSequence, AvcPicture>;

enum class SliceCoding : uint8_t { kUnknown, kI, kP, kB };

struct HevcSlice {
  int type = 0;  // nal_unit_type
  int temporal_layer = 0;
  bool first = false;      // of its picture
  bool dependent = false;  // continues the slice before it; nothing below is known
  std::optional<uint32_t> sequence;
  SliceCoding coding = SliceCoding::kUnknown;
  bool complete = false;  // what follows could be read
  int poc_bits = 0;
  uint32_t poc_lsb = 0;
  ShortTermSet references;

  bool irap() const { return type >= kHevcFirstIrap && type <= kHevcLastIrap; }
  bool idr() const { return type > kHevcLastBla && type <= kHevcLastIdr; }
  bool bla() const { return type >= kHevcFirstIrap && type <= kHevcLastBla; }
  bool rasl() const { return type == kHevcRaslN || type == kHevcRaslR; }
  bool radl() const { return type == kHevcRadlN || type == kHevcRadlR; }
  bool reference() const { return irap() || type % 2 == 1; }
};
/// H.265 7.3.6.1 up to the short-term reference picture set. `unit`: whole NAL unit with its header, still escaped.
HevcSlice read_hevc_slice(ByteView unit, const HevcSets& known);

struct AvcSlice {
  bool idr = false;
  bool reference = false;  // nal_ref_idc above 0
  std::optional<uint32_t> sequence;
  SliceCoding coding = SliceCoding::kUnknown;
  bool complete = false;  // what follows could be read
  bool gaps_allowed = false;
  int frame_num_bits = 0, poc_bits = 0;  // poc_bits 0: pictures are told their order otherwise
  uint32_t frame_num = 0, poc_lsb = 0;
  bool field = false, bottom = false;
};
/// H.264 7.3.3 up to pic_order_cnt_lsb.
AvcSlice read_avc_slice(ByteView unit, const AvcSets& known);

}  // namespace pier::media::impl
