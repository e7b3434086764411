#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include <pier/media/decode.hpp>
#include <pier/media/sequence.hpp>

#include "container/image_header.hpp"
#include "test_clips.hpp"

namespace pier::media {
namespace {

namespace fs = std::filesystem;

class Sequence : public testing::Test {
 protected:
  void make(const std::string& options, const std::string& pattern, int frames = 6, int start = 1,
            const std::string& size = "64x36") {
    ASSERT_TRUE(clips::ffmpeg(clips::test_picture("size=" + size + ":rate=25", frames) + " -start_number " +
                              std::to_string(start) + " " + options + " " + x_folder.path(pattern)));
  }
  SequenceReport scan(const std::string& name = "") {
    const auto source = open_sequence(x_folder.path(name));
    auto report = source ? scan_sequence(*source) : Result<SequenceReport>(Failure(source.error()));
    if (!report) ADD_FAILURE() << report.error().message;
    return report ? std::move(*report) : SequenceReport{};
  }
  clips::TempFolder x_folder;
};

TEST_F(Sequence, HeadersOfEachKind) {
  make("-pix_fmt gbrp10le", "a.%06d.dpx", 1);
  EXPECT_EQ(scan("a.000001.dpx").header.print(), "64x36 rgb 10 bit dpx");
  make("-pix_fmt gbrpf32le -format half", "b.%d.exr", 1);
  EXPECT_EQ(scan("b.%d.exr").header.print(), "64x36 rgb 16 bit float exr");
  make("-pix_fmt rgb48le", "c_%04d.tif", 1);
  EXPECT_EQ(scan("c_%04d.tif").header.print(), "64x36 rgb 16 bit tiff");
  make("-pix_fmt gray16be", "d_%04d.tiff", 1);
  EXPECT_EQ(scan("d_%04d.tiff").header.print(), "64x36 gray 16 bit tiff");
}

TEST_F(Sequence, WholeSequenceAndItsFacts) {
  make("-pix_fmt gbrp10le", "name.%06d.dpx", 6, 997);
  x_folder.write("notes.txt", "x");
  EXPECT_TRUE(names_sequence(x_folder.path()));
  EXPECT_TRUE(names_sequence(x_folder.path("name.%06d.dpx")));
  EXPECT_TRUE(names_sequence(x_folder.path("name.000997.dpx")));
  EXPECT_FALSE(names_sequence(x_folder.path("notes.txt")));
  const SequenceReport report = scan();
  EXPECT_EQ(report.frames, 6);
  EXPECT_EQ(report.first, 997);
  EXPECT_EQ(report.last, 1002);
  EXPECT_EQ(report.digits, 6);
  EXPECT_EQ(report.missing, 0);
  EXPECT_EQ(report.odd_count, 0);
  EXPECT_TRUE(report.gaps.empty());
  const Facts facts = sequence_facts(report, 24);
  EXPECT_TRUE(facts.path.ends_with("name.%06d.dpx"));
  ASSERT_EQ(facts.video.size(), 1U);
  EXPECT_EQ(facts.video[0].width, 64);
  EXPECT_EQ(facts.video[0].format.bit_depth, 10);
  EXPECT_TRUE(facts.video[0].format.rgb);
  EXPECT_TRUE(facts.video[0].decodable);
  EXPECT_EQ(facts.video[0].frame_rate, Rational(24));
  EXPECT_EQ(facts.video[0].colour.range, Range::kFull);
}

TEST_F(Sequence, GapsAndOddPicturesAreNamed) {
  make("-pix_fmt gbrp10le", "name.%04d.dpx", 20, 1);
  for (const char* name : {"name.0005.dpx", "name.0006.dpx", "name.0011.dpx"}) fs::remove(x_folder.path(name));
  make("-pix_fmt gbrp10le", "name.%04d.dpx", 1, 8, "32x18");
  fs::resize_file(x_folder.path("name.0015.dpx"), 3000);
  x_folder.write("name.0016.dpx", "");
  x_folder.write("name.0017.dpx", "no picture at all");
  const SequenceReport report = scan();
  ASSERT_EQ(report.gaps.size(), 2U);
  EXPECT_EQ(report.gaps[0].first, 5);
  EXPECT_EQ(report.gaps[0].last, 6);
  EXPECT_EQ(report.gaps[1].first, 11);
  EXPECT_EQ(report.missing, 3);
  ASSERT_EQ(report.odd.size(), 4U);
  EXPECT_EQ(report.odd[0].number, 8);
  EXPECT_EQ(report.odd[0].found, "32x18 rgb 10 bit dpx");
  EXPECT_EQ(report.odd[1].found, "cut off");
  EXPECT_EQ(report.odd[2].found, "empty");
  EXPECT_EQ(report.odd[3].found, "no picture of its kind");
  EXPECT_EQ(report.odd_count, 4);
}

TEST_F(Sequence, LongestOfSeveralIsRead) {
  make("-pix_fmt gbrp10le", "long.%04d.dpx", 5);
  make("-pix_fmt rgb24", "short.%04d.tif", 2);
  const SequenceReport report = scan();
  EXPECT_EQ(report.prefix, "long.");
  EXPECT_EQ(report.others, std::vector<std::string>{"short.[1-2].tif"});
  EXPECT_EQ(scan("short.%04d.tif").frames, 2);
}

TEST_F(Sequence, NothingAndCancelled) {
  EXPECT_FALSE(names_sequence(x_folder.path()));
  const auto none = open_sequence(x_folder.path("x.%04d.dpx"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  make("-pix_fmt gbrp10le", "x.%04d.dpx", 2);
  const auto source = open_sequence(x_folder.path());
  ASSERT_TRUE(source);
  const auto cancelled = scan_sequence(*source, [](double) { return false; });
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
}

TEST_F(Sequence, WhatIsCutOffIsSeenInEachKind) {
  make("-pix_fmt gbrpf32le -format half -compression zip16", "a.%04d.exr", 4);
  fs::resize_file(x_folder.path("a.0002.exr"), fs::file_size(x_folder.path("a.0002.exr")) - 1);
  make("-pix_fmt rgb48le", "b.%04d.tif", 4);
  fs::resize_file(x_folder.path("b.0003.tif"), fs::file_size(x_folder.path("b.0003.tif")) / 2);
  const SequenceReport exr = scan("a.%04d.exr");
  ASSERT_EQ(exr.odd.size(), 1U);
  EXPECT_EQ(exr.odd[0].number, 2);
  EXPECT_EQ(exr.odd[0].found, "cut off");
  EXPECT_FALSE(not_judged_because(exr.header).empty());
  const SequenceReport tiff = scan("b.%04d.tif");
  ASSERT_EQ(tiff.odd.size(), 1U);
  EXPECT_EQ(tiff.odd[0].number, 3);
  EXPECT_EQ(not_judged_because(tiff.header), "");
}

/// Number of the picture by pts, and the brightness of its middle.
std::map<int64_t, int> decode(const Source& source) {
  std::map<int64_t, int> frames;
  auto demuxer = Demuxer::open(source);
  auto decoder = demuxer ? VideoDecoder::open(*demuxer, 0, 2) : Result<VideoDecoder>(Failure(demuxer.error()));
  if (!decoder) {
    ADD_FAILURE() << decoder.error().message;
    return frames;
  }
  const auto receive = [&] {
    for (;;) {
      auto frame = decoder->receive();
      if (!frame || !*frame) return;
      const PictureView& view = (*frame)->picture.view();
      frames[(*frame)->pts] = view.format.bytes_per_sample() == 1 ? view.planes[0].row<uint8_t>(18)[32]
                                                                  : view.planes[0].row<uint16_t>(18)[32];
    }
  };
  for (;;) {
    auto packet = demuxer->read();
    if (!packet || !*packet) break;
    (void)decoder->send(**packet);
    receive();
  }
  (void)decoder->send_end();
  receive();
  return frames;
}

TEST_F(Sequence, PicturesAreReadAtTheTimesOfTheirNumbers) {
  for (const auto& [layout, name] : {std::pair{"gbrp10le", "a.%04d.dpx"}, std::pair{"rgb48le", "b.%04d.tif"}}) {
    make(std::string("-vf geq=lum='16+10*N':cb=128:cr=128,scale=out_range=full,format=") + layout, name, 12, 95);
    std::string lost = name, cut = name;
    fs::remove(x_folder.path(lost.replace(2, 4, "0098")));
    const std::string half = x_folder.path(cut.replace(2, 4, "0101"));
    fs::resize_file(half, fs::file_size(half) / 2);
    const auto source = open_input(x_folder.path(name), Rational(24));
    ASSERT_TRUE(source) << source.error().message;
    const auto frames = decode(*source);
    ASSERT_EQ(frames.size(), 10U) << name;
    EXPECT_FALSE(frames.contains(3));
    EXPECT_FALSE(frames.contains(6));
    for (const int64_t pts : {1, 2, 4, 5, 7, 11}) EXPECT_GT(frames.at(pts), frames.at(0)) << name << pts;
    EXPECT_GT(frames.at(11), frames.at(10));
  }
}

TEST_F(Sequence, ItsTimeBaseAndSeeking) {
  make("-pix_fmt gbrp10le", "a.%04d.dpx", 9, 1001);
  fs::remove(x_folder.path("a.1004.dpx"));
  const auto source = open_input(x_folder.path(), Rational(24));
  ASSERT_TRUE(source);
  auto demuxer = Demuxer::open(*source);
  ASSERT_TRUE(demuxer);
  EXPECT_EQ(demuxer->streams().at(0).time_base, Rational(1, 24));
  EXPECT_EQ(demuxer->streams().at(0).duration, 9);
  EXPECT_EQ(demuxer->main_video(), 0);
  for (const auto& [to, first] : {std::pair{5, 5}, std::pair{3, 2}, std::pair{-1, 0}, std::pair{100, 8}}) {
    ASSERT_TRUE(demuxer->seek(0, to));
    const auto packet = demuxer->read();
    ASSERT_TRUE(packet && *packet);
    EXPECT_EQ((*packet)->pts, first) << to;
  }
  const auto end = demuxer->read();
  EXPECT_TRUE(end && !*end);
}

TEST_F(Sequence, DigestTellsContentAndNumbers) {
  make("-pix_fmt gbrp10le", "a.%04d.dpx", 4, 1);
  const auto digest = [&] {
    const auto source = open_sequence(x_folder.path("a.%04d.dpx"));
    const auto reference = source ? identify(*source) : Result<SourceReference>(Failure(source.error()));
    return reference ? to_hex(reference->sha256) : reference.error().message;
  };
  const std::string whole = digest();
  EXPECT_EQ(whole.size(), 64U);
  EXPECT_EQ(digest(), whole);
  fs::rename(x_folder.path("a.0004.dpx"), x_folder.path("a.0005.dpx"));
  EXPECT_NE(digest(), whole);
}

TEST(ImageHeaders, AnyCutIsSurvived) {
  const clips::TempFolder folder;
  for (const char* name : {"a.dpx", "a.exr", "a.tif"}) {
    ASSERT_TRUE(clips::ffmpeg(clips::test_picture("size=16x16:rate=25", 1) + " " + folder.path(name)));
    Bytes bytes(static_cast<size_t>(fs::file_size(folder.path(name))));
    const auto fd = open_read(folder.path(name));
    ASSERT_TRUE(fd && read_at(fd->get(), 0, bytes));
    ASSERT_TRUE(impl::read_image_header(impl::ByteSource(bytes))) << name;
    for (size_t length = 0; length < std::min<size_t>(bytes.size(), 4000); ++length) {
      const auto header = impl::read_image_header(impl::ByteSource(ByteView(bytes).first(length)));
      if (header) {
        EXPECT_EQ(header->width, 16) << name << ' ' << length;
      }
    }
  }
}

}  // namespace
}  // namespace pier::media
