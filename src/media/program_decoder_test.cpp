// The decoder program is a thread here: what counts is which pictures get which times, and what is said when it errs.

#include <array>
#include <csignal>
#include <functional>
#include <map>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/media/decode.hpp>

#include "bitstream/avs.hpp"
#include "bitstream/nal.hpp"
#include "test_clips.hpp"
#include "y4m.hpp"

namespace pier::media {
namespace {

constexpr int kWidth = 64, kHeight = 32;
constexpr size_t kSamples = size_t{kWidth} * kHeight * 3 / 2;

/// What one run of the program does with its two ends.
using Act = std::function<void(UniqueFd input, UniqueFd output)>;

class ThreadPrograms final : public CodecPrograms {
 public:
  explicit ThreadPrograms(Act act) : x_act(std::move(act)) { std::signal(SIGPIPE, SIG_IGN); }
  const CodecProgram* decoder_of(std::string_view codec) const override {
    return codec == "avs3" ? &x_program : nullptr;
  }
  Result<Running> start_decoder(std::string_view) override {
    std::array<int, 2> in{}, out{};
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) return fail(ErrorCode::kIo, "no pipes");
    starts++;
    x_threads.emplace_back(x_act, UniqueFd(in[0]), UniqueFd(out[1]));
    return Running{UniqueFd(in[1]), UniqueFd(out[0]), starts};
  }
  std::optional<Error> ended(int64_t) override { return x_end; }

  int starts = 0;
  std::optional<Error> x_end;

 private:
  CodecProgram x_program{"thread", "avs3", "00", std::chrono::milliseconds(500)};
  Act x_act;
  std::vector<std::jthread> x_threads;
};

std::string all_of(const UniqueFd& input) {
  std::string text;
  std::array<char, 4096> block{};
  ssize_t count = 0;
  while ((count = ::read(input.get(), block.data(), block.size())) > 0)
    text.append(block.data(), static_cast<size_t>(count));
  return text;
}

void put(const UniqueFd& output, const std::string& text) {
  (void)write_all(output.get(), as_bytes(text));
}

const std::string kHeader = "YUV4MPEG2 W64 H32 F25:1 Ip A1:1 C420jpeg\n";

std::string picture(int value) {
  return "FRAME\n" + std::string(kSamples, static_cast<char>(value));
}

/// One picture for each that came in: the n-th is of value n.
void decode(UniqueFd input, UniqueFd output) {
  const std::string stream = all_of(input);
  put(output, kHeader);
  int count = 0;
  impl::split_start_codes(as_bytes(stream), [&](ByteView unit) {
    const auto code = unit.empty() ? uint8_t{0} : std::to_integer<uint8_t>(unit[0]);
    if (code == impl::kAvsIntraPicture || code == impl::kAvsInterPicture) put(output, picture(++count));
  });
}

clips::AvsSpec small() {
  return {.profile = 0x20, .width = kWidth, .height = kHeight, .precision = 1, .rate_code = 3};
}

struct Decoded {
  std::vector<std::pair<int64_t, int>> pictures;  // time, value
  std::optional<Error> error;
};

Decoded decode_all(const std::string& path, const std::shared_ptr<CodecPrograms>& programs) {
  Decoded decoded;
  auto source = open_source(path);
  if (!source) return {{}, source.error()};
  struct Forget {
    ~Forget() { set_codec_programs(nullptr); }
  } forget;
  set_codec_programs(programs);
  auto range = FrameRange::open(*source, 0, INT64_MIN + 1, INT64_MAX, {}, 1);
  if (!range) return {{}, range.error()};
  for (;;) {
    auto frame = range->next();
    if (!frame) decoded.error = frame.error();
    if (!frame || !*frame) return decoded;
    decoded.pictures.emplace_back((*frame)->pts, (*frame)->picture.view().planes[0].row<uint8_t>(0)[0]);
  }
}

TEST(ProgramDecoder, PicturesOfAnElementaryStreamAreCounted) {
  const clips::TempFolder folder;
  const auto path = folder.write("a.avs3", clips::avs_stream(small(), {}, 5));
  const Decoded decoded = decode_all(path, std::make_shared<ThreadPrograms>(decode));
  ASSERT_FALSE(decoded.error) << decoded.error->message;
  ASSERT_EQ(decoded.pictures.size(), 5U);
  for (int i = 0; i < 5; ++i) {
    // 25 a second in ticks of 1/1200000 s.
    EXPECT_EQ(decoded.pictures[static_cast<size_t>(i)], (std::pair<int64_t, int>{i * 48000, i + 1}));
  }
}

TEST(ProgramDecoder, PicturesOfATransportStreamKeepTheirTimes) {
  const clips::TempFolder folder;
  const std::vector<Bytes> units(20, clips::avs_stream(small(), {}, 1));
  const auto path = folder.write("a.ts", clips::transport_stream(0xD4, units, 3600));
  const Decoded decoded = decode_all(path, std::make_shared<ThreadPrograms>(decode));
  ASSERT_FALSE(decoded.error) << decoded.error->message;
  ASSERT_EQ(decoded.pictures.size(), 20U);
  for (size_t i = 0; i < decoded.pictures.size(); ++i)
    EXPECT_EQ(decoded.pictures[i].first, decoded.pictures[0].first + static_cast<int64_t>(i) * 3600) << i;
}

TEST(ProgramDecoder, WithoutAProgramThereIsNoDecoder) {
  const clips::TempFolder folder;
  const auto path = folder.write("a.avs3", clips::avs_stream(small(), {}, 5));
  const Decoded decoded = decode_all(path, nullptr);
  ASSERT_TRUE(decoded.error);
  EXPECT_EQ(decoded.error->code, ErrorCode::kInputUnsupported);
}

TEST(ProgramDecoder, WhatAProgramDoesWrongIsSaid) {
  struct Case {
    const char* what;
    Act act;
    ErrorCode code;
    const char* words;
  };
  const auto gives = [](const std::string& text) -> Act {
    return [text](UniqueFd input, UniqueFd output) {
      all_of(input);
      put(output, text);
    };
  };
  const std::vector<Case> cases = {
      {"too few", gives(kHeader + picture(1)), ErrorCode::kInputDamaged, "1 whole pictures for 3 access units"},
      {"half", gives(kHeader + picture(1) + picture(2) + picture(3).substr(0, 500)), ErrorCode::kInputDamaged,
       "a part"},
      {"too many", gives(kHeader + picture(1) + picture(2) + picture(3) + picture(4)), ErrorCode::kInputDamaged,
       "more pictures"},
      {"other raster", gives("YUV4MPEG2 W66 H32 F25:1\nFRAME\n" + std::string(3200, 'x')), ErrorCode::kInputDamaged,
       "66x32"},
      {"no header", gives("hello\n"), ErrorCode::kInputDamaged, "YUV4MPEG2"},
      {"no line end", gives(std::string(600, 'x')), ErrorCode::kInputDamaged, "line has no end"},
      {"unknown format", gives("YUV4MPEG2 W64 H32 C411\n"), ErrorCode::kInputDamaged, "C411"},
      {"absurd raster", gives("YUV4MPEG2 W640000 H32\n"), ErrorCode::kInputDamaged, "W640000"},
      {"no frame", gives(kHeader + "PICTURE\n" + std::string(kSamples, 'x')), ErrorCode::kInputDamaged, "FRAME"},
      {"hangs",
       [](UniqueFd input, UniqueFd output) {
         all_of(input);
         std::this_thread::sleep_for(std::chrono::seconds(1));
         output.reset();
       },
       ErrorCode::kTimeout, "neither takes nor gives"},
      {"deaf", [](UniqueFd, UniqueFd) {}, ErrorCode::kInputDamaged, "0 whole pictures"},
  };
  const clips::TempFolder folder;
  const auto path = folder.write("a.avs3", clips::avs_stream(small(), {}, 3));
  for (const Case& each : cases) {
    const Decoded decoded = decode_all(path, std::make_shared<ThreadPrograms>(each.act));
    ASSERT_TRUE(decoded.error) << each.what;
    EXPECT_NE(decoded.error->message.find("the decoder program thread"), std::string::npos) << decoded.error->message;
    if (std::string_view(each.what) == "deaf") continue;  // which end it closes first is a race
    EXPECT_EQ(decoded.error->code, each.code) << each.what << ": " << decoded.error->message;
    EXPECT_NE(decoded.error->message.find(each.words), std::string::npos)
        << each.what << ": " << decoded.error->message;
  }
}

TEST(ProgramDecoder, ItsOwnEndSaysMost) {
  const clips::TempFolder folder;
  const auto path = folder.write("a.avs3", clips::avs_stream(small(), {}, 3));
  const auto programs = std::make_shared<ThreadPrograms>(decode);
  programs->x_end = Error{ErrorCode::kCrashed, "it crashed with signal 11", {}};
  const Decoded decoded = decode_all(path, programs);
  ASSERT_TRUE(decoded.error);
  EXPECT_NE(decoded.error->message.find("signal 11"), std::string::npos) << decoded.error->message;
}

TEST(Y4m, HeadersGoThereAndBack) {
  for (const PixelFormat format : {PixelFormat{8, Chroma::k420}, PixelFormat{10, Chroma::k420},
                                   PixelFormat{12, Chroma::k422}, PixelFormat{10, Chroma::k444}}) {
    const impl::Y4mHeader header{1920, 1080, Rational(60000, 1001), format, false};
    std::string line = impl::y4m_header(header);
    ASSERT_TRUE(line.ends_with("\n"));
    line.pop_back();
    const auto read = impl::parse_y4m_header(line);
    ASSERT_TRUE(read) << line << ": " << read.error().message;
    EXPECT_EQ(read->width, 1920);
    EXPECT_EQ(read->frame_rate, header.frame_rate);
    EXPECT_EQ(read->format, format) << line;
  }
}

}  // namespace
}  // namespace pier::media
