#include <pier/core/file.hpp>
#include <pier/packaging/cmaf_reader.hpp>

#include "cmaf/fragment.hpp"
#include "cmaf/init_segment.hpp"

namespace pier::packaging {
namespace {

constexpr uint64_t kMaxInit = uint64_t{16} << 20U;
constexpr uint64_t kMaxSegment = uint64_t{1} << 30U;

Failure damaged(size_t segment, std::string_view what) {
  return fail(ErrorCode::kInputDamaged, "segment " + std::to_string(segment + 1) + " is damaged: " + std::string(what));
}

Result<Bytes> read_range(int fd, uint64_t offset, uint64_t length, uint64_t limit) {
  if (length > limit) return fail(ErrorCode::kTooLarge, "a segment is larger than this reader takes");
  Bytes bytes(static_cast<size_t>(length));
  PIER_TRY(const size_t count, read_at(fd, offset, bytes));
  if (count != bytes.size()) return fail(ErrorCode::kTruncated, "the track's file ends before its index says");
  return bytes;
}

// Samples of one fragment; false when its times or sizes do not fit.
bool take_samples(const impl::Fragment& fragment, ByteView payload, int64_t priming, std::vector<media::Sample>& out) {
  ByteReader in(payload);
  int64_t dts = static_cast<int64_t>(fragment.decode_time) - priming;
  for (const impl::FragmentSample& info : fragment.samples) {
    const ByteView data = in.bytes(info.size);
    if (!in.ok()) return false;
    media::Sample sample;
    sample.data.assign(data.begin(), data.end());
    sample.dts = dts;
    sample.pts = dts + info.composition_offset;
    sample.duration = info.duration;
    sample.key = info.sync;
    out.push_back(std::move(sample));
    dts += info.duration;
  }
  return in.left() == 0;
}

}  // namespace

Result<CmafReader> CmafReader::open(int fd, const TrackIndexView& index) {
  CmafReader reader;
  reader.x_fd = fd;
  reader.x_index = index;
  PIER_TRY(const Bytes init, read_range(fd, index.init_offset(), index.init_length(), kMaxInit));
  PIER_TRY(reader.x_description, impl::parse_init_segment(init));
  PIER_TRY(const TrackDescription known, index.description());
  if (known.kind != reader.x_description.kind) {
    return fail(ErrorCode::kInputDamaged, "the index is that of another kind of track");
  }
  reader.x_description.video.frame_rate = known.video.frame_rate;
  reader.x_description.video.colour.chroma_site = known.video.colour.chroma_site;
  reader.x_description.audio.channel_mask = known.audio.channel_mask;
  reader.x_description.audio.frame_samples = known.audio.frame_samples;
  return reader;
}

Result<std::vector<media::Sample>> CmafReader::read_segment(size_t number) {
  if (number >= segment_count()) return fail(ErrorCode::kNotFound, "the track has no such segment");
  const SegmentRecord& segment = x_index.segments()[number];
  PIER_TRY(const Bytes bytes, read_range(x_fd, segment.offset, segment.length, kMaxSegment));
  std::vector<media::Sample> samples;
  std::optional<impl::Fragment> fragment;
  impl::BoxIterator boxes(bytes);
  while (const auto box = boxes.next()) {
    if (box->type == impl::fourcc("moof")) {
      if (fragment) return damaged(number, "a moof without mdat");
      PIER_TRY(fragment, impl::parse_fragment(box->payload, box->header + box->payload.size()));
      if (fragment->track_id != x_description.track_id) return damaged(number, "it belongs to another track");
    } else if (box->type == impl::fourcc("mdat")) {
      if (!fragment || !take_samples(*fragment, box->payload, x_description.audio.priming_samples, samples)) {
        return damaged(number, "the samples do not fit their mdat");
      }
      fragment.reset();
    } else if (box->type != impl::fourcc("styp") || box->offset != 0) {
      return damaged(number, "an unknown box");
    }
  }
  if (boxes.damaged() || fragment || samples.empty()) return damaged(number, "the boxes do not add up");
  return samples;
}

Result<void> CmafReader::check_digest(size_t number) {
  if (number >= segment_count()) return fail(ErrorCode::kNotFound, "the track has no such segment");
  const SegmentRecord& segment = x_index.segments()[number];
  Sha256Stream digest;
  Bytes buffer(size_t{1} << 20U);
  for (uint64_t done = 0; done < segment.length;) {
    const auto want = static_cast<size_t>(std::min<uint64_t>(buffer.size(), segment.length - done));
    PIER_TRY(const size_t count, read_at(x_fd, segment.offset + done, std::span(buffer).first(want)));
    if (count != want)
      return fail(ErrorCode::kTruncated, "the track's file ends inside segment " + std::to_string(number + 1));
    digest.update(ByteView(buffer).first(want));
    done += want;
  }
  if (digest.finish() == segment.sha256) return {};
  return fail(ErrorCode::kVerifyFailed,
              "segment " + std::to_string(number + 1) + " does not have the bytes it was stored with");
}

}  // namespace pier::packaging
