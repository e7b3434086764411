#include "bitstream/avc.hpp"

#include <gtest/gtest.h>

#include <pier/core/file.hpp>

#include "bitstream/intra.hpp"
#include "bitstream/nal.hpp"
#include "test_clips.hpp"

namespace pier::media::impl {
namespace {

std::optional<SequenceHeader> header_of_clip(const std::string& options) {
  const clips::TempFolder folder;
  const std::string path = folder.path("clip.h264");
  if (!clips::ffmpeg(clips::test_picture("size=130x74:rate=25", 2) + options + " " + path)) return std::nullopt;
  const std::string text = *read_file(path);
  std::optional<SequenceHeader> header;
  split_start_codes(as_bytes(text), [&](ByteView unit) {
    if (!header) header = parse_avc_sps(unit);
  });
  return header;
}

TEST(Avc, EncodersHeaderIsReadToItsTiming) {
  const auto header = header_of_clip(
      "-pix_fmt yuv422p10le -c:v libx264 -x264-params log-level=none:force-cfr=1:cqm=jvt -color_primaries bt709 "
      "-color_trc bt709 -colorspace bt709 -color_range tv");
  ASSERT_TRUE(header);
  EXPECT_EQ(header->profile, "High 4:2:2");
  EXPECT_EQ(header->width, 130);
  EXPECT_EQ(header->height, 74);
  EXPECT_EQ(header->format, (PixelFormat{10, Chroma::k422, false}));
  EXPECT_EQ(header->colour.transfer, Transfer::kBt709);
  EXPECT_EQ(header->colour.range, Range::kNarrow);
  EXPECT_EQ(header->frame_rate, Rational(25));
  EXPECT_FALSE(header->interlaced);
}

TEST(Avc, OtherUnitsAreNone) {
  EXPECT_FALSE(parse_avc_sps({}));
  EXPECT_FALSE(parse_avc_sps(*from_hex("67")));
  EXPECT_FALSE(parse_avc_sps(*from_hex("6764ffffffffffff")));
  EXPECT_FALSE(parse_avc_sps(*from_hex("68ee3c80")));
}

TEST(Intra, Jpeg2000SizeSegment) {
  const std::string head = "ff4fff51002f000000000f0000000870" + std::string(48, '0') + "0003";
  const auto rgb = parse_jpeg2000_size(*from_hex(head + "0b01010b01010b0101"));
  ASSERT_TRUE(rgb);
  EXPECT_EQ(rgb->width, 3840);
  EXPECT_EQ(rgb->height, 2160);
  EXPECT_EQ(rgb->format, (PixelFormat{12, Chroma::k444, false}));
  EXPECT_EQ(parse_jpeg2000_size(*from_hex(head + "090101090201090201"))->format,
            (PixelFormat{10, Chroma::k422, false}));
  EXPECT_FALSE(parse_jpeg2000_size(*from_hex(head + "0b0101")));
  EXPECT_FALSE(parse_jpeg2000_size({}));
}

}  // namespace
}  // namespace pier::media::impl
