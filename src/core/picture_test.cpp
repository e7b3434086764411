#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include <pier/core/picture.hpp>

namespace pier {
namespace {

TEST(PictureTest, FormatNames) {
  EXPECT_EQ((PixelFormat{8, Chroma::k420, false}.to_string()), "yuv420p");
  EXPECT_EQ((PixelFormat{10, Chroma::k420, false}.to_string()), "yuv420p10");
  EXPECT_EQ((PixelFormat{10, Chroma::k422, false}.to_string()), "yuv422p10");
  EXPECT_EQ((PixelFormat{12, Chroma::k444, true}.to_string()), "rgb444p12");
  EXPECT_EQ((PixelFormat{8, Chroma::k400, false}.to_string()), "gray8");
}

// Each plane is filled to its stride with its own value; an overlap or a short buffer shows (the latter under asan).
TEST(PictureTest, PlanesAreAlignedApartAndWholeForEveryFormat) {
  for (const Chroma chroma : {Chroma::k400, Chroma::k420, Chroma::k422, Chroma::k444}) {
    for (const uint8_t depth : {8, 10, 16}) {
      for (const auto& [width, height] : {std::pair{1, 1}, {7, 5}, {64, 2}, {1921, 3}}) {
        const PixelFormat format{depth, chroma, false};
        Picture picture = Picture::allocate(format, width, height, {});
        ASSERT_TRUE(picture);
        const MutablePictureView view = picture.writable();
        const auto count = static_cast<size_t>(format.plane_count());
        size_t total = 0;
        for (size_t p = 0; p < count; ++p) {
          const auto& plane = view.planes[p];
          const bool halved_x = p > 0 && (chroma == Chroma::k420 || chroma == Chroma::k422);
          ASSERT_EQ(plane.width, halved_x ? (width + 1) / 2 : width);
          ASSERT_EQ(plane.height, p > 0 && chroma == Chroma::k420 ? (height + 1) / 2 : height);
          ASSERT_GE(plane.stride, plane.width * format.bytes_per_sample());
          for (int y = 0; y < plane.height; ++y) {
            ASSERT_EQ(reinterpret_cast<uintptr_t>(plane.row<uint8_t>(y)) % 64, 0U);
            std::memset(plane.row<uint8_t>(y), static_cast<int>(p + 1), static_cast<size_t>(plane.stride));
          }
          total += static_cast<size_t>(plane.stride) * static_cast<size_t>(plane.height);
        }
        ASSERT_EQ(picture.byte_size(), total);
        for (size_t p = 0; p < count; ++p) {
          const Plane& plane = picture.view().planes[p];
          for (int y = 0; y < plane.height; ++y) {
            ASSERT_EQ(plane.row<uint8_t>(y)[0], p + 1);
            ASSERT_EQ(plane.row<uint8_t>(y)[plane.stride - 1], p + 1);
          }
        }
      }
    }
  }
}

TEST(PictureTest, ImpossibleSizesGiveAnEmptyPicture) {
  EXPECT_FALSE(Picture());
  EXPECT_FALSE(Picture::allocate({}, 0, 10, {}));
  EXPECT_FALSE(Picture::allocate({}, 10, -1, {}));
  EXPECT_FALSE(Picture::allocate({}, 65537, 1, {}));
  EXPECT_FALSE(Picture::allocate({}, 1 << 30, 1 << 30, {}));
  EXPECT_TRUE(Picture::allocate({}, 65536, 1, {}));
}

TEST(PictureTest, CopiesShareAndWrappedOwnersLive) {
  auto samples = std::make_shared<std::vector<std::byte>>(16, std::byte{5});
  const std::weak_ptr<void> watch = samples;
  PictureView view{{8, Chroma::k400, false}, {}, 4, 4, {}};
  view.planes[0] = {samples->data(), 4, 4, 4};
  Picture copy;
  {
    const Picture picture = Picture::wrap(view, samples);
    samples.reset();
    copy = picture;
    EXPECT_EQ(copy.view().planes[0].data, picture.view().planes[0].data);
  }
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(copy.byte_size(), 16U);
  EXPECT_EQ(copy.view().planes[0].row<uint8_t>(3)[3], 5);
  EXPECT_DEATH(copy.writable(), "");
  copy = {};
  EXPECT_TRUE(watch.expired());
}

TEST(PictureTest, ColourCanBeRelabelled) {
  Picture picture = Picture::allocate({}, 2, 2, {});
  ColourInfo colour;
  colour.transfer = Transfer::kPq;
  picture.set_colour(colour);
  EXPECT_TRUE(picture.colour().is_hdr());
}

}  // namespace
}  // namespace pier
