#include "analyzers/bars/bars.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "analyzers/bars/patterns.hpp"
#include "pass.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

class Bars : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Transfers, Bars, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

/// A rectangle of one R'G'B' colour, narrow range.
void paint(MutablePictureView& picture, Kind kind, int x, int width, int y, int height, std::array<double, 3> rgb) {
  const double red = kind == Kind::kSdr ? 0.2126 : 0.2627, blue = kind == Kind::kSdr ? 0.0722 : 0.0593;
  const double scale = 1 << (picture.format.bit_depth - 8);
  const double luma = red * rgb[0] + (1 - red - blue) * rgb[1] + blue * rgb[2];
  const std::array<double, 3> codes{(16 + 219 * luma) * scale, (128 + 224 * (rgb[2] - luma) / (2 * (1 - blue))) * scale,
                                    (128 + 224 * (rgb[0] - luma) / (2 * (1 - red))) * scale};
  for (int p = 0; p < picture.format.plane_count(); ++p) {
    const auto& plane = picture.planes[static_cast<size_t>(p)];
    const int sx = picture.width / plane.width, sy = picture.height / plane.height;
    for (int row = y / sy; row < (y + height) / sy; ++row) {
      for (int column = x / sx; column < std::min(plane.width, (x + width) / sx); ++column) {
        test::set_sample(picture, p, column, row, static_cast<int>(std::lround(codes[static_cast<size_t>(p)])));
      }
    }
  }
}

/// Bars of `level` from `left` to `right`, down to `bottom` of the height; white may differ; `count` 8 adds black.
struct Layout {
  double level = 0.75, white = 0.75, left = 0, right = 1, bottom = 1, low = 0;
  int count = 7;
};

void draw_bars(MutablePictureView& picture, Kind kind, const Layout& layout) {
  const auto w = picture.width;
  const int height = static_cast<int>(picture.height * layout.bottom) / 2 * 2;
  paint(picture, kind, 0, w, 0, picture.height, {0.4, 0.4, 0.4});
  constexpr std::array<unsigned, 8> kHigh{7, 6, 3, 2, 5, 4, 1, 0};
  const double step = (layout.right - layout.left) * w / layout.count;
  for (int i = 0; i < layout.count; ++i) {
    const int from = static_cast<int>(layout.left * w + step * i) / 2 * 2;
    const int to = static_cast<int>(layout.left * w + step * (i + 1)) / 2 * 2;
    std::array<double, 3> rgb{};
    for (size_t c = 0; c < 3; ++c) {
      const bool high = (kHigh[static_cast<size_t>(i)] >> (2 - c)) & 1U;
      rgb[c] = high ? i == 0 ? layout.white : layout.level : i == 7 ? 0 : layout.low;
    }
    paint(picture, kind, from, to - from, 0, height, rgb);
  }
}

AnalysisResult clip_with(Kind kind, const Layout& layout, int from = 20, int to = 60) {
  const ClipSpec spec{.kind = kind, .frames = 80};
  return test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    if (frame >= from && frame < to) draw_bars(picture, kind, layout);
  });
}

TEST_P(Bars, EveryUsualLayoutIsFoundToTheFrame) {
  const Layout ebu{.level = 0.75, .white = 1, .count = 8};
  const Layout full{.level = 1, .white = 1, .count = 8};
  const Layout eg1{.bottom = 0.67};
  const Layout rp219{.left = 0.125, .right = 0.875, .bottom = 0.58};
  const Layout bt2111_pq{.level = 0.58, .white = 0.58, .left = 0.11, .right = 0.89, .bottom = 0.58};
  const Layout pedestal{.level = 1, .white = 1, .low = 0.25, .count = 8};
  for (const Layout& layout : {ebu, full, eg1, rp219, bt2111_pq, pedestal}) {
    const auto result = clip_with(GetParam(), layout);
    const auto found = test::of_kind(result, "bars");
    ASSERT_EQ(found.size(), 1U) << layout.level << " " << layout.left;
    EXPECT_EQ(found[0].first_frame, 20);
    EXPECT_EQ(found[0].last_frame, 59);
    EXPECT_EQ(found[0].measures.at("bars").as_int64(), layout.count);
    EXPECT_NEAR(static_cast<double>(found[0].measures.at("colour_percent").as_int64()), layout.level * 100, 1.5);
    EXPECT_NEAR(static_cast<double>(found[0].measures.at("white_percent").as_int64()), layout.white * 100, 1.5);
  }
}

TEST_P(Bars, ShortOrWrongStripesAreNoBars) {
  EXPECT_TRUE(test::of_kind(clip_with(GetParam(), {}, 20, 40), "bars").empty());  // 0.4 s
  const ClipSpec spec{.kind = GetParam(), .frames = 60};
  const auto stripes = test::analyse_clip(spec, [&](MutablePictureView& picture, int) {
    for (int i = 0; i < 8; ++i) {
      const double level = 0.1 + 0.1 * i;  // grey steps
      paint(picture, spec.kind, i * 40, 40, 0, spec.height, {level, level, level});
    }
  });
  EXPECT_TRUE(test::of_kind(stripes, "bars").empty());
  const auto mirrored = test::analyse_clip(spec, [&](MutablePictureView& picture, int) {
    for (int i = 0; i < 8; ++i) {
      const auto bit = [i](int b) { return (i >> b) & 1 ? 0.75 : 0.0; };
      paint(picture, spec.kind, i * 40, 40, 0, spec.height, {bit(2), bit(1), bit(0)});
    }
  });
  EXPECT_TRUE(test::of_kind(mirrored, "bars").empty());
}

TEST_P(Bars, AFieldIsFoundWithItsFirstFrame) {
  const ClipSpec spec{.kind = GetParam(), .frames = 180};
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    if (frame >= 20 && frame < 140) paint(picture, spec.kind, 0, spec.width, 0, spec.height, {0, 0, 0.75});
    if (frame >= 150) test::fill(picture, test::luma_code(spec, 0.0));  // black is not a field
  });
  const auto found = test::of_kind(result, "bars.field");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first_frame, 20);
  EXPECT_EQ(found[0].last_frame, 139);
  EXPECT_EQ(found[0].time, (TimeRange{Rational(20, 50), Rational(140, 50)}));
}

TEST_P(Bars, FlashesAndFadesAreNoFields) {
  const ClipSpec spec{.kind = GetParam(), .frames = 150};
  const auto flashing = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    test::fill(picture, test::luma_code(spec, frame / 10 % 2 == 0 ? 80 : 5));
  });
  EXPECT_TRUE(test::of_kind(flashing, "bars.field").empty());
}

/// Eight lines of words.
void draw_page(MutablePictureView& picture, const ClipSpec& spec, int lines, int moved = 0) {
  test::fill(picture, test::luma_code(spec, 0.5));
  const int ink = test::luma_code(spec, 80);
  for (int line = 0; line < lines; ++line) {
    for (int word = 0; word < 7 + line % 3; ++word) {
      test::fill(picture, 48 + word * 64 + moved, 32 + line * 40, 40, 16, ink);
    }
  }
}

TEST_P(Bars, ASlateStandsBeforeTheFirstPicture) {
  const ClipSpec spec{.kind = GetParam(), .width = 640, .height = 360, .frames = 150, .fps = 25};
  const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    if (frame < 20) test::fill(picture, test::luma_code(spec, 0));
    if (frame >= 20 && frame < 90) draw_page(picture, spec, 8);
    if (frame >= 90 && frame < 100) test::fill(picture, test::luma_code(spec, 0));
  });
  const auto found = test::of_kind(result, "slate");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first_frame, 20);
  EXPECT_EQ(found[0].last_frame, 89);
  const auto& proposal = result.measures.at("programme").as_object();
  EXPECT_EQ(proposal.at("in_frame").as_int64(), 100);
}

TEST_P(Bars, CreditsAndTitlesAreNoSlates) {
  const ClipSpec spec{.kind = GetParam(), .width = 640, .height = 360, .frames = 110, .fps = 25};
  const auto later = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    if (frame >= 20 && frame < 90) draw_page(picture, spec, 8);
  });
  EXPECT_TRUE(test::of_kind(later, "slate").empty());
  const auto rolling = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    if (frame < 90) draw_page(picture, spec, 8, frame % 8 * 2);
  });
  EXPECT_TRUE(test::of_kind(rolling, "slate").empty());
  const auto title = test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    if (frame < 90) draw_page(picture, spec, 2);
  });
  EXPECT_TRUE(test::of_kind(title, "slate").empty());
}

TEST(BarsOdd, EveryFormatIsSurvived) {
  for (const int depth : {8, 10, 12, 16}) {
    for (const Chroma chroma : {Chroma::k400, Chroma::k420, Chroma::k422, Chroma::k444}) {
      for (const auto& size : {std::pair{1, 1}, std::pair{9, 200}, std::pair{321, 181}, std::pair{320, 180}}) {
        const int width = size.first, height = size.second;
        const ClipSpec spec{.width = width, .height = height, .bit_depth = depth, .frames = 30, .chroma = chroma};
        const auto result = test::analyse_clip(spec, [&](MutablePictureView& picture, int) {
          if (width == 320) draw_bars(picture, spec.kind, {});
        });
        const bool bars = width == 320 && chroma != Chroma::k400;
        EXPECT_EQ(test::of_kind(result, "bars").size(), bars ? 1U : 0U) << depth << " " << width;
      }
    }
  }
}

TEST_P(Bars, ASplitRunIsTheWhole) {
  const ClipSpec spec{.kind = GetParam(), .width = 320, .height = 180, .frames = 70};
  const auto context = test::options_of(spec).context;
  const auto part = [&](int from, int to) {
    auto analyzer = std::make_unique<BarsAnalyzer>(context);
    std::shared_ptr<FrameViews> previous;
    for (int i = std::max(0, from - 1); i < to; ++i) {
      auto frame = test::frame_of(spec, i, [&](MutablePictureView& picture, int f) {
        if (f < 40) draw_bars(picture, spec.kind, {});
      });
      auto signal = Signal::make(frame.picture.format(), frame.picture.colour());
      const FrameTime time{.index = i, .pts = i, .duration = 1};
      auto views = std::make_shared<FrameViews>(std::move(frame), time, signal, previous);
      if (i >= from) analyzer->observe(time, *analyzer->measure(*views));
      views->release_previous();
      previous = views;
    }
    return analyzer;
  };
  const auto whole = part(0, 70), first = part(0, 25), second = part(25, 70);
  BarsAnalyzer merged(context);
  ASSERT_TRUE(merged.load(*parse_json(json::serialize(*first->save()))));
  ASSERT_TRUE(merged.merge(*parse_json(json::serialize(*second->save()))));
  const auto expected = whole->finish(), actual = merged.finish();
  ASSERT_EQ(actual.findings.size(), 1U);
  EXPECT_EQ(json::serialize(to_json(actual.findings[0])), json::serialize(to_json(expected.findings[0])));
  EXPECT_EQ(json::serialize(actual.measures), json::serialize(expected.measures));
  EXPECT_FALSE(merged.load(*parse_json("{}")));
}

}  // namespace
}  // namespace pier::analysis
