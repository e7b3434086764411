#include <limits>
#include <memory>

#include <xxhash.h>

#include <pier/analysis/frame_table.hpp>

namespace pier::analysis {

namespace {

constexpr uint32_t kMagic = 0x50465442;  // "PFTB"
constexpr uint32_t kVersion = 1;
constexpr size_t kChecksumBytes = 8;
constexpr size_t kSmallestRecord = 9;  // flags and fingerprint

constexpr uint8_t kKey = 1, kDamaged = 2, kSameStep = 4, kSameDuration = 8, kKnownFlags = 15;

struct FreeHash {
  void operator()(XXH64_state_t* state) const { XXH64_freeState(state); }
};

uint64_t zigzag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1U) ^ static_cast<uint64_t>(value >> 63U);
}
int64_t unzigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1U) ^ -static_cast<int64_t>(value & 1U);
}

void put_varint(ByteWriter& out, uint64_t value) {
  for (; value >= 128; value >>= 7U) out.u8((value & 127U) | 128U);
  out.u8(value);
}

uint64_t get_varint(ByteReader& in) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && in.ok(); shift += 7) {
    const uint8_t byte = in.u8();
    value |= static_cast<uint64_t>(byte & 127U) << shift;
    if (byte < 128) break;
  }
  return value;
}

/// Wraps like the hardware does: hostile bytes must not overflow a signed sum.
int64_t wrapping_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
int64_t wrapping_sub(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

/// What the next record is predicted from.
struct Predictor {
  int64_t pts = 0, step = 0, duration = 0;

  void advance(const FrameRecord& record) {
    step = wrapping_sub(record.pts, pts);
    pts = record.pts;
    duration = record.duration;
  }
};

FrameRecord read_record(ByteReader& in, const Predictor& predictor, bool& known) {
  FrameRecord record;
  const uint8_t flags = in.u8();
  known = (flags & ~kKnownFlags) == 0;
  const int64_t step = (flags & kSameStep) != 0 ? predictor.step : unzigzag(get_varint(in));
  record.pts = wrapping_add(predictor.pts, step);
  record.duration = (flags & kSameDuration) != 0 ? predictor.duration : unzigzag(get_varint(in));
  record.key = (flags & kKey) != 0;
  record.damaged = (flags & kDamaged) != 0;
  record.fingerprint = in.u64();
  return record;
}

}  // namespace

uint64_t fingerprint(const PictureView& picture) {
  const uint64_t seed = (static_cast<uint64_t>(picture.width) << 40U) ^ (static_cast<uint64_t>(picture.height) << 16U) ^
                        picture.format.bit_depth;
  const std::unique_ptr<XXH64_state_t, FreeHash> state(XXH64_createState());
  XXH64_reset(state.get(), seed);
  const Plane& plane = picture.planes[0];
  const size_t row_bytes = static_cast<size_t>(plane.width) * static_cast<size_t>(picture.format.bytes_per_sample());
  for (int y = 0; y < plane.height; ++y) XXH64_update(state.get(), plane.row<uint8_t>(y), row_bytes);
  return XXH64_digest(state.get());
}

Bytes to_bytes(const FrameTable& table) {
  ByteWriter out;
  out.u32(kMagic);
  out.u32(kVersion);
  out.u64(static_cast<uint64_t>(table.time_base.num));
  out.u64(static_cast<uint64_t>(table.time_base.den));
  out.u64(table.frames.size());
  Predictor predictor;
  for (const FrameRecord& record : table.frames) {
    const int64_t step = wrapping_sub(record.pts, predictor.pts);
    const bool same_step = step == predictor.step;
    const bool same_duration = record.duration == predictor.duration;
    out.u8((record.key ? kKey : 0U) | (record.damaged ? kDamaged : 0U) | (same_step ? kSameStep : 0U) |
           (same_duration ? kSameDuration : 0U));
    if (!same_step) put_varint(out, zigzag(step));
    if (!same_duration) put_varint(out, zigzag(record.duration));
    out.u64(record.fingerprint);
    predictor.advance(record);
  }
  out.u64(XXH64(out.view().data(), out.size(), 0));
  return out.take();
}

Result<FrameTable> frame_table_from_bytes(ByteView bytes) {
  ByteReader in(bytes);
  if (in.u32() != kMagic) return fail(ErrorCode::kInputDamaged, "this is no frame table");
  if (const uint32_t version = in.u32(); version != kVersion) {
    return fail(ErrorCode::kInputUnsupported,
                "frame table of version " + std::to_string(version) + ", this engine reads 1");
  }
  const auto num = static_cast<int64_t>(in.u64());
  const auto den = static_cast<int64_t>(in.u64());
  const uint64_t count = in.u64();
  if (!in.ok() || in.left() < kChecksumBytes) return fail(ErrorCode::kTruncated, "frame table ends inside its header");
  if (num < 0 || den <= 0) return fail(ErrorCode::kInputDamaged, "frame table has an impossible time base");
  const size_t body = bytes.size() - kChecksumBytes;
  if (count > (body - in.position()) / kSmallestRecord) {
    return fail(ErrorCode::kTruncated, "frame table is shorter than the frames it announces");
  }
  ByteReader checksum(bytes.subspan(body));
  if (checksum.u64() != XXH64(bytes.data(), body, 0)) {
    return fail(ErrorCode::kInputDamaged, "frame table does not match its checksum");
  }
  FrameTable table;
  table.time_base = Rational(num, den);
  table.frames.reserve(count);
  Predictor predictor;
  ByteReader records(bytes.first(body));
  records.skip(in.position());
  for (uint64_t i = 0; i < count; ++i) {
    bool known = false;
    const FrameRecord record = read_record(records, predictor, known);
    if (!records.ok() || !known)
      return fail(ErrorCode::kInputDamaged, "frame table breaks off at frame " + std::to_string(i));
    predictor.advance(record);
    table.frames.push_back(record);
  }
  if (records.left() != 0) return fail(ErrorCode::kInputDamaged, "frame table has bytes after its last frame");
  return table;
}

}  // namespace pier::analysis
