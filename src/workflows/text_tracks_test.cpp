#include "text_tracks.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pier/core/file.hpp>
#include <pier/packaging/text_track.hpp>

namespace pier::workflows::impl {
namespace {

UniqueFd scratch(std::string_view text = {}) {
  UniqueFd fd(::memfd_create("pier-test", MFD_CLOEXEC));
  EXPECT_TRUE(write_all(fd.get(), as_bytes(text)));
  return fd;
}

/// Segments of 4 s, 10 s in all.
TextSpec ten_seconds() {
  TextSpec spec;
  spec.encoding = "utf-8";
  spec.language = "zh-Hans";
  spec.name = "简体";
  spec.track_id = 7;
  spec.timescale = 1000;
  spec.duration = 10'000;
  spec.segment_times = {0, 4000, 8000};
  return spec;
}

constexpr std::string_view kFile =
    "1\n00:00:00,000 --> 00:00:01,000\n一\n\n2\n00:00:03,500 --> 00:00:09,000\n<i>二</i> < & >  2\n两行\n\n"
    "3\n00:00:04,000 --> 00:00:08,000\nثلاثة\n\n4\n00:00:09,500 --> 00:00:12,000\n四\n\n5\n00:00:10,000 --> "
    "00:00:11,000\n五\n";

class TextTracks : public ::testing::Test {
 protected:
  /// Reads the file and writes its tracks.
  Result<void> make(std::string_view file, const TextSpec& spec) {
    const UniqueFd input = scratch(file);
    PIER_TRY(x_reading, read_text(input.get(), spec));
    return write_text_tracks(x_reading.document, spec, files());
  }
  TextFiles files() const { return {x_fds[0].get(), x_fds[1].get(), x_fds[2].get(), x_fds[3].get()}; }
  Result<void> verify(const TextSpec& spec) const { return verify_text_tracks(x_reading.document, spec, files()); }

  UniqueFd x_fds[4] = {scratch(), scratch(), scratch(), scratch()};
  subtitles::Reading x_reading;
};

TEST_F(TextTracks, everything_written_is_read_back) {
  const TextSpec spec = ten_seconds();
  const auto made = make(kFile, spec);
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_EQ(x_reading.document.cues.size(), 4U);
  EXPECT_EQ(x_reading.document.cues.back().end, Rational(10)) << "cut at the end of the programme";
  const auto verified = verify(spec);
  EXPECT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(read_text_track(x_fds[0].get(), x_fds[1].get()).value(), 2 + 2 + 2) << "cues that go on are repeated";
  EXPECT_EQ(read_text_track(x_fds[2].get(), x_fds[3].get()).value(), 2 + 2 + 2);
  const auto index = packaging::MappedIndex::open(x_fds[3].get());
  const packaging::TrackDescription track = index->view().description().value();
  EXPECT_EQ(track.track_id, 8U);
  EXPECT_EQ(track.language, "zh-Hans");
  EXPECT_EQ(track.text.name, "简体");
  EXPECT_EQ(index->view().codec_string(), "stpp.ttml.im1t");
}

TEST_F(TextTracks, what_differs_from_the_file_is_found) {
  const TextSpec spec = ten_seconds();
  ASSERT_TRUE(make(kFile, spec));
  subtitles::Document& document = x_reading.document;
  const subtitles::Document right = document;
  document.cues[1].lines[0][0].text = "三";
  EXPECT_EQ(verify(spec).error().code, ErrorCode::kVerifyFailed);
  document = right;
  document.cues[3].start = Rational(9501, 1000);
  EXPECT_EQ(verify(spec).error().code, ErrorCode::kVerifyFailed);
  document = right;
  document.cues.pop_back();
  EXPECT_NE(verify(spec).error().message.find("WebVTT document: 4 cues where there must be 3"), std::string::npos);
  document = right;
  TextSpec other = spec;
  other.segment_times = {0, 4000, 7000};
  EXPECT_EQ(verify(other).error().code, ErrorCode::kVerifyFailed);
  EXPECT_TRUE(verify(spec));
}

TEST_F(TextTracks, damage_in_a_stored_segment_is_found) {
  const TextSpec spec = ten_seconds();
  ASSERT_TRUE(make(kFile, spec));
  for (const size_t track : {size_t{0}, size_t{2}}) {
    const auto index = packaging::MappedIndex::open(x_fds[track + 1].get());
    const packaging::SegmentRecord& last = index->view().segments().back();
    const auto at = static_cast<off_t>(last.offset + last.length - 3);
    char before = 0;
    ASSERT_EQ(::pread(x_fds[track].get(), &before, 1, at), 1);
    ASSERT_EQ(::pwrite(x_fds[track].get(), "#", 1, at), 1);
    EXPECT_FALSE(verify(spec)) << track;
    EXPECT_FALSE(read_text_track(x_fds[track].get(), x_fds[track + 1].get())) << track;
    ASSERT_EQ(::pwrite(x_fds[track].get(), &before, 1, at), 1);
    EXPECT_TRUE(verify(spec)) << track;
  }
}

TEST_F(TextTracks, ruby_is_another_profile) {
  TextSpec spec = ten_seconds();
  ASSERT_TRUE(make("WEBVTT\n\n00:01.000 --> 00:02.000\n<ruby>漢<rt>kan</rt></ruby>\n", spec));
  EXPECT_EQ(packaging::MappedIndex::open(x_fds[3].get())->view().codec_string(), "stpp.ttml.im2t");
  EXPECT_TRUE(verify(spec));
}

TEST_F(TextTracks, the_offset_moves_and_what_is_left_must_be_something) {
  TextSpec spec = ten_seconds();
  spec.offset = Rational(-9);
  ASSERT_TRUE(make(kFile, spec));
  ASSERT_EQ(x_reading.document.cues.size(), 2U);
  EXPECT_EQ(x_reading.document.cues[0].start, Rational(1, 2));
  EXPECT_TRUE(verify(spec));
  spec.offset = Rational(20);
  EXPECT_EQ(make(kFile, spec).error().code, ErrorCode::kInputDamaged);
}

TEST_F(TextTracks, cues_without_end_do_not_fill_the_disk) {
  TextSpec spec = ten_seconds();
  spec.timescale = 1;
  spec.duration = 40;
  spec.segment_times.clear();
  for (int64_t time = 0; time < spec.duration; time += 4) spec.segment_times.push_back(time);
  std::string file = "WEBVTT\n\n";
  for (int i = 0; i < 900; ++i) {
    file += "00:00." + std::to_string(100 + i % 900) + " --> 22:00:00.000\n" + std::to_string(i) +
            std::string(100, 'x') + "\n\n";
  }
  const UniqueFd input = scratch(file);
  const auto reading = read_text(input.get(), spec);
  ASSERT_TRUE(reading) << reading.error().message;
  const auto made = write_text_tracks(reading->document, spec, files(), 1U << 20U);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kTooLarge);
}

TEST(TextSpec, travels_as_json) {
  TextSpec spec = ten_seconds();
  spec.offset = Rational(-3, 2);
  spec.forced = spec.is_default = true;
  const auto back = text_spec_from_json(to_json(spec));
  ASSERT_TRUE(back);
  EXPECT_EQ(json::serialize(to_json(*back)), json::serialize(to_json(spec)));
  EXPECT_FALSE(text_spec_from_json(json::object{}));
  EXPECT_FALSE(text_spec_from_json(nullptr));
}

}  // namespace
}  // namespace pier::workflows::impl
