#include "cmaf/fragment.hpp"

#include <algorithm>
#include <utility>

namespace pier::packaging::impl {
namespace {

// tfhd
constexpr uint32_t kDefaultBaseIsMoof = 0x020000;
constexpr uint32_t kDefaultDuration = 0x08;
constexpr uint32_t kDefaultFlags = 0x20;
// trun
constexpr uint32_t kDataOffset = 0x001;
constexpr uint32_t kFirstSampleFlags = 0x004;
constexpr uint32_t kDurations = 0x100;
constexpr uint32_t kSizes = 0x200;
constexpr uint32_t kFlags = 0x400;
constexpr uint32_t kCompositionOffsets = 0x800;
// sample flags of ISO/IEC 14496-12 §8.8.3.1
constexpr uint32_t kSync = 0x02000000;     // depends on no other
constexpr uint32_t kNonSync = 0x01010000;  // depends on others, not a sync sample
constexpr uint32_t kNonSyncBit = 0x00010000;

constexpr size_t kMdatHeader = 8;

uint32_t flags_of(const FragmentSample& sample) {
  return sample.sync ? kSync : kNonSync;
}

// What is the same for all samples moves to the defaults.
struct Plan {
  bool one_duration = true;
  bool offsets = false;
  bool first_differs = false;
  bool own_flags = false;
  uint32_t default_flags = 0;

  explicit Plan(const std::vector<FragmentSample>& samples) {
    const FragmentSample& last = samples.back();
    default_flags = flags_of(last);
    for (size_t i = 0; i < samples.size(); ++i) {
      one_duration = one_duration && samples[i].duration == last.duration;
      offsets = offsets || samples[i].composition_offset != 0;
      if (samples[i].sync != last.sync) (i == 0 ? first_differs : own_flags) = true;
    }
    if (own_flags) first_differs = false;
  }
  uint32_t run_flags() const {
    return kDataOffset | kSizes | (one_duration ? 0 : kDurations) | (offsets ? kCompositionOffsets : 0) |
           (first_differs ? kFirstSampleFlags : 0) | (own_flags ? kFlags : 0);
  }
};

Failure damaged(std::string_view what) {
  return fail(ErrorCode::kInputDamaged, "a movie fragment is damaged: " + std::string(what));
}

struct RunDefaults {
  uint32_t duration = 0;
  uint32_t flags = 0;
};

Result<RunDefaults> parse_track_header(ByteView payload, Fragment& fragment) {
  ByteReader in(payload);
  in.u8();
  const uint32_t flags = in.u24();
  fragment.track_id = in.u32();
  if ((flags & ~(kDefaultDuration | kDefaultFlags)) != kDefaultBaseIsMoof) return damaged("tfhd is not one of ours");
  RunDefaults defaults;
  if ((flags & kDefaultDuration) != 0) defaults.duration = in.u32();
  if ((flags & kDefaultFlags) != 0) defaults.flags = in.u32();
  if (!in.ok()) return damaged("tfhd");
  return defaults;
}

Result<void> parse_run(ByteView payload, size_t moof_size, const RunDefaults& defaults, Fragment& fragment) {
  constexpr uint32_t kKnown = kDataOffset | kFirstSampleFlags | kDurations | kSizes | kFlags | kCompositionOffsets;
  ByteReader in(payload);
  const uint8_t version = in.u8();
  const uint32_t flags = in.u24();
  const uint32_t count = in.u32();
  if (version != 1 || (flags & ~kKnown) != 0 || (flags & kSizes) == 0 || (flags & kDataOffset) == 0) {
    return damaged("trun is not one of ours");
  }
  if (in.u32() != moof_size + kMdatHeader) return damaged("trun does not point to the mdat that follows");
  uint32_t first_flags = defaults.flags;
  if ((flags & kFirstSampleFlags) != 0) first_flags = in.u32();
  if (!in.ok() || count == 0 || count > in.left() / 4) return damaged("trun");
  fragment.samples.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    FragmentSample& sample = fragment.samples[i];
    sample.duration = (flags & kDurations) != 0 ? in.u32() : defaults.duration;
    sample.size = in.u32();
    uint32_t own = i == 0 ? first_flags : defaults.flags;
    if ((flags & kFlags) != 0) own = in.u32();
    sample.sync = (own & kNonSyncBit) == 0;
    if ((flags & kCompositionOffsets) != 0) sample.composition_offset = static_cast<int32_t>(in.u32());
  }
  return in.ok() && in.left() == 0 ? Result<void>() : Result<void>(damaged("trun"));
}

}  // namespace

Bytes write_segment_type() {
  ByteWriter out;
  {
    const BoxScope styp(out, "styp");
    out.text("cmfs");
    out.u32(0);
    for (const std::string_view brand : {"cmfs", "msdh", "iso6"}) out.text(brand);
  }
  return out.take();
}

Bytes write_fragment_header(const Fragment& fragment) {
  const Plan plan(fragment.samples);
  ByteWriter out;
  size_t data_offset_at = 0;
  uint64_t payload = 0;
  {
    const BoxScope moof(out, "moof");
    {
      const BoxScope mfhd(out, "mfhd", 0, 0);
      out.u32(fragment.sequence);
    }
    const BoxScope traf(out, "traf");
    {
      const BoxScope tfhd(out, "tfhd", 0,
                          kDefaultBaseIsMoof | kDefaultFlags | (plan.one_duration ? kDefaultDuration : 0));
      out.u32(fragment.track_id);
      if (plan.one_duration) out.u32(fragment.samples.back().duration);
      out.u32(plan.default_flags);
    }
    {
      const BoxScope tfdt(out, "tfdt", 1, 0);
      out.u64(fragment.decode_time);
    }
    const BoxScope trun(out, "trun", 1, plan.run_flags());
    out.u32(fragment.samples.size());
    data_offset_at = out.size();
    out.u32(0);
    if (plan.first_differs) out.u32(flags_of(fragment.samples.front()));
    for (const FragmentSample& sample : fragment.samples) {
      if (!plan.one_duration) out.u32(sample.duration);
      out.u32(sample.size);
      if (plan.own_flags) out.u32(flags_of(sample));
      if (plan.offsets) out.u32(static_cast<uint32_t>(sample.composition_offset));
      payload += sample.size;
    }
  }
  out.patch_u32(data_offset_at, static_cast<uint32_t>(out.size() + kMdatHeader));
  out.u32(payload + kMdatHeader);
  out.text("mdat");
  return out.take();
}

Result<Fragment> parse_fragment(ByteView moof, size_t moof_size) {
  Fragment fragment;
  const auto mfhd = find_box(moof, "mfhd");
  const auto traf = find_box(moof, "traf");
  if (!mfhd || !traf) return damaged("mfhd or traf is missing");
  ByteReader header(mfhd->payload);
  header.skip(4);
  fragment.sequence = header.u32();
  const auto tfhd = find_box(traf->payload, "tfhd");
  const auto tfdt = find_box(traf->payload, "tfdt");
  const auto trun = find_box(traf->payload, "trun");
  if (!header.ok() || !tfhd || !tfdt || !trun) return damaged("tfhd, tfdt or trun is missing");
  ByteReader time(tfdt->payload);
  if (time.u8() != 1) return damaged("tfdt is not of version 1");
  time.skip(3);
  fragment.decode_time = time.u64();
  if (!time.ok() || fragment.decode_time > INT64_MAX / 2) return damaged("tfdt");
  PIER_TRY(const RunDefaults defaults, parse_track_header(tfhd->payload, fragment));
  PIER_CHECK(parse_run(trun->payload, moof_size, defaults, fragment));
  return fragment;
}

}  // namespace pier::packaging::impl
