#include "sound_mix.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "clip_sound.hpp"

namespace pier::edit::impl {
namespace {

constexpr int64_t kBlock = 2048;

int64_t sample_of(Rational seconds) {
  return rescale(1, seconds, Rational(1, kProgrammeRate));
}

/// How loud a clip is at a sample of the programme.
class Loudness {
 public:
  Loudness(const SoundPiece& piece, Crossfade crossfade) : x_piece(piece), x_crossfade(crossfade) {
    x_still = piece.levels.keys.empty() && piece.levels.fade_in == Rational(0) && piece.levels.fade_out == Rational(0);
    x_level = piece.levels.factor(0, 1) * piece.gain;
  }

  double at(int64_t sample) const {
    const double seconds = static_cast<double>(sample) / kProgrammeRate;
    const double level = x_still ? x_level
                                 : x_piece.gain * x_piece.levels.factor(seconds - x_piece.span.clip_begin.value(),
                                                                        x_piece.span.clip_length.value());
    return level * ramp(seconds);
  }

 private:
  double ramp(double seconds) const {
    const Span& span = x_piece.span;
    double part = 1;
    if (span.ramp_in > Rational(0)) part = std::min(part, (seconds - span.begin.value()) / span.ramp_in.value());
    if (span.ramp_out > Rational(0)) part = std::min(part, (span.end.value() - seconds) / span.ramp_out.value());
    part = std::clamp(part, 0.0, 1.0);
    return x_crossfade == Crossfade::kLinear ? part : std::sin(part * std::numbers::pi / 2);
  }

  const SoundPiece& x_piece;
  Crossfade x_crossfade;
  bool x_still = true;
  double x_level = 1;
};

}  // namespace

SoundMix::SoundMix(const EditPlan& plan, const std::vector<OpenInput>& inputs) : x_plan(plan), x_inputs(inputs) {
  x_samples = sample_of(Rational(plan.file.pictures) / plan.file.frame_rate);
  for (const SoundPiece& piece : plan.sounds) {
    const int64_t end = std::min(sample_of(piece.span.end), x_samples);
    x_places.push_back({&piece, sample_of(piece.span.begin), end, nullptr});
  }
}

SoundMix::~SoundMix() = default;

/// What of the clip lies before sample `end`, into blocks that begin at the position.
Result<void> SoundMix::add(Place& place, int64_t end, std::vector<media::AudioBlock>& blocks) {
  const int64_t first = std::max(place.first, x_position), last = std::min(place.end, end);
  if (last <= first) return {};
  const SoundPiece& piece = *place.piece;
  if (!place.sound) {
    auto sound = ClipSound::open(x_inputs[piece.input].source, piece, place.first, place.end - place.first);
    if (!sound) return fail_in(piece.name, sound.error());
    place.sound = std::move(*sound);
  }
  auto sides = place.sound->take(static_cast<size_t>(last - first));
  if (!sides) return fail_in(piece.name, sides.error());
  const Loudness loudness(piece, x_plan.crossfade);
  for (int64_t i = first; i < last; ++i) {
    const auto factor = static_cast<float>(loudness.at(i));
    for (size_t side = 0; side < sides->size(); ++side) {
      blocks[piece.sound].channels[side][static_cast<size_t>(i - x_position)] +=
          factor * (*sides)[side][static_cast<size_t>(i - first)];
    }
  }
  if (last == place.end) place.sound.reset();
  return {};
}

Result<std::optional<std::vector<media::AudioBlock>>> SoundMix::next() {
  if (x_position >= x_samples) return std::nullopt;
  const int64_t end = std::min(x_position + kBlock, x_samples);
  std::vector<media::AudioBlock> blocks(x_plan.file.sounds.size());
  for (media::AudioBlock& block : blocks) {
    block.pts = x_position;
    block.sample_rate = kProgrammeRate;
    block.channel_mask = 3;
    block.channels.assign(2, std::vector<float>(static_cast<size_t>(end - x_position), 0.0F));
  }
  for (Place& place : x_places) PIER_CHECK(add(place, end, blocks));
  for (media::AudioBlock& block : blocks) {
    for (auto& channel : block.channels) {
      for (float& sample : channel) {
        if (sample >= -1 && sample <= 1) continue;
        sample = std::clamp(sample, -1.0F, 1.0F);
        x_clipped++;
      }
    }
  }
  x_position = end;
  return blocks;
}

}  // namespace pier::edit::impl
