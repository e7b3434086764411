#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include <sys/mman.h>

#include <pier/core/file.hpp>
#include <pier/packaging/track_index.hpp>

#include "cmaf/index_builder.hpp"

namespace pier::packaging {
namespace {

static_assert(std::endian::native == std::endian::little, "the stored index is used in place");

constexpr char kMagic[8] = {'P', 'I', 'E', 'R', 'I', 'D', 'X', '\n'};
constexpr uint32_t kVersion = 1;
constexpr size_t kMaxText = size_t{4} << 20U;
// Far beyond any programme, so that sums and nanoseconds never overflow.
constexpr uint64_t kMaxOffset = uint64_t{1} << 60U;
constexpr int64_t kMaxSeconds = 1'000'000'000;

struct IndexHeader {
  char magic[8];
  uint32_t version;
  uint32_t header_size;
  uint64_t total_size;
  uint64_t init_offset;
  uint64_t init_length;
  uint64_t file_size;
  uint32_t segment_count;
  uint32_t fragment_count;
  uint32_t codec_size;
  uint32_t description_size;
  uint32_t timescale;
  uint8_t kind;
  uint8_t reserved[11];
};
static_assert(sizeof(IndexHeader) == 80);

Failure damaged(std::string_view what) {
  return fail(ErrorCode::kInputDamaged, "the track index is damaged: " + std::string(what));
}

template <typename T>
void append(Bytes& out, std::span<const T> values) {
  const ByteView bytes = std::as_bytes(values);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

Result<void> check_header(const IndexHeader& header, size_t size) {
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0) return damaged("it does not start as one");
  if (header.version != kVersion || header.header_size != sizeof(IndexHeader)) {
    return fail(ErrorCode::kInputUnsupported,
                "the track index has version " + std::to_string(header.version) + ", this program reads version 1");
  }
  if (header.codec_size > kMaxText || header.description_size > kMaxText) return damaged("a text is too long");
  const uint64_t records =
      uint64_t{header.segment_count} * sizeof(SegmentRecord) + uint64_t{header.fragment_count} * sizeof(FragmentRecord);
  if (header.total_size != size ||
      sizeof(IndexHeader) + records + header.codec_size + header.description_size != size) {
    return damaged("its parts do not add up to its size");
  }
  if (header.kind > static_cast<uint8_t>(TrackKind::kImage)) return damaged("unknown kind of track");
  if (header.timescale == 0) return damaged("no timescale");
  if (header.file_size > kMaxOffset || header.init_offset > header.file_size ||
      header.init_length > header.file_size - header.init_offset) {
    return damaged("the initialisation segment lies outside the file");
  }
  return {};
}

Result<void> check_fragments(const SegmentRecord& segment, std::span<const FragmentRecord> fragments) {
  uint64_t at = segment.offset;
  const uint64_t end = segment.offset + segment.length;
  int64_t time = segment.time;
  for (const FragmentRecord& fragment : fragments) {
    if (fragment.offset < at || fragment.offset > end || fragment.length == 0 ||
        fragment.length > end - fragment.offset) {
      return damaged("a fragment lies outside its segment");
    }
    if (fragment.first_unit_end <= fragment.offset || fragment.first_unit_end > fragment.offset + fragment.length) {
      return damaged("a first access unit lies outside its fragment");
    }
    const bool first = &fragment == fragments.data();
    if (first ? fragment.time != segment.time : fragment.time <= time) return damaged("fragment times do not rise");
    if (fragment.time >= segment.time + segment.duration) return damaged("a fragment starts after its segment");
    at = fragment.offset + fragment.length;
    time = fragment.time;
  }
  return {};
}

Result<void> check_segments(const TrackIndexView& index) {
  uint64_t at = index.init_offset() + index.init_length();
  uint64_t fragments = 0;
  int64_t time = 0;
  const int64_t longest = kMaxSeconds * int64_t{index.timescale()};
  for (const SegmentRecord& segment : index.segments()) {
    if (segment.offset < at || segment.offset > index.file_size() || segment.length == 0 ||
        segment.length > index.file_size() - segment.offset) {
      return damaged("a segment lies outside the file or overlaps");
    }
    if (segment.time < time || segment.time > longest || segment.duration < 1 || segment.duration > longest) {
      return damaged("segment times do not rise");
    }
    if (segment.first_fragment != fragments || segment.fragment_count == 0 ||
        segment.fragment_count > index.fragments().size() - fragments) {
      return damaged("a segment names fragments that are not its own");
    }
    if (segment.access_point_type < 1 || segment.access_point_type > 6) return damaged("unknown access point type");
    PIER_CHECK(check_fragments(segment, index.fragments_of(segment)));
    fragments += segment.fragment_count;
    at = segment.offset + segment.length;
    time = segment.time + segment.duration;
  }
  return fragments == index.fragments().size() ? Result<void>() : Result<void>(damaged("fragments without a segment"));
}

struct Mapping {
  void* address = nullptr;
  size_t size = 0;
  Mapping(void* start, size_t length) : address(start), size(length) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(address, size); }
};

}  // namespace

Bytes TrackIndex::serialize() const {
  const std::string json = json::serialize(to_json(description));
  IndexHeader header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.version = kVersion;
  header.header_size = sizeof header;
  header.init_offset = init_offset;
  header.init_length = init_length;
  header.file_size = file_size;
  header.segment_count = static_cast<uint32_t>(segments.size());
  header.fragment_count = static_cast<uint32_t>(fragments.size());
  header.codec_size = static_cast<uint32_t>(codec_string.size());
  header.description_size = static_cast<uint32_t>(json.size());
  header.timescale = description.timescale;
  header.kind = static_cast<uint8_t>(description.kind);
  header.total_size = sizeof header + segments.size() * sizeof(SegmentRecord) +
                      fragments.size() * sizeof(FragmentRecord) + codec_string.size() + json.size();
  Bytes out;
  out.reserve(header.total_size);
  append(out, std::span<const IndexHeader>(&header, 1));
  append(out, std::span<const SegmentRecord>(segments));
  append(out, std::span<const FragmentRecord>(fragments));
  append(out, std::span<const char>(codec_string));
  append(out, std::span<const char>(json));
  return out;
}

Result<TrackIndexView> TrackIndexView::open(ByteView bytes) {
  if (bytes.size() < sizeof(IndexHeader)) return damaged("it is too short");
  if (reinterpret_cast<uintptr_t>(bytes.data()) % alignof(SegmentRecord) != 0) {
    return fail(ErrorCode::kInvalidArgument, "the bytes of a track index must be aligned to 8");
  }
  IndexHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  PIER_CHECK(check_header(header, bytes.size()));
  TrackIndexView view;
  const std::byte* at = bytes.data() + sizeof header;
  view.x_segments = {reinterpret_cast<const SegmentRecord*>(at), header.segment_count};
  at += view.x_segments.size_bytes();
  view.x_fragments = {reinterpret_cast<const FragmentRecord*>(at), header.fragment_count};
  at += view.x_fragments.size_bytes();
  view.x_codec_string = as_text({at, header.codec_size});
  view.x_description = as_text({at + header.codec_size, header.description_size});
  view.x_init_offset = header.init_offset;
  view.x_init_length = header.init_length;
  view.x_file_size = header.file_size;
  view.x_timescale = header.timescale;
  view.x_kind = static_cast<TrackKind>(header.kind);
  PIER_CHECK(check_segments(view));
  auto description = view.description();
  if (!description) return damaged(description.error().message);
  if (description->timescale != view.x_timescale || description->kind != view.x_kind) {
    return damaged("the description tells another track");
  }
  return view;
}

Result<TrackDescription> TrackIndexView::description() const {
  PIER_TRY(const json::value value, parse_json(x_description));
  if (!value.is_object()) return damaged("the description is not an object");
  PIER_TRY(TrackDescription track, track_description_from_json(value.get_object()));
  PIER_CHECK(check(track));
  return track;
}

int64_t TrackIndexView::end_time() const {
  return x_segments.empty() ? 0 : x_segments.back().time + x_segments.back().duration;
}

uint64_t TrackIndexView::media_bytes() const {
  uint64_t bytes = 0;
  for (const SegmentRecord& segment : x_segments) bytes += segment.length;
  return bytes;
}

int64_t TrackIndexView::longest_segment() const {
  int64_t longest = 0;
  for (const SegmentRecord& segment : x_segments) longest = std::max(longest, segment.duration);
  return longest;
}

Result<MappedIndex> MappedIndex::open(int fd) {
  PIER_TRY(const FileState state, file_state(fd));
  if (state.size == 0 || state.size > std::numeric_limits<size_t>::max() / 2) return damaged("it is empty");
  const auto size = static_cast<size_t>(state.size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED) return Failure(errno_error(errno, "cannot map the track index"));
  auto owner = std::make_shared<const Mapping>(address, size);
  MappedIndex mapped;
  PIER_TRY(mapped.x_view, TrackIndexView::open({static_cast<const std::byte*>(address), size}));
  mapped.x_owner = std::move(owner);
  return mapped;
}

Result<MappedIndex> MappedIndex::from_bytes(Bytes bytes) {
  auto owner = std::make_shared<const Bytes>(std::move(bytes));
  MappedIndex mapped;
  PIER_TRY(mapped.x_view, TrackIndexView::open(*owner));
  mapped.x_owner = std::move(owner);
  return mapped;
}

uint64_t peak_bitrate(const TrackIndexView& index, int64_t target_duration) {
  std::vector<impl::TimedBytes> parts;
  parts.reserve(index.segments().size());
  for (const SegmentRecord& segment : index.segments()) parts.push_back({segment.length, segment.duration});
  return impl::peak_bitrate(parts, index.timescale(), target_duration);
}

uint64_t average_bitrate(const TrackIndexView& index) {
  int64_t ticks = 0;
  for (const SegmentRecord& segment : index.segments()) ticks += segment.duration;
  return impl::segment_bitrate(index.media_bytes(), ticks, index.timescale());
}

}  // namespace pier::packaging
