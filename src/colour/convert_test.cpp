#include <thread>

#include <pier/colour/convert.hpp>
#include <pier/colour/reference.hpp>

#include "test_pictures.hpp"

namespace pier::colour {
namespace {

TEST(Convert, OddSourcesAreTakenOddTargetsRefused) {
  const PictureSpec from{k420p10, 1919, 1079, kHlg}, to{k420p8, 960, 540, kSdr};
  const Picture out = run(converter(from, to), flat(from, {721, 512, 512}));
  EXPECT_NEAR(ends(out, 0)[0], 166, 1);
  EXPECT_EQ(ends(out, 2), (std::array<int, 3>{128, 128, 0}));
  auto odd = Converter::make({k420p10, 1920, 1080, kHlg}, {k420p8, 961, 541, kSdr});
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code, ErrorCode::kInvalidArgument);
  const PictureSpec tiny{k420p10, 3, 3, kHlg};
  EXPECT_EQ(run(converter(tiny, {k420p8, 2, 2, kSdr}), flat(tiny, {64, 512, 512})).width(), 2);
}

TEST(Convert, UnalignedPicturesGiveTheSameBytes) {
  const PictureSpec from{k420p10, 130, 66, kHlg};
  std::mt19937 random(3);
  const Picture aligned = draw(from, [&](int, int, int) { return static_cast<int>(300 + random() % 400); });
  auto memory = std::make_shared<std::vector<std::byte>>(200000);
  PictureView view = aligned.view();
  size_t offset = 6;
  for (auto& plane : view.planes) {
    std::byte* start = memory->data() + offset;
    for (int y = 0; y < plane.height; ++y)
      std::copy_n(plane.data + y * plane.stride, plane.width * 2, start + y * (plane.width * 2 + 2));
    plane.data = start;
    plane.stride = plane.width * 2 + 2;
    offset += static_cast<size_t>(plane.stride * plane.height);
  }
  const Picture shifted = Picture::wrap(view, memory);
  for (const PictureSpec& to :
       {PictureSpec{k420p8, 64, 32, kSdr}, PictureSpec{k420p8, 130, 66, kSdr}, PictureSpec{k420p10, 64, 32, kHlg}}) {
    const Converter convert = converter(from, to);
    const Picture a = run(convert, aligned), b = run(convert, shifted);
    for (size_t p = 0; p < 3; ++p)
      for (int y = 0; y < a.view().planes[p].height; ++y)
        for (int x = 0; x < a.view().planes[p].width; ++x) ASSERT_EQ(sample(a, p, x, y), sample(b, p, x, y));
  }
}

// --- depth, range, contract ---------------------------------------------------------------------------------------

TEST(Convert, DepthGoesUpExactlyAndDownWithDither) {
  const PictureSpec eight{k420p8, 256, 64, kSdr}, ten{k420p10, 256, 64, kSdr};
  const Picture ramp = draw(eight, [](int, int x, int) { return x; });
  const Picture up = run(converter(eight, ten), ramp);
  for (int x = 0; x < 256; ++x) EXPECT_EQ(sample(up, 0, x, 7), 4 * x);
  const Picture back = run(converter(ten, eight), up);
  for (int x = 0; x < 256; ++x) EXPECT_EQ(sample(back, 0, x, 7), x);
  const Picture between = run(converter(ten, eight), flat(ten, {402, 513, 511}));
  double sum = 0;
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 256; ++x) sum += sample(between, 0, x, y);
  EXPECT_NEAR(sum / (256 * 64), 100.5, 0.05);
  EXPECT_EQ(ends(between, 0), (std::array<int, 3>{100, 101, 0}));
}

TEST(Convert, ToneMappedEightBitsAreDithered) {
  const PictureSpec from{k420p10, 64, 64, kHlg}, fine{k420p10, 64, 64, kSdr}, coarse{k420p8, 64, 64, kSdr};
  for (const int luma : {300, 431, 522, 613}) {
    const Picture picture = flat(from, {luma, 512, 512});
    const double wanted = sample(run(converter(from, fine), picture), 0, 3, 3) / 4.0;
    const Picture out = run(converter(from, coarse), picture);
    double sum = 0;
    for (int y = 0; y < 64; ++y)
      for (int x = 0; x < 64; ++x) sum += sample(out, 0, x, y);
    EXPECT_NEAR(sum / (64 * 64), wanted, 0.16);
    EXPECT_LE(ends(out, 0)[1] - ends(out, 0)[0], 1);
  }
}

TEST(Convert, FullRangeBecomesNarrow) {
  const PictureSpec from{k420p8, 64, 64, kSdrFull}, to{k420p8, 64, 64, kSdr};
  EXPECT_EQ(sample(run(converter(from, to), flat(from, {0, 128, 128})), 0, 4, 4), 16);
  EXPECT_EQ(sample(run(converter(from, to), flat(from, {255, 128, 128})), 0, 4, 4), 235);
}

TEST(Convert, EqualSpecsShareThePicture) {
  const PictureSpec spec{k420p10, 64, 64, kHlg};
  const Converter convert = converter(spec, spec);
  EXPECT_TRUE(convert.identity());
  const Picture in = flat(spec, {500, 512, 512});
  EXPECT_EQ(run(convert, in).view().planes[0].data, in.view().planes[0].data);
  EXPECT_EQ(convert.describe(), "64p HLG BT.2020 -> 64p HLG BT.2020: unchanged");
  EXPECT_FALSE(converter(spec, {k420p8, 64, 64, kSdr}).identity());
  EXPECT_TRUE(converter({k420p8, 64, 64, {}}, {k420p8, 64, 64, kSdr}).identity());
}

TEST(Convert, PicturesOutliveTheConverterAndTheirMemoryIsUsedAgain) {
  const PictureSpec from{k420p10, 64, 64, kHlg}, to{k420p10, 64, 64, kSdr};
  Picture kept;
  {
    const Converter convert = converter(from, to);
    kept = run(convert, flat(from, {721, 512, 512}));
    const std::byte* memory = nullptr;
    {
      const Picture other = run(convert, flat(from, {64, 512, 512}));
      memory = other.view().planes[0].data;
      EXPECT_NE(memory, kept.view().planes[0].data);
      EXPECT_EQ(ends(other, 0)[1], 64);
    }
    EXPECT_EQ(run(convert, flat(from, {940, 512, 512})).view().planes[0].data, memory);
  }
  EXPECT_NEAR(ends(kept, 0)[0], 666, 2);
  EXPECT_EQ(ends(kept, 0)[0], ends(kept, 0)[1]);
}

TEST(Convert, SaysWhatItDoes) {
  EXPECT_EQ(converter({k420p10, 3840, 2160, kHlg}, {k420p10, 1920, 1080, kSdr}).describe(),
            "2160p HLG BT.2020 -> 1080p BT.709: Lanczos, BT.2446 A, peak 1000 nit");
  EXPECT_EQ(converter({k420p8, 64, 64, {}}, {k420p10, 128, 128, kSdr}).describe(),
            "64p BT.709 -> 128p BT.709: Spline36, 8 to 10 bit, source colour not stated, taken as BT.709");
  EXPECT_EQ(converter({kRgb12, 64, 64, kPqP3}, {k420p10, 64, 64, kPq}).describe(),
            "64p PQ P3-D65 -> 64p PQ BT.2020: RGB to 4:2:0, primaries in linear light, full to narrow range, 12 to 10 "
            "bit");
}

TEST(Convert, RefusesWhatItCannotDo) {
  const auto code = [](const PictureSpec& from, const PictureSpec& to) {
    auto made = Converter::make(from, to);
    return made ? ErrorCode::kInternal : made.error().code;
  };
  EXPECT_EQ(code({k420p10, 64, 64, kPq}, {{8, Chroma::k400}, 64, 64, kSdr}), ErrorCode::kInputUnsupported);
  EXPECT_EQ(code({k420p10, 0, 64, kPq}, {k420p8, 64, 64, kSdr}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({{7, Chroma::k420}, 64, 64, kPq}, {k420p8, 64, 64, kSdr}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({k420p10, 64, 64, kPq}, {k420p8, 1 << 20, 64, kSdr}), ErrorCode::kInvalidArgument);
  const PictureSpec from{k420p10, 64, 64, kHlg};
  const Converter convert = converter(from, {k420p8, 64, 64, kSdr});
  const auto wrong = convert.run(flat({k420p10, 66, 64, kHlg}, {500, 512, 512}));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(convert.run(Picture()));
}

TEST(Convert, AnyCodeInAnyPlaceIsSafe) {
  std::mt19937 random(5);
  for (const PictureSpec& from : {PictureSpec{k420p10, 130, 70, kHlg}, PictureSpec{k422p10, 66, 66, kPq},
                                  PictureSpec{kRgb12, 70, 66, kPqP3}, PictureSpec{k444p12, 66, 70, kHlg}}) {
    // Codes beyond the depth too: a damaged stream may hold them.
    const Picture in = draw(from, [&](int, int, int) { return static_cast<int>(random() & 0xffff); });
    for (const auto& [width, height] : {std::pair{from.width, from.height}, std::pair{34, 18}}) {
      const Picture out = run(converter(from, {k420p8, width & ~1, height & ~1, kSdr}), in);
      EXPECT_EQ(out.format(), k420p8);
    }
  }
}

TEST(Convert, ManyThreadsGiveWhatOneGives) {
  const PictureSpec from{k420p10, 320, 180, kHlg}, to{k420p8, 160, 90, kSdr};
  const Converter convert = converter(from, to);
  std::vector<Picture> in, alone;
  for (unsigned i = 0; i < 8; ++i) {
    std::mt19937 random(i);
    in.push_back(draw(from, [&](int, int, int) { return static_cast<int>(200 + random() % 600); }));
    alone.push_back(run(convert, in.back()));
  }
  std::vector<Picture> together(8);
  {
    std::vector<std::jthread> threads;
    for (size_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (size_t i = t; i < 8; i += 4) together[i] = convert.run(in[i]).value();
      });
  }
  for (size_t i = 0; i < 8; ++i)
    for (size_t p = 0; p < 3; ++p)
      for (int y = 0; y < alone[i].view().planes[p].height; ++y)
        for (int x = 0; x < alone[i].view().planes[p].width; ++x)
          ASSERT_EQ(sample(alone[i], p, x, y), sample(together[i], p, x, y));
}

}  // namespace
}  // namespace pier::colour
