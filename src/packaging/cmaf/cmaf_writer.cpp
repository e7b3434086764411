#include <algorithm>
#include <limits>
#include <optional>

#include <pier/core/file.hpp>
#include <pier/packaging/cmaf_writer.hpp>
#include <pier/packaging/codec_string.hpp>

#include "cmaf/fragment.hpp"
#include "cmaf/index_builder.hpp"
#include "cmaf/init_segment.hpp"

namespace pier::packaging {
namespace {

Failure bad(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

std::string at(int64_t pts) {
  return " (at pts " + std::to_string(pts) + ")";
}

// A fragment that waits for the start of the next one, which ends its last sample.
struct PendingFragment {
  bool starts_segment = false;
  std::vector<impl::FragmentSample> samples;  // durations still open
  std::vector<int64_t> decode_times;          // ticks of the media timeline
  Bytes payload;
};

Result<PendingFragment> collect(std::span<const media::Sample> samples) {
  PendingFragment fragment;
  uint64_t size = 0;
  for (const media::Sample& sample : samples) {
    if (sample.data.empty()) return bad("a sample is empty" + at(sample.pts));
    size += sample.data.size();
  }
  if (size > std::numeric_limits<uint32_t>::max() - 8) {
    return fail(ErrorCode::kTooLarge, "a fragment must be below 4 GiB" + at(samples.front().pts));
  }
  fragment.payload.reserve(size);
  fragment.samples.reserve(samples.size());
  for (const media::Sample& sample : samples) {
    fragment.payload.insert(fragment.payload.end(), sample.data.begin(), sample.data.end());
    fragment.samples.push_back({static_cast<uint32_t>(sample.data.size()), 0, 0, sample.key});
  }
  return fragment;
}

}  // namespace

struct CmafWriter::Impl {
  int fd = -1;
  TrackIndex index;
  impl::IndexBuilder builder{index};
  std::optional<PendingFragment> pending;
  uint64_t position = 0;
  uint32_t sequence = 0;
  bool segment_wanted = false;
  int64_t media_end = 0;  // sound: end of the last frame on the media timeline; video: largest pts so far + 1

  const TrackDescription& track() const { return index.description; }
  bool sound() const { return track().kind == TrackKind::kAudio; }
  // Media timeline to programme timeline; priming does not count.
  int64_t presentation(int64_t media_time) const {
    return sound() ? std::max<int64_t>(0, media_time - track().audio.priming_samples) : media_time;
  }
  // Where the media timeline ends.
  int64_t track_end() const {
    return sound() ? track().audio.priming_samples + track().audio.programme_samples : track().duration;
  }

  Result<void> put(ByteView bytes) {
    PIER_CHECK(write_all(fd, bytes));
    position += bytes.size();
    return {};
  }
  Result<void> time_pictures(std::span<const media::Sample> samples, PendingFragment& fragment);
  Result<void> time_sound(std::span<const media::Sample> samples, PendingFragment& fragment);
  Result<void> set_durations(PendingFragment& fragment, int64_t end) const;
  Result<void> flush(int64_t end);
};

Result<void> CmafWriter::Impl::time_pictures(std::span<const media::Sample> samples, PendingFragment& fragment) {
  const int64_t first = samples.front().pts;
  if (!samples.front().key) return bad("a fragment must start with a key picture" + at(first));
  if (first < media_end) return bad("a picture comes before the end of the fragment before" + at(first));
  if (first < 0) return bad("a picture comes before time 0" + at(first));
  fragment.decode_times.reserve(samples.size());
  for (const media::Sample& sample : samples) {
    if (sample.pts < first) return bad("the GOP is open: a picture is shown before its key picture" + at(sample.pts));
    fragment.decode_times.push_back(sample.pts);
  }
  std::ranges::sort(fragment.decode_times);
  if (const auto twin = std::ranges::adjacent_find(fragment.decode_times); twin != fragment.decode_times.end()) {
    return bad("two pictures have the same time" + at(*twin));
  }
  for (size_t i = 0; i < samples.size(); ++i) {
    const int64_t offset = samples[i].pts - fragment.decode_times[i];
    if (!std::in_range<int32_t>(offset)) return bad("a picture is reordered too far" + at(samples[i].pts));
    fragment.samples[i].composition_offset = static_cast<int32_t>(offset);
  }
  const int64_t last = fragment.decode_times.back();
  if (last >= track_end()) return bad("a picture starts at or after the end of the track" + at(last));
  media_end = last + 1;
  return {};
}

Result<void> CmafWriter::Impl::time_sound(std::span<const media::Sample> samples, PendingFragment& fragment) {
  const AudioDetails& audio = track().audio;
  fragment.decode_times.reserve(samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    const int64_t time = samples[i].pts + audio.priming_samples;
    if (time != media_end)
      return bad("sound has a gap or overlap, or does not start with its priming" + at(samples[i].pts));
    if (time >= track_end())
      return bad("a sound frame starts at or after the end of the programme" + at(samples[i].pts));
    fragment.decode_times.push_back(time);
    fragment.samples[i].sync = true;
    media_end += audio.frame_samples;
  }
  return {};
}

Result<void> CmafWriter::Impl::set_durations(PendingFragment& fragment, int64_t end) const {
  for (size_t i = 0; i < fragment.samples.size(); ++i) {
    const int64_t next = i + 1 < fragment.samples.size() ? fragment.decode_times[i + 1] : end;
    const int64_t duration = next - fragment.decode_times[i];
    if (duration < 1 || !std::in_range<uint32_t>(duration)) {
      return bad("a sample lasts too long for a fragment" + at(fragment.decode_times[i]));
    }
    fragment.samples[i].duration = static_cast<uint32_t>(duration);
  }
  return {};
}

// Writes the pending fragment, which lasts until `end`.
Result<void> CmafWriter::Impl::flush(int64_t end) {
  if (!pending) return {};
  PIER_CHECK(set_durations(*pending, end));
  const int64_t start = pending->decode_times.front();
  if (pending->starts_segment) {
    if (builder.in_segment()) builder.end_segment(presentation(start));
    builder.start_segment(position, presentation(start));
    const Bytes type = impl::write_segment_type();
    PIER_CHECK(put(type));
    builder.feed(type);
  }
  impl::Fragment fragment{++sequence, track().track_id, static_cast<uint64_t>(start), std::move(pending->samples)};
  const Bytes header = impl::write_fragment_header(fragment);
  FragmentRecord record;
  record.offset = position;
  record.length = header.size() + pending->payload.size();
  record.time = presentation(start);
  record.first_unit_end = position + header.size() + fragment.samples.front().size;
  PIER_CHECK(put(header));
  PIER_CHECK(put(pending->payload));
  builder.add_fragment(record);
  builder.feed(header);
  builder.feed(pending->payload);
  pending.reset();
  return {};
}

CmafWriter::CmafWriter(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
CmafWriter::~CmafWriter() = default;
CmafWriter::CmafWriter(CmafWriter&&) noexcept = default;
CmafWriter& CmafWriter::operator=(CmafWriter&&) noexcept = default;

Result<Bytes> make_init_segment(const TrackDescription& description) {
  PIER_CHECK(check(description));
  if (description.kind == TrackKind::kImage || description.codec == media::Codec::kWebVtt) {
    return bad("only video, sound and TTML are stored as CMAF");
  }
  return impl::write_init_segment(description);
}

Result<CmafWriter> CmafWriter::create(int fd, const TrackDescription& description) {
  PIER_TRY(const Bytes init, make_init_segment(description));
  auto impl = std::make_unique<Impl>();
  impl->fd = fd;
  impl->index.description = description;
  if (description.kind == TrackKind::kAudio) impl->index.description.duration = description.audio.programme_samples;
  PIER_TRY(impl->index.codec_string, codec_string(description));
  PIER_CHECK(impl->put(init));
  impl->index.init_length = init.size();
  return CmafWriter(std::move(impl));
}

Result<void> CmafWriter::begin_segment() {
  x_impl->segment_wanted = true;
  return {};
}

Result<void> CmafWriter::add_fragment(std::span<const media::Sample> samples) {
  if (samples.empty()) return bad("a fragment has no samples");
  if (!x_impl->segment_wanted && x_impl->index.segments.empty() && !x_impl->pending) {
    return bad("the first fragment comes before the first segment");
  }
  PIER_TRY(PendingFragment fragment, collect(samples));
  PIER_CHECK(x_impl->sound() ? x_impl->time_sound(samples, fragment) : x_impl->time_pictures(samples, fragment));
  fragment.starts_segment = std::exchange(x_impl->segment_wanted, false);
  PIER_CHECK(x_impl->flush(fragment.decode_times.front()));
  x_impl->pending = std::move(fragment);
  return {};
}

Result<TrackIndex> CmafWriter::finish() {
  if (!x_impl->pending) return bad("the track has no samples");
  if (x_impl->sound() && x_impl->media_end < x_impl->track_end()) {
    return bad("the sound ends " + std::to_string(x_impl->track_end() - x_impl->media_end) +
               " samples before its programme does");
  }
  PIER_CHECK(x_impl->flush(x_impl->track_end()));
  x_impl->builder.end_segment(x_impl->presentation(x_impl->track_end()));
  x_impl->index.file_size = x_impl->position;
  const Bytes stored = x_impl->index.serialize();
  if (auto view = TrackIndexView::open(stored); !view) return fail_in("new track", std::move(view).error());
  return std::move(x_impl->index);
}

Result<ImageTrackWriter> ImageTrackWriter::create(int fd, const TrackDescription& description) {
  PIER_CHECK(check(description));
  if (description.kind != TrackKind::kImage) return bad("tile sheets make an image track");
  ImageTrackWriter writer;
  writer.x_fd = fd;
  writer.x_index.description = description;
  PIER_TRY(writer.x_index.codec_string, codec_string(description));
  return writer;
}

Result<void> ImageTrackWriter::add_sheet(ByteView jpeg) {
  const auto is = [&jpeg](size_t i, int value) { return jpeg[i] == static_cast<std::byte>(value); };
  if (jpeg.size() < 4 || !is(0, 0xFF) || !is(1, 0xD8) || !is(jpeg.size() - 2, 0xFF) || !is(jpeg.size() - 1, 0xD9)) {
    return bad("a tile sheet is not a whole JPEG");
  }
  const TrackDescription& track = x_index.description;
  const int64_t whole = track.image.tile_duration * track.image.columns * track.image.rows;
  const int64_t time = whole * static_cast<int64_t>(x_index.segments.size());
  if (time >= track.duration) return bad("a tile sheet starts at or after the end of the programme");
  PIER_CHECK(write_all(x_fd, jpeg));
  impl::IndexBuilder builder(x_index);
  builder.start_segment(x_index.file_size, time);
  builder.add_fragment({x_index.file_size, jpeg.size(), time, x_index.file_size + jpeg.size()});
  builder.feed(jpeg);
  builder.end_segment(std::min(time + whole, track.duration));
  x_index.file_size += jpeg.size();
  return {};
}

Result<TrackIndex> ImageTrackWriter::finish() {
  const int64_t end = x_index.segments.empty() ? 0 : x_index.segments.back().time + x_index.segments.back().duration;
  if (end != x_index.description.duration) return bad("there are fewer tile sheets than the programme is long");
  return std::move(x_index);
}

}  // namespace pier::packaging
