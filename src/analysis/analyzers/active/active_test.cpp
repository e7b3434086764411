#include "analyzers/active/active.hpp"

#include <gtest/gtest.h>

#include "split_run.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

using test::ClipSpec;
using test::Kind;

void bars(MutablePictureView& picture, const ClipSpec& spec, const Region& active) {
  const int black = test::luma_code(spec, 0);
  const int right = active.x + active.width;
  const int bottom = active.y + active.height;
  test::fill(picture, 0, 0, picture.width, active.y, black);
  test::fill(picture, 0, bottom, picture.width, picture.height - bottom, black);
  test::fill(picture, 0, 0, active.x, picture.height, black);
  test::fill(picture, right, 0, picture.width - right, picture.height, black);
}

std::vector<Finding> active(const AnalysisResult& result) {
  std::vector<Finding> found;
  for (const Finding& finding : result.findings) {
    if (finding.kind.starts_with("active.")) found.push_back(finding);
  }
  return found;
}

class Active : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Transfers, Active, testing::Values(Kind::kSdr, Kind::kHlg, Kind::kPq),
                         [](const auto& param) { return test::name(param.param); });

TEST_P(Active, LetterboxIsFoundToTheSampleAndTheFrame) {
  const ClipSpec spec{.kind = GetParam(), .frames = 100};
  const Region region{0, 23, 320, 134};  // 2.39 : 1, edges off the grid of the view
  const auto found = active(test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    if (frame >= 30 && frame < 90) bars(picture, spec, region);
  }));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, "active.letterbox");
  EXPECT_EQ(found[0].region, region);
  EXPECT_EQ(found[0].first_frame, 30);
  EXPECT_EQ(found[0].last_frame, 89);
  EXPECT_NEAR(found[0].measures.at("aspect_in_samples").as_double(), 2.388, 0.001);
}

TEST_P(Active, PillarboxAndWindowboxAreToldApart) {
  const ClipSpec spec{.kind = GetParam(), .frames = 60};
  for (const auto& [region, kind] : {std::pair{Region{40, 0, 240, 180}, "active.pillarbox"},
                                     std::pair{Region{41, 25, 238, 130}, "active.windowbox"}}) {
    const Region box = region;
    const auto found =
        active(test::analyse_clip(spec, [&](MutablePictureView& picture, int) { bars(picture, spec, box); }));
    ASSERT_EQ(found.size(), 1U) << kind;
    EXPECT_EQ(found[0].kind, kind);
    EXPECT_EQ(found[0].region, box);
  }
}

TEST_P(Active, TwoSizesAreTwoFindings) {
  const ClipSpec spec{.kind = GetParam(), .frames = 140};
  const auto found = active(test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    bars(picture, spec, frame < 70 ? Region{0, 24, 320, 132} : Region{40, 0, 240, 180});
  }));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].kind, "active.letterbox");
  EXPECT_EQ(found[0].last_frame, 69);
  EXPECT_EQ(found[1].kind, "active.pillarbox");
  EXPECT_EQ(found[1].first_frame, 70);
}

TEST_P(Active, SubtitlesInABarAreNoPicture) {
  const ClipSpec spec{.kind = GetParam(), .frames = 80};
  const Region region{0, 28, 320, 124};
  const auto found = active(test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    bars(picture, spec, region);
    if (frame < 10) return;
    for (int letter = 0; letter < 12; ++letter) {
      test::fill(picture, 90 + letter * 12, 160, 4, 10, test::luma_code(spec, 60));
    }
  }));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].region, region);
  EXPECT_EQ(found[0].first_frame, 0);
  EXPECT_EQ(found[0].last_frame, 79);
}

TEST_P(Active, ADarkSceneInsideALetterboxBelongsToIt) {
  const ClipSpec spec{.kind = GetParam(), .frames = 120};
  const Region region{0, 28, 320, 124};
  const auto found = active(test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    if (frame >= 40 && frame < 80) {
      test::fill(picture, test::luma_code(spec, 0));
      test::fill(picture, 100, 60, 60, 60, test::luma_code(spec, 3));  // next to nothing
    }
    bars(picture, spec, region);
  }));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].region, region);
  EXPECT_EQ(found[0].first_frame, 0);
  EXPECT_EQ(found[0].last_frame, 119);
}

TEST_P(Active, ADarkSceneIsNoLetterbox) {
  // Light that fades away to above and below over a third of the picture, and a slanting edge.
  const ClipSpec spec{.kind = GetParam(), .frames = 80};
  const int black = test::luma_code(spec, 0);
  const int lit = test::luma_code(spec, 5);
  const auto found = active(test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
    for (int y = 0; y < picture.height; ++y) {
      for (int x = 0; x < picture.width; ++x) {
        const int edge = frame < 40 ? 60 : 20 + x / 4;
        const bool dark = frame < 40 ? (y < edge && (x * 7 + y * 13) % 60 > y) || y > 150 : y < edge || y > edge + 60;
        if (dark) test::set_sample(picture, 0, x, y, black);
        if (!dark && y > 60) test::set_sample(picture, 0, x, y, lit);
      }
    }
  }));
  EXPECT_TRUE(found.empty()) << found[0].kind << ' ' << found[0].first_frame << '-' << found[0].last_frame;
}

TEST_P(Active, BarsOfADarkGreyAreNone) {
  const ClipSpec spec{.kind = GetParam(), .frames = 60};
  const auto found = active(test::analyse_clip(spec, [&](MutablePictureView& picture, int) {
    test::fill(picture, 0, 0, 320, 30, test::luma_code(spec, 0.2));
    test::fill(picture, 0, 150, 320, 30, test::luma_code(spec, 0.2));
  }));
  EXPECT_TRUE(found.empty());
}

TEST_P(Active, ShortBarsAndTheControlGiveNone) {
  const ClipSpec spec{.kind = GetParam(), .frames = 80};
  EXPECT_TRUE(active(test::analyse_clip(spec)).empty());
  EXPECT_TRUE(active(test::analyse_clip(spec, [&](MutablePictureView& picture, int frame) {
                if (frame >= 20 && frame < 60) bars(picture, spec, {0, 24, 320, 132});  // 0.8 s
              })).empty());
}

TEST(ActiveState, AnySplitEqualsTheWhole) {
  std::mt19937 random(7);
  for (int round = 0; round < 400; ++round) {
    // Boxes of a few sizes, dark frames and full ones, in random order.
    std::vector<impl::LitBox> frames(60 + random() % 100);
    impl::LitBox box;
    for (auto& frame : frames) {
      if (random() % 6 == 0) {
        const auto top = static_cast<int64_t>(random() % 3) * 20 + static_cast<int64_t>(random() % 6);
        const impl::Box lit{0, top, 320, 180 - top};
        box = {lit, random() % 3 == 0 ? std::nullopt : std::optional<impl::Box>(lit)};
        if (random() % 5 == 0) box = {};
      }
      frame = box;
    }
    const auto feed = [&](impl::BoxRuns& runs, size_t from, size_t to) {
      for (size_t i = from; i < to; ++i) {
        const auto index = static_cast<int64_t>(i);
        runs.add({.index = index, .pts = index * 10, .duration = 10}, frames[i]);
      }
    };
    const auto text = [](impl::BoxRuns& runs) {
      std::string out;
      for (const impl::BoxRun& run : runs.finish()) {
        out += std::to_string(run.first) + "-" + std::to_string(run.last) + ":" + std::to_string(run.evident) + "/" +
               std::to_string(run.all.top) + " ";
      }
      return out;
    };
    impl::BoxRuns whole;
    feed(whole, 0, frames.size());
    impl::BoxRuns merged;
    for (size_t from = 0; from < frames.size();) {
      const size_t to = std::min(frames.size(), from + 1 + random() % 30);
      impl::BoxRuns part, loaded;
      feed(part, from, to);
      const auto read = parse_json(json::serialize(part.save()));
      ASSERT_TRUE(read && loaded.load(*read));
      merged.merge(std::move(loaded));
      from = to;
    }
    ASSERT_EQ(text(merged), text(whole)) << round;
  }
}

TEST(ActiveFormats, OddPicturesAreMeasuredOrLeftOut) {
  for (const PixelFormat& format : {PixelFormat{8, Chroma::k400, false}, PixelFormat{16, Chroma::k444, true},
                                    PixelFormat{12, Chroma::k422, false}}) {
    for (const auto& [width, height] : {std::pair{3, 3}, std::pair{33, 700}, std::pair{67, 35}}) {
      Picture picture = Picture::allocate(format, width, height, test::colour_of(Kind::kPq));
      auto view = picture.writable();
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) test::set_sample(view, 0, x, y, (1 << format.bit_depth) - 1);
      }
      media::Frame frame;
      frame.picture = picture;
      const FrameViews views(std::move(frame), {}, Signal::make(format, picture.colour()), nullptr);
      const auto box = impl::find_lit_box(views.picture(), views.luma_quarter(), views.signal());
      EXPECT_FALSE(box.active);
      if (box.lit) {
        EXPECT_EQ(*box.lit, (impl::Box{0, 0, width, height}));
      }
    }
  }
}

}  // namespace
}  // namespace pier::analysis
