#include "analyzers/metadata/plausible.hpp"

#include <array>
#include <cstdlib>

namespace pier::analysis::impl {

namespace {

using Xy = MasteringDisplay::Xy;

constexpr int kOne = 50000;               // steps of chromaticity 1
constexpr uint32_t kNit = 10000;          // steps of a cd/m2
constexpr uint32_t kLeastPeak = 50;       // cd/m2: nothing is mastered on a darker display
constexpr uint32_t kHighestPeak = 10000;  // the end of PQ

struct Gamut {
  const char* name;
  Xy red, green, blue, white;
};
constexpr std::array kGamuts = {
    Gamut{"bt2020", {35400, 14600}, {8500, 39850}, {6550, 2300}, {15635, 16450}},
    Gamut{"p3-d65", {34000, 16000}, {13250, 34500}, {7500, 3000}, {15635, 16450}},
    Gamut{"bt709", {32000, 16500}, {15000, 30000}, {7500, 3000}, {15635, 16450}},
};

bool near(Xy a, Xy b) {
  constexpr int kTolerance = 250;
  return std::abs(int{a.x} - b.x) <= kTolerance && std::abs(int{a.y} - b.y) <= kTolerance;
}

// Twice the area of the triangle; positive when red, green, blue run counter-clockwise, as they do on the diagram.
int64_t turn(Xy a, Xy b, Xy c) {
  return (int64_t{b.x} - a.x) * (int64_t{c.y} - a.y) - (int64_t{c.x} - a.x) * (int64_t{b.y} - a.y);
}

bool inside(Xy point, const MasteringDisplay& display) {
  const int64_t a = turn(display.red, display.green, point);
  const int64_t b = turn(display.green, display.blue, point);
  const int64_t c = turn(display.blue, display.red, point);
  return (a >= 0 && b >= 0 && c >= 0) || (a <= 0 && b <= 0 && c <= 0);
}

bool right_order(const MasteringDisplay& d) {
  return d.red.x > d.green.x && d.red.x > d.blue.x && d.green.y > d.red.y && d.green.y > d.blue.y && d.blue.y < d.red.y;
}

void check_colours(const MasteringDisplay& d, std::vector<std::string>& problems) {
  bool beyond = false, tiny = true;
  for (const Xy& xy : {d.red, d.green, d.blue, d.white}) {
    beyond |= xy.x + xy.y > kOne || xy.y == 0;
    tiny &= xy.x < kOne / 25 && xy.y < kOne / 25;
  }
  if (tiny) {
    // 0.708 written in thousandths comes out as 708 steps.
    problems.emplace_back("primaries_unit");
  } else if (beyond) {
    problems.emplace_back("primaries_impossible");
  } else if (!right_order(d)) {
    problems.emplace_back("primaries_order");
  } else if (!inside(d.white, d)) {
    problems.emplace_back("white_outside");
  }
}

}  // namespace

std::vector<std::string> mastering_problems(const MasteringDisplay& d) {
  std::vector<std::string> problems;
  check_colours(d, problems);
  if (d.max_luminance <= d.min_luminance) problems.emplace_back("max_not_above_min");
  if (d.max_luminance > 0 && d.max_luminance <= kHighestPeak) {
    problems.emplace_back("max_luminance_unit");  // whole cd/m2 where steps of 0.0001 belong
  } else if (d.max_luminance > kHighestPeak * kNit) {
    problems.emplace_back("max_luminance_too_high");
  } else if (d.max_luminance < kLeastPeak * kNit) {
    problems.emplace_back("max_luminance_too_low");
  }
  if (d.min_luminance > 5 * kNit) problems.emplace_back("min_luminance_too_high");
  return problems;
}

std::vector<std::string> light_problems(const ContentLight& light, const std::optional<MasteringDisplay>& display) {
  std::vector<std::string> problems;
  if (light.max_cll > kHighestPeak) problems.emplace_back("max_cll_too_high");
  if (light.max_cll > 0 && light.max_fall > light.max_cll) problems.emplace_back("max_fall_above_max_cll");
  // The content may not be brighter than the display it was graded on; a step for rounding.
  const bool known = display && mastering_problems(*display).empty();
  if (known && uint64_t{light.max_cll} * kNit > uint64_t{display->max_luminance} + kNit)
    problems.emplace_back("max_cll_above_mastering_display");
  return problems;
}

std::string gamut_name(const MasteringDisplay& d) {
  for (const Gamut& gamut : kGamuts) {
    if (near(d.red, gamut.red) && near(d.green, gamut.green) && near(d.blue, gamut.blue) && near(d.white, gamut.white))
      return gamut.name;
  }
  return "other";
}

}  // namespace pier::analysis::impl
