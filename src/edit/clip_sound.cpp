#include "clip_sound.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pier::edit::impl {
namespace {

constexpr int kZeroCrossings = 32;
constexpr int kSteps = 512;       // of the table between two zero crossings
constexpr double kBeta = 9;       // Kaiser: 90 dB
constexpr double kPassed = 0.95;  // of what the lower rate can hold

double bessel0(double x) {
  double sum = 1, term = 1;
  for (int k = 1; k < 40; ++k) {
    term *= (x / (2 * k)) * (x / (2 * k));
    sum += term;
  }
  return sum;
}

}  // namespace

Kernel::Kernel(double ratio)
    : x_scale(kPassed / std::max(1.0, ratio)), x_reach(static_cast<int>(std::ceil(kZeroCrossings / x_scale))) {
  x_table.resize(static_cast<size_t>(kZeroCrossings) * kSteps + 2, 0.0F);
  for (size_t i = 0; i + 2 < x_table.size(); ++i) {
    const double x = static_cast<double>(i) / kSteps, part = x / kZeroCrossings;
    const double sinc = i == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
    x_table[i] = static_cast<float>(x_scale * sinc * bessel0(kBeta * std::sqrt(std::max(0.0, 1 - part * part))) /
                                    bessel0(kBeta));
  }
}

float Kernel::at(double distance) const {
  const double place = std::abs(distance) * x_scale * kSteps;
  const auto index = static_cast<size_t>(place);
  if (index + 1 >= x_table.size()) return 0;
  const auto part = static_cast<float>(place - static_cast<double>(index));
  return x_table[index] + part * (x_table[index + 1] - x_table[index]);
}

Result<std::unique_ptr<ClipSound>> ClipSound::open(const media::Source& source, const SoundPiece& piece, int64_t first,
                                                   int64_t count) {
  const Rational ratio = Rational(piece.rate, kProgrammeRate) * piece.speed;
  const Rational at = piece.source_start + (Rational(first, kProgrammeRate) - piece.span.clip_begin) * piece.speed;
  const Rational position = at * Rational(piece.rate);  // samples of the source
  transcode::SoundReader::Wish wish;
  wish.channels = piece.channels;
  wish.rate = piece.rate;
  const int reach = Kernel(ratio.value()).reach();
  const int64_t begin =
      ratio == Rational(1) ? rescale(1, position, 1) : rescale(1, position, 1, Rounding::kDown) - reach;
  wish.start = Rational(begin, piece.rate);
  wish.samples = std::max<int64_t>(1, rescale(count, ratio, 1, Rounding::kUp) + 2 * reach);
  PIER_TRY(transcode::SoundReader reader, transcode::SoundReader::open(source, wish));
  auto sound = std::unique_ptr<ClipSound>(new ClipSound(std::move(reader), piece, ratio));
  if (ratio != Rational(1)) sound->x_offset = position - Rational(begin);
  return sound;
}

/// Reads on until sample `until` of what is read is there.
Result<void> ClipSound::fill(int64_t until) {
  while (!x_ended && x_dropped + static_cast<int64_t>(x_window[0].size()) <= until) {
    PIER_TRY(const std::optional<media::AudioBlock> block, x_reader.next());
    if (!block) {
      x_ended = true;
      break;
    }
    const media::AudioBlock both = deliver::mixed(*block, 0, x_piece.mix);
    for (size_t side = 0; side < x_window.size(); ++side)
      x_window[side].insert(x_window[side].end(), both.channels[side].begin(), both.channels[side].end());
  }
  return {};
}

float ClipSound::at(size_t side, int64_t position) const {
  const int64_t index = position - x_dropped;
  if (index < 0 || index >= static_cast<int64_t>(x_window[side].size())) return 0;
  return x_window[side][static_cast<size_t>(index)];
}

float ClipSound::resampled(size_t side, Rational position) const {
  const int64_t middle = rescale(1, position, 1, Rounding::kDown);
  const double part = (position - Rational(middle)).value();
  double sum = 0;
  for (int64_t i = -x_kernel.reach(); i <= x_kernel.reach(); ++i)
    sum += static_cast<double>(at(side, middle + i)) * x_kernel.at(static_cast<double>(i) - part);
  return static_cast<float>(sum);
}

void ClipSound::drop_before(int64_t position) {
  const auto count = std::clamp<int64_t>(position - x_dropped, 0, static_cast<int64_t>(x_window[0].size()));
  for (auto& side : x_window) side.erase(side.begin(), side.begin() + count);
  x_dropped += count;
}

Result<std::vector<std::vector<float>>> ClipSound::take(size_t count) {
  std::vector<std::vector<float>> sides(x_window.size(), std::vector<float>(count, 0.0F));
  const bool straight = x_ratio == Rational(1);
  if (straight) PIER_CHECK(fill(x_given + static_cast<int64_t>(count)));
  for (size_t i = 0; i < count; ++i, ++x_given) {
    if (straight) {
      for (size_t side = 0; side < sides.size(); ++side) sides[side][i] = at(side, x_given);
      continue;
    }
    const Rational position = x_offset + Rational(x_given) * x_ratio;
    PIER_CHECK(fill(rescale(1, position, 1, Rounding::kUp) + x_kernel.reach()));
    for (size_t side = 0; side < sides.size(); ++side) sides[side][i] = resampled(side, position);
  }
  const Rational next = x_offset + Rational(x_given) * x_ratio;
  drop_before(straight ? x_given : rescale(1, next, 1, Rounding::kDown) - x_kernel.reach());
  return sides;
}

}  // namespace pier::edit::impl
