#pragma once
// The small index object of a stored track: where each segment and fragment lies in the track's file, when it is shown
// and what it must hash to. Manifests are a walk over it; a segment request is one array look-up. The stored form is
// binary, little-endian, versioned, made to be used in place from one mmap:
//
//   IndexHeader | SegmentRecord[segment_count] | FragmentRecord[fragment_count] | codec string | description JSON
//
// Times are presentation ticks after the edit list: sound that lies before the programme (priming) is not counted, so
// the first segment starts at 0 and the durations add up to the programme.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/result.hpp>
#include <pier/packaging/track.hpp>

namespace pier::packaging {

struct SegmentRecord {
  uint64_t offset = 0;  // in the track's file
  uint64_t length = 0;  // bytes
  int64_t time = 0;     // first presentation time, ticks
  int64_t duration = 0;
  uint64_t bitrate = 0;         // bit/s of this segment, boxes included
  uint32_t first_fragment = 0;  // in fragments()
  uint32_t fragment_count = 0;
  uint8_t access_point_type = 1;  // SAP type (ISO/IEC 14496-12 annex I); ours are all 1
  uint8_t reserved[7] = {};
  Sha256 sha256 = {};
};
static_assert(sizeof(SegmentRecord) == 88);

struct FragmentRecord {
  uint64_t offset = 0;          // of its moof; tile sheets: of the JPEG
  uint64_t length = 0;          // moof and mdat
  int64_t time = 0;             // first presentation time, ticks
  uint64_t first_unit_end = 0;  // file offset just after its first access unit (I-frame playlists)
};
static_assert(sizeof(FragmentRecord) == 32);

/// The index while it is made, and when it is compared. Not thread-safe while changing.
struct TrackIndex {
  TrackDescription description;
  std::string codec_string;  // RFC 6381
  uint64_t init_offset = 0;
  uint64_t init_length = 0;  // 0: no initialisation segment (tile sheets); WebVTT: the whole document
  uint64_t file_size = 0;    // of the track's file
  std::vector<SegmentRecord> segments;
  std::vector<FragmentRecord> fragments;

  Bytes serialize() const;
};

/// An index in the stored form, read in place: the bytes must outlive the view (mmap or Bytes). Everything is checked
/// by open(), so that the accessors cannot leave the bytes. Immutable: any number of threads.
class TrackIndexView {
 public:
  TrackIndexView() = default;  // no segments

  /// kInputDamaged when `bytes` (8-byte aligned) are not an index of this version, or one that contradicts itself:
  /// ranges outside the file, overlapping or out of order, times that go back, fragments outside their segment.
  static Result<TrackIndexView> open(ByteView bytes);

  std::span<const SegmentRecord> segments() const { return x_segments; }
  std::span<const FragmentRecord> fragments() const { return x_fragments; }
  std::span<const FragmentRecord> fragments_of(const SegmentRecord& segment) const {
    return x_fragments.subspan(segment.first_fragment, segment.fragment_count);
  }
  std::string_view codec_string() const { return x_codec_string; }
  std::string_view description_json() const { return x_description; }
  /// Parsed anew by each call; keep the result.
  Result<TrackDescription> description() const;
  uint64_t init_offset() const { return x_init_offset; }
  uint64_t init_length() const { return x_init_length; }
  uint64_t file_size() const { return x_file_size; }
  uint32_t timescale() const { return x_timescale; }
  TrackKind kind() const { return x_kind; }
  int64_t end_time() const;  // of the last segment, ticks
  /// Payload bytes of all segments.
  uint64_t media_bytes() const;
  /// Longest segment, ticks.
  int64_t longest_segment() const;

 private:
  std::span<const SegmentRecord> x_segments;
  std::span<const FragmentRecord> x_fragments;
  std::string_view x_codec_string, x_description;
  uint64_t x_init_offset = 0, x_init_length = 0, x_file_size = 0;
  uint32_t x_timescale = 0;
  TrackKind x_kind = TrackKind::kVideo;
};

/// An index file mapped for as long as this lives; view() borrows from it. The file must be immutable (objects are).
class MappedIndex {
 public:
  static Result<MappedIndex> open(int fd);  // the descriptor may be closed afterwards
  /// For an index that came as bytes (over a network).
  static Result<MappedIndex> from_bytes(Bytes bytes);
  const TrackIndexView& view() const { return x_view; }

 private:
  std::shared_ptr<const void> x_owner;
  TrackIndexView x_view;
};

/// The peak of RFC 8216bis §4.4.6.2 (BANDWIDTH): highest bit rate of any run of segments that lasts between half and
/// one and a half `target_duration` (seconds). bit/s, rounded up.
uint64_t peak_bitrate(const TrackIndexView& index, int64_t target_duration);
/// All segment bytes over their whole duration. bit/s, rounded up.
uint64_t average_bitrate(const TrackIndexView& index);

}  // namespace pier::packaging
