#include "resolution.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include <pier/analysis/analyse.hpp>

#include "json_io.hpp"
#include "signal.hpp"

namespace pier::analysis {

namespace {

using impl::Spectrum;

// Thresholds; README.md says what they rest on.
constexpr int64_t kCoherent = 32768 * 28 / 100;  // of the two sides of a fold, Q15
constexpr int64_t kSuspect = 32768 * 18 / 100;   // too much for a picture that is native without doubt
constexpr int64_t kOverControls = 2;             // times the strongest control fold
constexpr int64_t kEmptier = 256 * 3 / 2;        // power above the fold against below: log2, Q8 (4.5 dB)
constexpr int64_t kFlattest = 256 / 4;           // fall from middle to high bands of full detail (0.75 dB)
constexpr int64_t kSteepest = 256 * 4;           // (12 dB)
constexpr int64_t kKnee = 256 * 5 / 6;           // by how much an earlier fall may be steeper (2.5 dB)
constexpr int64_t kLeastFrames = 3;

/// Sums of bins that no ratio explains; 5/8 answers to the block grid of a codec as 1/4, 3/8, 1/2 and 3/4 do.
constexpr std::array<int, ResolutionAnalyzer::kControls> kControlSums{80, 112, 120};

std::vector<impl::Fold> make_folds() {
  std::vector<impl::Fold> folds;
  const auto add = [&](int sum) {
    const int middle = sum / 2;
    folds.push_back({sum, 2, std::min(std::max(4, middle / 5), impl::kNyquist - 1 - middle)});
  };
  for (const auto& ratio : ResolutionAnalyzer::kRatios) add(impl::kTile * ratio.num / ratio.den);
  for (const int sum : kControlSums) add(sum);
  return folds;
}

const std::vector<impl::Fold>& folds() {
  static const std::vector<impl::Fold> kFolds = make_folds();
  return kFolds;
}

struct Detail final : Measured {
  int width = 0, height = 0;
  int64_t tiles = 0;
  std::array<ResolutionAnalyzer::Sums, 2> sums;
};

int64_t mean(const ResolutionAnalyzer::Sums& sums, size_t first, size_t last) {
  int64_t sum = 0;
  for (size_t band = first; band <= last; ++band) sum += sums.log_power[band];
  return sum / static_cast<int64_t>(last - first + 1);
}

/// From the bands around 1/3 of Nyquist to those around 7/8.
int64_t fall_of(const ResolutionAnalyzer::Sums& sums) {
  return mean(sums, 3, 4) - mean(sums, 9, 11);
}

/// The same width in octaves lower down. A picture that falls here and no more further up lies on a floor of noise.
int64_t early_fall_of(const ResolutionAnalyzer::Sums& sums) {
  return mean(sums, 1, 2) - mean(sums, 4, 5);
}

/// Whether the band above the fold holds much less than the one below.
bool emptier_above(const ResolutionAnalyzer::Sums& sums, const ResolutionAnalyzer::Ratio& ratio) {
  const int fold = impl::kTile * ratio.num / ratio.den / 2;
  const auto band = [](int bin) { return static_cast<size_t>(std::min((bin - 1) / 8, Spectrum::kBands - 1)); };
  return sums.log_power[band(fold * 3 / 4)] - sums.log_power[band(fold * 3 / 2)] >= kEmptier;
}

size_t verdict_of(const ResolutionAnalyzer::Sums& sums) {
  using R = ResolutionAnalyzer;
  int64_t control = 0;
  for (size_t i = R::kRatios.size(); i < R::kFolds; ++i) control = std::max(control, sums.coherence[i]);
  const auto ratios = std::span(sums.coherence).first(R::kRatios.size());
  const int64_t strongest = *std::ranges::max_element(ratios);
  if (strongest >= std::max(kCoherent, kOverControls * control)) {
    // Images of images fold at the multiples of the ratio too: the smallest is the true one.
    for (size_t i = 0; i < R::kRatios.size(); ++i) {
      if (10 * ratios[i] < 7 * strongest) continue;
      return emptier_above(sums, R::kRatios[i]) ? R::kFirstRatio + i : R::kUnknown;
    }
  }
  if (strongest >= std::max(kSuspect, kOverControls * control)) return R::kUnknown;
  const int64_t fall = fall_of(sums);
  return fall >= kFlattest && fall <= kSteepest && early_fall_of(sums) <= fall + kKnee ? R::kFull : R::kUnknown;
}

double share(int64_t part, int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

double decibels(int64_t log2_q8, int64_t frames) {
  const double mean = static_cast<double>(log2_q8) / (256.0 * static_cast<double>(std::max<int64_t>(1, frames)));
  return std::round(mean * 10 * std::log10(2.0) * 10) / 10;
}

}  // namespace

ResolutionAnalyzer::ResolutionAnalyzer(const AnalyzerContext& context)
    : x_video(context.video.value_or(VideoContext{})) {}

std::unique_ptr<Analyzer> ResolutionAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<ResolutionAnalyzer>(context);
}

std::unique_ptr<Measured> ResolutionAnalyzer::measure(const FrameViews& views) const {
  auto detail = std::make_unique<Detail>();
  const PictureView& picture = views.picture();
  detail->width = picture.width;
  detail->height = picture.height;
  const int span = views.signal().peak() - views.signal().black();
  const auto places = impl::choose_tiles(views.luma_quarter(), std::max(1, span * 64 / 400));
  if (places.empty()) return detail;
  detail->tiles = static_cast<int64_t>(places.size());
  for (size_t d = 0; d < 2; ++d) {
    Spectrum spectrum;
    const auto direction = d == 0 ? impl::Direction::kHorizontal : impl::Direction::kVertical;
    for (const impl::TilePlace place : places) {
      impl::add_tile(picture.planes[0], picture.format.bit_depth, place, direction, folds(), spectrum);
    }
    for (size_t f = 0; f < kFolds; ++f) detail->sums[d].coherence[f] = spectrum.coherence(f);
    for (size_t b = 0; b < Spectrum::kBands; ++b) {
      detail->sums[d].log_power[b] = spectrum.log_power[b] / detail->tiles;
    }
  }
  return detail;
}

void ResolutionAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  const auto& detail = static_cast<const Detail&>(measured);
  State frame;
  frame.frames = 1;
  frame.first_frame = frame.last_frame = time.index;
  frame.start = time.pts;
  frame.end = time.pts + time.duration;
  frame.width = detail.width;
  frame.height = detail.height;
  if (detail.tiles > 0) {
    frame.judged = 1;
    frame.tiles = detail.tiles;
    frame.sums = detail.sums;
    frame.verdicts[verdict_of(detail.sums[0]) * kVerdicts + verdict_of(detail.sums[1])] = 1;
  }
  x_state.add(frame);
}

void ResolutionAnalyzer::State::add(const State& other) {
  if (first_frame < 0) {
    first_frame = other.first_frame;
    start = other.start;
  }
  if (other.last_frame >= 0) {
    last_frame = other.last_frame;
    end = other.end;
  }
  frames += other.frames;
  judged += other.judged;
  tiles += other.tiles;
  if (other.width * other.height > width * height) {
    width = other.width;
    height = other.height;
  }
  for (size_t d = 0; d < 2; ++d) {
    for (size_t f = 0; f < kFolds; ++f) sums[d].coherence[f] += other.sums[d].coherence[f];
    for (size_t b = 0; b < Spectrum::kBands; ++b) sums[d].log_power[b] += other.sums[d].log_power[b];
  }
  for (size_t v = 0; v < verdicts.size(); ++v) verdicts[v] += other.verdicts[v];
}

/// The whole programme, from the verdicts on its frames.
struct ResolutionAnalyzer::Judgement {
  int64_t full = 0, upscaled = 0, decided = 0;
  size_t pair = 0;  // the most frequent one of two ratios
  std::string_view name = "uncertain";
  double confidence = 0;
};

ResolutionAnalyzer::Judgement ResolutionAnalyzer::judgement() const {
  const State& s = x_state;
  Judgement j;
  for (size_t h = 0; h < kVerdicts; ++h) {
    for (size_t v = 0; v < kVerdicts; ++v) {
      const int64_t count = s.verdicts[h * kVerdicts + v];
      const bool made = h >= kFirstRatio && v >= kFirstRatio;
      // A direction that is unknown decides nothing; one that is full beside one that is made speaks against both.
      if (h != kUnknown && v != kUnknown) j.decided += count;
      if (h == kFull && v == kFull) j.full += count;
      if (made && count > j.upscaled) {
        j.upscaled = count;
        j.pair = h * kVerdicts + v;
      }
    }
  }
  if (j.upscaled >= kLeastFrames && 10 * j.upscaled >= 9 * j.decided && 4 * j.upscaled >= s.judged) {
    j.name = "upscaled";
    j.confidence = share(j.upscaled, j.decided);
  } else if (j.full >= kLeastFrames && 10 * j.full >= 9 * j.decided && 4 * j.full >= s.judged) {
    j.name = "native";
    j.confidence = share(j.full, j.decided);
  }
  return j;
}

Outcome ResolutionAnalyzer::finish() {
  const State& s = x_state;
  const Judgement j = judgement();
  Outcome outcome;
  int64_t width = s.width;
  int64_t height = s.height;
  size_t ratio_h = kRatios.size();
  size_t ratio_v = kRatios.size();
  if (j.name == "upscaled") {
    ratio_h = j.pair / kVerdicts - kFirstRatio;
    ratio_v = j.pair % kVerdicts - kFirstRatio;
    width = width * kRatios[ratio_h].num / kRatios[ratio_h].den;
    height = height * kRatios[ratio_v].num / kRatios[ratio_v].den;
  }
  outcome.measures = {{"verdict", j.name},       {"confidence", j.confidence},
                      {"frames", s.frames},      {"frames_with_detail", s.judged},
                      {"frames_native", j.full}, {"frames_upscaled", j.upscaled},
                      {"tiles", s.tiles}};
  if (j.name != "uncertain") {
    outcome.measures["effective_width"] = width;
    outcome.measures["effective_height"] = height;
  }
  for (size_t d = 0; s.judged > 0 && d < 2; ++d) {
    json::object coherence;
    json::array spectrum;
    for (size_t f = 0; f < kRatios.size(); ++f) {
      coherence[std::to_string(kRatios[f].num) + "/" + std::to_string(kRatios[f].den)] =
          std::round(share(s.sums[d].coherence[f], s.judged) / 32.768) / 1000;
    }
    int64_t control = 0;
    for (size_t f = kRatios.size(); f < kFolds; ++f) control = std::max(control, s.sums[d].coherence[f]);
    coherence["control"] = std::round(share(control, s.judged) / 32.768) / 1000;
    for (const int64_t band : s.sums[d].log_power) {
      spectrum.push_back(decibels(band - s.sums[d].log_power[0], s.judged));
    }
    outcome.measures[d == 0 ? "horizontal" : "vertical"] =
        json::object{{"image_coherence", std::move(coherence)}, {"spectrum_db", std::move(spectrum)}};
  }
  if (j.name != "upscaled") return outcome;
  Finding finding;
  finding.kind = "resolution.upscaled";
  finding.severity = Severity::kWarn;
  finding.stream_index = x_video.stream_index;
  finding.time = {Rational(s.start) * x_video.time_base, Rational(s.end) * x_video.time_base};
  finding.first_frame = s.first_frame;
  finding.last_frame = s.last_frame;
  finding.measures = {{"effective_width", width},
                      {"effective_height", height},
                      {"confidence", j.confidence},
                      {"frames", j.upscaled},
                      {"frames_with_detail", s.judged},
                      {"coherence_horizontal", share(s.sums[0].coherence[ratio_h], s.judged * 32768)},
                      {"coherence_vertical", share(s.sums[1].coherence[ratio_v], s.judged * 32768)}};
  set_id(finding);
  outcome.totals[finding.kind] = {1, (finding.time.end - finding.time.start).value()};
  outcome.findings.push_back(std::move(finding));
  return outcome;
}

Result<json::value> ResolutionAnalyzer::save() const {
  const State& s = x_state;
  json::array verdicts(s.verdicts.begin(), s.verdicts.end());
  json::array sums;
  for (const Sums& one : s.sums) {
    for (const int64_t v : one.coherence) sums.push_back(v);
    for (const int64_t v : one.log_power) sums.push_back(v);
  }
  return json::value(json::object{{"frames", json::array{s.frames, s.judged, s.tiles, s.width, s.height, s.first_frame,
                                                         s.last_frame, s.start, s.end}},
                                  {"sums", std::move(sums)},
                                  {"verdicts", std::move(verdicts)}});
}

Result<ResolutionAnalyzer::State> ResolutionAnalyzer::state_from(const json::value& value) {
  State s;
  PIER_TRY(const auto frames, impl::integers(impl::member(value, "frames"), 9));
  s.frames = frames[0];
  s.judged = frames[1];
  s.tiles = frames[2];
  s.width = frames[3];
  s.height = frames[4];
  s.first_frame = frames[5];
  s.last_frame = frames[6];
  s.start = frames[7];
  s.end = frames[8];
  PIER_TRY(const auto sums, impl::integers(impl::member(value, "sums"), 2 * (kFolds + Spectrum::kBands)));
  auto at = sums.begin();
  for (Sums& one : s.sums) {
    for (int64_t& v : one.coherence) v = *at++;
    for (int64_t& v : one.log_power) v = *at++;
  }
  PIER_TRY(const auto verdicts, impl::integers(impl::member(value, "verdicts"), s.verdicts.size()));
  std::ranges::copy(verdicts, s.verdicts.begin());
  return s;
}

Result<void> ResolutionAnalyzer::load(const json::value& state) {
  PIER_TRY(x_state, state_from(state));
  return {};
}

Result<void> ResolutionAnalyzer::merge(const json::value& later) {
  PIER_TRY(const State state, state_from(later));
  x_state.add(state);
  return {};
}

}  // namespace pier::analysis
