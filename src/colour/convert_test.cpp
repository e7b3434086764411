#include <gtest/gtest.h>

#include <pier/colour/convert.hpp>

namespace pier::colour {
namespace {

constexpr ColourInfo kHlg{Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow};
constexpr ColourInfo kSdr{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow};

Picture flat(PixelFormat format, int width, int height, const ColourInfo& colour, std::array<int, 3> codes) {
  Picture picture = Picture::allocate(format, width, height, colour);
  auto view = picture.writable();
  for (size_t p = 0; p < 3; ++p)
    for (int y = 0; y < view.planes[p].height; ++y)
      for (int x = 0; x < view.planes[p].width; ++x) {
        if (format.bit_depth > 8)
          view.planes[p].row<uint16_t>(y)[x] = static_cast<uint16_t>(codes[p]);
        else
          view.planes[p].row<uint8_t>(y)[x] = static_cast<uint8_t>(codes[p]);
      }
  return picture;
}

TEST(Convert, HlgWhiteToSdr) {
  const PictureSpec from{{10, Chroma::k420}, 256, 128, kHlg}, to{{8, Chroma::k420}, 128, 64, kSdr};
  auto converter = Converter::make(from, to);
  ASSERT_TRUE(converter) << converter.error().message;
  auto out = converter->run(flat(from.format, 256, 128, kHlg, {721, 512, 512}));
  ASSERT_TRUE(out) << out.error().message;
  const auto& planes = out->view().planes;
  EXPECT_NEAR(planes[0].row<uint8_t>(10)[10], 166, 1);
  EXPECT_EQ(planes[1].row<uint8_t>(10)[10], 128);
}

}  // namespace
}  // namespace pier::colour
