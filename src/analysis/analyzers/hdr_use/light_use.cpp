#include "analyzers/hdr_use/light_use.hpp"

#include <algorithm>
#include <cmath>

#include <pier/colour/gamut.hpp>

#include "json_io.hpp"
#include "linear_light.hpp"

namespace pier::analysis::impl {

namespace {

constexpr int kStep = 2;  // every second sample of every second row
constexpr uint32_t kNit = LinearLight::kNit;
constexpr uint32_t kAboveSdrNits = 213;
constexpr int kShift = 14;  // matrices in Q14

using IntegerMatrix = std::array<std::array<int64_t, 3>, 3>;

IntegerMatrix integer(const colour::Matrix3& matrix) {
  IntegerMatrix out{};
  for (size_t r = 0; r < 3; ++r) {
    for (size_t c = 0; c < 3; ++c) out[r][c] = std::llround(matrix[r][c] * (1 << kShift));
  }
  return out;
}

struct Light3 {
  int64_t red, green, blue;
};

Light3 multiply(const IntegerMatrix& m, const Light3& v) {
  return {(m[0][0] * v.red + m[0][1] * v.green + m[0][2] * v.blue) >> kShift,
          (m[1][0] * v.red + m[1][1] * v.green + m[1][2] * v.blue) >> kShift,
          (m[2][0] * v.red + m[2][1] * v.green + m[2][2] * v.blue) >> kShift};
}

/// A component below -2 % of the largest.
bool outside(const Light3& v) {
  return 50 * std::min({v.red, v.green, v.blue}) < -std::max({v.red, v.green, v.blue});
}

colour::PrimariesXy primaries_of(const Signal& signal) {
  if (const auto xy = colour::primaries_xy(signal.colour().primaries)) return *xy;
  return *colour::primaries_xy(signal.light() == Light::kSdr ? Primaries::kBt709 : Primaries::kBt2020);
}

/// Where colours lie, from the primaries of the picture.
class Gamut {
 public:
  explicit Gamut(const Signal& signal) {
    const colour::PrimariesXy own = primaries_of(signal);
    x_to_709 = integer(colour::rgb_to_rgb(own, *colour::primaries_xy(Primaries::kBt709)));
    x_to_p3 = integer(colour::rgb_to_rgb(own, *colour::primaries_xy(Primaries::kP3D65)));
    x_to_xyz = integer(colour::rgb_to_xyz(own));
  }

  void count(const Light3& light, LightUse& use) const {
    ++use.sums[LightUse::kColoured];
    use.sums[LightUse::kOutside709] += outside(multiply(x_to_709, light)) ? 1 : 0;
    use.sums[LightUse::kOutsideP3] += outside(multiply(x_to_p3, light)) ? 1 : 0;
    const Light3 xyz = multiply(x_to_xyz, light);
    const int64_t sum = xyz.red + xyz.green + xyz.blue;
    if (sum <= 0) return;
    constexpr auto kLast = static_cast<int64_t>(LightUse::kCells) - 1;
    // x of 0 ... 0.8 and y of 0 ... 0.9 into 64 cells.
    const int64_t column = std::clamp<int64_t>(xyz.red * 80 / sum, 0, kLast);
    const int64_t row = std::clamp<int64_t>(xyz.green * 640 / (9 * sum), 0, kLast);
    ++use.xy[static_cast<size_t>(row) * LightUse::kCells + static_cast<size_t>(column)];
  }

 private:
  IntegerMatrix x_to_709, x_to_p3, x_to_xyz;
};

}  // namespace

LightUse measure_light_use(const PictureView& eighth, const Signal& signal) {
  LightUse use;
  if (eighth.width == 0 || eighth.height == 0) return use;
  use.xy.assign(LightUse::kCells * LightUse::kCells, 0);
  LinearLight linear(eighth, signal);
  const Gamut gamut(signal);
  LightRow row;
  uint64_t sum = 0;
  auto& sums = use.sums;
  for (int y = 0; y < eighth.height; y += kStep) {
    linear.row(y, row);
    for (size_t x = 0; x < row.red.size(); x += kStep) {
      const uint32_t red = row.red[x];
      const uint32_t green = row.green[x];
      const uint32_t blue = row.blue[x];
      const uint32_t largest = std::max({red, green, blue});
      const uint32_t luminance = row.luminance[x];
      sum += luminance;
      ++sums[LightUse::kSamples];
      sums[LightUse::kAboveSdr] += largest > kAboveSdrNits * kNit ? 1 : 0;
      sums[LightUse::kAbove4000] += largest > 4000 * kNit ? 1 : 0;
      sums[LightUse::kAbove560] += largest > 560 * kNit ? 1 : 0;
      use.darkest = std::min<int64_t>(use.darkest, luminance);
      if (luminance >= kNit) gamut.count({red, green, blue}, use);
    }
  }
  sums[LightUse::kFrames] = 1;
  sums[LightUse::kMeanMicronits] = static_cast<int64_t>(sum * 1000 / static_cast<uint64_t>(sums[LightUse::kSamples]));
  if (sums[LightUse::kColoured] == 0) use.xy.clear();
  return use;
}

void LightUse::add(const LightUse& other) {
  for (size_t i = 0; i < kSums; ++i) sums[i] += other.sums[i];
  darkest = std::min(darkest, other.darkest);
  if (other.xy.empty()) return;
  xy.resize(kCells * kCells);
  for (size_t i = 0; i < xy.size(); ++i) xy[i] += other.xy[i];
}

json::value LightUse::save() const {
  json::array numbers, cells;
  for (const int64_t sum : sums) numbers.emplace_back(sum);
  for (size_t i = 0; i < xy.size(); ++i) {
    if (xy[i] != 0) cells.push_back(json::array{static_cast<int64_t>(i), xy[i]});
  }
  return json::object{{"sums", std::move(numbers)}, {"darkest", darkest}, {"xy", std::move(cells)}};
}

Result<LightUse> LightUse::load(const json::value& value) {
  PIER_TRY(const json::object* object, as_object(value, "saved use of light"));
  PIER_TRY(const auto numbers, integers(member(value, "sums"), kSums));
  LightUse use;
  std::copy(numbers.begin(), numbers.end(), use.sums.begin());
  PIER_TRY(use.darkest, get_int(*object, "darkest"));
  PIER_TRY(const json::array cells, get_array(*object, "xy"));
  if (!cells.empty()) use.xy.resize(kCells * kCells);
  for (const json::value& cell : cells) {
    PIER_TRY(const auto pair, integers(cell, 2));
    if (pair[0] < 0 || pair[0] >= static_cast<int64_t>(use.xy.size())) {
      return fail(ErrorCode::kInputDamaged, "saved use of light has a colour outside the plane");
    }
    use.xy[static_cast<size_t>(pair[0])] = pair[1];
  }
  return use;
}

}  // namespace pier::analysis::impl
