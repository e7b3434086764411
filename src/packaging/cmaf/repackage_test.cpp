// Real streams: small files made by the ffmpeg command are taken apart, written by CmafWriter and read again by ffprobe
// and ffmpeg, which know nothing of the writer.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <gtest/gtest.h>

#include <pier/packaging/cmaf_reader.hpp>

#include "test_tracks.hpp"

namespace pier::packaging {
namespace {

class Repackage : public ::testing::Test {
 protected:
  void SetUp() override {
    x_folder = ::testing::TempDir() + "pier-repackage-" + std::to_string(::getpid());
    ASSERT_TRUE(make_directories(x_folder));
  }
  void TearDown() override { std::filesystem::remove_all(x_folder); }
  std::string path(std::string_view name) const { return x_folder + '/' + std::string(name); }

  static std::string output_of(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    std::string text;
    std::array<char, 65536> buffer{};
    while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
      text.append(buffer.data(), count);
    return text;
  }
  void encode(const std::string& arguments, const std::string& name) const {
    const std::string command = "ffmpeg -nostdin -v error -y " + arguments + " '" + path(name) + "' 2>&1";
    const std::string said = output_of(command);
    ASSERT_TRUE(std::filesystem::exists(path(name))) << command << '\n' << said;
  }

  struct Source {
    std::vector<media::Sample> samples;  // decoding order
    Bytes file;
    Bytes box(std::string_view type) const;
  };
  Source take_apart(const std::string& name) const;
  /// A file with one segment for each two fragments; a fragment starts at each key (video) or every 40 frames.
  Result<TrackIndex> write(const TrackDescription& track, const std::vector<media::Sample>& samples,
                           const std::string& name) const;

  std::string probe(const std::string& name, const std::string& entries) const {
    return output_of("ffprobe -v error -of csv=p=0 -show_entries " + entries + " '" + path(name) + "' 2>&1");
  }
  std::vector<int64_t> frame_times(const std::string& name) const;

  Bytes decoded_sound(const std::string& name) const;
  void check_sound(const TrackDescription& track) const;

  std::string x_folder;
};

std::vector<std::string> split(const std::string& text, char mark) {
  std::vector<std::string> parts;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(mark, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

Bytes Repackage::Source::box(std::string_view type) const {
  const size_t at = as_text(file).find(type);
  if (at == std::string_view::npos || at < 4) return {};
  ByteReader size(ByteView(file).subspan(at - 4, 4));
  const ByteView payload = ByteView(file).subspan(at + 4, size.u32() - 8);
  return {payload.begin(), payload.end()};
}

Repackage::Source Repackage::take_apart(const std::string& name) const {
  Source source;
  const std::string file = *read_file(path(name), 64U << 20U);
  source.file.assign(as_bytes(file).begin(), as_bytes(file).end());
  const std::string rows =
      output_of("ffprobe -v error -of compact=p=0:nk=0 -show_entries packet=pts,size,pos,flags '" + path(name) + "'");
  for (const std::string& row : split(rows, '\n')) {
    media::Sample sample;
    size_t size = 0, position = 0;
    for (const std::string& field : split(row, '|')) {
      const size_t equal = field.find('=');
      if (equal == std::string::npos) continue;
      const std::string key = field.substr(0, equal), value = field.substr(equal + 1);
      if (key == "pts") sample.pts = std::stoll(value);
      if (key == "size") size = std::stoull(value);
      if (key == "pos") position = std::stoull(value);
      if (key == "flags") sample.key = value.find('K') != std::string::npos;
    }
    if (size == 0) continue;
    const ByteView data = ByteView(source.file).subspan(position, size);
    sample.data.assign(data.begin(), data.end());
    source.samples.push_back(std::move(sample));
  }
  return source;
}

Result<TrackIndex> Repackage::write(const TrackDescription& track, const std::vector<media::Sample>& samples,
                                    const std::string& name) const {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path(name).c_str(), "wb"), std::fclose);
  PIER_TRY(CmafWriter writer, CmafWriter::create(fileno(file.get()), track));
  const bool video = track.kind == TrackKind::kVideo;
  size_t number = 0;
  for (size_t first = 0; first < samples.size(); ++number) {
    size_t end = first + 1;
    while (end < samples.size() && (video ? !samples[end].key : end - first < 40)) ++end;
    if (number % 2 == 0) PIER_CHECK(writer.begin_segment());
    PIER_CHECK(writer.add_fragment(std::span(samples).subspan(first, end - first)));
    first = end;
  }
  return writer.finish();
}

// From the first picture on: for negative composition offsets FFmpeg's reader moves a whole track by the largest one
// (its own CMAF files too).
std::vector<int64_t> Repackage::frame_times(const std::string& name) const {
  std::vector<int64_t> times;
  for (const std::string& row : split(probe(name, "frame=pts"), '\n')) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(row.data(), row.data() + row.size(), value);
    if (error == std::errc()) times.push_back(value);
  }
  for (size_t i = times.size(); i > 0; --i) times[i - 1] -= times.front();
  return times;
}

TrackDescription described(TrackDescription track, uint32_t timescale, int64_t duration, Bytes configuration) {
  track.timescale = timescale;
  track.duration = duration;
  track.configuration = std::move(configuration);
  track.video.frame_rate = {};
  return track;
}

TEST_F(Repackage, HevcWithBPicturesKeepsEveryTime) {
  encode(
      "-f lavfi -i testsrc2=size=128x72:rate=25:duration=3 -pix_fmt yuv420p10le -c:v libx265 -preset ultrafast "
      "-x265-params "
      "keyint=24:min-keyint=24:scenecut=0:open-gop=0:bframes=3:b-adapt=0:log-level=error:repeat-headers=0:pools=none "
      "-color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc -tag:v hvc1 -video_track_timescale 12800",
      "a.mp4");
  const Source source = take_apart("a.mp4");
  ASSERT_EQ(source.samples.size(), 75U);
  TrackDescription track = described(test::hevc_track(1, 128, 72, 25, 75), 12800, 75 * 512, source.box("hvcC"));
  track.video.colour = {Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kLeft};
  const auto index = write(track, source.samples, "b.mp4");
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(index->codec_string.substr(0, 8), "hvc1.2.4");

  EXPECT_EQ(frame_times("b.mp4"), frame_times("a.mp4"));
  EXPECT_EQ(probe("b.mp4", "stream=codec_tag_string,color_range,color_space,color_transfer,color_primaries"),
            "hvc1,tv,bt2020nc,arib-std-b67,bt2020\n");
  const auto md5 = [this](const std::string& name) {
    return output_of("ffmpeg -nostdin -v error -i '" + path(name) + "' -map 0:v -f md5 - 2>&1");
  };
  EXPECT_EQ(md5("b.mp4"), md5("a.mp4")) << "decoded pictures differ";
  EXPECT_EQ(md5("b.mp4").substr(0, 4), "MD5=");
}

TEST_F(Repackage, AvcOfVariableRateKeepsEveryTime) {
  encode(
      "-f lavfi -i testsrc2=size=64x64:rate=50:duration=3 -vf \"select='not(mod(n,7))+not(mod(n,5))'\" -vsync vfr "
      "-c:v libx264 -preset veryfast -g 12 -bf 2 -pix_fmt yuv420p -x264-params open-gop=0 -video_track_timescale 90000",
      "a.mp4");
  const Source source = take_apart("a.mp4");
  ASSERT_GT(source.samples.size(), 40U);
  const TrackDescription track = described(test::avc_track(1, 64, 64, 50, 1), 90000, 3 * 90000, source.box("avcC"));
  const auto index = write(track, source.samples, "b.mp4");
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(frame_times("b.mp4"), frame_times("a.mp4"));
  const Bytes stored = index->serialize();
  const auto fd = open_read(path("b.mp4"));
  const auto checked = check_index_against_file(*TrackIndexView::open(stored), fd->get());
  EXPECT_TRUE(checked) << checked.error().message;
  // Composition offsets of both signs stand in the file.
  auto reader = CmafReader::open(fd->get(), *TrackIndexView::open(stored));
  const auto samples = reader->read_segment(0);
  ASSERT_TRUE(samples);
  bool before = false, after = false;
  for (const media::Sample& sample : *samples) {
    before = before || sample.pts < sample.dts;
    after = after || sample.pts > sample.dts;
  }
  EXPECT_TRUE(before && after);
}

TEST_F(Repackage, TwoPictures) {
  encode("-f lavfi -i testsrc2=size=64x64:rate=25 -frames:v 2 -c:v libx264 -preset ultrafast -pix_fmt yuv420p",
         "a.mp4");
  const Source source = take_apart("a.mp4");
  ASSERT_EQ(source.samples.size(), 2U);
  ASSERT_TRUE(
      write(described(test::avc_track(1, 64, 64, 25, 2), 12800, 1024, source.box("avcC")), source.samples, "b.mp4"));
  EXPECT_EQ(frame_times("b.mp4"), (std::vector<int64_t>{0, 512}));
}

// Everything ffmpeg decodes, priming included: its reader of fragments does not take the edit list for sound.
Bytes Repackage::decoded_sound(const std::string& name) const {
  const std::string raw = output_of("ffmpeg -nostdin -v error -i '" + path(name) + "' -f s16le - 2>/dev/null");
  return {as_bytes(raw).begin(), as_bytes(raw).end()};
}

// After `priming` samples the decoded sound must be that of the source file (whose priming ffmpeg does skip), and the
// boxes must end where the programme ends.
void Repackage::check_sound(const TrackDescription& track) const {
  const auto sample = static_cast<size_t>(2 * track.audio.channels);
  const Bytes ours = decoded_sound("b.mp4"), source = decoded_sound("a.mp4");
  const size_t priming = static_cast<size_t>(track.audio.priming_samples) * sample;
  const size_t programme = static_cast<size_t>(track.audio.programme_samples) * sample;
  ASSERT_GE(ours.size(), priming + programme);
  ASSERT_GE(source.size(), programme);
  EXPECT_TRUE(std::equal(source.begin(), source.begin() + static_cast<ptrdiff_t>(programme),
                         ours.begin() + static_cast<ptrdiff_t>(priming)));
  const std::string first = probe("b.mp4", "packet=pts");
  EXPECT_EQ(std::stoll(first), -track.audio.priming_samples);
  const auto fd = open_read(path("b.mp4"));
  const auto index = index_of_file(fd->get());
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(index->segments.back().time + index->segments.back().duration, track.audio.programme_samples);
}

TEST_F(Repackage, AacIsAsLongAsItsProgramme) {
  for (const int64_t programme : {123'457, 48'000, 98'304}) {
    encode("-f lavfi -i sine=frequency=440:sample_rate=48000 -af aformat=channel_layouts=stereo,atrim=end_sample=" +
               std::to_string(programme) + " -c:a aac -b:a 96k",
           "a.mp4");
    const Source source = take_apart("a.mp4");
    const size_t specific = as_text(source.file).find("\x05\x80\x80\x80");
    ASSERT_NE(specific, std::string_view::npos);
    const auto length = static_cast<size_t>(source.file[specific + 4]);
    const ByteView config = ByteView(source.file).subspan(specific + 5, length);
    TrackDescription track = test::aac_track(1, programme);
    track.configuration.assign(config.begin(), config.end());
    ASSERT_EQ(source.samples.front().pts, -1024);
    const auto index = write(track, source.samples, "b.mp4");
    ASSERT_TRUE(index) << index.error().message;
    check_sound(track);
    EXPECT_EQ(probe("b.mp4", "stream=codec_tag_string,profile,sample_rate,channels"), "LC,mp4a,48000,2\n");
  }
}

TEST_F(Repackage, Eac3IsAsLongAsItsProgramme) {
  const int64_t programme = 100'001;
  encode("-f lavfi -i sine=frequency=440:sample_rate=48000 -af aformat=channel_layouts=5.1,atrim=end_sample=" +
             std::to_string(programme) + " -c:a eac3 -b:a 384k",
         "a.mp4");
  const Source source = take_apart("a.mp4");
  TrackDescription track = test::eac3_track(1, programme);
  track.configuration = source.box("dec3");
  ASSERT_EQ(source.samples.front().pts, -256);
  const auto index = write(track, source.samples, "b.mp4");
  ASSERT_TRUE(index) << index.error().message;
  check_sound(track);
}

}  // namespace
}  // namespace pier::packaging
