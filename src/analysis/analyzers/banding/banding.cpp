#include "banding.hpp"

#include <algorithm>
#include <cmath>

#include "contours.hpp"
#include "json_io.hpp"
#include "signal.hpp"

namespace pier::analysis {

namespace {

constexpr int kRowStep = 8;             // rows whose codes are counted
constexpr uint64_t kInSetPercent = 98;  // of the samples must have a code that the lower depth has
constexpr size_t kLeastCodes = 24;      // different ones, each of at least one sample in 10,000

struct Bands final : Measured {
  int64_t staircase_millionths = 0;
  int64_t source_bits = 0;  // 0: as deep as it says, or not known
};

std::vector<uint32_t> histogram(const PictureView& picture) {
  std::vector<uint32_t> counts(size_t{1} << picture.format.bit_depth);
  const Plane& plane = picture.planes[0];
  const size_t mask = counts.size() - 1;
  for (int y = 0; y < plane.height; y += kRowStep) {
    const auto* row = plane.row<uint16_t>(y);
    for (int x = 0; x < plane.width; ++x) ++counts[row[x] & mask];
  }
  return counts;
}

/// How a depth of `bits` is written in one of `deep`.
enum class Way : uint8_t { kShifted, kScaled, kRepeated };

size_t code_of(size_t value, unsigned bits, unsigned deep, Way way) {
  switch (way) {
    case Way::kShifted:
      return value << (deep - bits);
    case Way::kScaled: {
      const size_t top = (size_t{1} << bits) - 1;
      return (value * ((size_t{1} << deep) - 1) + top / 2) / top;
    }
    case Way::kRepeated:
      return (value << (deep - bits)) | (2 * bits >= deep ? value >> (2 * bits - deep) : value);
  }
  return value;
}

/// The smallest depth of 8, 10, 12 bits below its own that holds the codes that are used; 0 when there is none. The
/// most frequent code does not count: black around a picture has one in every depth.
int64_t source_bits(std::vector<uint32_t> counts, unsigned deep) {
  *std::ranges::max_element(counts) = 0;
  uint64_t all = 0;
  for (const uint32_t count : counts) all += count;
  for (const unsigned bits : {8U, 10U, 12U}) {
    if (bits >= deep) break;
    for (const Way way : {Way::kShifted, Way::kScaled, Way::kRepeated}) {
      uint64_t inside = 0;
      size_t codes = 0;
      for (size_t value = 0; value < size_t{1} << bits; ++value) {
        const uint64_t count = counts[code_of(value, bits, deep, way)];
        inside += count;
        codes += count * 10'000 >= all ? 1U : 0U;
      }
      if (all > 0 && inside * 100 >= all * kInSetPercent && codes >= kLeastCodes) return bits;
    }
  }
  return 0;
}

}  // namespace

BandingAnalyzer::BandingAnalyzer(const AnalyzerContext& context)
    : x_video(context.video.value_or(VideoContext{})),
      x_contours({.kind = "banding.contours"}),
      x_low_depth({.kind = "banding.low_depth", .severity = Severity::kWarn, .max_gap = kEvery - 1}) {
  if (!context.video) return;
  const Rational ticks = Rational(kContourMilliseconds, 1000) / context.video->time_base;
  x_contours = impl::RunCollector({.kind = "banding.contours",
                                   .severity = Severity::kInfo,
                                   .min_length = rescale(1, ticks, Rational(1), Rounding::kDown),
                                   .max_gap = kEvery - 1});
}

std::unique_ptr<Analyzer> BandingAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<BandingAnalyzer>(context);
}

std::unique_ptr<Measured> BandingAnalyzer::measure(const FrameViews& views) const {
  auto bands = std::make_unique<Bands>();
  const PictureView& picture = views.picture();
  bands->staircase_millionths = impl::staircase_millionths(views.luma_quarter(), impl::LightSteps(views.signal()));
  if (picture.format.bit_depth > 8) bands->source_bits = source_bits(histogram(picture), picture.format.bit_depth);
  return bands;
}

void BandingAnalyzer::observe(const FrameTime& time, const Measured& measured) {
  const auto& bands = static_cast<const Bands&>(measured);
  ++x_frames;
  x_low_frames += bands.source_bits > 0 ? 1 : 0;
  x_staircase_sum += bands.staircase_millionths;
  x_staircase_worst = std::max(x_staircase_worst, bands.staircase_millionths);
  x_contours.mark(time, bands.staircase_millionths >= kContourMillionths, bands.staircase_millionths);
  x_low_depth.mark(time, bands.source_bits > 0, bands.source_bits);
}

Outcome BandingAnalyzer::finish() {
  Outcome outcome;
  outcome.measures = {
      {"frames", x_frames},
      {"low_depth_frames", x_low_frames},
      {"worst_contour_share", static_cast<double>(x_staircase_worst) / 1e6},
      {"mean_contour_share", static_cast<double>(x_frames == 0 ? 0 : x_staircase_sum / x_frames) / 1e6}};
  impl::report_runs(
      x_contours, x_video.stream_index, x_video.time_base, true, outcome, [](const impl::Run& run, Finding& finding) {
        finding.measures = {{"frames_seen", run.hits}, {"worst_contour_share", static_cast<double>(run.worst) / 1e6}};
      });
  impl::report_runs(x_low_depth, x_video.stream_index, x_video.time_base, true, outcome,
                    [](const impl::Run& run, Finding& finding) {
                      finding.measures = {{"frames_seen", run.hits}, {"source_bits_at_most", run.worst}};
                    });
  return outcome;
}

Result<json::value> BandingAnalyzer::save() const {
  return json::value(json::object{{"contours", x_contours.save()},
                                  {"low_depth", x_low_depth.save()},
                                  {"counts", json::array{x_frames, x_low_frames, x_staircase_sum, x_staircase_worst}}});
}

Result<void> BandingAnalyzer::load(const json::value& state) {
  PIER_TRY(const auto counts, impl::integers(impl::member(state, "counts"), 4));
  PIER_CHECK(x_contours.load(impl::member(state, "contours")));
  PIER_CHECK(x_low_depth.load(impl::member(state, "low_depth")));
  x_frames = counts[0];
  x_low_frames = counts[1];
  x_staircase_sum = counts[2];
  x_staircase_worst = counts[3];
  return {};
}

Result<void> BandingAnalyzer::merge(const json::value& later) {
  PIER_TRY(const auto counts, impl::integers(impl::member(later, "counts"), 4));
  PIER_CHECK(x_contours.merge(impl::member(later, "contours")));
  PIER_CHECK(x_low_depth.merge(impl::member(later, "low_depth")));
  x_frames += counts[0];
  x_low_frames += counts[1];
  x_staircase_sum += counts[2];
  x_staircase_worst = std::max(x_staircase_worst, counts[3]);
  return {};
}

}  // namespace pier::analysis
