#include <algorithm>
#include <cmath>
#include <cstdio>

#include <pier/transcode/steering.hpp>

namespace pier::transcode {
namespace {

constexpr double kShare = 0.1;    // of the programme's pictures, in samples
constexpr size_t kPictures = 25;  // of a sample
constexpr size_t kLeastPictures = 10;
constexpr size_t kShortShare = 8;  // of a short programme one in so many is tried
constexpr size_t kMostSamples = 200;
constexpr double kStep = 0.5;       // of crf
constexpr double kAlike = 0.05;     // dB that nobody sees
constexpr double kOfCap = 0.9;      // of the cap that a title's mean may take: scenes differ
constexpr double kNearRate = 0.85;  // of the next better rung's

bool is_steered(const Rung& rung) {
  return rung.kind == RungKind::kVideo && rung.quality > 0;
}

/// Rungs of one family differ in raster and quality only, so that players switch among them.
bool same_family(const Rung& a, const Rung& b) {
  return a.kind == b.kind && a.codec == b.codec && a.keep_hdr == b.keep_hdr && a.hdr_only == b.hdr_only &&
         a.bit_depth == b.bit_depth && a.preset == b.preset;
}

bool wanted(const Rung& rung, std::span<const std::string> only) {
  return only.empty() || std::ranges::find(only, rung.name) != only.end();
}

/// The best setting and the largest raster that rungs of this family may have.
Rung widest(const Ladder& ladder, const Rung& like, std::span<const std::string> only) {
  Rung all = like;
  for (const Rung& rung : ladder.rungs) {
    if (!same_family(rung, like) || !wanted(rung, only)) continue;
    all.crf = std::min(all.crf, rung.crf);
    all.height = std::max(all.height, rung.height);
  }
  return all;
}

/// A candidate's curve over the title: what a setting takes and gives.
struct Setting {
  double crf = 0;
  double rate = 0;  // bit/s
  double quality = 0;
};

/// Through three points (or two, or one), as a function of their first coordinate (Lagrange).
double through(std::span<const double> xs, std::span<const double> ys, double x) {
  double sum = 0;
  for (size_t i = 0; i < xs.size(); i++) {
    double term = ys[i];
    for (size_t j = 0; j < xs.size(); j++) {
      if (j != i) term *= (x - xs[j]) / (xs[i] - xs[j]);
    }
    sum += term;
  }
  return sum;
}

double rate_of(const TrialPoint& point, const ChunkSpec& chunk) {
  const double group = std::max(1, chunk.gop_frames);
  const double bits = (point.key_bits + (group - 1) * point.other_bits) / group;
  return bits * chunk.frame_rate.value();
}

Setting setting_of(const TrialPoints& points, const ChunkSpec& chunk, double crf) {
  std::vector<double> settings, rates, qualities;
  for (const TrialPoint& point : points) {
    settings.push_back(point.crf);
    rates.push_back(std::log2(std::max(1.0, rate_of(point, chunk))));
    qualities.push_back(point.quality);
  }
  return {crf, std::exp2(through(settings, rates, crf)), through(settings, qualities, crf)};
}

/// What the whole title takes at a setting: its samples, each by what it stands for.
class TitleCurves {
 public:
  TitleCurves(const PublishPlan& plan, std::span<const TrialSample> samples,
              std::span<const std::vector<TrialPoints>> trials)
      : x_plan(plan), x_samples(samples), x_trials(trials) {}

  Setting at(size_t candidate, double crf) const {
    Setting sum{crf, 0, 0};
    double all = 0;
    for (size_t i = 0; i < x_samples.size(); i++) {
      const auto weight = static_cast<double>(x_samples[i].stands_for);
      const Setting one = setting_of(x_trials[i][candidate], x_plan.chunks[x_samples[i].chunk], crf);
      sum.rate += weight * one.rate;
      sum.quality += weight * one.quality;
      all += weight;
    }
    return {crf, sum.rate / all, sum.quality / all};
  }
  double best_crf(size_t candidate) const { return x_trials[0][candidate].front().crf; }
  double worst_crf(size_t candidate) const { return x_trials[0][candidate].back().crf; }

 private:
  const PublishPlan& x_plan;
  std::span<const TrialSample> x_samples;
  std::span<const std::vector<TrialPoints>> x_trials;
};

struct Choice {
  int height = 0;
  Setting setting;
};

int short_side(const PlannedRung& rung) {
  return std::min(rung.picture.width, rung.picture.height);
}

class Chooser {
 public:
  Chooser(const std::vector<PlannedRung>& candidates, const TitleCurves& curves)
      : x_candidates(candidates), x_curves(curves) {}

  /// Nothing: no raster of its family is small enough.
  std::optional<Choice> choose(const Rung& rung) const {
    std::optional<Choice> best;
    for (size_t i = 0; i < x_candidates.size(); i++) {
      const PlannedRung& candidate = x_candidates[i];
      if (!same_family(candidate.rung, rung) || short_side(candidate) > rung.height) continue;
      const double cap = kOfCap * static_cast<double>(rung.max_bitrate) * share_of(candidate);
      const double first = std::max(rung.crf, x_curves.best_crf(i));
      for (double crf = first; crf <= x_curves.worst_crf(i); crf += kStep) {
        const Choice one{short_side(candidate), x_curves.at(i, crf)};
        const bool last = crf + kStep > x_curves.worst_crf(i);
        if (one.setting.rate > cap && !last) continue;
        if (!best || is_better(one, *best, rung.quality)) best = one;
      }
    }
    return best;
  }

  /// What a rung that is not steered will take; nothing: no trial says it.
  std::optional<Choice> known(const Rung& rung) const {
    for (size_t i = 0; i < x_candidates.size(); i++) {
      const int height = short_side(x_candidates[i]);
      const bool same = height == rung.height || (rung.at_most && height < rung.height);  // the largest come first
      if (!same_family(x_candidates[i].rung, rung) || !same) continue;
      return Choice{height, x_curves.at(i, std::clamp(rung.crf, x_curves.best_crf(i), x_curves.worst_crf(i)))};
    }
    return std::nullopt;
  }

 private:
  /// Rates of this title's frame rate over those of the ladder.
  static double share_of(const PlannedRung& candidate) {
    return static_cast<double>(candidate.bucket.rate) /
           static_cast<double>(std::max<int64_t>(1, candidate.rung.max_bitrate));
  }
  static bool is_better(const Choice& a, const Choice& b, double asked) {
    const bool reaches = a.setting.quality >= asked - kAlike, other = b.setting.quality >= asked - kAlike;
    if (reaches != other) return reaches;
    if (!reaches && std::abs(a.setting.quality - b.setting.quality) > kAlike)
      return a.setting.quality > b.setting.quality;
    return a.setting.rate < b.setting.rate;
  }

  const std::vector<PlannedRung>& x_candidates;
  const TitleCurves& x_curves;
};

/// The chunk that holds the picture of this number.
size_t chunk_at(std::span<const ChunkSpec> chunks, size_t picture) {
  size_t chunk = 0;
  while (chunk + 1 < chunks.size() && picture >= chunks[chunk].frames.size()) picture -= chunks[chunk++].frames.size();
  return chunk;
}

std::string percent(double share) {
  return std::to_string(std::lround(share * 100)) + " %";
}

}  // namespace

Ladder steering_candidates(const Ladder& ladder, std::span<const std::string> only) {
  Ladder candidates;
  candidates.name = ladder.name;
  for (const Rung& rung : ladder.rungs) {
    const auto known = [&](const Rung& other) { return same_family(other, rung); };
    if (!is_steered(rung) || !wanted(rung, only) || std::ranges::any_of(candidates.rungs, known)) continue;
    const Rung all = widest(ladder, rung, only);
    for (const int height : ladder.rasters) {
      if (height > all.height) continue;
      Rung candidate = all;
      candidate.height = height;
      candidate.at_most = true;
      candidate.quality = 0;
      candidate.name = rung.name + " at " + std::to_string(height);
      candidates.rungs.push_back(std::move(candidate));
    }
  }
  return candidates;
}

std::vector<TrialSample> trial_samples(const PublishPlan& plan) {
  const size_t chunks = plan.chunks.size();
  const auto affordable = static_cast<size_t>(kShare * static_cast<double>(plan.frames)) / kPictures;
  const size_t count = std::clamp<size_t>(affordable, 1, std::min(chunks, kMostSamples));
  const size_t pictures = std::clamp(static_cast<size_t>(plan.frames) / kShortShare, kLeastPictures, kPictures);
  std::vector<TrialSample> samples;
  for (size_t i = 0; i < count; i++) {
    const std::span group =
        std::span(plan.chunks).subspan(chunks * i / count, chunks * (i + 1) / count - chunks * i / count);
    TrialSample sample;
    for (const ChunkSpec& chunk : group) sample.stands_for += static_cast<int64_t>(chunk.frames.size());
    const size_t middle = chunk_at(group, static_cast<size_t>(sample.stands_for) / 2);
    sample.chunk = chunks * i / count + middle;
    sample.pictures = std::min(pictures, group[middle].frames.size());
    samples.push_back(sample);
  }
  return samples;
}

Result<SteeredLadder> steer(const Ladder& ladder, const PublishPlan& plan, std::span<const TrialSample> samples,
                            std::span<const std::vector<TrialPoints>> trials) {
  const std::vector<PlannedRung>& candidates = plan.ladder.rungs;
  const auto whole = [&](const std::vector<TrialPoints>& of_sample) {
    return of_sample.size() == candidates.size() &&
           std::ranges::none_of(of_sample, [](const TrialPoints& points) { return points.empty(); });
  };
  if (samples.empty() || trials.size() != samples.size() || !std::ranges::all_of(trials, whole))
    return fail(ErrorCode::kInvalidArgument, "trials are not those of the ladder; it was changed meanwhile");
  const TitleCurves curves(plan, samples, trials);
  const Chooser chooser(candidates, curves);
  SteeredLadder steered;
  steered.ladder = ladder;
  steered.ladder.rungs.clear();
  std::vector<std::pair<Rung, double>> kept;  // with their rates
  for (const Rung& rung : ladder.rungs) {
    const std::optional<Choice> choice = is_steered(rung) ? chooser.choose(rung) : chooser.known(rung);
    if (!choice) {
      steered.ladder.rungs.push_back(rung);
      continue;
    }
    const double rate = choice->setting.rate;
    const auto near = std::ranges::find_if(
        kept, [&](const auto& other) { return same_family(other.first, rung) && rate > kNearRate * other.second; });
    if (is_steered(rung) && near != kept.end()) {
      steered.left_out.push_back({rung.name, "it would take " + percent(rate / near->second) + " of the bits of " +
                                                 near->first.name + ": nobody would switch to it"});
      continue;
    }
    Rung set = rung;
    if (is_steered(rung)) {
      set.height = choice->height;
      set.crf = choice->setting.crf;
      set.at_most = false;
      steered.rungs.push_back(
          {rung.name, choice->height, choice->setting.crf, rung.quality, choice->setting.quality, rate});
    }
    kept.emplace_back(rung, rate);
    steered.ladder.rungs.push_back(std::move(set));
  }
  return steered;
}

json::object to_json(const SteeredRung& rung) {
  const auto rounded = [](double value, double step) { return std::round(value / step) * step; };
  return {{"rung", rung.rung},
          {"height", rung.height},
          {"crf", rung.crf},
          {"asked_xpsnr", rung.asked},
          {"expected_xpsnr", rounded(rung.expected, 0.01)},
          {"expected_bitrate", std::llround(rung.expected_rate)}};
}

json::array to_json(const TrialPoints& points) {
  json::array packed;
  for (const TrialPoint& point : points)
    packed.push_back(json::array{point.crf, point.key_bits, point.other_bits, point.quality});
  return packed;
}

Result<TrialPoints> trial_points_from_json(const json::value& value) {
  const auto malformed = [] {
    return fail(ErrorCode::kInvalidArgument, "points of a trial are lists of four numbers");
  };
  if (!value.is_array()) return malformed();
  TrialPoints points;
  for (const json::value& packed : value.as_array()) {
    const json::array* row = packed.if_array();
    if (row == nullptr || row->size() != 4 || !std::ranges::all_of(*row, &json::value::is_number)) return malformed();
    const auto number = [&](size_t i) { return (*row)[i].to_number<double>(); };
    points.push_back({number(0), number(1), number(2), number(3)});
  }
  return points;
}

}  // namespace pier::transcode
