#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include <pier/colour/reference.hpp>
#include <pier/overlay/layer.hpp>

namespace pier::overlay {
namespace {

constexpr ColourInfo kSdr{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow, ChromaSite::kLeft};
constexpr ColourInfo kPq{Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kTopLeft};
constexpr ColourInfo kHlg{Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow, ChromaSite::kTopLeft};

ColourInfo full(ColourInfo colour) {
  colour.range = Range::kFull;
  return colour;
}

Image filled(int width, int height, const Pixel& pixel) {
  return {width, height, std::vector<Pixel>(static_cast<size_t>(width * height), pixel)};
}
constexpr Pixel kWhite{65535, 65535, 65535, 65535};

int sample(const Picture& picture, size_t plane, int x, int y) {
  const Plane& from = picture.view().planes[plane];
  return picture.format().bytes_per_sample() == 1 ? from.row<uint8_t>(y)[x] : from.row<uint16_t>(y)[x];
}

Picture picture_of(const Target& target, int width, int height, std::array<int, 3> codes) {
  Picture picture = Picture::allocate(target.format, width, height, target.colour);
  const MutablePictureView view = picture.writable();
  for (int plane = 0; plane < target.format.plane_count(); ++plane) {
    const auto& to = view.planes[static_cast<size_t>(plane)];
    for (int y = 0; y < to.height; ++y) {
      for (int x = 0; x < to.width; ++x) {
        const int code = codes[static_cast<size_t>(plane)];
        if (target.format.bytes_per_sample() == 1)
          to.row<uint8_t>(y)[x] = static_cast<uint8_t>(code);
        else
          to.row<uint16_t>(y)[x] = static_cast<uint16_t>(code);
      }
    }
  }
  return picture;
}

Picture drawn(const Picture& under, const Image& image, const Target& target, int x, int y, double opacity = 1) {
  auto layer = Layer::make(image, target);
  EXPECT_TRUE(layer) << layer.error().message;
  const Placed placed{std::make_shared<const Layer>(std::move(*layer)), x, y, opacity};
  auto made = composed(under, {&placed, 1});
  EXPECT_TRUE(made) << made.error().message;
  return std::move(*made);
}

struct White {
  ColourInfo colour;
  int bits;
  int luma;
};

/// BT.709-6 clause 4 and BT.2100-2 table 9 for the ranges; BT.2408-7 table 1: 203 cd/m2 is 58 % PQ, 75 % HLG.
TEST(Layer, white_is_reference_white) {
  const std::array<White, 12> all{{{kSdr, 8, 235},
                                   {kSdr, 10, 940},
                                   {full(kSdr), 8, 255},
                                   {full(kSdr), 10, 1023},
                                   {kPq, 8, 143},
                                   {kPq, 10, 573},
                                   {full(kPq), 8, 148},
                                   {full(kPq), 10, 594},
                                   {kHlg, 8, 180},
                                   {kHlg, 10, 721},
                                   {full(kHlg), 8, 191},
                                   {full(kHlg), 10, 767}}};
  for (const White& white : all) {
    for (const Chroma chroma : {Chroma::k420, Chroma::k422, Chroma::k444}) {
      const Target target{{static_cast<uint8_t>(white.bits), chroma, false}, white.colour};
      const int middle = 1 << (white.bits - 1);
      const Picture made = drawn(picture_of(target, 16, 16, {middle, 10, 90}), filled(16, 16, kWhite), target, 0, 0);
      const std::string where = to_string(white.colour.transfer) + " " + target.format.to_string();
      EXPECT_EQ(sample(made, 0, 8, 8), white.luma) << where;
      EXPECT_EQ(sample(made, 1, 3, 3), middle) << where;
      EXPECT_EQ(sample(made, 2, 3, 3), middle) << where;
    }
  }
}

TEST(Layer, colours_are_those_of_the_reference_within_one_code) {
  constexpr ColourInfo kGraphics{Primaries::kBt709, Transfer::kBt709, Matrix::kRgb, Range::kFull, ChromaSite::kLeft};
  for (const ColourInfo& colour : {kSdr, kPq, kHlg}) {
    const Target target{{10, Chroma::k420, false}, colour};
    const auto reference = colour::Reference::make(kGraphics, colour);
    ASSERT_TRUE(reference) << reference.error().message;
    for (int i = 1; i < 64; ++i) {
      const Rgba patch{static_cast<uint8_t>(i % 4 * 85), static_cast<uint8_t>(i / 4 % 4 * 85),
                       static_cast<uint8_t>(i / 16 * 85), 255};
      const auto wide = [](uint8_t v) { return static_cast<uint16_t>(v * 257); };
      const Picture made =
          drawn(picture_of(target, 16, 16, {64, 512, 512}),
                filled(16, 16, {wide(patch.red), wide(patch.green), wide(patch.blue), 65535}), target, 0, 0);
      const colour::Rgb signal = (*reference)({patch.red / 255.0, patch.green / 255.0, patch.blue / 255.0});
      const colour::Rgb coded = colour::to_ycbcr(signal, *colour::luma_weights(colour.matrix));
      EXPECT_NEAR(sample(made, 0, 8, 8), colour::luma_code(coded[0], 10, colour.range), 1);
      EXPECT_NEAR(sample(made, 1, 4, 4), colour::chroma_code(coded[1], 10, colour.range), 1);
      EXPECT_NEAR(sample(made, 2, 4, 4), colour::chroma_code(coded[2], 10, colour.range), 1);
    }
  }
}

TEST(Layer, alpha_goes_evenly_from_what_is_under_it_to_the_layer) {
  const Target target{{10, Chroma::k444, false}, kSdr};
  Image ramp = filled(256, 2, kWhite);
  for (int i = 0; i < 512; ++i) ramp.pixels[static_cast<size_t>(i)].alpha = static_cast<uint16_t>(i % 256 * 257);
  const Picture made = drawn(picture_of(target, 256, 2, {100, 300, 700}), ramp, target, 0, 0);
  for (int x = 0; x < 256; ++x) {
    EXPECT_NEAR(sample(made, 0, x, 1), 100 + x / 255.0 * 840, 0.55) << x;
    EXPECT_NEAR(sample(made, 1, x, 1), 300 + x / 255.0 * 212, 0.55) << x;
  }
  const Picture half = drawn(picture_of(target, 256, 2, {100, 300, 700}), ramp, target, 0, 0, 0.5);
  for (int x = 0; x < 256; ++x) EXPECT_NEAR(sample(half, 0, x, 1), 100 + x / 510.0 * 840, 0.6) << x;
}

/// A layer that begins between chroma samples covers them by as much as its luma lies in their filter.
TEST(Layer, chroma_edges_follow_the_site) {
  struct Edge {
    ChromaSite site;
    int x;
    std::array<double, 3> cover;  // of the chroma samples 3, 4 and 5 in a row that the layer covers from luma x on
  };
  const std::array<Edge, 4> edges{{{ChromaSite::kLeft, 8, {0, 0.75, 1}},
                                   {ChromaSite::kLeft, 9, {0, 0.25, 1}},
                                   {ChromaSite::kCenter, 8, {0, 1, 1}},
                                   {ChromaSite::kCenter, 9, {0, 0.5, 1}}}};
  for (const Edge& edge : edges) {
    ColourInfo colour = kSdr;
    colour.chroma_site = edge.site;
    const Target target{{10, Chroma::k420, false}, colour};
    const Picture made = drawn(picture_of(target, 32, 32, {400, 312, 512}), filled(24, 32, kWhite), target, edge.x, 0);
    for (int i = 0; i < 3; ++i)
      EXPECT_NEAR(sample(made, 1, 3 + i, 8), 312 + 200 * edge.cover[static_cast<size_t>(i)], 0.51)
          << to_string(edge.site) << " x " << edge.x << " sample " << 3 + i;
    EXPECT_EQ(sample(made, 0, edge.x - 1, 8), 400);
    EXPECT_EQ(sample(made, 0, edge.x, 8), 940);
  }
}

TEST(Layer, top_left_site_covers_rows_by_three_quarters) {
  const Target target{{10, Chroma::k420, false}, kHlg};
  const Picture made = drawn(picture_of(target, 32, 32, {400, 312, 512}), filled(32, 24, kWhite), target, 0, 8);
  EXPECT_NEAR(sample(made, 1, 8, 4), 312 + 200 * 0.75, 0.51);
  EXPECT_EQ(sample(made, 1, 8, 5), 512);
  EXPECT_EQ(sample(made, 1, 8, 3), 312);
}

TEST(Layer, what_lies_outside_is_cut_off_and_nothing_else_is_touched) {
  for (const Chroma chroma : {Chroma::k420, Chroma::k422, Chroma::k444, Chroma::k400}) {
    for (const uint8_t bits : {uint8_t{8}, uint8_t{10}}) {
      const Target target{{bits, chroma, false}, kSdr};
      const int white = bits == 8 ? 235 : 940;
      const Picture under = picture_of(target, 19, 17, {50, 60, 70});
      const std::array<std::pair<int, int>, 7> places{
          {{-5, -7}, {15, 13}, {-100, 3}, {18, 16}, {-9, 16}, {1 << 30, 0}, {0, -(1 << 30)}}};
      for (const auto& [x, y] : places) {
        const Picture made = drawn(under, filled(10, 10, kWhite), target, x, y);
        for (int row = 0; row < 17; ++row) {
          for (int column = 0; column < 19; ++column) {
            const bool inside = column >= x && column < x + 10LL && row >= y && row < y + 10LL;
            ASSERT_EQ(sample(made, 0, column, row), inside ? white : 50)
                << column << " " << row << " at " << x << " " << y;
          }
        }
        if (made.format().plane_count() == 3 && x > 1000) {
          EXPECT_EQ(sample(made, 1, 0, 0), 60);
        }
      }
    }
  }
}

TEST(Layer, without_a_layer_the_picture_is_shared) {
  const Target target{{8, Chroma::k420, false}, kSdr};
  const Picture under = picture_of(target, 8, 8, {1, 2, 3});
  const auto made = composed(under, {});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->view().planes[0].data, under.view().planes[0].data);
}

TEST(Layer, rgb_pictures_take_colours_as_they_are) {
  ColourInfo colour = full(kSdr);
  colour.matrix = Matrix::kRgb;
  const Target target{{8, Chroma::k444, true}, colour};
  const Picture made = drawn(picture_of(target, 4, 4, {9, 9, 9}), filled(4, 4, {65535, 32896, 0, 65535}), target, 0, 0);
  EXPECT_EQ(sample(made, 0, 1, 1), 255);
  EXPECT_EQ(sample(made, 1, 1, 1), 128);
  EXPECT_EQ(sample(made, 2, 1, 1), 0);
}

TEST(Layer, another_format_and_an_unknown_coding_are_refused) {
  const auto layer = Layer::make(filled(2, 2, kWhite), {{8, Chroma::k420, false}, kSdr});
  ASSERT_TRUE(layer);
  Picture other = Picture::allocate({10, Chroma::k420, false}, 8, 8, kSdr);
  EXPECT_EQ(compose(other.writable(), *layer, 0, 0).error().code, ErrorCode::kInvalidArgument);
  Picture right = Picture::allocate({8, Chroma::k420, false}, 8, 8, kSdr);
  EXPECT_EQ(compose(right.writable(), *layer, 0, 0, 1.5).error().code, ErrorCode::kInvalidArgument);
  ColourInfo constant = kPq;
  constant.matrix = Matrix::kIctcp;
  EXPECT_EQ(Layer::make(filled(2, 2, kWhite), {{10, Chroma::k420, false}, constant}).error().code,
            ErrorCode::kInputUnsupported);
  EXPECT_EQ(Layer::make({}, {{8, Chroma::k420, false}, kSdr}).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace pier::overlay
