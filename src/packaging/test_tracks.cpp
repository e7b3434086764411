#include "test_tracks.hpp"

#include <algorithm>
#include <cstdlib>

#include <pier/packaging/text_track.hpp>

namespace pier::packaging::test {
namespace {

TrackDescription video_track(uint32_t id, media::Codec codec, int width, int height, Rational rate, int64_t frames) {
  TrackDescription track;
  track.track_id = id;
  track.kind = TrackKind::kVideo;
  track.codec = codec;
  track.timescale = static_cast<uint32_t>(rate.num);
  track.duration = frames * rate.den;
  track.video.width = width;
  track.video.height = height;
  track.video.frame_rate = rate;
  track.video.colour = {Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow, ChromaSite::kLeft};
  return track;
}

TrackDescription audio_track(uint32_t id, media::Codec codec, int channels, int frame, int priming, int64_t length) {
  TrackDescription track;
  track.track_id = id;
  track.kind = TrackKind::kAudio;
  track.codec = codec;
  track.timescale = 48000;
  track.duration = length;
  track.audio = {48000, channels, channels == 2 ? 0x3U : 0x3FU, frame, priming, length};
  return track;
}

StoredTrack seal(UniqueFd fd, Result<TrackIndex> index) {
  StoredTrack stored;
  stored.fd = std::move(fd);
  EXPECT_TRUE(index) << (index ? "" : index.error().message);
  if (!index) return stored;
  stored.index = std::move(*index);
  stored.stored_index = stored.index.serialize();
  auto view = TrackIndexView::open(stored.stored_index);
  EXPECT_TRUE(view) << (view ? "" : view.error().message);
  if (view) stored.view = *view;
  return stored;
}

media::Sample sample(int64_t pts, bool key, size_t size) {
  media::Sample made;
  made.pts = pts;
  made.key = key;
  made.data.resize(size);
  for (size_t i = 0; i < size; ++i) made.data[i] = static_cast<std::byte>(static_cast<size_t>(pts) * 31 + i * 7);
  return made;
}

}  // namespace

Bytes bytes_of(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

Bytes file_bytes(int fd) {
  Bytes bytes(file_state(fd)->size);
  EXPECT_EQ(read_at(fd, 0, bytes).value(), bytes.size());
  return bytes;
}

TrackDescription hevc_track(uint32_t id, int width, int height, Rational rate, int64_t frames) {
  TrackDescription track = video_track(id, media::Codec::kHevc, width, height, rate, frames);
  track.configuration =
      bytes_of({1, 0x02, 0x20, 0, 0, 0, 0xB0, 0, 0, 0, 0, 0, 153, 0xF0, 0, 0xFC, 0xFD, 0xFA, 0xFA, 0, 0, 0x0F, 0});
  return track;
}

TrackDescription avc_track(uint32_t id, int width, int height, Rational rate, int64_t frames) {
  TrackDescription track = video_track(id, media::Codec::kAvc, width, height, rate, frames);
  track.configuration = bytes_of({1, 0x64, 0x00, 0x28, 0xFF, 0xE0, 0});
  return track;
}

TrackDescription av1_track(uint32_t id, int width, int height, Rational rate, int64_t frames) {
  TrackDescription track = video_track(id, media::Codec::kAv1, width, height, rate, frames);
  track.configuration = bytes_of({0x81, 0x0D, 0x4C, 0});
  return track;
}

TrackDescription aac_track(uint32_t id, int64_t programme_samples) {
  TrackDescription track = audio_track(id, media::Codec::kAac, 2, 1024, 1024, programme_samples);
  track.configuration = bytes_of({0x11, 0x90});
  return track;
}

TrackDescription eac3_track(uint32_t id, int64_t programme_samples) {
  TrackDescription track = audio_track(id, media::Codec::kEac3, 6, 1536, 256, programme_samples);
  track.configuration = bytes_of({0x0C, 0x00, 0x20, 0x0F, 0x00});
  return track;
}

TrackDescription image_track(uint32_t id, uint32_t timescale, int64_t duration) {
  TrackDescription track;
  track.track_id = id;
  track.kind = TrackKind::kImage;
  track.codec = media::Codec::kMjpeg;
  track.timescale = timescale;
  track.duration = duration;
  track.image = {5, 2, 320, 180, timescale};
  return track;
}

Bytes dolby_vision_record(unsigned profile, unsigned level, unsigned compatibility) {
  ByteWriter out;
  out.u8(1);
  out.u8(0);
  out.u16(profile << 9U | level << 3U | 5U);
  out.u8(compatibility << 4U);
  out.zeros(19);
  return out.take();
}

std::vector<media::Sample> gop(int64_t first, int64_t step, int frames, int b_frames, size_t size) {
  std::vector<media::Sample> samples{sample(first, true, size * 8)};
  for (int shown = 1; shown < frames;) {
    const int reference = std::min(frames - 1, shown + b_frames);
    samples.push_back(sample(first + reference * step, false, size * 2));
    for (int b = shown; b < reference; ++b) samples.push_back(sample(first + b * step, false, size));
    shown = reference + 1;
  }
  return samples;
}

std::vector<media::Sample> sound(const TrackDescription& track, int64_t first, int64_t frames, size_t size) {
  std::vector<media::Sample> samples;
  for (int64_t i = first; i < first + frames; ++i) {
    samples.push_back(sample(i * track.audio.frame_samples - track.audio.priming_samples, true, size));
  }
  return samples;
}

StoredTrack store_video(const TrackDescription& track, int fragment_frames, int per_segment, size_t sample_size) {
  UniqueFd fd = scratch_file();
  auto writer = CmafWriter::create(fd.get(), track);
  EXPECT_TRUE(writer) << (writer ? "" : writer.error().message);
  const int64_t step = track.video.frame_rate.den;
  const int64_t total = track.duration / step;
  for (int64_t done = 0, number = 0; done < total; done += fragment_frames, ++number) {
    if (number % per_segment == 0) {
      EXPECT_TRUE(writer->begin_segment());
    }
    const auto frames = static_cast<int>(std::min<int64_t>(fragment_frames, total - done));
    const auto added =
        writer->add_fragment(gop(done * step, step, frames, 2, sample_size + static_cast<size_t>(number % 7)));
    EXPECT_TRUE(added) << (added ? "" : added.error().message);
  }
  return seal(std::move(fd), writer->finish());
}

StoredTrack store_audio(const TrackDescription& track, int segment_frames, size_t sample_size) {
  UniqueFd fd = scratch_file();
  auto writer = CmafWriter::create(fd.get(), track);
  EXPECT_TRUE(writer) << (writer ? "" : writer.error().message);
  const AudioDetails& audio = track.audio;
  const int64_t total =
      (audio.priming_samples + audio.programme_samples + audio.frame_samples - 1) / audio.frame_samples;
  for (int64_t done = 0; done < total;) {
    const int64_t frames = std::min<int64_t>(segment_frames + (done == 0 ? 1 : 0), total - done);
    EXPECT_TRUE(writer->begin_segment());
    const auto added = writer->add_fragment(sound(track, done, frames, sample_size));
    EXPECT_TRUE(added) << (added ? "" : added.error().message);
    done += frames;
  }
  return seal(std::move(fd), writer->finish());
}

StoredTrack store_images(const TrackDescription& track) {
  UniqueFd fd = scratch_file();
  auto writer = ImageTrackWriter::create(fd.get(), track);
  EXPECT_TRUE(writer) << (writer ? "" : writer.error().message);
  const int64_t sheet = track.image.tile_duration * track.image.columns * track.image.rows;
  for (int64_t time = 0; time < track.duration; time += sheet) {
    Bytes jpeg(static_cast<size_t>(5000 + time % 97), std::byte{7});
    jpeg[0] = jpeg[jpeg.size() - 2] = std::byte{0xFF};
    jpeg[1] = std::byte{0xD8};
    jpeg.back() = std::byte{0xD9};
    EXPECT_TRUE(writer->add_sheet(jpeg));
  }
  return seal(std::move(fd), writer->finish());
}

TrackDescription text_track(uint32_t id, media::Codec codec, int64_t duration) {
  TrackDescription track;
  track.track_id = id;
  track.kind = TrackKind::kText;
  track.codec = codec;
  if (codec == media::Codec::kTtml) track.configuration = bytes_of({'i', 'm', '1', 't'});
  track.timescale = 1000;
  track.duration = duration;
  track.language = "zh-Hans";
  return track;
}

StoredTrack store_webvtt(const TrackDescription& track, int64_t ticks) {
  UniqueFd fd = scratch_file();
  auto writer = WebVttTrackWriter::create(fd.get(), track, "WEBVTT\n\nall\n");
  EXPECT_TRUE(writer) << (writer ? "" : writer.error().message);
  for (int64_t end = ticks, number = 1; end < track.duration + ticks; end += ticks, ++number)
    EXPECT_TRUE(
        writer->add_segment("WEBVTT\n\nsegment " + std::to_string(number) + "\n", std::min(end, track.duration)));
  return seal(std::move(fd), writer->finish());
}

StoredTrack store_imsc(const TrackDescription& track, int64_t ticks) {
  UniqueFd fd = scratch_file();
  auto writer = CmafWriter::create(fd.get(), track);
  EXPECT_TRUE(writer) << (writer ? "" : writer.error().message);
  for (int64_t time = 0, number = 1; time < track.duration; time += ticks, ++number) {
    media::Sample document;
    document.pts = time;
    document.key = true;
    const ByteView text = as_bytes("<tt>" + std::to_string(number) + "</tt>");
    document.data.assign(text.begin(), text.end());
    EXPECT_TRUE(writer->begin_segment());
    EXPECT_TRUE(writer->add_fragment(std::span(&document, 1)));
  }
  return seal(std::move(fd), writer->finish());
}

PackageTrack package_track(std::string name, const StoredTrack& track, std::string label) {
  PackageTrack entry;
  entry.name = std::move(name);
  entry.description = track.index.description;
  entry.index = track.view;
  entry.label = std::move(label);
  entry.is_default = entry.description.text.is_default;
  return entry;
}

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(PIER_SOURCE_DIR) + "/tests/golden/packaging/" + name;
  if (const char* update = std::getenv("UPDATE_GOLDEN"); update != nullptr && std::string_view(update) == "1") {
    ASSERT_TRUE(replace_file(path, as_bytes(text)));
    return;
  }
  const auto golden = read_file(path);
  ASSERT_TRUE(golden) << golden.error().message << "; UPDATE_GOLDEN=1 writes it";
  EXPECT_EQ(text, *golden) << "differs from " << path;
}

}  // namespace pier::packaging::test
