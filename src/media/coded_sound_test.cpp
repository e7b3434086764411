#include <gtest/gtest.h>

#include <pier/core/file.hpp>
#include <pier/media/demux.hpp>

#include "bitstream/sound_frames.hpp"
#include "codec_configuration.hpp"
#include "test_clips.hpp"

namespace pier::media {
namespace {

struct Kept {
  std::vector<Sample> units;
  Bytes configuration;
  Codec codec = Codec::kUnknown;
  int frame = 0;
  std::string error;
};

Kept keep(const std::string& path) {
  Kept kept;
  auto source = open_source(path);
  EXPECT_TRUE(source);
  auto demuxer = Demuxer::open(*source);
  EXPECT_TRUE(demuxer) << demuxer.error().message;
  auto sound = CodedSound::open(*demuxer, 0);
  if (!sound) {
    kept.error = sound.error().message;
    return kept;
  }
  for (;;) {
    auto unit = sound->next();
    if (!unit) kept.error = unit.error().message;
    if (!unit || !*unit) break;
    kept.units.push_back(std::move(**unit));
  }
  kept.configuration = sound->configuration();
  kept.codec = sound->codec();
  kept.frame = sound->frame_samples();
  return kept;
}

/// The payload of the first box of that type, wherever it lies.
Bytes box_of(const std::string& path, std::string_view type) {
  const auto file = read_file(path, 1U << 24U);
  EXPECT_TRUE(file);
  const std::string_view all(*file);
  const size_t at = all.find(type);
  if (at == std::string_view::npos || at < 4) return {};
  const auto size = static_cast<size_t>(static_cast<unsigned char>(all[at - 1]));
  const ByteView payload = as_bytes(all.substr(at + 4, size - 8));
  return {payload.begin(), payload.end()};
}

struct Case {
  const char* name;
  const char* options;
  const char* box;  // of an MP4 by another writer; nullptr: AAC
  Codec codec;
};

class CodedSoundTest : public ::testing::TestWithParam<Case> {
 protected:
  std::string make(const char* file, const std::string& more = {}) {
    const std::string path = x_folder.path(file);
    EXPECT_TRUE(clips::ffmpeg("-f lavfi -i sine=frequency=440:sample_rate=48000:duration=2 " +
                              std::string(GetParam().options) + " " + more + " " + path));
    return path;
  }
  clips::TempFolder x_folder;
};

INSTANTIATE_TEST_SUITE_P(Codecs, CodedSoundTest,
                         ::testing::Values(Case{"aac", "-ac 2 -c:a aac", nullptr, Codec::kAac},
                                           Case{"ac3", "-ac 6 -c:a ac3 -b:a 448k", "dac3", Codec::kAc3},
                                           Case{"eac3", "-ac 2 -c:a eac3 -b:a 192k", "dec3", Codec::kEac3}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_P(CodedSoundTest, TheSameUnitsOutOfEveryContainer) {
  const std::string mp4 = make("a.mp4");
  const Kept kept = keep(mp4);
  EXPECT_EQ(kept.error, "");
  EXPECT_EQ(kept.codec, GetParam().codec);
  ASSERT_GT(kept.units.size(), 60U);
  for (size_t i = 1; i < kept.units.size(); ++i) EXPECT_EQ(kept.units[i].pts - kept.units[i - 1].pts, kept.frame);
  if (GetParam().box != nullptr) {
    EXPECT_EQ(to_hex(kept.configuration), to_hex(box_of(mp4, GetParam().box)));
  }
  const std::string ts = x_folder.path("a.ts");
  ASSERT_TRUE(clips::ffmpeg("-i " + mp4 + " -c copy " + ts));
  const Kept streamed = keep(ts);
  EXPECT_EQ(streamed.error, "");
  ASSERT_EQ(streamed.units.size(), kept.units.size());
  for (size_t i = 0; i < kept.units.size(); ++i) ASSERT_EQ(streamed.units[i].data, kept.units[i].data) << i;
  // What ffmpeg adds behind the two bytes that say it is AAC-LC says that there is no more.
  const size_t said = GetParam().codec == Codec::kAac ? 2 : kept.configuration.size();
  EXPECT_EQ(to_hex(ByteView(streamed.configuration).first(said)), to_hex(ByteView(kept.configuration).first(said)));
}

TEST_P(CodedSoundTest, AGapIsRefused) {
  const std::string path = make("gap.ts", "-af \"aselect='not(between(t,0.8,1.2))'\"");
  const Kept kept = keep(path);
  EXPECT_NE(kept.error.find("there is a gap"), std::string::npos) << kept.error;
  EXPECT_NE(kept.error.find("encode it instead"), std::string::npos);
}

TEST(CodedSound, OtherSoundIsRefused) {
  const clips::TempFolder folder;
  for (const auto& [options, reason] : {std::pair{"-c:a pcm_s16le p.mov", "it is pcm"},
                                        {"-c:a libopus o.mkv", "it is opus"},
                                        {"-c:a mp2 m.ts", "it is mp2"}}) {
    const std::string text(options);
    const size_t name = text.rfind(' ') + 1;
    const std::string path = folder.path(text.substr(name));
    ASSERT_TRUE(clips::ffmpeg("-f lavfi -i sine=duration=1:sample_rate=48000 " + text.substr(0, name) + path));
    EXPECT_NE(keep(path).error.find(reason), std::string::npos) << keep(path).error;
  }
}

/// ETSI TS 102 366 E.1.2.2, E-AC-3 of 3/2 channels and LFE with mixing data, and of objects beside it (addbsi).
Bytes with_objects() {
  clips::BitWriter out;
  out.bits(0x0b77, 16).bits(0, 2).bits(0, 3).bits(511, 11);     // independent, substream 0, 1024 bytes
  out.bits(0, 2).bits(3, 2).bits(7, 3).bits(1, 1).bits(16, 5);  // 48 kHz, 6 blocks, 3/2, LFE, bsid
  out.bits(27, 5).bits(0, 1);                                   // dialnorm, no compr
  out.bits(1, 1).bits(1, 2).bits(0x24, 6).bits(0x24, 6);        // mixing: preferred, centre and surround levels
  out.bits(1, 1).bits(10, 5).bits(0, 1).bits(0, 1);             // LFE level, no programme scales
  out.bits(2, 2).bits(0xabc, 12).bits(0, 1);                    // mixdef 2, no frame mixing
  out.bits(1, 1).bits(0, 3).bits(1, 2).bits(0, 2).bits(0, 1).bits(0, 1);  // bsmod, rights, dsurex, no room, sourcefscod
  out.bits(1, 1).bits(1, 6).bits(1, 8).bits(16, 8);                       // addbsi: two bytes, extension type A of 16
  return out.bytes();
}

TEST(DolbyFrame, ObjectsAreSaidInTheAdditions) {
  const auto frame = impl::parse_dolby_frame(with_objects());
  ASSERT_TRUE(frame);
  EXPECT_TRUE(frame->enhanced);
  EXPECT_EQ(frame->frame_bytes, 1024U);
  EXPECT_EQ(frame->channels_mode, 7);
  EXPECT_TRUE(frame->low_frequency);
  EXPECT_EQ(frame->object_complexity, 16);
  // 768 kbit/s, 48 kHz, bsid 16, 3/2 with LFE, no dependent substream, extension type A of complexity 16.
  EXPECT_EQ(to_hex(impl::make_dec3(*frame, 768'000)), "1800200f000110");
}

TEST(DolbyFrame, NothingIsReadBehindTheEnd) {
  const Bytes whole = with_objects();
  for (size_t length = 0; length < whole.size(); ++length) {
    const auto frame = impl::parse_dolby_frame(ByteView(whole).first(length));
    EXPECT_FALSE(frame && frame->object_complexity) << length;
  }
  EXPECT_FALSE(impl::parse_adts(clips::BitWriter().bits(0xfff1, 16).bytes()));
}

}  // namespace
}  // namespace pier::media
