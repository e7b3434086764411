#include <bit>

#include <pier/deliver/mix.hpp>

namespace pier::deliver {
namespace {

constexpr double kHalfPower = 0.70710678;

Mix identity(size_t channels) {
  Mix mix(channels, std::vector<double>(channels, 0.0));
  for (size_t i = 0; i < channels; ++i) mix[i][i] = 1;
  return mix;
}

Mix times(const Mix& second, const Mix& first) {
  Mix product(second.size(), std::vector<double>(first.front().size(), 0.0));
  for (size_t row = 0; row < second.size(); ++row) {
    for (size_t column = 0; column < first.front().size(); ++column) {
      for (size_t k = 0; k < first.size(); ++k) product[row][column] += second[row][k] * first[k][column];
    }
  }
  return product;
}

}  // namespace

uint64_t mask_of(std::string_view layout) {
  if (layout == "mono") return 0x4;
  if (layout == "stereo") return 0x3;
  if (layout == "5.1") return 0x3f;
  return layout == "7.1" ? 0x63f : 0;
}

size_t channels_of(std::string_view layout) {
  return static_cast<size_t>(std::popcount(mask_of(layout)));
}

std::optional<Mix> mix_of(std::string_view from, std::string_view to, const DownmixWish& downmix) {
  const double c = downmix.centre, s = downmix.surround, l = downmix.lfe;
  if (from == to && channels_of(from) > 0) return identity(channels_of(from));
  if (from == "mono" && to == "stereo") return Mix{{kHalfPower}, {kHalfPower}};
  if (from == "stereo" && to == "mono") return Mix{{0.5, 0.5}};
  // WAVE order: L R C LFE, back left and right, of 7.1 side left and right.
  if (from == "5.1" && to == "stereo") return Mix{{1, 0, c, l, s, 0}, {0, 1, c, l, 0, s}};
  if (from == "7.1" && to == "5.1") {
    Mix mix(6, std::vector<double>(8, 0.0));
    for (size_t i = 0; i < 4; ++i) mix[i][i] = 1;
    mix[4][4] = mix[5][5] = s;
    mix[4][6] = mix[5][7] = s;
    return mix;
  }
  const char* between = from == "7.1" ? "5.1" : from == "5.1" ? "stereo" : nullptr;
  if (between == nullptr || to == "5.1" || to == "7.1") return std::nullopt;
  const auto first = mix_of(from, between, downmix), second = mix_of(between, to, downmix);
  if (!first || !second) return std::nullopt;
  return times(*second, *first);
}

media::AudioBlock mixed(const media::AudioBlock& block, size_t first, const Mix& mix) {
  media::AudioBlock out;
  out.pts = block.pts;
  out.sample_rate = block.sample_rate;
  for (const std::vector<double>& row : mix) {
    std::vector<float>& to = out.channels.emplace_back(block.samples(), 0.0F);
    for (size_t column = 0; column < row.size(); ++column) {
      const auto coefficient = static_cast<float>(row[column]);
      if (coefficient == 0.0F) continue;
      const std::vector<float>& from = block.channels[first + column];
      for (size_t i = 0; i < to.size(); ++i) to[i] += coefficient * from[i];
    }
  }
  return out;
}

}  // namespace pier::deliver
