#include "analyzers/flash/flash.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include <pier/colour/gamut.hpp>

#include "split_run.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

/// Every finding of the analyzer, other than what flat pictures imply (black, freeze).
std::set<std::string> flash_kinds(const AnalysisResult& result) {
  std::set<std::string> kinds;
  for (const Finding& finding : result.findings) {
    if (finding.kind.starts_with("flash")) kinds.insert(finding.kind);
  }
  return kinds;
}

/// Light of the display the rule sets think of; SDR is measured on half of it (white 100 instead of 200 cd/m2).
int code_of(const ClipSpec& spec, double nits) {
  return test::luma_code(spec, spec.kind == Kind::kSdr ? nits / 2 : nits);
}

/// The whole picture at `high` cd/m2 in the frames that `bright` says, else at `low`.
AnalysisResult flashes(const ClipSpec& spec, double low, double high, const std::function<bool(int)>& bright) {
  return test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    test::fill(picture, code_of(spec, bright(frame) ? high : low));
  });
}

bool square(int frame, int half_period) {
  return frame / half_period % 2 == 1;
}

/// Frames 0 ... 148 at 25 fps: three flashes of three frames in each second, the pause between two bursts 13 frames,
/// but 12 after the first.
bool three_hertz(int frame) {
  const auto in_burst = [](int at) { return (at >= 0 && at < 3) || (at >= 6 && at < 9) || (at >= 11 && at < 14); };
  return frame < 25 ? in_burst(frame - 5) : in_burst((frame - 29 + 25) % 25);
}

const Finding* first_of(const AnalysisResult& result, const std::string& kind) {
  for (const Finding& finding : result.findings) {
    if (finding.kind == kind) return &finding;
  }
  return nullptr;
}

TEST(FlashIris, ThreeHertzFailsAtFrame30AndExtendedFromFrame120) {
  // Counted from 1. Frames 6, 9, 12, 15, 17, 20 and 30 are seven transitions within 25 frames; at frame 120 a hundred
  // frames (4 s) had four to six.
  const ClipSpec spec{.width = 64, .height = 32, .bit_depth = 8, .frames = 149, .fps = 25};
  const auto result = flashes(spec, 0, 200, three_hertz);
  const Finding* failure = first_of(result, "flash.iris.luminance");
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->first_frame, 29);
  EXPECT_EQ(failure->last_frame, 43);
  EXPECT_EQ(failure->measures.at("frames").as_int64(), 6);  // frames 30, 33, 36, 39, 41 and 44
  EXPECT_EQ(failure->measures.at("transitions_in_a_second").as_int64(), 7);
  const Finding* extended = first_of(result, "flash.iris.extended.luminance");
  ASSERT_NE(extended, nullptr);
  EXPECT_EQ(extended->first_frame, 119);
  EXPECT_EQ(extended->last_frame, 148);
  EXPECT_EQ(test::of_kind(result, "flash.iris.luminance").size(), 1U);
}

TEST(FlashBt1702, ThreeHertzFailsByTheCountAndNotByTheLeadingEdges) {
  // White at 200 cd/m2 over black is a change of 200 cd/m2 of the whole picture. The leading edges of frames 6, 12, 17
  // and 30 (from 1) lie within 0.96 s: more than three flashes in a second, a failure. The later bursts begin 25 frames
  // apart, so every second from then on holds three flashes and no more: the failure ends with frame 44. The edges of
  // 17 and 30 lie 520 ms apart: by the clause on leading edges (334 ms), whose text was not read, no four flashes
  // belong together, and no sequence is reported.
  const ClipSpec spec{.width = 64, .height = 32, .bit_depth = 8, .frames = 149, .fps = 25};
  const auto result = flashes(spec, 0, 200, three_hertz);
  const Finding* failure = first_of(result, "flash.bt1702.luminance");
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->first_frame, 29);
  EXPECT_EQ(failure->last_frame, 43);
  EXPECT_EQ(failure->measures.at("area_share").as_double(), 1.0);
  EXPECT_EQ(test::of_kind(result, "flash.bt1702.luminance").size(), 1U);
  EXPECT_EQ(first_of(result, "flash.bt1702.sequence.luminance"), nullptr);
}

TEST(FlashIris, TwoHertzOnlyWarns) {
  // At 5 fps; white in frames 7, 9, 11, 13, 16, 18, 21 and 23 (from 1): at most five transitions in a second, four and
  // more of them for 3.2 s.
  const std::set<int> white{6, 8, 10, 12, 15, 17, 20, 22};
  const ClipSpec spec{.width = 64, .height = 32, .bit_depth = 8, .frames = 25, .fps = 5};
  const auto result = flashes(spec, 0, 200, [&](int frame) { return white.contains(frame); });
  EXPECT_EQ(flash_kinds(result), std::set<std::string>{"flash_warning.iris.luminance"});
  const Finding* warning = first_of(result, "flash_warning.iris.luminance");
  EXPECT_EQ(warning->first_frame, 9);
  EXPECT_EQ(warning->last_frame, 24);
}

class Flash : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Transfers, Flash, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

TEST_P(Flash, FourHertzOfKnownLightIsFoundToTheFrame) {
  const ClipSpec spec{.kind = GetParam(), .width = 128, .height = 64, .frames = 100};
  const auto result = flashes(spec, 10, 60, [](int frame) { return frame < 80 && square(frame, 6); });
  const Finding* failure = first_of(result, "flash.bt1702.luminance");
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->first_frame, 42);  // the seventh change
  ASSERT_NE(first_of(result, "flash.bt1702.sequence.luminance"), nullptr);
  EXPECT_EQ(first_of(result, "flash.bt1702.sequence.luminance")->first_frame, 42);
  EXPECT_EQ(first_of(result, "flash.bt1702.red"), nullptr);
}

TEST_P(Flash, ChangesBelowTheThresholdAreNone) {
  const ClipSpec spec{.kind = GetParam(), .width = 128, .height = 64, .frames = 100};
  const auto result = flashes(spec, 30, 48, [](int frame) { return square(frame, 6); });
  EXPECT_EQ(flash_kinds(result).count("flash.bt1702.luminance"), 0U);
  EXPECT_EQ(
      flash_kinds(flashes(spec, 30, 54, [](int frame) { return square(frame, 6); })).count("flash.bt1702.luminance"),
      1U);
}

TEST_P(Flash, SlowRampsUpAndDownAreCountedOnce) {
  // Triangles of six frames up and six down: each way is one change, in steps of 10 cd/m2.
  const ClipSpec spec{.kind = GetParam(), .width = 128, .height = 64, .frames = 100};
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    const int phase = frame % 12;
    test::fill(picture, code_of(spec, 20 + 10 * (phase < 6 ? phase : 12 - phase)));
  });
  const auto found = test::of_kind(result, "flash.bt1702.luminance");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].measures.at("transitions_in_a_second").as_int64(), 9);  // every sixth of 50 frames
}

TEST_P(Flash, AQuarterOfThePictureIsTheLimit) {
  const ClipSpec spec{.kind = GetParam(), .width = 128, .height = 64, .frames = 100};
  const auto with = [&](int rows) {
    return flash_kinds(test::analyse_clip(spec,
                                          [&](MutablePictureView& picture, int frame) {
                                            test::fill(picture, code_of(spec, 10));
                                            if (square(frame, 6))
                                              test::fill(picture, 0, 0, 64, rows, code_of(spec, 100));
                                          }))
        .count("flash.bt1702.luminance");
  };
  EXPECT_EQ(with(32), 0U);  // 25 %
  EXPECT_EQ(with(40), 1U);  // 31 %
}

TEST_P(Flash, PlacesThatFlashAgainstEachOtherAreAddedUp) {
  // Two fifths of the picture, half of it bright while the other half is dark: the mean does not move.
  const ClipSpec spec{.kind = GetParam(), .width = 160, .height = 64, .frames = 100};
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    test::fill(picture, code_of(spec, 10));
    test::fill(picture, square(frame, 6) ? 0 : 32, 0, 32, 64, code_of(spec, 100));
  });
  EXPECT_EQ(flash_kinds(result).count("flash.bt1702.luminance"), 1U);
  EXPECT_EQ(flash_kinds(result).count("flash.iris.luminance"), 0U);
}

TEST_P(Flash, FastMotionOfBrightDetailIsNone) {
  // Blocks of 24 samples at 10 or 150 cd/m2 run past at 9 samples a frame: every place turns nine times a second.
  const ClipSpec spec{.kind = GetParam(), .width = 160, .height = 96, .frames = 100};
  const int dark = code_of(spec, 10);
  const int bright = code_of(spec, 150);
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    for (int y = 0; y < picture.height; ++y) {
      for (int x = 0; x < picture.width; ++x) {
        const auto place = static_cast<uint32_t>((x + 9 * frame) / 24 * 40503 + y / 24 * 30011);
        test::set_sample(picture, 0, x, y, (place * 2654435761U >> 29U) % 2 == 0 ? dark : bright);
      }
    }
  });
  EXPECT_EQ(flash_kinds(result).count("flash.bt1702.luminance"), 0U);
}

TEST_P(Flash, CutsThreeTimesASecondAreNoFlashes) {
  // Left and right change places: every cell changes three times a second, one and a half flashes.
  const ClipSpec spec{.kind = GetParam(), .width = 128, .height = 64, .frames = 150};
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    test::fill(picture, code_of(spec, 10));
    test::fill(picture, square(frame, 16) ? 0 : 64, 0, 64, 64, code_of(spec, 100));
  });
  EXPECT_TRUE(flash_kinds(result).empty()) << *flash_kinds(result).begin();
}

TEST_P(Flash, ControlHasNone) {
  const ClipSpec spec{.kind = GetParam(), .frames = 60};
  EXPECT_TRUE(flash_kinds(test::analyse_clip(spec)).empty());
}

class FlashHdr : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Transfers, FlashHdr, testing::Values(Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

TEST_P(FlashHdr, AboveA160NitsContrastCounts) {
  const ClipSpec spec{.kind = GetParam(), .width = 128, .height = 64, .frames = 100};
  const auto count = [&](double low, double high) {
    return flash_kinds(flashes(spec, low, high, [](int frame) { return square(frame, 6); }))
        .count("flash.bt1702.luminance");
  };
  EXPECT_EQ(count(400, 440), 0U);  // 0.048
  EXPECT_EQ(count(400, 460), 1U);  // 0.070
}

/// R'G'B' into every sample.
void paint(MutablePictureView& picture, const ClipSpec& spec, const colour::Rgb& signal) {
  const ColourInfo info = test::colour_of(spec.kind);
  const colour::Rgb ycc = colour::to_ycbcr(signal, *colour::luma_weights(info.matrix));
  test::fill(picture, static_cast<int>(std::lround(colour::luma_code(ycc[0], spec.bit_depth, Range::kNarrow))));
  for (int p = 1; p < 3; ++p) {
    const auto& plane = picture.planes[static_cast<size_t>(p)];
    const auto code =
        static_cast<int>(std::lround(colour::chroma_code(ycc[static_cast<size_t>(p)], spec.bit_depth, Range::kNarrow)));
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width; ++x) test::set_sample(picture, p, x, y, code);
    }
  }
}

TEST(FlashRed, SaturatedRedOfEqualLuminanceIsARedFlashOnly) {
  // Pure red has the luminance 0.2126, and so has a grey of 0.2126^(1/2.4).
  const ClipSpec spec{.kind = Kind::kSdr, .width = 128, .height = 64, .frames = 100};
  const double grey = std::pow(0.2126, 1 / 2.4);
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    paint(picture, spec, square(frame, 6) ? colour::Rgb{1, 0, 0} : colour::Rgb{grey, grey, grey});
  });
  const auto kinds = flash_kinds(result);
  EXPECT_EQ(kinds.count("flash.bt1702.red"), 1U);
  EXPECT_EQ(kinds.count("flash.iris.red"), 1U);
  EXPECT_EQ(kinds.count("flash.bt1702.luminance"), 0U);
  EXPECT_EQ(kinds.count("flash.iris.luminance"), 0U);
  EXPECT_EQ(first_of(result, "flash.bt1702.red")->first_frame, 42);
}

TEST(FlashRed, BlueIsNotRed) {
  const ClipSpec spec{.kind = Kind::kSdr, .width = 128, .height = 64, .frames = 100};
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    paint(picture, spec, square(frame, 6) ? colour::Rgb{0, 0, 1} : colour::Rgb{0.2, 0.2, 0.2});
  });
  EXPECT_TRUE(flash_kinds(result).empty()) << *flash_kinds(result).begin();
}

TEST(FlashState, AnySplitEqualsTheWhole) {
  std::mt19937 random(3);
  AnalyzerContext context;
  context.video = VideoContext{.stream_index = 0, .time_base = Rational(1, 25), .frame_rate = 25};
  const ClipSpec spec{.kind = Kind::kSdr, .width = 32, .height = 16, .bit_depth = 8};
  const auto analyzer = FlashAnalyzer::make(context);
  for (int round = 0; round < 3; ++round) {
    int left = 0;
    int kind = 0;
    bool bright = false;
    const auto clip = test::measure_clip(*analyzer, 700, [&](int frame) {
      if (left-- == 0) {
        left = 10 + static_cast<int>(random() % 120);
        kind = static_cast<int>(random() % 4);
      }
      const bool damaged = random() % 97 == 0;
      if (random() % 3 == 0) bright = !bright;
      if (damaged) return Picture();
      const int width = frame % 400 < 380 ? spec.width : 40;  // the raster changes at times
      Picture picture = Picture::allocate({8, Chroma::k420, false}, width, spec.height, test::colour_of(spec.kind));
      auto view = picture.writable();
      if (kind == 0) paint(view, spec, {0.4, 0.4, 0.4});
      if (kind == 1) paint(view, spec, square(frame, 3) ? colour::Rgb{0, 0, 0} : colour::Rgb{1, 1, 1});
      if (kind == 2) paint(view, spec, bright ? colour::Rgb{1, 0, 0} : colour::Rgb{0.1, 0.3, 0.2});
      if (kind == 3) paint(view, spec, square(frame, 6) ? colour::Rgb{0.2, 0.2, 0.2} : colour::Rgb{0.7, 0.7, 0.7});
      return picture;
    });
    const std::string whole = test::run_whole(FlashAnalyzer::make, context, clip);
    ASSERT_NE(whole.find("flash.bt1702.luminance\",\"severity"), std::string::npos);
    for (int split = 0; split < 5; ++split) {
      ASSERT_EQ(test::run_split(FlashAnalyzer::make, context, clip, random), whole) << round << ' ' << split;
    }
  }
}

TEST(FlashState, DamagedStateIsRefused) {
  AnalyzerContext context;
  context.video = VideoContext{.stream_index = 0, .time_base = Rational(1, 25), .frame_rate = 25};
  const auto analyzer = FlashAnalyzer::make(context);
  for (const char* bad : {"1", "{}", R"({"head":[],"beyond":true,"core":{}})", R"({"head":[1],"beyond":false})"}) {
    EXPECT_FALSE(analyzer->load(*parse_json(bad))) << bad;
  }
}

TEST(FlashFormats, OddPicturesAreMeasuredOrLeftOut) {
  for (const PixelFormat& format : {PixelFormat{8, Chroma::k400, false}, PixelFormat{16, Chroma::k444, true},
                                    PixelFormat{12, Chroma::k422, false}, PixelFormat{10, Chroma::k420, false}}) {
    for (const auto& [width, height] : {std::pair{3, 3}, std::pair{9, 700}, std::pair{67, 35}}) {
      Picture picture = Picture::allocate(format, width, height, test::colour_of(Kind::kPq));
      auto view = picture.writable();
      for (int p = 0; p < format.plane_count(); ++p) {
        const auto& plane = view.planes[static_cast<size_t>(p)];
        for (int y = 0; y < plane.height; ++y) {
          for (int x = 0; x < plane.width; ++x) test::set_sample(view, p, x, y, (1 << format.bit_depth) - 1);
        }
      }
      media::Frame frame;
      frame.picture = picture;
      const FrameViews views(std::move(frame), {}, Signal::make(format, picture.colour()), nullptr);
      const auto measured = impl::measure_flash(views.eighth(), views.signal(), {});
      EXPECT_EQ(measured.light.empty(), std::min(width, height) < 8);
      EXPECT_LE(measured.columns, 64);
      EXPECT_LE(measured.rows, 64);
    }
  }
}

}  // namespace
}  // namespace pier::analysis
