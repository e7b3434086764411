#include "kernels.hpp"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <pier/quality/measurer.hpp>

#include "test_pictures.hpp"

namespace pier::quality {
namespace {

using testing::coded;
using testing::make_scene;
using testing::Scene;

/// Every figure of pictures of odd and even sizes, all depths and chroma layouts.
std::vector<double> all_figures() {
  std::vector<double> all;
  const Scene scenes[] = {{{10, Chroma::k420}, 209, 181, testing::kPq},
                          {{8, Chroma::k420}, 200, 178, testing::kPq},
                          {{12, Chroma::k444}, 203, 177, testing::kHlg},
                          {{10, Chroma::k422}, 176, 180, testing::kHlg},
                          {{8, Chroma::k400}, 190, 177, testing::kPq}};
  for (Scene scene : scenes) {
    const Measurer measurer = Measurer::make({all_metrics(), scene.format, scene.width, scene.height, scene.colour,
                                              Rational(scene.width % 2 == 0 ? 25 : 50)})
                                  .value();
    const Picture first = make_scene(scene);
    scene.frame = 1;
    const Picture second = make_scene(scene);
    scene.frame = 2;
    const Picture third = make_scene(scene);
    const auto figures = measurer.measure(third, coded(third, 9, 5), second, first).value();
    EXPECT_EQ(figures.size(), measurer.series().size());
    all.insert(all.end(), figures.begin(), figures.end());
  }
  return all;
}

/// Activity is measured on quads only in pictures beyond HD; here in a small one.
std::vector<uint64_t> quad_activities() {
  std::vector<uint64_t> all;
  for (const int depth : {8, 10, 12}) {
    Scene scene{{static_cast<uint8_t>(depth), Chroma::k400}, 171, 103};
    Picture pictures[3];
    for (scene.frame = 0; scene.frame < 3; ++scene.frame) pictures[scene.frame] = make_scene(scene);
    const Plane& now = pictures[2].view().planes[0];
    for (const bool two_back : {false, true}) {
      const impl::BlockGrid grid = impl::BlockGrid::over(now, 44, 44);
      std::vector<uint64_t> spatial(grid.size()), temporal(grid.size());
      impl::activities({now, pictures[1].view().planes[0], pictures[0].view().planes[0], grid, true, two_back},
                       pictures[2].format().bytes_per_sample(), spatial.data(), temporal.data());
      all.insert(all.end(), spatial.begin(), spatial.end());
      all.insert(all.end(), temporal.begin(), temporal.end());
    }
  }
  return all;
}

TEST(Kernels, EveryInstructionSetGivesTheSameBits) {
  const std::vector<double> best = all_figures();
  const std::vector<uint64_t> best_quads = quad_activities();
  std::string names;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    EXPECT_EQ(all_figures(), best) << hwy::TargetName(target);
    EXPECT_EQ(quad_activities(), best_quads) << hwy::TargetName(target);
    names += std::string(" ") + hwy::TargetName(target);
  }
  hwy::SetSupportedTargetsForTest(0);
  std::printf("compared:%s\n", names.c_str());
  EXPECT_FALSE(names.empty());
}

}  // namespace
}  // namespace pier::quality
