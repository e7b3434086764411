#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <pier/overlay/image.hpp>

namespace pier::overlay {
namespace {

using ::testing::HasSubstr;

Bytes png_of(int width, int height, bool wide, const void* samples) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = wide ? PNG_FORMAT_LINEAR_RGB_ALPHA : PNG_FORMAT_RGBA;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&image, nullptr, &size, 0, samples, 0, nullptr);
  Bytes bytes(size);
  png_image_write_to_memory(&image, bytes.data(), &size, 0, samples, 0, nullptr);
  return bytes;
}

std::string svg(const std::string& inside, const std::string& attributes = "width=\"20\" height=\"10\"") {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" " + attributes + ">" +
         inside + "</svg>";
}

TEST(Png, samples_of_eight_bits_are_kept) {
  const uint8_t samples[] = {255, 0, 1, 255, 17, 200, 3, 128};
  const auto image = read_png(png_of(2, 1, false, samples));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->at(0, 0), (Pixel{65535, 0, 257, 65535}));
  EXPECT_EQ(image->at(1, 0), (Pixel{17 * 257, 200 * 257, 3 * 257, 128 * 257}));
}

TEST(Png, samples_of_sixteen_bits_keep_their_depth) {
  const uint16_t light[] = {65535, 14058, 7029, 65535};  // 0.2145 of light is sRGB 0.5
  const auto image = read_png(png_of(1, 1, true, light));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_NEAR(image->at(0, 0).red, 65535, 64);
  EXPECT_NEAR(image->at(0, 0).green, 32796, 64);
}

TEST(Png, another_size_keeps_the_mean_and_the_other_side_follows) {
  std::vector<uint8_t> samples;
  for (int i = 0; i < 16 * 8; ++i) {
    for (const int c : {200, 100, 50, 255}) samples.push_back(static_cast<uint8_t>(c));
  }
  const auto image = read_png(png_of(16, 8, false, samples.data()), {8, 0});
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->width, 8);
  EXPECT_EQ(image->height, 4);
  for (const Pixel& pixel : image->pixels) EXPECT_NEAR(pixel.red, 200 * 257, 2);
}

TEST(Png, damage_and_bombs_are_refused) {
  const uint8_t samples[16] = {};
  Bytes bytes = png_of(2, 2, false, samples);
  for (size_t cut = 0; cut + 12 < bytes.size(); ++cut)  // the last chunk says only that it is the last

    EXPECT_FALSE(read_png(ByteView(bytes).first(cut))) << "cut at " << cut;
  // 60000 x 60000 in the header, with its checksum.
  Bytes bomb = bytes;
  const auto put = [&bomb](size_t at, uint32_t value) {
    for (size_t i = 0; i < 4; ++i) bomb[at + i] = static_cast<std::byte>(value >> (24 - 8 * i));
  };
  put(16, 60000);
  put(20, 60000);
  uint32_t crc = ~0U;
  for (size_t i = 12; i < 29; ++i) {
    crc ^= std::to_integer<uint32_t>(bomb[i]);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  put(29, ~crc);
  const auto refused = read_png(bomb);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(refused.error().message, HasSubstr("60000x60000"));
}

TEST(Svg, shapes_are_drawn_at_the_size_wanted) {
  const std::string text = svg("<rect width=\"10\" height=\"10\" fill=\"#ff8000\"/>");
  const auto image = read_svg(as_bytes(text));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->width, 20);
  EXPECT_EQ(image->height, 10);
  EXPECT_EQ(image->at(2, 2), (Pixel{65535, 128 * 257, 0, 65535}));
  EXPECT_EQ(image->at(15, 5).alpha, 0);
  const auto large = read_image(as_bytes(text), {200, 0});
  ASSERT_TRUE(large) << large.error().message;
  EXPECT_EQ(large->height, 100);
  EXPECT_EQ(large->at(99, 50).alpha, 65535);
  EXPECT_EQ(large->at(100, 50).alpha, 0);
}

TEST(Svg, a_view_box_alone_needs_a_size) {
  const std::string text = svg("<rect width=\"8\" height=\"4\"/>", "viewBox=\"0 0 8 4\"");
  const auto image = read_svg(as_bytes(text), {0, 8});
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->width, 16);
}

TEST(Svg, what_reaches_outside_is_refused_by_name) {
  const std::pair<const char*, const char*> all[] = {
      {"<image href=\"file:///etc/passwd\"/>", "<image>"},
      {"<image href=\"data:image/png;base64,AAAA\"/>", "<image>"},
      {"<use xlink:href=\"http://example.org/a.svg#a\"/>", "<use>"},
      {"<use href=\"/etc/passwd#a\"/>", "<use>"},
      {"<rect width=\"9\" height=\"9\" fill=\"url(http://example.org/g.svg#a)\"/>", "<rect>"},
      {"<rect width=\"9\" height=\"9\" style=\"fill: URL ( 'file:///g.svg#a')\"/>", "<rect>"},
      {"<style>@import 'file:///a.css';</style>", "style sheet"},
      {"<style>rect { fill: \\75rl(file:///a) }</style>", "escape"},
      {"<text>x</text>", "outlines"},
      {"<script>1</script>", "<script>"},
      {"<g xml:base=\"file:///\"/>", "xml:base"},
      {"<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"#a\"/>", "<include>"},
      {"<?xml-stylesheet href=\"file:///a.css\"?>", "processing instruction"}};
  for (const auto& [inside, word] : all) {
    const std::string text = svg(inside);
    const auto image = read_svg(as_bytes(text));
    ASSERT_FALSE(image) << inside;
    EXPECT_EQ(image.error().code, ErrorCode::kInputUnsupported) << inside;
    EXPECT_THAT(image.error().message, HasSubstr(word));
  }
}

TEST(Svg, entities_are_refused_and_a_plain_document_type_is_not) {
  const std::string bomb = "<!DOCTYPE svg [<!ENTITY a \"x\"><!ENTITY b \"&a;&a;\">]>" + svg("<title>&b;</title>");
  EXPECT_THAT(read_svg(as_bytes(bomb)).error().message, HasSubstr("DOCTYPE"));
  const std::string plain =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" "
      "\"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">" +
      svg("<rect width=\"2\" height=\"2\"/>");
  const auto drawn = read_svg(as_bytes(plain));
  EXPECT_TRUE(drawn) << drawn.error().message;
}

TEST(Svg, bombs_of_size_number_depth_and_use_end_soon) {
  EXPECT_EQ(read_svg(as_bytes(svg("", "width=\"1e9\" height=\"1e9\""))).error().code, ErrorCode::kTooLarge);
  std::string many, deep, uses = "<g id=\"a\"><rect width=\"1\" height=\"1\"/></g>";
  for (size_t i = 0; i < kMaxSvgElements; ++i) many += "<g/>";
  EXPECT_EQ(read_svg(as_bytes(svg(many))).error().code, ErrorCode::kTooLarge);
  for (int i = 0; i < 300; ++i) deep += "<g>";
  for (int i = 0; i < 300; ++i) deep += "</g>";
  EXPECT_EQ(read_svg(as_bytes(svg(deep))).error().code, ErrorCode::kTooLarge);
  for (char name = 'b'; name < 'l'; ++name) {
    uses += std::string("<g id=\"") + name + "\">";
    for (int i = 0; i < 10; ++i) uses += std::string("<use href=\"#") + static_cast<char>(name - 1) + "\"/>";
    uses += "</g>";
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(read_svg(as_bytes(svg(uses))).error().code, ErrorCode::kTooLarge);
  const std::string circle = "<g id=\"a\"><use href=\"#b\"/></g><g id=\"b\"><use href=\"#a\"/></g>";
  EXPECT_FALSE(read_svg(as_bytes(svg(circle))));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST(Svg, what_is_none_is_damaged) {
  EXPECT_EQ(read_svg(as_bytes(std::string("<svg"))).error().code, ErrorCode::kInputDamaged);
  EXPECT_EQ(read_svg(as_bytes(std::string("<html></html>"))).error().code, ErrorCode::kInputDamaged);
  EXPECT_EQ(read_image(as_bytes(std::string("GIF89a"))).error().code, ErrorCode::kInputUnsupported);
}

}  // namespace
}  // namespace pier::overlay
