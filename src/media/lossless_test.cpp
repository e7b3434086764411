#include <fcntl.h>
#include <gtest/gtest.h>

#include <pier/core/file.hpp>
#include <pier/media/facts.hpp>
#include <pier/media/lossless.hpp>

#include "test_pictures.hpp"

namespace pier::media {
namespace {

using test::Directory;
using test::make_picture;

const ColourInfo kPq{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kTopLeft};

LosslessConfig config_of(PixelFormat format, const ColourInfo& colour) {
  LosslessConfig config;
  config.format = format;
  config.width = 96;
  config.height = 54;
  config.colour = colour;
  config.time_base = Rational(1, 50);
  config.frame_rate = 50;
  return config;
}

/// Writes `count` pictures; digests of what went in.
std::vector<uint64_t> write(const std::string& path, const LosslessConfig& config, int count) {
  std::vector<uint64_t> digests;
  const UniqueFd fd(::open(path.c_str(), O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600));
  auto writer = LosslessWriter::open(fd.get(), config);
  EXPECT_TRUE(writer) << writer.error().message;
  for (int i = 0; writer && i < count; ++i) {
    const Picture picture = make_picture(config.format, config.width, config.height, i, config.colour);
    digests.push_back(test::picture_digest(picture));
    const auto added = writer->add(picture, i);
    EXPECT_TRUE(added) << added.error().message;
  }
  EXPECT_TRUE(writer && writer->finish());
  return digests;
}

TEST(Lossless, EverySampleComesBackInEveryForm) {
  const Directory directory;
  const ColourInfo sdr{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow, ChromaSite::kLeft};
  const ColourInfo rgb{Primaries::kBt709, Transfer::kBt709, Matrix::kRgb, Range::kFull, ChromaSite::kUnspecified};
  for (const auto& [format, colour] :
       std::vector<std::pair<PixelFormat, ColourInfo>>{{{8, Chroma::k420, false}, sdr},
                                                       {{10, Chroma::k420, false}, kPq},
                                                       {{10, Chroma::k422, false}, kPq},
                                                       {{12, Chroma::k444, false}, kPq},
                                                       {{10, Chroma::k400, false}, sdr},
                                                       {{16, Chroma::k444, true}, rgb}}) {
    const std::string path = directory.file(format.to_string() + ".mkv");
    const auto digests = write(path, config_of(format, colour), 3);
    const auto seen = test::decode_all(path);
    ASSERT_EQ(seen.size(), digests.size()) << format.to_string();
    for (size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i].digest, digests[i]) << format.to_string() << " " << i;
  }
}

TEST(Lossless, ColourLightAndRateComeBack) {
  const Directory directory;
  LosslessConfig config = config_of({10, Chroma::k420, false}, kPq);
  config.mastering_display =
      MasteringDisplay{{35400, 14600}, {8500, 39850}, {6550, 2300}, {15635, 16450}, 10'000'000, 50};
  config.content_light = ContentLight{1000, 400};
  const std::string path = directory.file("a.mkv");
  write(path, config, 5);
  const auto source = open_source(path);
  ASSERT_TRUE(source);
  const auto facts = probe(*source);
  ASSERT_TRUE(facts) << facts.error().message;
  const VideoFacts& video = facts->video.at(0);
  EXPECT_EQ(video.codec, Codec::kFfv1);
  EXPECT_EQ(video.colour.primaries, kPq.primaries);
  EXPECT_EQ(video.colour.transfer, kPq.transfer);
  EXPECT_EQ(video.colour.matrix, kPq.matrix);
  EXPECT_EQ(video.colour.range, kPq.range);
  EXPECT_EQ(video.mastering_display, config.mastering_display);
  EXPECT_EQ(video.content_light, config.content_light);
  EXPECT_EQ(video.frame_rate, Rational(50));
  EXPECT_EQ(video.frames, 5);
}

TEST(Lossless, SamePicturesGiveSameBytes) {
  const Directory directory;
  const LosslessConfig config = config_of({10, Chroma::k420, false}, kPq);
  write(directory.file("a.mkv"), config, 4);
  write(directory.file("b.mkv"), config, 4);
  EXPECT_EQ(read_file(directory.file("a.mkv")).value(), read_file(directory.file("b.mkv")).value());
}

TEST(Lossless, PictureOfAnotherFormIsRefused) {
  const Directory directory;
  const UniqueFd fd(::open(directory.file("a.mkv").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  const LosslessConfig config = config_of({10, Chroma::k420, false}, kPq);
  auto writer = LosslessWriter::open(fd.get(), config);
  ASSERT_TRUE(writer);
  EXPECT_EQ(writer->add(make_picture({8, Chroma::k420, false}, 96, 54, 0), 0).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(writer->add(make_picture({10, Chroma::k420, false}, 98, 54, 0), 0).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_TRUE(writer->finish());
  EXPECT_FALSE(writer->finish());
  LosslessConfig empty = config;
  empty.width = 0;
  EXPECT_FALSE(LosslessWriter::open(fd.get(), empty));
}

TEST(Lossless, FullDiskIsAnError) {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  const LosslessConfig config = config_of({10, Chroma::k420, false}, kPq);
  auto writer = LosslessWriter::open(full.get(), config);
  bool failed = !writer;
  for (int i = 0; writer && i < 3 && !failed; ++i)
    failed = !writer->add(make_picture(config.format, 96, 54, i, config.colour), i);
  if (!failed) failed = !writer->finish();
  EXPECT_TRUE(failed);
}

}  // namespace
}  // namespace pier::media
