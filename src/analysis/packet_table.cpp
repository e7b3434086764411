#include <algorithm>
#include <cstring>
#include <memory>

#include <xxhash.h>

#include <pier/analysis/packet_table.hpp>

namespace pier::analysis {
namespace {

constexpr uint32_t kMagic = 0x50504B54;  // "PPKT"
constexpr uint32_t kVersion = 2, kWithoutSizes = 1;
constexpr size_t kChecksumBytes = 8;
constexpr size_t kRecordBytes = 29, kRecordWithoutSize = 25, kSoundBytes = 20;

struct FreeHash {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};
using Hash = std::unique_ptr<XXH3_state_t, FreeHash>;

Hash new_hash() {
  Hash hash(XXH3_createState());
  XXH3_128bits_reset(hash.get());
  return hash;
}

PacketDigest canonical(XXH128_hash_t value) {
  XXH128_canonical_t text;
  XXH128_canonicalFromHash(&text, value);
  PacketDigest digest;
  std::memcpy(digest.data(), text.digest, digest.size());
  return digest;
}

PacketDigest digest_of(ByteView bytes) {
  return canonical(XXH3_128bits(bytes.data(), bytes.size()));
}

/// What digests are made of.
void put(ByteWriter& out, const PacketRecord& record) {
  out.u64(static_cast<uint64_t>(record.pts));
  out.u8(record.key ? 1 : 0);
  out.bytes(record.digest);
}

PacketDigest configuration_of(const media::StreamInfo& stream) {
  ByteWriter out;
  out.u32(static_cast<uint32_t>(stream.kind));
  out.u32(static_cast<uint32_t>(stream.codec));
  out.u64(static_cast<uint64_t>(stream.time_base.num));
  out.u64(static_cast<uint64_t>(stream.time_base.den));
  out.u32(static_cast<uint32_t>(stream.sample_rate));
  out.u32(static_cast<uint32_t>(stream.channels));
  out.u64(stream.channel_mask);
  out.bytes(stream.configuration);
  return digest_of(out.view());
}

PacketDigest read_digest(ByteReader& in) {
  PacketDigest digest{};
  const ByteView bytes = in.bytes(digest.size());
  if (bytes.size() == digest.size()) std::ranges::copy(bytes, digest.begin());
  return digest;
}

}  // namespace

struct PacketTableBuilder::Impl {
  PacketTable table;
  int pictures = -1;
  std::map<int, Hash> sound;
};

PacketTableBuilder::PacketTableBuilder() : x_impl(std::make_unique<Impl>()) {}
PacketTableBuilder::~PacketTableBuilder() = default;
PacketTableBuilder::PacketTableBuilder(PacketTableBuilder&&) noexcept = default;
PacketTableBuilder& PacketTableBuilder::operator=(PacketTableBuilder&&) noexcept = default;

void PacketTableBuilder::begin(const media::StreamInfo& stream) {
  const PacketDigest configuration = configuration_of(stream);
  if (stream.kind == media::StreamKind::kVideo) {
    x_impl->pictures = stream.index;
    x_impl->table.configuration = configuration;
    return;
  }
  Hash hash = new_hash();
  XXH3_128bits_update(hash.get(), configuration.data(), configuration.size());
  x_impl->sound[stream.index] = std::move(hash);
}

void PacketTableBuilder::add(const media::Packet& packet) {
  const ByteView data = packet.data();
  const PacketRecord record{packet.pts, packet.key, digest_of(data), static_cast<uint32_t>(data.size())};
  if (packet.stream_index == x_impl->pictures) {
    x_impl->table.pictures.push_back(record);
    return;
  }
  const auto found = x_impl->sound.find(packet.stream_index);
  if (found == x_impl->sound.end()) return;
  ByteWriter out;
  put(out, record);
  XXH3_128bits_update(found->second.get(), out.view().data(), out.size());
}

PacketTable PacketTableBuilder::finish() {
  for (const auto& [index, hash] : x_impl->sound)
    x_impl->table.sound[index] = canonical(XXH3_128bits_digest(hash.get()));
  return std::move(x_impl->table);
}

Sha256 coded_digest(const PacketTable& table, int64_t first_pts, int64_t end_pts) {
  const auto& all = table.pictures;
  const bool timed = std::ranges::all_of(all, [](const PacketRecord& one) { return one.pts != INT64_MIN; });
  size_t first = 0, end = all.size();
  if (timed) {
    end = 0;
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i].pts >= first_pts && all[i].pts < end_pts) end = i + 1;
      if (all[i].key && all[i].pts <= first_pts) first = i;
    }
  }
  ByteWriter out;
  out.bytes(table.configuration);
  for (size_t i = first; i < end; ++i) put(out, all[i]);
  return sha256(out.view());
}

Sha256 coded_digest_of_sound(const PacketTable& table) {
  ByteWriter out;
  for (const auto& [index, digest] : table.sound) {
    out.u32(static_cast<uint32_t>(index));
    out.bytes(digest);
  }
  return sha256(out.view());
}

Bytes to_bytes(const PacketTable& table) {
  ByteWriter out;
  out.u32(kMagic);
  out.u32(kVersion);
  out.bytes(table.configuration);
  out.u64(table.sound.size());
  for (const auto& [index, digest] : table.sound) {
    out.u32(static_cast<uint32_t>(index));
    out.bytes(digest);
  }
  out.u64(table.pictures.size());
  for (const PacketRecord& record : table.pictures) {
    put(out, record);
    out.u32(record.bytes);
  }
  out.u64(XXH64(out.view().data(), out.size(), 0));
  return out.take();
}

Result<PacketTable> packet_table_from_bytes(ByteView bytes) {
  ByteReader in(bytes);
  if (in.u32() != kMagic) return fail(ErrorCode::kInputDamaged, "this is no packet table");
  const uint32_t version = in.u32();
  if (version != kVersion && version != kWithoutSizes) {
    return fail(ErrorCode::kInputUnsupported,
                "packet table of version " + std::to_string(version) + ", this engine reads 1 and 2");
  }
  const size_t record_bytes = version == kVersion ? kRecordBytes : kRecordWithoutSize;
  if (bytes.size() < kChecksumBytes + in.position()) return fail(ErrorCode::kTruncated, "packet table breaks off");
  const size_t body = bytes.size() - kChecksumBytes;
  ByteReader checksum(bytes.subspan(body));
  if (checksum.u64() != XXH64(bytes.data(), body, 0))
    return fail(ErrorCode::kInputDamaged, "packet table does not match its checksum");
  PacketTable table;
  table.configuration = read_digest(in);
  const uint64_t streams = in.u64();
  if (!in.ok() || streams > in.left() / kSoundBytes) return fail(ErrorCode::kTruncated, "packet table breaks off");
  for (uint64_t i = 0; i < streams; ++i) {
    const auto index = static_cast<int>(in.u32());
    table.sound[index] = read_digest(in);
  }
  const uint64_t count = in.u64();
  if (!in.ok() || in.left() < kChecksumBytes || count != (in.left() - kChecksumBytes) / record_bytes ||
      (in.left() - kChecksumBytes) % record_bytes != 0)
    return fail(ErrorCode::kTruncated, "packet table is not as long as it says");
  table.pictures.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    PacketRecord record;
    record.pts = static_cast<int64_t>(in.u64());
    record.key = in.u8() != 0;
    record.digest = read_digest(in);
    if (version == kVersion) record.bytes = in.u32();
    table.pictures.push_back(record);
  }
  if (!in.ok()) return fail(ErrorCode::kTruncated, "packet table breaks off");
  return table;
}

}  // namespace pier::analysis
