#include "container/mxf.hpp"

#include <gtest/gtest.h>

#include <pier/core/file.hpp>

#include "test_clips.hpp"

namespace pier::media::impl {
namespace {

std::string file_of_clip() {
  const clips::TempFolder folder;
  const std::string path = folder.path("clip.mxf");
  const bool made =
      clips::ffmpeg(clips::test_picture("size=256x128:rate=25", 2) +
                    "-f lavfi -i sine=r=48000:d=0.08 -c:v dnxhd -profile:v dnxhr_hqx -pix_fmt yuv422p10le "
                    "-color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc -c:a pcm_s24le " +
                    path);
  return made ? *read_file(path) : "";
}

TEST(Mxf, DescriptorsOfPictureAndSound) {
  const std::string bytes = file_of_clip();
  const auto file = read_mxf(ByteSource(as_bytes(bytes)));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->operational_pattern, "OP1a");
  EXPECT_FALSE(file->cut);
  ASSERT_EQ(file->pictures.size(), 1U);
  EXPECT_EQ(file->pictures[0].display_width, 256);
  EXPECT_EQ(file->pictures[0].depth, 10);
  EXPECT_EQ(file->pictures[0].chroma, Chroma::k422);
  EXPECT_EQ(file->pictures[0].rate, Rational(25));
  EXPECT_EQ(file->pictures[0].colour.primaries, Primaries::kBt2020);
  EXPECT_EQ(file->pictures[0].colour.transfer, Transfer::kPq);
  EXPECT_EQ(file->pictures[0].colour.matrix, Matrix::kBt2020Ncl);
  ASSERT_EQ(file->sounds.size(), 1U);
  EXPECT_EQ(file->sounds[0].sample_rate, 48000);
  EXPECT_EQ(file->sounds[0].bits, 24);
}

TEST(Mxf, ACutFileIsTold) {
  const std::string bytes = file_of_clip();
  ASSERT_GT(bytes.size(), 10000U);
  const auto half = read_mxf(ByteSource(as_bytes(bytes).first(bytes.size() / 2)));
  ASSERT_TRUE(half);
  EXPECT_TRUE(half->cut);
  EXPECT_GT(half->missing, 0U);
  for (size_t length = 0; length < 2000; length += 7) {
    const auto stub = read_mxf(ByteSource(as_bytes(bytes).first(length)));
    EXPECT_TRUE(!stub || stub->cut) << length;
  }
  EXPECT_FALSE(read_mxf(ByteSource(as_bytes("no material"))));
}

}  // namespace
}  // namespace pier::media::impl
