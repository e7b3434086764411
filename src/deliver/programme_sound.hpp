#pragma once
// The sound tracks of a delivery: read, mixed, brought to their loudness.

#include <optional>
#include <vector>

#include <pier/deliver/make.hpp>
#include <pier/transcode/source_parts.hpp>

#include "limiter.hpp"

namespace pier::deliver {

/// Factors for one track; 1 is full scale.
struct Level {
  double gain = 1, ceiling = 1;
};

class ProgrammeSound {
 public:
  /// `levels`: one a track, or none: as loud as the source. `seconds` of it are read, silence where there is no more.
  static Result<ProgrammeSound> open(const media::Source& source, const Plan& plan, const std::vector<Level>& levels,
                                     Rational seconds);
  /// Blocks of all tracks, equally long and maybe empty; nullopt at the end.
  Result<std::optional<std::vector<media::AudioBlock>>> next();
  int64_t silence_samples() const { return x_reader.silence_samples(); }
  /// By track, in dB, 0 or less.
  std::vector<double> limited() const;

 private:
  ProgrammeSound(transcode::SoundReader reader, const Plan& plan) : x_reader(std::move(reader)), x_plan(plan) {}

  transcode::SoundReader x_reader;
  const Plan& x_plan;
  std::vector<Limiter> x_limiters;
  bool x_ended = false;
};

/// Passes over the sound alone that find the gain of every track: one to measure, and where the limiter has to work, up
/// to four more until what comes out of it is as loud as asked for, within 0.1 LU, and its true peaks are low enough.
struct Levels {
  std::vector<Level> levels;
  std::vector<LoudnessMade> made;
};
Result<Levels> find_levels(const media::Source& source, const Plan& plan, const Progress& progress);

}  // namespace pier::deliver
