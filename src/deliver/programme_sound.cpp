#include "programme_sound.hpp"

#include <algorithm>
#include <cmath>

#include <pier/analysis/analyzer.hpp>
#include <pier/deliver/mix.hpp>

namespace pier::deliver {
namespace {

constexpr int kMostPasses = 5;
constexpr double kTolerance = 0.1;      // LU
constexpr double kPeakTolerance = 0.0;  // dB above the ceiling that is asked for
constexpr double kPeakMargin = 0.1;     // dB the ceiling is lowered by, for meters with another filter
constexpr double kLoudest = 30;         // dB of gain: more would lift noise, not sound

double factor(double decibel) {
  return std::pow(10.0, decibel / 20);
}

double decibel(double factor) {
  return 20 * std::log10(factor);
}

/// What the analyzer `loudness` says of tracks, as reports have it.
class Meter {
 public:
  static Result<Meter> of(const Plan& plan) {
    analysis::AnalyzerContext context;
    for (size_t i = 0; i < plan.sounds.size(); ++i) {
      analysis::AudioContext audio;
      audio.stream_index = static_cast<int>(i);
      audio.sample_rate = plan.file.sounds[i].sample_rate;
      audio.channels = static_cast<int>(channels_of(plan.sounds[i].layout));
      audio.channel_mask = mask_of(plan.sounds[i].layout);
      context.audio.push_back(audio);
    }
    for (const analysis::AnalyzerEntry& entry : analysis::analyzer_registry()) {
      if (entry.name == "loudness") return Meter(entry.make(context));
    }
    return fail(ErrorCode::kInternal, "there is no analyzer of loudness");
  }

  void hear(const std::vector<media::AudioBlock>& blocks) {
    for (size_t i = 0; i < blocks.size(); ++i) {
      if (blocks[i].samples() == 0) continue;
      media::AudioBlock block = blocks[i];
      block.pts = x_samples;
      x_analyzer->hear(static_cast<int>(i), block);
    }
    if (!blocks.empty()) x_samples += static_cast<int64_t>(blocks.front().samples());
  }

  struct Found {
    std::optional<double> lufs, true_peak;
  };
  std::vector<Found> finish(size_t tracks) {
    std::vector<Found> found(tracks);
    const analysis::Outcome outcome = x_analyzer->finish();
    const auto streams = get_array(outcome.measures, "streams");
    for (size_t i = 0; streams && i < streams->size(); ++i) {
      const json::object& stream = (*streams)[i].as_object();
      const auto index = static_cast<size_t>(int_or(stream, "stream", -1));
      if (index >= tracks) continue;
      if (const auto lufs = get_double(stream, "integrated_lufs")) found[index].lufs = *lufs;
      if (const auto peak = get_double(stream, "true_peak_dbtp")) found[index].true_peak = *peak;
    }
    return found;
  }

 private:
  explicit Meter(std::unique_ptr<analysis::Analyzer> analyzer) : x_analyzer(std::move(analyzer)) {}
  std::unique_ptr<analysis::Analyzer> x_analyzer;
  int64_t x_samples = 0;
};

struct Pass {
  std::vector<Meter::Found> found;
  std::vector<double> limited;
};

Result<Pass> listen(const media::Source& source, const Plan& plan, const std::vector<Level>& levels,
                    const Progress& progress) {
  PIER_TRY(Meter meter, Meter::of(plan));
  PIER_TRY(ProgrammeSound sound, ProgrammeSound::open(source, plan, levels, Rational(plan.pictures) / plan.frame_rate));
  for (;;) {
    PIER_TRY(const auto blocks, sound.next());
    if (!blocks) break;
    meter.hear(*blocks);
    if (progress && !progress(0, 0)) return fail(ErrorCode::kCancelled, "stopped");
  }
  return Pass{meter.finish(plan.sounds.size()), sound.limited()};
}

/// Whether the track is as asked for; else its level is changed for another try.
bool settled(const LoudnessWish& wish, const Meter::Found& found, bool limited, Level& level) {
  if (!found.lufs) return true;
  bool good = true;
  const double over = found.true_peak.value_or(-100) - wish.true_peak_dbtp;
  if (over > kPeakTolerance) {
    level.ceiling *= factor(-over - kPeakMargin / 2);
    good = false;
  }
  const double missing = wish.target_lufs - *found.lufs;
  if (std::abs(missing) > kTolerance && limited) {
    level.gain = std::min(level.gain * factor(missing), factor(kLoudest));
    good = false;
  }
  return good;
}

}  // namespace

Result<ProgrammeSound> ProgrammeSound::open(const media::Source& source, const Plan& plan,
                                            const std::vector<Level>& levels, Rational seconds) {
  transcode::SoundReader::Wish wish;
  for (const SoundTrack& track : plan.sounds)
    wish.channels.insert(wish.channels.end(), track.channels.begin(), track.channels.end());
  wish.rate = plan.file.sounds.front().sample_rate;
  wish.start = plan.start;
  wish.samples = std::max<int64_t>(1, rescale(1, seconds, Rational(1, wish.rate)));
  PIER_TRY(transcode::SoundReader reader, transcode::SoundReader::open(source, wish));
  ProgrammeSound sound(std::move(reader), plan);
  for (size_t i = 0; i < levels.size(); ++i)
    sound.x_limiters.emplace_back(channels_of(plan.sounds[i].layout), wish.rate, levels[i].gain, levels[i].ceiling);
  return sound;
}

Result<std::optional<std::vector<media::AudioBlock>>> ProgrammeSound::next() {
  if (x_ended) return std::nullopt;
  PIER_TRY(const std::optional<media::AudioBlock> block, x_reader.next());
  std::vector<media::AudioBlock> tracks;
  if (!block) {
    x_ended = true;
    if (x_limiters.empty()) return std::nullopt;
    for (Limiter& limiter : x_limiters) tracks.push_back(limiter.flush());
    return tracks;
  }
  size_t channel = 0;
  for (size_t i = 0; i < x_plan.sounds.size(); ++i) {
    media::AudioBlock track = mixed(*block, channel, x_plan.sounds[i].mix);
    tracks.push_back(x_limiters.empty() ? std::move(track) : x_limiters[i].process(track));
    channel += x_plan.sounds[i].channels.size();
  }
  return tracks;
}

std::vector<double> ProgrammeSound::limited() const {
  std::vector<double> all;
  for (const Limiter& limiter : x_limiters) all.push_back(decibel(limiter.least_gain()));
  return all;
}

Result<Levels> find_levels(const media::Source& source, const Plan& plan, const Progress& progress) {
  const LoudnessWish& wish = *plan.loudness;
  Levels all;
  PIER_TRY(const Pass first, listen(source, plan, {}, progress));
  bool limits = false;
  for (const Meter::Found& found : first.found) {
    Level level{1, factor(wish.true_peak_dbtp - kPeakMargin)};
    LoudnessMade made;
    made.source_lufs = made.lufs = found.lufs;
    made.true_peak_dbtp = found.true_peak;
    if (found.lufs) {
      const double gain = std::min(wish.target_lufs - *found.lufs, kLoudest);
      level.gain = factor(gain);
      made.lufs = *found.lufs + gain;
      if (found.true_peak) made.true_peak_dbtp = *found.true_peak + gain;
      limits |= made.true_peak_dbtp.value_or(-100) > wish.true_peak_dbtp - kPeakMargin;
    }
    all.levels.push_back(level);
    all.made.push_back(made);
  }
  for (int pass = 1; limits && pass < kMostPasses; ++pass) {
    PIER_TRY(const Pass tried, listen(source, plan, all.levels, progress));
    bool good = true;
    for (size_t i = 0; i < all.levels.size(); ++i) {
      all.made[i].lufs = tried.found[i].lufs;
      all.made[i].true_peak_dbtp = tried.found[i].true_peak;
      all.made[i].most_limited_db = tried.limited[i];
      const bool last = pass + 1 == kMostPasses;
      Level next = all.levels[i];
      if (!settled(wish, tried.found[i], tried.limited[i] < 0, next)) {
        good = false;
        if (!last) all.levels[i] = next;
      }
    }
    if (good) break;
  }
  for (size_t i = 0; i < all.levels.size(); ++i) all.made[i].gain_db = decibel(all.levels[i].gain);
  return all;
}

}  // namespace pier::deliver
