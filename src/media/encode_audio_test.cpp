#include <algorithm>
#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include <pier/media/decode.hpp>
#include <pier/media/encode.hpp>

#include "test_pictures.hpp"

namespace pier::media {
namespace {

constexpr int kRate = 48000;

struct Coded {
  int priming = 0, frame = 0;
  Bytes configuration;
  std::vector<Sample> samples;
};

/// Tones that differ per channel, a click at `click`.
AudioBlock make_sound(int channels, size_t length, size_t click) {
  AudioBlock block;
  block.channels.assign(static_cast<size_t>(channels), std::vector<float>(length));
  uint32_t noise = 99;
  for (size_t c = 0; c < block.channels.size(); ++c) {
    for (size_t i = 0; i < length; ++i) {
      noise = noise * 1664525U + 1013904223U;
      const double t = static_cast<double>(i) / kRate;
      const double chirp = 0.2 * std::sin(6.283 * (200.0 + 60.0 * static_cast<double>(c) + 900.0 * t) * t);
      block.channels[c][i] = static_cast<float>(chirp + 0.02 * (static_cast<double>(noise >> 8U) / 8388608.0 - 1.0));
    }
    if (click < length) block.channels[c][click] = 0.9F;
  }
  return block;
}

Coded encode(const AudioEncoderConfig& config, const AudioBlock& sound, size_t piece) {
  Coded coded;
  auto encoder = AudioEncoder::open(config);
  EXPECT_TRUE(encoder) << encoder.error().message;
  if (!encoder) return coded;
  const auto take = [&] {
    for (;;) {
      auto sample = encoder->receive();
      ASSERT_TRUE(sample) << sample.error().message;
      if (!*sample) return;
      coded.samples.push_back(std::move(**sample));
    }
  };
  for (size_t at = 0; at < sound.samples(); at += piece) {
    AudioBlock part;
    const size_t count = std::min(piece, sound.samples() - at);
    for (const auto& channel : sound.channels) {
      part.channels.emplace_back(channel.begin() + static_cast<ptrdiff_t>(at),
                                 channel.begin() + static_cast<ptrdiff_t>(at + count));
    }
    EXPECT_TRUE(encoder->send(part));
    take();
  }
  EXPECT_TRUE(encoder->send_end());
  take();
  coded.priming = encoder->priming_samples();
  coded.frame = encoder->frame_samples();
  coded.configuration = encoder->configuration();
  return coded;
}

/// Raw frames as a file that a demuxer reads without any edit list: ADTS for AAC, plain for E-AC-3.
std::string write_stream(const test::Directory& directory, Codec codec, const Coded& coded, int channels) {
  const std::string path = directory.file(codec == Codec::kAac ? "a.aac" : "a.eac3");
  std::ofstream out(path, std::ios::binary);
  for (const auto& sample : coded.samples) {
    if (codec == Codec::kAac) {
      const auto size = static_cast<unsigned>(sample.data.size() + 7);
      const auto configuration = static_cast<unsigned>(channels);
      const unsigned char header[7] = {0xff,
                                       0xf1,
                                       static_cast<unsigned char>(0x4c | (configuration >> 2U)),
                                       static_cast<unsigned char>((configuration << 6U) | (size >> 11U)),
                                       static_cast<unsigned char>(size >> 3U),
                                       static_cast<unsigned char>((size << 5U) | 0x1fU),
                                       0xfc};
      out.write(reinterpret_cast<const char*>(header), sizeof header);
    }
    out.write(reinterpret_cast<const char*>(sample.data.data()), static_cast<std::streamsize>(sample.data.size()));
  }
  return path;
}

struct Decoded {
  int64_t first_pts = 0;
  std::vector<std::vector<float>> channels;
  uint64_t mask = 0;
  bool continuous = true;
};

Decoded decode(const std::string& path) {
  Decoded decoded;
  auto source = open_source(path);
  EXPECT_TRUE(source);
  auto demuxer = Demuxer::open(*source);
  EXPECT_TRUE(demuxer) << demuxer.error().message;
  int stream = -1;
  for (const auto& info : demuxer->streams()) {
    if (info.kind == StreamKind::kAudio) stream = info.index;
  }
  demuxer->select({stream});
  auto decoder = AudioDecoder::open(*demuxer, stream);
  EXPECT_TRUE(decoder) << decoder.error().message;
  int64_t next = INT64_MIN;
  const auto take = [&] {
    for (;;) {
      auto block = decoder->receive();
      ASSERT_TRUE(block);
      if (!*block) return;
      if (next == INT64_MIN) next = decoded.first_pts = (*block)->pts;
      decoded.continuous = decoded.continuous && (*block)->pts == next;
      next += static_cast<int64_t>((*block)->samples());
      decoded.channels.resize((*block)->channels.size());
      decoded.mask = (*block)->channel_mask;
      for (size_t c = 0; c < decoded.channels.size(); ++c) {
        auto& out = decoded.channels[c];
        out.insert(out.end(), (*block)->channels[c].begin(), (*block)->channels[c].end());
      }
    }
  };
  for (;;) {
    auto packet = demuxer->read();
    EXPECT_TRUE(packet);
    if (!packet || !*packet) break;
    EXPECT_TRUE(decoder->send(**packet));
    take();
  }
  EXPECT_TRUE(decoder->send_end());
  take();
  return decoded;
}

/// Shift of `b` against `a` with the greatest correlation, within +-`reach`.
int best_shift(const std::vector<float>& a, const std::vector<float>& b, int reach) {
  int best = 0;
  double most = -1e30;
  for (int shift = -reach; shift <= reach; ++shift) {
    double sum = 0;
    for (int i = 4000; i < 16000; ++i) sum += a[static_cast<size_t>(i)] * b[static_cast<size_t>(i + shift)];
    if (sum > most) most = sum, best = shift;
  }
  return best;
}

struct Layout {
  const char* name;
  Codec codec;
  uint64_t mask;
  int channels, adts_channels;
  int64_t bitrate;
};

class AudioEncoders : public testing::TestWithParam<Layout> {};

TEST_P(AudioEncoders, PrimingIsExactAndNothingIsLost) {
  const Layout& layout = GetParam();
  const size_t length = 24000 + 77;
  const auto sound = make_sound(layout.channels, length, 9000);
  const auto coded = encode({layout.codec, kRate, layout.mask, layout.bitrate}, sound, 333);
  EXPECT_EQ(coded.priming, layout.codec == Codec::kAac ? 1024 : 256);
  EXPECT_EQ(coded.frame, layout.codec == Codec::kAac ? 1024 : 1536);
  ASSERT_FALSE(coded.samples.empty());
  for (size_t i = 0; i < coded.samples.size(); ++i) {
    EXPECT_EQ(coded.samples[i].pts, static_cast<int64_t>(i) * coded.frame - coded.priming);
    EXPECT_EQ(coded.samples[i].duration, coded.frame);
  }
  const test::Directory directory;
  auto decoded = decode(write_stream(directory, layout.codec, coded, layout.adts_channels));
  ASSERT_EQ(decoded.channels.size(), static_cast<size_t>(layout.channels));
  EXPECT_TRUE(decoded.continuous);
  ASSERT_GE(decoded.channels[0].size(), length + static_cast<size_t>(coded.priming));
  for (size_t c = 0; c < decoded.channels.size(); ++c) {
    if (layout.channels == 6 && c == 3) continue;  // the low frequency channel loses its tone
    auto& channel = decoded.channels[c];
    channel.erase(channel.begin(), channel.begin() + coded.priming);
    EXPECT_EQ(best_shift(sound.channels[c], channel, 200), 0) << "channel " << c;
  }
}

TEST_P(AudioEncoders, ASoundThatFillsItsLastFrameIsWholeToo) {
  const Layout& layout = GetParam();
  const AudioEncoderConfig config{layout.codec, kRate, layout.mask, layout.bitrate};
  const auto frame = static_cast<size_t>(layout.codec == Codec::kAac ? 1024 : 1536);
  for (const size_t length : {frame, 3 * frame, 3 * frame - 1, 3 * frame + 1, 3 * frame - 256, 3 * frame - 255}) {
    const auto coded = encode(config, make_sound(layout.channels, length, length), 700);
    EXPECT_GE(coded.samples.size() * frame, length + static_cast<size_t>(coded.priming)) << length;
    ASSERT_GE(coded.samples.size(), 1U);
    EXPECT_EQ(coded.samples.back().pts + coded.priming, static_cast<int64_t>((coded.samples.size() - 1) * frame));
  }
}

TEST_P(AudioEncoders, SameBytesInEveryRunAndForEveryPieceSize) {
  const Layout& layout = GetParam();
  const auto sound = make_sound(layout.channels, 9000, 100);
  const AudioEncoderConfig config{layout.codec, kRate, layout.mask, layout.bitrate};
  const auto first = encode(config, sound, 9000);
  const auto second = encode(config, sound, 17);
  ASSERT_EQ(first.samples.size(), second.samples.size());
  EXPECT_EQ(first.configuration, second.configuration);
  for (size_t i = 0; i < first.samples.size(); ++i) EXPECT_EQ(first.samples[i].data, second.samples[i].data) << i;
}

constexpr Layout kLayouts[] = {
    {"AacStereo", Codec::kAac, 3, 2, 2, 128000},   {"AacMono", Codec::kAac, 4, 1, 1, 96000},
    {"Aac51", Codec::kAac, 0x3f, 6, 6, 384000},    {"Aac51Side", Codec::kAac, 0x60f, 6, 6, 384000},
    {"Eac3Stereo", Codec::kEac3, 3, 2, 2, 192000}, {"Eac351", Codec::kEac3, 0x3f, 6, 6, 384000},
};
std::string name_of(const testing::TestParamInfo<Layout>& info) {
  return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(All, AudioEncoders, testing::ValuesIn(kLayouts), name_of);

TEST(AudioEncoder, ConfigurationsSayWhatTheStandardsWant) {
  const auto aac = encode({Codec::kAac, kRate, 3, 128000}, make_sound(2, 4000, 0), 4000);
  ASSERT_GE(aac.configuration.size(), 2U);
  EXPECT_EQ(to_hex(ByteView(aac.configuration).first(2)), "1190");  // AAC-LC, 48 kHz, two channels
  const auto eac3 = encode({Codec::kEac3, kRate, 0x3f, 384000}, make_sound(6, 4000, 0), 4000);
  // 384 kbit/s, one substream; 48 kHz, bsid 16, complete main, 3/2, low frequency on, no dependents.
  EXPECT_EQ(to_hex(eac3.configuration), "0c00200f00");
}

TEST(AudioEncoder, RefusesWhatDoesNotFit) {
  EXPECT_EQ(AudioEncoder::open({Codec::kOpus, kRate, 3, 128000}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(AudioEncoder::open({Codec::kEac3, 12345, 3, 128000}).error().code, ErrorCode::kInvalidArgument);
  auto encoder = AudioEncoder::open({Codec::kAac, kRate, 3, 128000});
  ASSERT_TRUE(encoder);
  EXPECT_EQ(encoder->send(make_sound(6, 100, 0)).error().code, ErrorCode::kInvalidArgument);
}

class AudioFiles : public testing::TestWithParam<const char*> {};

TEST_P(AudioFiles, DecodeToTheLengthAndPlaceOfTheProgramme) {
  const test::Directory directory;
  const std::string name = GetParam();
  const std::string path = directory.file("a." + name.substr(0, name.find(' ')));
  const std::string options = name.substr(name.find(' '));
  ASSERT_TRUE(test::run_ffmpeg("-f lavfi -i aevalsrc='0.3*sin(2*PI*(300+900*t)*t)|0.1*sin(2*PI*90*t)':s=48000:d=1.03" +
                               options + " " + path));
  const auto decoded = decode(path);
  ASSERT_EQ(decoded.channels.size(), 2U);
  EXPECT_EQ(decoded.first_pts, 0);
  EXPECT_TRUE(decoded.continuous);
  EXPECT_EQ(decoded.channels[0].size(), 49440U);
  std::vector<float> source(49440);
  for (size_t i = 0; i < source.size(); ++i) {
    const double t = static_cast<double>(i) / kRate;
    source[i] = static_cast<float>(0.3 * std::sin(2 * M_PI * (300 + 900 * t) * t));
  }
  EXPECT_EQ(best_shift(source, decoded.channels[0], 1500), 0);
  double power = 0;
  for (const float sample : decoded.channels[0]) power += sample * sample;
  EXPECT_NEAR(std::sqrt(power / 49440), 0.3 / std::sqrt(2.0), 0.01);
}

INSTANTIATE_TEST_SUITE_P(All, AudioFiles,
                         testing::Values("mp4 -c:a aac", "mov -c:a pcm_s24le", "wav -c:a pcm_s16le", "mkv -c:a flac",
                                         "mkv -c:a pcm_f32le", "mp4 -c:a libopus -b:a 128k"));

TEST(Jpeg, IsReadBackAsTheSamePicture) {
  const test::Directory directory;
  for (const auto& [width, height] : {std::pair{160, 90}, std::pair{161, 91}, std::pair{16, 16}, std::pair{1, 1}}) {
    const auto picture = test::make_picture({8, Chroma::k420, false}, width, height, 3);
    const auto jpeg = encode_jpeg(picture.view(), 95);
    ASSERT_TRUE(jpeg) << jpeg.error().message;
    const std::string path = directory.file("a.mjpeg");
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(jpeg->data()), static_cast<std::streamsize>(jpeg->size()));
    ASSERT_TRUE(test::run_ffmpeg("-f mjpeg -i " + path + " -f rawvideo -pix_fmt yuvj420p " + path + ".yuv"));
    std::ifstream in(path + ".yuv", std::ios::binary);
    double error = 0;
    for (int p = 0; p < 3; ++p) {
      const auto& plane = picture.view().planes[static_cast<size_t>(p)];
      for (int y = 0; y < plane.height; ++y) {
        for (int x = 0; x < plane.width; ++x) error += std::abs(in.get() - static_cast<int>(plane.row<uint8_t>(y)[x]));
      }
    }
    EXPECT_LT(error / (width * height), 4.0) << width << "x" << height;
    EXPECT_EQ(in.get(), std::char_traits<char>::eof());
    EXPECT_GT(jpeg->size(), encode_jpeg(picture.view(), 20)->size() - 1);
  }
}

TEST(Jpeg, RefusesOtherPictures) {
  EXPECT_FALSE(encode_jpeg(test::make_picture({10, Chroma::k420, false}, 32, 32, 0).view(), 90));
  EXPECT_FALSE(encode_jpeg(test::make_picture({8, Chroma::k422, false}, 32, 32, 0).view(), 90));
  ColourInfo narrow;
  narrow.range = Range::kNarrow;
  EXPECT_FALSE(encode_jpeg(test::make_picture({8, Chroma::k420, false}, 32, 32, 0, narrow).view(), 90));
}

}  // namespace
}  // namespace pier::media
