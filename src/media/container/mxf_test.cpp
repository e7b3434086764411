#include "container/mxf.hpp"

#include <gtest/gtest.h>

#include <pier/core/file.hpp>

#include "test_clips.hpp"

namespace pier::media::impl {
namespace {

std::string file_of_clip(int frames = 2) {
  const clips::TempFolder folder;
  const std::string path = folder.path("clip.mxf");
  const bool made = clips::ffmpeg(clips::test_picture("size=256x128:rate=25", frames) +
                                  "-f lavfi -i sine=r=48000:d=" + std::to_string(frames * 0.04) +
                                  " -c:v dnxhd -profile:v dnxhr_hqx -pix_fmt yuv422p10le "
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

/// Overwrites a property of 8 bytes of the set of this kind that comes `nth`, from 0.
void set_property(std::string& bytes, char kind, int nth, uint16_t tag, int64_t value) {
  const std::string key("\x06\x0e\x2b\x34\x02\x53\x01\x01\x0d\x01\x01\x01\x01\x01", 14);
  size_t at = 0;
  for (size_t found = bytes.find(key); found != std::string::npos; found = bytes.find(key, found + 1)) {
    if (bytes[found + 14] != kind || nth-- > 0) continue;
    at = found + 16;
    break;
  }
  ASSERT_GT(at, 0U);
  const std::string head{static_cast<char>(tag >> 8U), static_cast<char>(tag & 0xFFU), 0, 8};
  const size_t property = bytes.find(head, at);
  ASSERT_LT(property, at + 400);
  for (size_t i = 0; i < 8; ++i) bytes[property + 4 + i] = static_cast<char>(value >> (56 - 8 * i));
}

TEST(Mxf, TheMaterialPackageTellsTheProgramme) {
  constexpr char kClip = 0x11, kTrack = 0x3B;
  std::string bytes = file_of_clip(12);
  const auto programme = [&] { return read_mxf(ByteSource(as_bytes(bytes)))->programme; };
  ASSERT_TRUE(programme());
  EXPECT_EQ(programme()->in, Rational(0));
  EXPECT_EQ(programme()->out, Rational(12, 25));
  set_property(bytes, kClip, 0, 0x1201, 3);  // start position
  set_property(bytes, kClip, 0, 0x0202, 6);  // duration
  EXPECT_EQ(programme()->in, Rational(3, 25));
  EXPECT_EQ(programme()->out, Rational(9, 25));
  // The origin of the stored picture track counts too; time code, picture and sound of the material come first.
  set_property(bytes, kTrack, 4, 0x4B02, 2);
  EXPECT_EQ(programme()->in, Rational(5, 25));
  EXPECT_EQ(programme()->out, Rational(11, 25));
  set_property(bytes, kClip, 0, 0x0202, -1);
  EXPECT_FALSE(programme());
}

}  // namespace
}  // namespace pier::media::impl
