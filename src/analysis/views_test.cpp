#include <gtest/gtest.h>

#include "signal.hpp"
#include "test_clip.hpp"

namespace pier::analysis {
namespace {

struct Case {
  PixelFormat format;
  int columns, rows;  // chroma samples that make one of the reduced view
};
class Eighth : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Formats, Eighth,
                         testing::Values(Case{{8, Chroma::k420, false}, 4, 4}, Case{{10, Chroma::k420, false}, 4, 4},
                                         Case{{10, Chroma::k422, false}, 4, 8}, Case{{8, Chroma::k422, false}, 4, 8},
                                         Case{{12, Chroma::k444, false}, 8, 8}, Case{{10, Chroma::k444, true}, 8, 8}),
                         [](const auto& param) { return param.param.format.to_string(); });

media::Frame frame_of(const Picture& picture) {
  media::Frame frame;
  frame.picture = picture;
  return frame;
}

int sample(const Plane& plane, int bytes, int x, int y) {
  return bytes == 2 ? plane.row<uint16_t>(y)[x] : plane.row<uint8_t>(y)[x];
}

/// Every reduced sample is the mean of its area, within the rounding of the steps it was made in.
TEST_P(Eighth, IsTheMeanOfItsArea) {
  const Case& c = GetParam();
  const test::ClipSpec spec{.width = 70, .height = 45};
  Picture picture = Picture::allocate(c.format, spec.width, spec.height, test::colour_of(spec.kind));
  MutablePictureView view = picture.writable();
  const int mask = (1 << c.format.bit_depth) - 1;
  for (int p = 0; p < 3; ++p) {
    const auto& plane = view.planes[static_cast<size_t>(p)];
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width; ++x) test::set_sample(view, p, x, y, (x * 31 + y * 57 + p * 91 + x * y) & mask);
    }
  }
  const FrameViews views(frame_of(picture), {}, Signal::make(c.format, picture.colour()), nullptr);
  const PictureView& small = views.eighth();
  ASSERT_EQ(small.width, 8);
  ASSERT_EQ(small.height, 5);
  ASSERT_EQ(small.format.chroma, Chroma::k444);
  const int bytes = c.format.bytes_per_sample();
  for (size_t p = 0; p < 3; ++p) {
    const int columns = p == 0 ? 8 : c.columns;
    const int rows = p == 0 ? 8 : c.rows;
    for (int y = 0; y < small.height; ++y) {
      for (int x = 0; x < small.width; ++x) {
        int64_t sum = 0;
        for (int v = 0; v < rows; ++v) {
          for (int u = 0; u < columns; ++u)
            sum += sample(picture.view().planes[p], bytes, x * columns + u, y * rows + v);
        }
        const double mean = static_cast<double>(sum) / (columns * rows);
        ASSERT_NEAR(sample(small.planes[p], bytes, x, y), mean, 1.01) << p << ' ' << x << ' ' << y;
      }
    }
  }
}

TEST(Eighth, OfATinyPictureIsEmpty) {
  const Picture picture = Picture::allocate({10, Chroma::k420, false}, 7, 30, {});
  const FrameViews views(frame_of(picture), {}, Signal::make(picture.format(), {}), nullptr);
  EXPECT_EQ(views.eighth().width, 0);
}

}  // namespace
}  // namespace pier::analysis
