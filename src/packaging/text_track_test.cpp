#include <gtest/gtest.h>

#include <pier/core/file.hpp>
#include <pier/packaging/cmaf_reader.hpp>
#include <pier/packaging/codec_string.hpp>
#include <pier/packaging/text_track.hpp>

#include "test_tracks.hpp"

namespace pier::packaging {
namespace {

TEST(TextTrack, webvtt_is_the_whole_document_and_its_segments) {
  const test::StoredTrack stored = test::store_webvtt(test::text_track(9, media::Codec::kWebVtt, 10'000), 4000);
  ASSERT_EQ(stored.view.segments().size(), 3U);
  EXPECT_EQ(stored.view.codec_string(), "wvtt");
  EXPECT_EQ(read_whole_text(stored.fd.get(), stored.view).value(), "WEBVTT\n\nall\n");
  EXPECT_EQ(read_text_segment(stored.fd.get(), stored.view, 2).value(), "WEBVTT\n\nsegment 3\n");
  EXPECT_EQ(stored.view.segments()[2].time, 8000);
  EXPECT_EQ(stored.view.segments()[2].duration, 2000);
  EXPECT_FALSE(read_text_segment(stored.fd.get(), stored.view, 3));
  const auto held = check_index_against_file(stored.view, stored.fd.get());
  EXPECT_TRUE(held) << held.error().message;
  const auto read_back = stored.view.description();
  ASSERT_TRUE(read_back);
  EXPECT_EQ(*read_back, stored.index.description);
}

TEST(TextTrack, changed_text_is_found) {
  const test::StoredTrack stored = test::store_webvtt(test::text_track(9, media::Codec::kWebVtt, 10'000), 4000);
  const uint64_t at = stored.view.segments()[1].offset + 9;
  ASSERT_EQ(::pwrite(stored.fd.get(), "X", 1, static_cast<off_t>(at)), 1);
  EXPECT_EQ(read_text_segment(stored.fd.get(), stored.view, 1).error().code, ErrorCode::kVerifyFailed);
  EXPECT_EQ(check_index_against_file(stored.view, stored.fd.get()).error().code, ErrorCode::kVerifyFailed);
  ASSERT_EQ(::pwrite(stored.fd.get(), "X", 1, 0), 1);
  EXPECT_EQ(read_whole_text(stored.fd.get(), stored.view).error().code, ErrorCode::kVerifyFailed);
}

TEST(TextTrack, webvtt_must_last_as_long_as_the_programme) {
  const UniqueFd fd = test::scratch_file();
  const TrackDescription track = test::text_track(1, media::Codec::kWebVtt, 1000);
  EXPECT_FALSE(WebVttTrackWriter::create(fd.get(), track, "no document"));
  auto writer = WebVttTrackWriter::create(fd.get(), track, "WEBVTT\n");
  ASSERT_TRUE(writer);
  EXPECT_FALSE(writer->add_segment("WEBVTT\n", 1001));
  EXPECT_FALSE(writer->add_segment("text", 500));
  ASSERT_TRUE(writer->add_segment("WEBVTT\n", 500));
  EXPECT_FALSE(writer->add_segment("WEBVTT\n", 500));
  EXPECT_FALSE(writer->finish());
  ASSERT_TRUE(writer->add_segment("WEBVTT\n", 1000));
  EXPECT_TRUE(writer->finish());
}

TEST(TextTrack, imsc_is_cmaf_with_a_document_a_sample) {
  const test::StoredTrack stored = test::store_imsc(test::text_track(9, media::Codec::kTtml, 10'000), 4000);
  EXPECT_EQ(stored.view.codec_string(), "stpp.ttml.im1t");
  const auto held = check_index_against_file(stored.view, stored.fd.get());
  EXPECT_TRUE(held) << held.error().message;
  auto reader = CmafReader::open(stored.fd.get(), stored.view);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(reader->description().language, "zh-Hans");
  const auto samples = reader->read_segment(2);
  ASSERT_TRUE(samples) << samples.error().message;
  ASSERT_EQ(samples->size(), 1U);
  EXPECT_EQ(as_text(samples->front().data), "<tt>3</tt>");
  EXPECT_EQ(samples->front().pts, 8000);
  EXPECT_EQ(samples->front().duration, 2000);
  const Bytes file = test::file_bytes(stored.fd.get());
  const std::string_view text = as_text(file);
  for (const std::string_view part :
       {"im1t", "subt", "sthd", "stpp", "http://www.w3.org/ns/ttml", "application/ttml+xml;codecs=im1t", "zh-Hans"}) {
    EXPECT_NE(text.find(part), std::string_view::npos) << part;
  }
}

TEST(TextTrack, descriptions_that_are_none) {
  TrackDescription track = test::text_track(1, media::Codec::kTtml, 1000);
  EXPECT_TRUE(check(track));
  track.configuration = test::bytes_of({'i', 'm', '3', 't'});
  EXPECT_FALSE(check(track));
  track = test::text_track(1, media::Codec::kWebVtt, 1000);
  track.text.name = "\xff";
  EXPECT_FALSE(check(track));
  track.text.name.clear();
  track.codec = media::Codec::kAac;
  EXPECT_FALSE(check(track));
}

TEST(Language, tags_are_checked_and_written_as_by_convention) {
  for (const auto& [given, tag] : {std::pair("zh-Hans", "zh-Hans"),
                                   {"ZHO-hans-cn", "zh-Hans-CN"},
                                   {"en", "en"},
                                   {"chi", "zh"},
                                   {"und", ""},
                                   {"es-419", "es-419"},
                                   {"sl-rozaj-biske", "sl-rozaj-biske"},
                                   {"de-1996", "de-1996"},
                                   {"zh-yue", "zh-yue"},
                                   {"en-a-bbb-x-own", "en-a-bbb-x-own"}}) {
    const auto read = parse_language(given);
    ASSERT_TRUE(read) << given;
    EXPECT_EQ(*read, tag);
  }
  for (const char* wrong : {"", "e", "chinese", "zh_Hans", "zh-", "zh--Hans", "12", "zh-Hans-Hant", "zh-CN-Hans",
                            "en-x", "中文", "zh Hans", "en-a", "zh-Hans-CN-abcdefghi"}) {
    EXPECT_FALSE(parse_language(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace pier::packaging
