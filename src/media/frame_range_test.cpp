#include <algorithm>

#include <gtest/gtest.h>

#include <pier/media/decode.hpp>

#include "test_pictures.hpp"

namespace pier::media {
namespace {

using test::Directory;
using test::Seen;

std::vector<Seen> range_of(const Source& source, int stream, int64_t first, int64_t end, std::span<const int64_t> keys,
                           int threads) {
  std::vector<Seen> seen;
  auto range = FrameRange::open(source, stream, first, end, keys, threads);
  EXPECT_TRUE(range) << range.error().message;
  if (!range) return seen;
  for (;;) {
    auto frame = range->next();
    EXPECT_TRUE(frame) << frame.error().message;
    if (!frame || !*frame) return seen;
    seen.push_back({(*frame)->pts, test::picture_digest((*frame)->picture), (*frame)->damaged});
  }
}

std::vector<int64_t> keys_of(const Source& source, int stream) {
  std::vector<int64_t> keys;
  auto demuxer = Demuxer::open(source);
  demuxer->select({stream});
  for (;;) {
    auto packet = demuxer->read();
    if (!packet || !*packet) return keys;
    if ((*packet)->key && (*packet)->pts != INT64_MIN) keys.push_back((*packet)->pts);
  }
}

struct Case {
  const char* name;
  const char* file;
  const char* arguments;  // of ffmpeg, after the input
};

const char* const kInput = "-f lavfi -i testsrc2=s=192x108:r=25:d=2.6 -vf noise=alls=12:all_seed=7 ";
const Case kCases[] = {
    {"HevcOpenGop", "a.mp4",
     "-c:v libx265 -preset veryfast -x265-params open-gop=1:keyint=16:min-keyint=16:bframes=4:log-level=none -pix_fmt "
     "yuv420p10le"},
    {"HevcOpenGopTs", "a.ts",
     "-c:v libx265 -preset veryfast -x265-params open-gop=1:keyint=16:bframes=4:log-level=none -pix_fmt yuv420p"},
    {"AvcPyramid", "a.mp4",
     "-c:v libx264 -preset veryfast -x264-params b-pyramid=normal:bframes=5:keyint=20:open-gop=1 -pix_fmt yuv420p"},
    {"AvcIntraRefreshTs", "a.ts",
     "-c:v libx264 -preset veryfast -x264-params intra-refresh=1:keyint=20:bframes=0 -pix_fmt yuv420p"},
    {"Mpeg2OpenGopTs", "a.ts", "-c:v mpeg2video -bf 2 -g 12 -b:v 1M -pix_fmt yuv420p"},
    {"MatroskaHevc", "a.mkv",
     "-c:v libx265 -preset ultrafast -x265-params open-gop=1:keyint=16:bframes=3:log-level=none -pix_fmt yuv420p10le"},
    {"VariableRate", "a.mp4",
     "-vf 'noise=alls=12:all_seed=7,select=not(eq(mod(n\\,7)\\,3))' -vsync vfr -c:v libx264 -preset veryfast -g 15 "
     "-pix_fmt yuv420p"},
    {"Av1", "a.mp4", "-c:v libsvtav1 -preset 12 -g 24 -pix_fmt yuv420p10le -svtav1-params lp=1"},
    {"Ffv1", "a.mkv", "-c:v ffv1 -g 1 -pix_fmt yuv422p10le"},
    {"Prores", "a.mov", "-c:v prores_ks -profile:v 3 -pix_fmt yuv422p10le"},
    {"RawHevc", "a.hevc",
     "-c:v libx265 -preset ultrafast -x265-params open-gop=1:keyint=16:bframes=3:log-level=none -pix_fmt yuv420p"},
};

class FrameRanges : public testing::TestWithParam<Case> {};

void expect_ranges_equal_linear_decode(const std::string& path) {
  auto source = open_source(path);
  ASSERT_TRUE(source) << source.error().message;
  const int stream = *Demuxer::open(*source)->main_video();
  const auto whole = test::decode_all(path);
  ASSERT_GT(whole.size(), 40U);
  EXPECT_TRUE(std::ranges::is_sorted(whole, {}, &Seen::pts));
  EXPECT_EQ(test::decode_all(path, 3), whole);
  const auto keys = keys_of(*source, stream);
  for (const size_t at : {size_t{0}, size_t{1}, size_t{16}, size_t{17}, size_t{33}, whole.size() - 2}) {
    const size_t until = std::min(whole.size(), at + 9);
    const int64_t end = until < whole.size() ? whole[until].pts : INT64_MAX;
    const std::vector<Seen> expected(whole.begin() + static_cast<ptrdiff_t>(at),
                                     whole.begin() + static_cast<ptrdiff_t>(until));
    EXPECT_EQ(range_of(*source, stream, whole[at].pts, end, {}, 2), expected) << "from " << at;
    EXPECT_EQ(range_of(*source, stream, whole[at].pts, end, keys, 1), expected) << "from " << at << " with known keys";
  }
}

TEST_P(FrameRanges, EqualLinearDecode) {
  const Directory directory;
  const std::string path = directory.file(GetParam().file);
  ASSERT_TRUE(test::run_ffmpeg(kInput + std::string(GetParam().arguments) + " " + path));
  expect_ranges_equal_linear_decode(path);
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(All, FrameRanges, testing::ValuesIn(kCases), name_of);

TEST(FrameRange, EditListThatCutsIntoAGroup) {
  const Directory directory;
  const std::string whole = directory.file("whole.mp4");
  const std::string cut = directory.file("cut.mov");
  ASSERT_TRUE(
      test::run_ffmpeg(kInput + std::string("-c:v libx264 -preset veryfast -g 20 -bf 3 -pix_fmt yuv420p ") + whole));
  ASSERT_TRUE(test::run_ffmpeg("-ss 0.52 -i " + whole + " -c copy " + cut));
  const auto seen = test::decode_all(cut);
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.front().digest, test::decode_all(whole)[13].digest);
  expect_ranges_equal_linear_decode(cut);
}

TEST(FrameRange, EmptyRangeAndRangeBehindTheEnd) {
  const Directory directory;
  const std::string path = directory.file("a.mp4");
  ASSERT_TRUE(test::run_ffmpeg(kInput + std::string("-c:v libx264 -preset ultrafast -g 20 -pix_fmt yuv420p ") + path));
  auto source = open_source(path);
  ASSERT_TRUE(source);
  const auto whole = test::decode_all(path);
  EXPECT_TRUE(range_of(*source, 0, whole[30].pts, whole[30].pts, {}, 1).empty());
  EXPECT_TRUE(range_of(*source, 0, whole.back().pts + 1, INT64_MAX, {}, 1).empty());
  EXPECT_EQ(range_of(*source, 0, INT64_MIN, INT64_MAX, {}, 1), whole);
  // Between two pictures: the next one is the first.
  EXPECT_EQ(range_of(*source, 0, whole[30].pts - 1, whole[31].pts, {}, 1), std::vector<Seen>{whole[30]});
  EXPECT_FALSE(FrameRange::open(*source, 7, 0, 1, {}, 1));
}

}  // namespace
}  // namespace pier::media
