#include "bitstream/hevc.hpp"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "bitstream/nal.hpp"
#include "test_clips.hpp"

namespace pier::media::impl {
namespace {

std::vector<Bytes> units_of_clip(const std::string& options) {
  const clips::TempFolder folder;
  const std::string path = folder.path("clip.hevc");
  if (!clips::ffmpeg(clips::test_picture("size=130x74:rate=60000/1001", 3) + options + " " + path)) return {};
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  std::vector<Bytes> units;
  split_start_codes(as_bytes(text), [&](ByteView unit) { units.emplace_back(unit.begin(), unit.end()); });
  return units;
}

std::optional<SequenceHeader> header_of_clip(const std::string& options) {
  for (const Bytes& unit : units_of_clip(options)) {
    if (auto header = parse_hevc_sps(unit)) return header;
  }
  return std::nullopt;
}

TEST(Hevc, EncodersHeaderIsReadToItsTiming) {
  const auto header = header_of_clip(
      "-vf setsar=4/3 -pix_fmt yuv420p10le -c:v libx265 -x265-params "
      "log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc:range=limited:chromaloc=2");
  ASSERT_TRUE(header);
  EXPECT_EQ(header->profile, "Main 10");
  EXPECT_EQ(header->width, 130);  // 136 coded, cropped
  EXPECT_EQ(header->height, 74);
  EXPECT_EQ(header->format.bit_depth, 10);
  EXPECT_EQ(header->colour.primaries, Primaries::kBt2020);
  EXPECT_EQ(header->colour.transfer, Transfer::kHlg);
  EXPECT_EQ(header->colour.matrix, Matrix::kBt2020Ncl);
  EXPECT_EQ(header->colour.range, Range::kNarrow);
  EXPECT_EQ(header->colour.chroma_site, ChromaSite::kTopLeft);
  EXPECT_EQ(header->frame_rate, Rational(60000, 1001));
  EXPECT_EQ(header->sample_aspect, Rational(4, 3));
}

TEST(Hevc, RangeExtensions) {
  const auto header =
      header_of_clip("-pix_fmt yuv422p12le -c:v libx265 -x265-params log-level=none:scaling-list=default:range=full");
  ASSERT_TRUE(header);
  EXPECT_EQ(header->profile, "Main 4:2:2 12");
  EXPECT_EQ(header->format.chroma, Chroma::k422);
  EXPECT_EQ(header->format.bit_depth, 12);
  EXPECT_EQ(header->colour.range, Range::kFull);
}

TEST(Hevc, CutHeadersNeverGiveMoreThanTheyHold) {
  for (const Bytes& unit : units_of_clip("-c:v libx265 -x265-params log-level=none")) {
    if (hevc_nal_type(unit) != kHevcSps) continue;
    ASSERT_TRUE(parse_hevc_sps(unit));
    EXPECT_FALSE(parse_hevc_sps(ByteView(unit).first(16)));
    for (size_t length = 0; length < unit.size(); ++length) {
      const auto cut = parse_hevc_sps(ByteView(unit).first(length));
      if (cut) {
        EXPECT_EQ(cut->width, 130) << length;
      }
    }
    return;
  }
  FAIL() << "the clip has no SPS";
}

}  // namespace
}  // namespace pier::media::impl
