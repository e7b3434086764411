#include <array>

#include "image_parts.hpp"

namespace pier::overlay {
namespace impl {
namespace {

struct Weights {
  int first = 0;
  std::vector<float> of;
};

std::vector<Weights> weights_of(int from, int to) {
  const double scale = static_cast<double>(from) / to, reach = std::max(1.0, scale);
  std::vector<Weights> all;
  for (int i = 0; i < to; ++i) {
    const double centre = (i + 0.5) * scale - 0.5;
    const int first = std::max(0, static_cast<int>(std::ceil(centre - reach)));
    const int last = std::min(from - 1, static_cast<int>(std::floor(centre + reach)));
    Weights weights{first, {}};
    double sum = 0;
    for (int j = first; j <= last; ++j) {
      const double weight = std::max(1e-6, 1 - std::abs(j - centre) / reach);
      weights.of.push_back(static_cast<float>(weight));
      sum += weight;
    }
    for (float& weight : weights.of) weight = static_cast<float>(weight / sum);
    all.push_back(std::move(weights));
  }
  return all;
}

using Light = std::array<float, 4>;  // premultiplied

/// Resizes rows and gives them as columns; twice gives the picture.
std::vector<Light> turned_rows(const std::vector<Light>& from, int width, int height, int to) {
  const std::vector<Weights> weights = weights_of(width, to);
  std::vector<Light> out(static_cast<size_t>(to) * static_cast<size_t>(height));
  for (int y = 0; y < height; ++y) {
    const Light* row = &from[static_cast<size_t>(y) * static_cast<size_t>(width)];
    for (int x = 0; x < to; ++x) {
      Light sum{};
      const Weights& these = weights[static_cast<size_t>(x)];
      for (size_t i = 0; i < these.of.size(); ++i) {
        for (size_t c = 0; c < 4; ++c) sum[c] += these.of[i] * row[static_cast<size_t>(these.first) + i][c];
      }
      out[static_cast<size_t>(x) * static_cast<size_t>(height) + static_cast<size_t>(y)] = sum;
    }
  }
  return out;
}

Light premultiplied(const Pixel& pixel) {
  const float alpha = static_cast<float>(pixel.alpha) / 65535.0F;
  return {static_cast<float>(pixel.red) * alpha, static_cast<float>(pixel.green) * alpha,
          static_cast<float>(pixel.blue) * alpha, static_cast<float>(pixel.alpha)};
}

Pixel straight(const Light& light) {
  if (light[3] < 0.5F) return {};
  const auto whole = [](float value) { return static_cast<uint16_t>(std::lround(std::clamp(value, 0.0F, 65535.0F))); };
  const float by = 65535.0F / light[3];
  return {whole(light[0] * by), whole(light[1] * by), whole(light[2] * by), whole(light[3])};
}

}  // namespace

Result<void> check_size(const std::string& what, int64_t width, int64_t height) {
  if (width >= 1 && height >= 1 && width <= kMaxImageSide && height <= kMaxImageSide &&
      width * height <= kMaxImagePixels)
    return {};
  return fail(ErrorCode::kTooLarge, what + " is " + std::to_string(width) + "x" + std::to_string(height) +
                                        "; graphics have at most 7680x4320 samples, 16384 on a side");
}

Result<void> check_file(const std::string& what, ByteView bytes, ImageSize wanted) {
  if (bytes.size() > kMaxImageBytes) return fail(ErrorCode::kTooLarge, what + " has more than 64 MiB");
  return check_size("the size wanted", std::max(1, wanted.width), std::max(1, wanted.height));
}

ImageSize full_size(ImageSize wanted, double width, double height) {
  const auto whole = [](double side) { return static_cast<int>(std::clamp(std::round(side), 1.0, 1e6)); };
  if (wanted.width > 0 && wanted.height > 0) return wanted;
  if (wanted.width > 0) return {wanted.width, whole(wanted.width * height / width)};
  if (wanted.height > 0) return {whole(wanted.height * width / height), wanted.height};
  return {whole(width), whole(height)};
}

Result<Image> resized(Image image, ImageSize wanted) {
  const ImageSize size = full_size(wanted, image.width, image.height);
  if (size.width == image.width && size.height == image.height) return image;
  PIER_CHECK(check_size("the size wanted", size.width, size.height));
  PIER_CHECK(check_size("the graphic between its sizes", size.width, image.height));
  std::vector<Light> light;
  light.reserve(image.pixels.size());
  for (const Pixel& pixel : image.pixels) light.push_back(premultiplied(pixel));
  light = turned_rows(light, image.width, image.height, size.width);
  light = turned_rows(light, image.height, size.width, size.height);
  image.width = size.width;
  image.height = size.height;
  image.pixels.clear();
  for (const Light& one : light) image.pixels.push_back(straight(one));
  return image;
}

}  // namespace impl

Result<Image> read_image(ByteView bytes, ImageSize size) {
  constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n";
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with(kPng)) return read_png(bytes, size);
  if (text.substr(0, 4096).find('<') != std::string_view::npos) return read_svg(bytes, size);
  return fail(ErrorCode::kInputUnsupported, "a graphic is a PNG or an SVG file; this is neither");
}

}  // namespace pier::overlay
