#include <algorithm>
#include <cstdio>
#include <map>

#include <gtest/gtest.h>

#include <pier/media/access_unit.hpp>
#include <pier/media/demux.hpp>

#include "bitstream/hrd.hpp"
#include "test_clips.hpp"

namespace pier::media {
namespace {

struct Read {
  AccessUnit unit;
  int64_t pts = 0;
};

struct Clip {
  std::vector<Read> units;
  std::optional<HrdParameters> hrd;
  std::optional<LevelLimit> limit;
  AccessUnit configuration;
};

Clip read_clip(const std::string& path) {
  Clip clip;
  const auto source = open_source(path);
  if (!source) return clip;
  auto demuxer = Demuxer::open(*source);
  if (!demuxer) return clip;
  const StreamInfo& stream = demuxer->streams().front();
  AccessUnitReader reader(stream.codec, stream.configuration);
  clip.configuration = reader.configuration();
  while (const auto packet = demuxer->read()) {
    if (!*packet) break;
    clip.units.push_back({reader.read((*packet)->data()), (*packet)->pts});
  }
  clip.hrd = reader.hrd();
  clip.limit = reader.level_limit();
  return clip;
}

/// Picture types by presentation time as another program tells them.
std::map<int64_t, char> types_by_ffprobe(const std::string& path) {
  std::map<int64_t, char> types;
  FILE* pipe = ::popen(("ffprobe -v error -show_entries frame=pts,pict_type -of csv=p=0 " + path).c_str(), "r");
  long long pts = 0;
  char type = 0;
  char line[256];
  while (pipe != nullptr && std::fgets(line, sizeof line, pipe) != nullptr) {
    if (std::sscanf(line, "%lld,%c", &pts, &type) == 2) types[pts] = type;
  }
  if (pipe != nullptr) ::pclose(pipe);
  return types;
}

char letter(PictureCoding coding) {
  return coding == PictureCoding::kI   ? 'I'
         : coding == PictureCoding::kP ? 'P'
         : coding == PictureCoding::kB ? 'B'
                                       : '?';
}

std::vector<PictureAccess> accesses(const Clip& clip) {
  std::vector<PictureAccess> found;
  for (const Read& read : clip.units) found.push_back(read.unit.access);
  return found;
}

constexpr const char* kHevc =
    "-pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -threads 1 -x265-params "
    "log-level=none:keyint=12:min-keyint=12:scenecut=0:bframes=3:b-pyramid=1:b-adapt=0:repeat-headers=1:slices=2:";

class Units : public testing::Test {
 protected:
  std::string make(const std::string& arguments, const std::string& name, int frames = 30) {
    const std::string path = x_folder.path(name);
    EXPECT_TRUE(clips::ffmpeg(clips::test_picture("size=128x72:rate=25", frames) + arguments + " " + path));
    return path;
  }
  clips::TempFolder x_folder;
};

TEST_F(Units, HevcTypesAreThoseOfAnotherReader) {
  const std::string path = make(std::string(kHevc) + "open-gop=0", "clip.mp4");
  const Clip clip = read_clip(path);
  const auto types = types_by_ffprobe(path);
  ASSERT_EQ(clip.units.size(), 30U);
  ASSERT_EQ(types.size(), 30U);
  for (const Read& read : clip.units) {
    EXPECT_EQ(letter(read.unit.coding), types.at(read.pts)) << read.pts;
    EXPECT_TRUE(read.unit.parsed && read.unit.picture && read.unit.whole);
    EXPECT_FALSE(read.unit.start_codes);
    EXPECT_EQ(read.unit.slices, 2);
    EXPECT_EQ(read.unit.nal_bits, read.unit.bytes * 8);
  }
  const auto found = accesses(clip);
  EXPECT_EQ(std::count(found.begin(), found.end(), PictureAccess::kIdr), 3);
  EXPECT_EQ(std::count(found.begin(), found.end(), PictureAccess::kRasl), 0);
  ASSERT_TRUE(clip.limit);
  EXPECT_EQ(clip.limit->name, "level 1 Main tier");
  EXPECT_EQ(clip.limit->bit_rate, 128 * 1100);
}

TEST_F(Units, OpenGopsHaveSkippedLeadingPictures) {
  const Clip clip = read_clip(make(std::string(kHevc) + "open-gop=1", "clip.hevc"));
  const auto found = accesses(clip);
  EXPECT_EQ(std::count(found.begin(), found.end(), PictureAccess::kIdr), 1);
  EXPECT_EQ(std::count(found.begin(), found.end(), PictureAccess::kCra), 2);
  EXPECT_EQ(std::count(found.begin(), found.end(), PictureAccess::kRasl), 6);
  ASSERT_FALSE(clip.units.empty());
  EXPECT_TRUE(clip.units.front().unit.start_codes);
  EXPECT_TRUE(clip.units.front().unit.parameter_sets);
  EXPECT_FALSE(clip.units.back().unit.parameter_sets_changed);
}

TEST_F(Units, HevcBufferingMessages) {
  const Clip clip = read_clip(make(std::string(kHevc) + "open-gop=0:hrd=1:vbv-maxrate=400:vbv-bufsize=300:bitrate=300:"
                                                        "master-display='G(13250,34500)B(7500,3000)R(34000,16000)"
                                                        "WP(15635,16450)L(10000000,50)':max-cll='900,300'",
                                   "clip.hevc"));
  ASSERT_TRUE(clip.hrd);
  EXPECT_TRUE(clip.hrd->nal);
  ASSERT_EQ(clip.hrd->schedules.size(), 1U);
  EXPECT_NEAR(static_cast<double>(clip.hrd->schedules[0].bit_rate), 400e3, 4e3);
  EXPECT_NEAR(static_cast<double>(clip.hrd->schedules[0].buffer_bits), 300e3, 3e3);
  EXPECT_EQ(clip.hrd->tick, Rational(1, 25));
  ASSERT_EQ(clip.units.size(), 30U);
  ASSERT_TRUE(clip.units[0].unit.buffering_period);
  EXPECT_GT(clip.units[0].unit.buffering_period->delays.at(0).delay, 9000U);  // 0.1 s
  uint32_t expected = 1;
  for (size_t i = 1; i < 12; ++i) {
    ASSERT_TRUE(clip.units[i].unit.timing) << i;
    EXPECT_EQ(clip.units[i].unit.timing->removal_delay, expected++);
  }
  EXPECT_EQ(clip.units[0].unit.content_light, (ContentLight{900, 300}));
  ASSERT_TRUE(clip.units[0].unit.mastering_display);
  EXPECT_EQ(clip.units[0].unit.mastering_display->max_luminance, 10000000U);
  EXPECT_FALSE(clip.units[1].unit.mastering_display);
}

TEST_F(Units, AvcTypesBufferingAndRecoveryPoints) {
  const std::string path = make(
      "-pix_fmt yuv420p -c:v libx264 -b:v 300k -maxrate 400k -bufsize 300k -threads 1 -x264-params "
      "keyint=12:min-keyint=12:scenecut=0:bframes=3:b-adapt=0:open-gop=1:nal-hrd=vbr",
      "clip.mp4");
  const Clip clip = read_clip(path);
  const auto types = types_by_ffprobe(path);
  ASSERT_EQ(clip.units.size(), 30U);
  for (const Read& read : clip.units) EXPECT_EQ(letter(read.unit.coding), types.at(read.pts)) << read.pts;
  const auto found = accesses(clip);
  EXPECT_EQ(std::count(found.begin(), found.end(), PictureAccess::kIdr), 1);
  EXPECT_EQ(std::count(found.begin(), found.end(), PictureAccess::kCra), 2);
  ASSERT_TRUE(clip.hrd);
  EXPECT_NEAR(static_cast<double>(clip.hrd->schedules.at(0).bit_rate), 400e3, 4e3);
  EXPECT_EQ(clip.hrd->tick, Rational(1, 50));
  ASSERT_TRUE(clip.units[0].unit.buffering_period);
  ASSERT_TRUE(clip.units[1].unit.timing);
  EXPECT_EQ(clip.units[1].unit.timing->removal_delay, 2U);  // fields
}

TEST_F(Units, Av1KeyFrames) {
  const Clip clip = read_clip(make("-pix_fmt yuv420p -c:v libsvtav1 -preset 12 -g 10 -svtav1-params lp=1", "clip.mkv"));
  const auto found = accesses(clip);
  ASSERT_EQ(found.size(), 30U);
  // A key picture of an open GOP is hidden at first, so only the first is sure.
  EXPECT_EQ(found.front(), PictureAccess::kIdr);
  EXPECT_EQ(clip.units.front().unit.coding, PictureCoding::kI);
  EXPECT_EQ(clip.units[1].unit.coding, PictureCoding::kP);
}

TEST_F(Units, AnyCutIsSurvived) {
  const auto source =
      open_source(make(std::string(kHevc) + "open-gop=1:hrd=1:vbv-maxrate=400:vbv-bufsize=300", "c.mp4", 6));
  ASSERT_TRUE(source);
  auto demuxer = Demuxer::open(*source);
  ASSERT_TRUE(demuxer);
  const Bytes& record = demuxer->streams().front().configuration;
  const auto packet = demuxer->read();
  ASSERT_TRUE(packet && *packet);
  const ByteView data = (*packet)->data();
  EXPECT_TRUE(AccessUnitReader(Codec::kHevc, record).read(data).whole);
  int cut = 0, at_borders = 0;
  for (size_t length = 0; length < data.size(); length += 1 + length / 40) {
    const AccessUnit unit = AccessUnitReader(Codec::kHevc, record).read(data.first(length));
    EXPECT_LE(unit.nal_bits, static_cast<int64_t>(length + 4) * 8);
    ++(unit.whole ? at_borders : cut);
  }
  EXPECT_GT(cut, 10);
  EXPECT_LE(at_borders, 12);  // nothing at all, and between two units
  for (size_t length = 0; length < record.size(); ++length)
    AccessUnitReader(Codec::kHevc, ByteView(record).first(length)).read(data);
}

TEST(Levels, LimitsOfTheTables) {
  using impl::avc_level_limit;
  using impl::hevc_level_limit;
  const auto uhd = hevc_level_limit({.profile = 2, .level = 153, .high_tier = true, .depth = 10});
  ASSERT_TRUE(uhd);
  EXPECT_EQ(uhd->name, "level 5.1 High tier");
  EXPECT_EQ(uhd->bit_rate, 176'000'000);
  EXPECT_EQ(uhd->buffer_bits, 176'000'000);
  const auto studio = hevc_level_limit({.profile = 4, .level = 153, .depth = 10, .chroma = Chroma::k422});
  ASSERT_TRUE(studio);
  EXPECT_EQ(studio->bit_rate, int64_t{40000} * 1833);
  EXPECT_FALSE(hevc_level_limit({.profile = 2, .level = 60, .high_tier = true}));  // no High tier below 4
  EXPECT_FALSE(hevc_level_limit({.profile = 11, .level = 153}));
  const auto high = avc_level_limit(100, 41);
  ASSERT_TRUE(high);
  EXPECT_EQ(high->bit_rate, 75'000'000);
  EXPECT_EQ(high->buffer_bits, 93'750'000);
  EXPECT_FALSE(avc_level_limit(100, 77));
}

TEST(Clocks, PartOfATimeIsThatOfTheOneBefore) {
  const ClockTime last{.hours = 1, .minutes = 2, .seconds = 3, .frames = 24};
  clips::BitWriter full;
  full.bits(0, 5).bits(1, 1).bits(0, 2).bits(7, 9).bits(59, 6).bits(58, 6).bits(23, 5).bits(0, 5);
  const Bytes full_bytes = full.bytes();
  impl::BitReader whole(full_bytes);
  EXPECT_EQ(impl::read_clock(whole, {.frame_bits = 9}, last),
            (ClockTime{.hours = 23, .minutes = 58, .seconds = 59, .frames = 7}));
  clips::BitWriter part;
  part.bits(4, 5).bits(0, 1).bits(2, 2).bits(0, 9).bits(1, 1).bits(4, 6).bits(0, 1).bits(0, 5);
  const Bytes part_bytes = part.bytes();
  impl::BitReader partly(part_bytes);
  EXPECT_EQ(impl::read_clock(partly, {.frame_bits = 9}, last),
            (ClockTime{.hours = 1, .minutes = 2, .seconds = 4, .frames = 0, .drop = true, .discontinuity = true}));
  clips::BitWriter wild;
  wild.bits(0, 5).bits(1, 1).bits(0, 2).bits(7, 9).bits(63, 6).bits(58, 6).bits(23, 5).bits(0, 5);
  const Bytes wild_bytes = wild.bytes();
  impl::BitReader reader(wild_bytes);
  EXPECT_FALSE(impl::read_clock(reader, {.frame_bits = 9}, last));
}

}  // namespace
}  // namespace pier::media
