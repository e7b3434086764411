#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include <pier/media/decode.hpp>
#include <pier/media/demux.hpp>

#include "test_pictures.hpp"

namespace pier::media {
namespace {

using test::Directory;

constexpr const char* kAvc =
    "-f lavfi -i testsrc2=s=160x90:r=25:d=2 -c:v libx264 -preset ultrafast -g 10 -bf 2 -pix_fmt yuv420p ";
constexpr const char* kSound = "-f lavfi -i sine=440:r=48000:d=2 -c:a aac -ac 2 ";

Result<Demuxer> open(const std::string& path, Source& source) {
  PIER_TRY(source, open_source(path));
  return Demuxer::open(source);
}

int64_t count_packets(Demuxer& demuxer) {
  int64_t count = 0;
  for (;;) {
    auto packet = demuxer.read();
    EXPECT_TRUE(packet) << packet.error().message;
    if (!packet || !*packet) return count;
    ++count;
  }
}

void write(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST(Demuxer, SaysWhatAFileHolds) {
  const Directory directory;
  const std::string path = directory.file("a.mp4");
  ASSERT_TRUE(test::run_ffmpeg(
      "-f lavfi -i testsrc2=s=160x90:r=25:d=2 -f lavfi -i sine=440:r=48000:d=2 -c:v libx264 -preset ultrafast "
      "-pix_fmt yuv420p -c:a aac -ac 2 -metadata:s:a:0 language=zho " +
      path));
  Source source;
  auto demuxer = open(path, source);
  ASSERT_TRUE(demuxer) << demuxer.error().message;
  EXPECT_TRUE(demuxer->container().starts_with("mov"));
  ASSERT_EQ(demuxer->streams().size(), 2U);
  const StreamInfo& video = demuxer->streams()[0];
  EXPECT_EQ(video.codec, Codec::kAvc);
  EXPECT_EQ(video.frame_rate, Rational(25));
  EXPECT_EQ(video.width, 160);
  EXPECT_EQ(video.start_pts, 0);
  EXPECT_EQ(rescale(video.duration, video.time_base, Rational(1, 25)), 50);
  const StreamInfo& audio = demuxer->streams()[1];
  EXPECT_EQ(audio.codec, Codec::kAac);
  EXPECT_EQ(audio.channel_mask, 3U);
  EXPECT_EQ(audio.sample_rate, 48000);
  EXPECT_EQ(audio.language, "zho");
  EXPECT_EQ(demuxer->main_video(), 0);
  demuxer->select({0});
  EXPECT_EQ(count_packets(*demuxer), 50);
  ASSERT_TRUE(demuxer->seek(0, video.time_base.den));
  auto packet = demuxer->read();
  ASSERT_TRUE(packet && *packet);
  EXPECT_TRUE((*packet)->key);
  EXPECT_LE((*packet)->pts, video.time_base.den);
  EXPECT_FALSE((*packet)->data().empty());
  EXPECT_FALSE(demuxer->seek(9, 0));
}

TEST(Demuxer, MainPictureIsNeitherCoverNorSecondProgramme) {
  const Directory directory;
  const std::string covered = directory.file("a.mkv"), programmes = directory.file("a.ts");
  const std::string sound = directory.file("sound.mp4");
  ASSERT_TRUE(test::run_ffmpeg("-f lavfi -i testsrc2=s=160x90:r=25:d=0.04 " + directory.file("cover.png")));
  ASSERT_TRUE(test::run_ffmpeg(kSound + sound));
  ASSERT_TRUE(test::run_ffmpeg("-i " + sound + " -i " + directory.file("cover.png") +
                               " -map 0 -map 1 -c copy -disposition:v:0 attached_pic " + directory.file("cover.mp4")));
  Source source;
  auto cover = open(directory.file("cover.mp4"), source);
  ASSERT_TRUE(cover) << cover.error().message;
  EXPECT_EQ(cover->main_video(), std::nullopt);

  ASSERT_TRUE(
      test::run_ffmpeg("-f lavfi -i testsrc2=s=160x90:r=25:d=2 -f lavfi -i testsrc2=s=320x180:r=25:d=2 -map 0 -map 1 "
                       "-c:v mpeg2video -program program_num=7:st=1 -program program_num=9:st=0 " +
                       programmes));
  Source two;
  auto demuxer = open(programmes, two);
  ASSERT_TRUE(demuxer) << demuxer.error().message;
  ASSERT_TRUE(demuxer->main_video());
  EXPECT_EQ(demuxer->streams()[static_cast<size_t>(*demuxer->main_video())].width, 320);
}

TEST(Demuxer, BadFilesAreClearErrors) {
  const Directory directory;
  const std::string empty = directory.file("empty.mp4"), text = directory.file("text.mp4"),
                    zeros = directory.file("zeros.mp4");
  const std::string playlist = directory.file("playlist.mp4");
  write(empty, "");
  write(text, "This is a letter to nobody, renamed to look like a film.\n");
  write(zeros, std::string(100000, '\0'));
  write(playlist, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n/etc/passwd\n#EXT-X-ENDLIST\n");
  Source source;
  EXPECT_EQ(open(empty, source).error().code, ErrorCode::kTruncated);
  for (const auto& path : {text, zeros, playlist}) {
    auto demuxer = open(path, source);
    ASSERT_FALSE(demuxer) << path;
    EXPECT_EQ(demuxer.error().code, ErrorCode::kInputDamaged) << demuxer.error().message;
    EXPECT_NE(demuxer.error().message.find(path), std::string::npos);
  }
}

TEST(Demuxer, TruncatedAndTornFilesEndWithoutACrash) {
  const Directory directory;
  const std::string whole = directory.file("whole.mp4");
  ASSERT_TRUE(test::run_ffmpeg(kAvc + std::string("-movflags +faststart ") + whole));
  const auto size = std::filesystem::file_size(whole);
  const auto frames = test::decode_all(whole).size();
  EXPECT_EQ(frames, 50U);
  std::ifstream in(whole, std::ios::binary);
  std::string bytes(size, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(size));

  const std::string truncated = directory.file("truncated.mp4");
  write(truncated, std::string_view(bytes).substr(0, size * 6 / 10));
  Source source;
  auto demuxer = open(truncated, source);
  ASSERT_TRUE(demuxer) << demuxer.error().message;
  int64_t seen = 0, corrupt = 0;
  for (;;) {
    auto packet = demuxer->read();
    if (!packet || !*packet) break;
    ++seen;
    corrupt += (*packet)->corrupt ? 1 : 0;
  }
  EXPECT_LT(seen, 50);
  EXPECT_GT(seen, 5);

  // Torn pictures: damage is said, the time line stays.
  std::string torn = bytes;
  for (size_t at = size / 2; at < size / 2 + 4000; ++at) torn[at] = static_cast<char>(at * 37);
  const std::string damaged = directory.file("damaged.mp4");
  write(damaged, torn);
  const auto pictures = test::decode_all(damaged);
  EXPECT_GT(std::ranges::count_if(pictures, &test::Seen::damaged) + static_cast<int64_t>(50 - pictures.size()), 0);
  EXPECT_EQ(std::ranges::count_if(test::decode_all(whole), &test::Seen::damaged), 0);
}

TEST(Demuxer, TransportStreamTimesGoOnOverTheWrap) {
  const Directory directory;
  const std::string path = directory.file("a.ts");
  // 2^33 ticks of 90 kHz are 95443.7 s.
  ASSERT_TRUE(test::run_ffmpeg(kAvc + std::string("-output_ts_offset 95442.5 -muxdelay 0 ") + path));
  const auto seen = test::decode_all(path);
  ASSERT_EQ(seen.size(), 50U);
  for (size_t i = 1; i < seen.size(); ++i) EXPECT_EQ(seen[i].pts - seen[i - 1].pts, 3600) << i;
}

TEST(Demuxer, TimesBeforeTheProgrammeAndMissingTimes) {
  const Directory directory;
  const std::string whole = directory.file("whole.mov"), early = directory.file("early.mov"),
                    raw = directory.file("a.264");
  // Pictures at negative times stand before the edit list's start: decoded, not shown.
  ASSERT_TRUE(test::run_ffmpeg(kAvc + whole));
  ASSERT_TRUE(test::run_ffmpeg(kAvc + std::string("-output_ts_offset -1 -avoid_negative_ts disabled ") + early));
  const auto all = test::decode_all(whole), shown = test::decode_all(early);
  ASSERT_EQ(all.size(), 50U);
  ASSERT_EQ(shown.size(), 25U);
  EXPECT_EQ(shown.front().pts, 0);
  for (size_t i = 0; i < shown.size(); ++i) EXPECT_EQ(shown[i].digest, all[i + 25].digest) << i;
  ASSERT_TRUE(test::run_ffmpeg(kAvc + raw));
  const auto untimed = test::decode_all(raw);
  ASSERT_EQ(untimed.size(), 50U);
  for (size_t i = 1; i < untimed.size(); ++i) {
    EXPECT_EQ(untimed[i].pts - untimed[i - 1].pts, untimed[1].pts - untimed[0].pts) << i;
    EXPECT_GT(untimed[i].pts, untimed[i - 1].pts) << i;
  }
}

}  // namespace
}  // namespace pier::media
