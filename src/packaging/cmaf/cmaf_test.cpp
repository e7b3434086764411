#include <algorithm>
#include <cstring>
#include <functional>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <pier/packaging/cmaf_reader.hpp>

#include "cmaf/fragment.hpp"
#include "cmaf/init_segment.hpp"
#include "cmaf/language.hpp"
#include "test_tracks.hpp"

namespace pier::packaging {
namespace {

using test::bytes_of;

std::string message(const Error& error) {
  return error.message;
}

TrackDescription pq_track() {
  TrackDescription track = test::hevc_track(3, 3840, 2160, 50, 100);
  track.language = "zh-Hans";
  track.bitrate = 16'000'000;
  track.max_bitrate = 24'000'000;
  track.video.sample_aspect = Rational(4, 3);
  track.video.colour = {Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kTopLeft};
  track.video.mastering_display =
      MasteringDisplay{{34000, 16000}, {13250, 34500}, {7500, 3000}, {15635, 16450}, 10'000'000, 50};
  track.video.content_light = ContentLight{1000, 400};
  track.video.dolby_vision = test::dolby_vision_record(8, 9, 1);
  track.video.hdr_vivid = bytes_of({0x00, 0x26, 0x00, 0x04});
  return track;
}

TEST(InitSegment, EveryBoxReadsBack) {
  TrackDescription track = pq_track();
  auto back = impl::parse_init_segment(impl::write_init_segment(track));
  ASSERT_TRUE(back) << message(back.error());
  track.video.frame_rate = {};
  track.video.colour.chroma_site = ChromaSite::kUnspecified;
  EXPECT_EQ(*back, track);

  TrackDescription sound = test::aac_track(9, 480'000);
  sound.language = "yue";
  sound.bitrate = 128'000;
  back = impl::parse_init_segment(impl::write_init_segment(sound));
  ASSERT_TRUE(back) << message(back.error());
  sound.audio.channel_mask = 0;
  sound.audio.frame_samples = 0;
  EXPECT_EQ(*back, sound);
}

TEST(InitSegment, BoxesAreInTheirPlaceAndExact) {
  const Bytes init = impl::write_init_segment(pq_track());
  const auto path = [&init](std::initializer_list<std::string_view> names, size_t skip_last) {
    ByteView at = init;
    for (const std::string_view name : names) {
      const auto box = impl::find_box(at, name);
      if (!box) return Bytes();
      at = box->payload;
      if (name == "stsd") at = at.subspan(8);
      if (name == "hvc1") at = at.subspan(78);
    }
    return Bytes(at.begin() + static_cast<ptrdiff_t>(skip_last), at.end());
  };
  const auto entry = [&path](std::string_view box) {
    return path({"moov", "trak", "mdia", "minf", "stbl", "stsd", "hvc1", box}, 0);
  };
  EXPECT_EQ(as_text(path({"ftyp"}, 0)).substr(0, 4), "cmf2");
  EXPECT_NE(as_text(path({"ftyp"}, 8)).find("db1p"), std::string::npos);
  EXPECT_TRUE(path({"moov", "trak", "edts"}, 0).empty());
  EXPECT_EQ(as_text(path({"moov", "trak", "mdia", "elng"}, 4)), std::string_view("zh-Hans\0", 8));
  EXPECT_EQ(entry("colr"), bytes_of({'n', 'c', 'l', 'x', 0, 9, 0, 16, 0, 9, 0}));
  EXPECT_EQ(entry("clli"), bytes_of({0x03, 0xE8, 0x01, 0x90}));
  EXPECT_EQ(entry("mdcv").size(), 24U);
  EXPECT_EQ(to_hex(ByteView(entry("mdcv")).first(4)), "33c286c4");  // green first: 13250, 34500
  EXPECT_EQ(entry("pasp"), bytes_of({0, 0, 0, 4, 0, 0, 0, 3}));
  EXPECT_EQ(entry("dvvC"), test::dolby_vision_record(8, 9, 1));
  EXPECT_TRUE(entry("dvcC").empty());
  EXPECT_EQ(entry("cuvv"), bytes_of({0x00, 0x26, 0x00, 0x04}));
  EXPECT_TRUE(entry("fiel").empty());
  EXPECT_EQ(to_hex(path({"moov", "mvex", "mehd"}, 0)), "010000000000000000000064");
}

TEST(InitSegment, SampleEntries) {
  const auto entry = [](TrackDescription track, std::string_view name) {
    return as_text(impl::write_init_segment(track)).find(name) != std::string::npos;
  };
  TrackDescription alone = test::hevc_track(1, 1920, 1080, 50, 10);
  alone.video.dolby_vision = test::dolby_vision_record(5, 6, 0);
  EXPECT_TRUE(entry(alone, "dvh1"));
  EXPECT_TRUE(entry(alone, "dvcC"));
  EXPECT_TRUE(entry(test::av1_track(1, 1920, 1080, 50, 10), "av01"));
  EXPECT_TRUE(entry(test::avc_track(1, 1920, 1080, 50, 10), "avc1"));
  EXPECT_TRUE(entry(test::eac3_track(1, 1000), "dec3"));
  TrackDescription plain = test::avc_track(1, 1920, 1080, 50, 10);
  EXPECT_TRUE(entry(plain, "nclx"));
  plain.video.colour = {};
  EXPECT_FALSE(entry(plain, "colr"));
}

TEST(Language, CodesOfThreeLetters) {
  EXPECT_EQ(impl::iso639_2("zh-Hans"), "zho");
  EXPECT_EQ(impl::iso639_2("EN-us"), "eng");
  EXPECT_EQ(impl::iso639_2("yue"), "yue");
  EXPECT_EQ(impl::iso639_2(""), "und");
  EXPECT_EQ(impl::iso639_2("x-private"), "und");
  EXPECT_EQ(impl::unpack_language(impl::pack_language("zho")), "zho");
}

TEST(Fragment, EveryShapeReadsBack) {
  const std::vector<std::vector<impl::FragmentSample>> shapes = {
      {{100, 1, 0, true}},
      {{100, 1, 0, true}, {50, 1, 0, true}},
      {{100, 1, 0, true}, {50, 1, 3, false}, {20, 1, -1, false}},
      {{100, 2, 0, true}, {50, 1, 0, false}, {20, 1, 0, true}, {20, 1, 0, false}},
      {{100, 7, 0, true}, {50, 9, 0, false}},
  };
  for (const auto& samples : shapes) {
    const Bytes header = impl::write_fragment_header({42, 7, 1'000'000'000'000, samples});
    const auto moof = impl::find_box(header, "moof");
    // The mdat's payload is not there: cut the header off before looking.
    const size_t moof_size = header.size() - 8;
    const ByteView payload = ByteView(header).subspan(8, moof_size - 8);
    ASSERT_TRUE(moof);
    const auto back = impl::parse_fragment(payload, moof_size);
    ASSERT_TRUE(back) << message(back.error());
    EXPECT_EQ(back->sequence, 42U);
    EXPECT_EQ(back->track_id, 7U);
    EXPECT_EQ(back->decode_time, 1'000'000'000'000U);
    ASSERT_EQ(back->samples.size(), samples.size());
    for (size_t i = 0; i < samples.size(); ++i) {
      EXPECT_EQ(back->samples[i].size, samples[i].size);
      EXPECT_EQ(back->samples[i].duration, samples[i].duration);
      EXPECT_EQ(back->samples[i].composition_offset, samples[i].composition_offset);
      EXPECT_EQ(back->samples[i].sync, samples[i].sync);
    }
    EXPECT_FALSE(impl::parse_fragment(payload, moof_size + 1));
    for (size_t cut = 0; cut < payload.size(); ++cut) impl::parse_fragment(payload.first(cut), moof_size);
  }
}

TEST(CmafWriter, ReadsBackWithSignedOffsets) {
  const auto stored = test::store_video(test::hevc_track(1, 320, 180, Rational(30000, 1001), 96 * 2 + 5), 24, 4, 200);
  ASSERT_EQ(stored.view.segments().size(), 3U);
  auto reader = CmafReader::open(stored.fd.get(), stored.view);
  ASSERT_TRUE(reader) << message(reader.error());
  EXPECT_EQ(reader->description(), stored.index.description);
  std::vector<int64_t> shown;
  int64_t decoded = 0;
  bool negative = false;
  for (size_t i = 0; i < reader->segment_count(); ++i) {
    const auto samples = reader->read_segment(i);
    ASSERT_TRUE(samples) << message(samples.error());
    EXPECT_EQ(samples->front().pts, stored.view.segments()[i].time);
    EXPECT_EQ(samples->front().pts, samples->front().dts);
    EXPECT_TRUE(samples->front().key);
    for (const media::Sample& sample : *samples) {
      ASSERT_EQ(sample.dts, decoded);
      decoded += sample.duration;
      negative = negative || sample.pts < sample.dts;
      shown.push_back(sample.pts);
      ASSERT_EQ(sample.data.front(), static_cast<std::byte>(static_cast<size_t>(sample.pts) * 31));
    }
    ASSERT_TRUE(reader->check_digest(i));
  }
  EXPECT_TRUE(negative) << "the offsets of these B pictures must be negative";
  std::ranges::sort(shown);
  ASSERT_EQ(shown.size(), 197U);
  for (size_t i = 0; i < shown.size(); ++i) ASSERT_EQ(shown[i], static_cast<int64_t>(i) * 1001);
  EXPECT_EQ(decoded, 197 * 1001);
  EXPECT_FALSE(reader->read_segment(3));
}

TEST(CmafWriter, VariableTimesAndTheLastPicture) {
  TrackDescription track = test::avc_track(1, 64, 64, 1000, 1);
  track.duration = 5000;
  const UniqueFd fd = test::scratch_file();
  auto writer = CmafWriter::create(fd.get(), track);
  const auto picture = [](int64_t pts, bool key) {
    media::Sample sample;
    sample.pts = pts;
    sample.key = key;
    sample.data = bytes_of({1, 2, 3});
    return sample;
  };
  ASSERT_TRUE(writer->begin_segment());
  ASSERT_TRUE(writer->add_fragment(
      std::vector{picture(40, true), picture(900, false), picture(100, false), picture(113, false)}));
  ASSERT_TRUE(writer->begin_segment());
  ASSERT_TRUE(writer->add_fragment(std::vector{picture(3000, true), picture(3001, false)}));
  const auto index = writer->finish();
  ASSERT_TRUE(index) << message(index.error());
  ASSERT_EQ(index->segments.size(), 2U);
  EXPECT_EQ(index->segments[0].time, 40);
  EXPECT_EQ(index->segments[0].duration, 2960);  // the last picture stays until the next segment
  EXPECT_EQ(index->segments[1].duration, 2000);
  const Bytes bytes = index->serialize();
  auto reader = CmafReader::open(fd.get(), *TrackIndexView::open(bytes));
  const auto first = reader->read_segment(0), second = reader->read_segment(1);
  ASSERT_TRUE(first && second);
  const int64_t pts[] = {40, 900, 100, 113}, dts[] = {40, 100, 113, 900}, durations[] = {60, 13, 787, 2100};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ((*first)[i].pts, pts[i]);
    EXPECT_EQ((*first)[i].dts, dts[i]);
    EXPECT_EQ((*first)[i].duration, durations[i]);
  }
  EXPECT_EQ((*second)[1].duration, 1999);
  EXPECT_TRUE(check_index_against_file(*TrackIndexView::open(bytes), fd.get()));
}

TEST(CmafWriter, SoundKeepsPrimingAndTrueEnd) {
  const int64_t programme = 48000 * 8 + 123;
  for (const TrackDescription& track : {test::aac_track(2, programme), test::eac3_track(3, programme)}) {
    const auto stored = test::store_audio(track, 125, 90);
    const auto segments = stored.view.segments();
    EXPECT_EQ(segments.front().time, 0);
    EXPECT_EQ(stored.view.end_time(), programme);
    int64_t sum = 0;
    for (const SegmentRecord& segment : segments) sum += segment.duration;
    EXPECT_EQ(sum, programme);
    auto reader = CmafReader::open(stored.fd.get(), stored.view);
    ASSERT_TRUE(reader);
    const auto first = reader->read_segment(0), last = reader->read_segment(segments.size() - 1);
    ASSERT_TRUE(first && last);
    EXPECT_EQ(first->front().pts, -track.audio.priming_samples);
    EXPECT_EQ(last->back().pts + last->back().duration, programme);
    const auto checked = check_index_against_file(stored.view, stored.fd.get());
    EXPECT_TRUE(checked) << message(checked.error());
  }
}

TEST(CmafWriter, TwoPicturesAndOneFrameOfSound) {
  const auto video = test::store_video(test::hevc_track(1, 64, 64, 50, 2), 48, 4, 30);
  ASSERT_EQ(video.view.segments().size(), 1U);
  EXPECT_EQ(video.view.end_time(), 2);
  const auto audio = test::store_audio(test::eac3_track(2, 1), 10, 30);
  ASSERT_EQ(audio.view.segments().size(), 1U);
  EXPECT_EQ(audio.view.end_time(), 1);
  EXPECT_TRUE(check_index_against_file(audio.view, audio.fd.get()));
}

// Each fault must be refused, and the same call without the fault must not.
TEST(CmafWriter, FaultsAreRefused) {
  using Samples = std::vector<media::Sample>;
  const auto added = [](const std::function<void(Samples&)>& change) {
    const UniqueFd fd = test::scratch_file();
    auto writer = CmafWriter::create(fd.get(), test::hevc_track(1, 64, 64, 50, 24));
    EXPECT_TRUE(writer->begin_segment());
    EXPECT_TRUE(writer->add_fragment(test::gop(0, 1, 12, 2, 10)));
    Samples samples = test::gop(12, 1, 12, 2, 10);
    change(samples);
    auto result = writer->add_fragment(samples);
    return result ? std::string() : result.error().message;
  };
  const auto says = [&](std::string_view word, const std::function<void(Samples&)>& change) {
    const std::string text = added(change);
    EXPECT_NE(text.find(word), std::string::npos) << word << ": " << text;
  };
  EXPECT_EQ(added([](Samples&) {}), "");
  says("key picture", [](Samples& s) { s.front().key = false; });
  says("open", [](Samples& s) { s[2].pts = 11; });
  says("before the end", [](Samples& s) {
    for (auto& x : s) x.pts -= 1;
  });
  says("same time", [](Samples& s) { s[3].pts = s[2].pts; });
  says("after the end", [](Samples& s) { s[1].pts = 24; });
  says("empty", [](Samples& s) { s[4].data.clear(); });
  says("no samples", [](Samples& s) { s.clear(); });
  says("reordered too far", [](Samples& s) { s[1].pts = int64_t{1} << 40U; });
}

TEST(CmafWriter, SoundFaultsAreRefused) {
  const TrackDescription track = test::aac_track(1, 10'000);  // 11 frames with the priming
  const auto added = [&track](int64_t first, int64_t frames) {
    const UniqueFd fd = test::scratch_file();
    auto writer = CmafWriter::create(fd.get(), track);
    EXPECT_TRUE(writer->begin_segment());
    if (const auto result = writer->add_fragment(test::sound(track, first, frames, 10)); !result)
      return result.error().message;
    const auto index = writer->finish();
    return index ? std::string() : index.error().message;
  };
  EXPECT_EQ(added(0, 11), "");
  EXPECT_NE(added(1, 10).find("priming"), std::string::npos);
  EXPECT_NE(added(0, 12).find("after the end"), std::string::npos);
  EXPECT_NE(added(0, 10).find("before its programme"), std::string::npos);
}

TEST(CmafWriter, OrderOfCallsAndFullDisk) {
  const UniqueFd fd = test::scratch_file();
  auto writer = CmafWriter::create(fd.get(), test::hevc_track(1, 64, 64, 50, 24));
  EXPECT_FALSE(writer->add_fragment(test::gop(0, 1, 12, 2, 10))) << "before begin_segment";
  EXPECT_FALSE(writer->finish()) << "without samples";

  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  const auto refused = CmafWriter::create(full.get(), test::hevc_track(1, 64, 64, 50, 24));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kNoSpace);
  auto images = ImageTrackWriter::create(full.get(), test::image_track(1, 1, 10));
  const auto sheet = images->add_sheet(bytes_of({0xFF, 0xD8, 0xFF, 0xD9}));
  ASSERT_FALSE(sheet);
  EXPECT_EQ(sheet.error().code, ErrorCode::kNoSpace);
}

TEST(ImageTrackWriter, SheetsAndTheirEnd) {
  const auto stored = test::store_images(test::image_track(5, 1000, 23'500));  // ten tiles of a second a sheet
  ASSERT_EQ(stored.view.segments().size(), 3U);
  EXPECT_EQ(stored.view.segments()[2].time, 20'000);
  EXPECT_EQ(stored.view.segments()[2].duration, 3'500);
  EXPECT_EQ(stored.view.init_length(), 0U);
  EXPECT_TRUE(check_index_against_file(stored.view, stored.fd.get()));

  const UniqueFd fd = test::scratch_file();
  auto writer = ImageTrackWriter::create(fd.get(), test::image_track(5, 1000, 23'500));
  EXPECT_FALSE(writer->add_sheet(bytes_of({1, 2, 3, 4, 5})));
  EXPECT_FALSE(writer->finish());
}

TEST(FileIndex, EqualsTheWritersAndFindsEveryPlantedFault) {
  const auto stored = test::store_video(pq_track(), 24, 4, 100);
  const auto found = index_of_file(stored.fd.get());
  ASSERT_TRUE(found) << message(found.error());
  EXPECT_EQ(found->segments.size(), stored.index.segments.size());
  auto checked = check_index_against_file(stored.view, stored.fd.get());
  ASSERT_TRUE(checked) << message(checked.error());

  const Bytes whole = test::file_bytes(stored.fd.get());
  const auto check_with = [&](const Bytes& file, const TrackIndex& index) {
    const UniqueFd fd = test::scratch_file();
    EXPECT_TRUE(write_all(fd.get(), file));
    const Bytes bytes = index.serialize();
    const auto view = TrackIndexView::open(bytes);
    EXPECT_TRUE(view);
    return check_index_against_file(*view, fd.get());
  };
  // One bit of payload.
  Bytes flipped = whole;
  flipped[flipped.size() - 5] ^= std::byte{1};
  checked = check_with(flipped, stored.index);
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("digest of segment 2"), std::string::npos) << checked.error().message;
  // A shorter file.
  checked = check_with(Bytes(whole.begin(), whole.end() - 1), stored.index);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::kTruncated);
  // An index that tells other things.
  const std::pair<std::string_view, std::function<void(TrackIndex&)>> lies[] = {
      {"digest", [](TrackIndex& i) { i.segments[0].sha256[3] ^= std::byte{1}; }},
      {"segment 1", [](TrackIndex& i) { i.segments[0].duration -= 1; }},
      {"fragment", [](TrackIndex& i) { i.fragments[1].first_unit_end -= 1; }},
      {"codec string", [](TrackIndex& i) { i.codec_string = "hvc1.1.6.L93"; }},
      {"colour", [](TrackIndex& i) { i.description.video.colour.transfer = Transfer::kBt2020_10; }},
      {"decoder configuration", [](TrackIndex& i) { i.description.configuration.back() = std::byte{9}; }},
      {"description", [](TrackIndex& i) { i.description.video.content_light->max_cll = 999; }},
  };
  for (const auto& [word, lie] : lies) {
    TrackIndex index = stored.index;
    lie(index);
    checked = check_with(whole, index);
    ASSERT_FALSE(checked) << word;
    EXPECT_EQ(checked.error().code, ErrorCode::kVerifyFailed) << word;
    EXPECT_NE(checked.error().message.find(word), std::string::npos) << checked.error().message;
  }
}

TEST(FileIndex, DamagedAtEveryByteNeverCrashes) {
  const auto stored = test::store_video(test::hevc_track(1, 64, 64, 50, 16), 4, 2, 9);
  const Bytes whole = test::file_bytes(stored.fd.get());
  int refused = 0;
  for (size_t i = 0; i < whole.size(); i += 3) {
    Bytes damaged = whole;
    damaged[i] ^= std::byte{0xFF};
    const UniqueFd fd = test::scratch_file();
    ASSERT_TRUE(write_all(fd.get(), damaged));
    if (auto reader = CmafReader::open(fd.get(), stored.view)) {
      for (size_t n = 0; n < reader->segment_count(); ++n) (void)reader->read_segment(n);
    }
    if (!check_index_against_file(stored.view, fd.get())) ++refused;
  }
  // Every damaged byte of media is found; reserved fields of the header may differ unseen.
  EXPECT_GT(refused, static_cast<int>((whole.size() - stored.index.init_length) / 3));
}

}  // namespace
}  // namespace pier::packaging
