#include "channels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "sound_programmes.hpp"

namespace pier::analysis {

namespace {

using Limits = ChannelsAnalyzer;
constexpr uint64_t kLfeBit = 0x8;

/// Second-order low pass (bilinear transform of the analogue prototype with quality `q`).
class LowPass {
 public:
  LowPass(double hertz, double q, double sample_rate) {
    const double k = std::tan(std::numbers::pi * std::min(0.45, hertz / sample_rate));
    const double norm = 1.0 / (1.0 + k / q + k * k);
    x_b = k * k * norm;
    x_a1 = 2.0 * (k * k - 1.0) * norm;
    x_a2 = (1.0 - k / q + k * k) * norm;
  }
  double take(double x) {
    const double y = x_b * x + x_s1;
    x_s1 = 2.0 * x_b * x - x_a1 * y + x_s2;
    x_s2 = x_b * x - x_a2 * y;
    return y;
  }

 private:
  double x_b, x_a1, x_a2, x_s1 = 0, x_s2 = 0;
};

struct Channel {
  LowPass first, second;
  double energy = 0, low = 0;

  explicit Channel(double rate) : first(Limits::kLowHertz, 0.5412, rate), second(Limits::kLowHertz, 1.3066, rate) {}
  void take(const float* samples, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const double x = samples[i];
      // A bias far below hearing keeps the filter out of denormal numbers in silence.
      const double y = second.take(first.take(x + 1e-15));
      energy += x * x;
      low += y * y;
    }
  }
};

struct Listener {
  impl::SoundProgramme programme;
  std::vector<Channel> channels;
  int64_t samples = 0, first_pts = 0, end_pts = 0;

  explicit Listener(const impl::SoundProgramme& from) : programme(from) {
    if (programme.is_5_1()) channels.assign(programme.channels.size(), Channel(programme.sample_rate));
  }

  void add(const impl::SoundPiece& piece) {
    if (channels.empty()) return;
    if (samples == 0) first_pts = piece.pts;
    end_pts = piece.pts + static_cast<int64_t>(piece.samples);
    samples += static_cast<int64_t>(piece.samples);
    for (size_t c = 0; c < channels.size(); ++c) channels[c].take(piece.channels[c], piece.samples);
  }

  double level(size_t c) const {
    return samples > 0 ? 10.0 * std::log10(channels[c].energy / static_cast<double>(samples)) : -HUGE_VAL;
  }
  double low_share(size_t c) const { return channels[c].energy > 0 ? channels[c].low / channels[c].energy : 0; }

  /// The one channel that is like an LFE.
  std::optional<size_t> lfe_like() const {
    std::optional<size_t> found;
    for (size_t c = 0; c < channels.size(); ++c) {
      if (level(c) < Limits::kLfeDbfs || low_share(c) < Limits::kLfeShare) continue;
      if (found) return std::nullopt;
      found = c;
    }
    return found;
  }

  std::string_view likely_order(std::optional<size_t> lfe) const {
    if (!lfe) return "unknown";
    if (*lfe == 3) return "smpte";
    if (*lfe != 5) return "other";
    return level(1) >= level(4) + Limits::kLouderDb ? "film" : "lfe_last";
  }

  void finish(Outcome& outcome, json::array& measures) const {
    if (channels.empty()) return;
    const auto lfe = lfe_like();
    json::array levels, shares;
    for (size_t c = 0; c < channels.size(); ++c) {
      levels.push_back(std::isfinite(level(c)) ? json::value(level(c)) : json::value());
      shares.push_back(channels[c].energy > 0 ? json::value(low_share(c)) : json::value());
    }
    const size_t declared = programme.index_of(kLfeBit).value_or(3);
    json::object seen{{"channels", impl::place_text(programme.channels)},
                      {"layout", impl::to_string(programme.basis)},
                      {"rms_dbfs", std::move(levels)},
                      {"share_below_160_hz", std::move(shares)},
                      {"lfe_declared_channel", static_cast<int64_t>(declared) + 1},
                      {"lfe_like_channel", lfe ? json::value(static_cast<int64_t>(*lfe) + 1) : json::value()},
                      {"likely_order", likely_order(lfe)}};
    const bool full_range = level(declared) >= Limits::kFullRangeDbfs && low_share(declared) <= Limits::kFullRangeShare;
    const bool enough = samples >= Limits::kMinSeconds * programme.sample_rate;
    if (enough && lfe && *lfe != declared && full_range) report(seen, outcome);
    seen["stream"] = programme.channels.front().stream_index;
    measures.push_back(std::move(seen));
  }

  void report(const json::object& seen, Outcome& outcome) const {
    const Rational tick(1, programme.sample_rate);
    Finding finding;
    finding.kind = "channels.order";
    finding.severity = Severity::kWarn;
    finding.stream_index = programme.channels.front().stream_index;
    finding.time = {Rational(first_pts) * tick, Rational(end_pts) * tick};
    finding.measures = seen;
    set_id(finding);
    FindingTotals& totals = outcome.totals["channels.order"];
    ++totals.count;
    totals.seconds += (finding.time.end - finding.time.start).value();
    outcome.findings.push_back(std::move(finding));
  }
};

}  // namespace

struct ChannelsAnalyzer::State {
  impl::ProgrammeListeners<Listener> listeners;
};

ChannelsAnalyzer::ChannelsAnalyzer(const AnalyzerContext& context)
    : x_state(std::make_unique<State>(State{impl::ProgrammeListeners<Listener>(context.audio)})) {}
ChannelsAnalyzer::~ChannelsAnalyzer() = default;

std::unique_ptr<Analyzer> ChannelsAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<ChannelsAnalyzer>(context);
}

void ChannelsAnalyzer::hear(int stream_index, const media::AudioBlock& block) {
  x_state->listeners.hear(stream_index, block);
}

Outcome ChannelsAnalyzer::finish() {
  x_state->listeners.finish();
  Outcome outcome;
  json::array programmes;
  for (auto& entry : x_state->listeners.entries()) entry.listener.finish(outcome, programmes);
  outcome.measures["surround"] = std::move(programmes);
  return outcome;
}

}  // namespace pier::analysis
