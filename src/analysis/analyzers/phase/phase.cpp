#include "phase.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "runs.hpp"
#include "sound_programmes.hpp"

namespace pier::analysis {

namespace {

using Rules = PhaseAnalyzer;

/// Energies of a window or of everything.
struct Sums {
  double left = 0, right = 0, product = 0, difference = 0, sum = 0;
  int64_t samples = 0;

  void take(float l, float r) {
    const double a = l, b = r;
    left += a * a;
    right += b * b;
    product += a * b;
    difference += (a - b) * (a - b);
    sum += (a + b) * (a + b);
    ++samples;
  }
  void add(const Sums& other) {
    left += other.left;
    right += other.right;
    product += other.product;
    difference += other.difference;
    sum += other.sum;
    samples += other.samples;
  }
  double correlation() const {
    const double scale = std::sqrt(left * right);
    return scale > 0 ? product / scale : 0;
  }
};

double power(double decibel) {
  return std::pow(10.0, decibel / 10.0);
}

enum Kind : size_t { kInverted, kDualMono, kMono, kKinds };
constexpr std::array<const char*, kKinds> kNames{"phase.inverted", "phase.dual_mono", "phase.mono"};
constexpr std::array<int64_t, kKinds> kMinSeconds{Rules::kMinInvertedSeconds, Rules::kMinSameSeconds,
                                                  Rules::kMinMonoSeconds};

/// What one window says; `silent`: nothing.
struct Window {
  bool silent = false;
  std::array<bool, kKinds> is{};

  explicit Window(const Sums& s) {
    static const double kSilent = power(Rules::kSilentDbfs), kSounding = power(Rules::kSoundingDbfs);
    static const double kIdentical = power(Rules::kIdenticalDb), kStep = std::pow(2.0, -30);
    const auto count = static_cast<double>(std::max<int64_t>(1, s.samples));
    const bool left = s.left / count >= kSilent, right = s.right / count >= kSilent;
    silent = !left && !right;
    is[kInverted] = left && right && s.correlation() <= Rules::kInverted;
    is[kDualMono] = left && right && (s.difference <= kIdentical * s.sum || s.difference / count <= kStep);
    is[kMono] = left != right && std::max(s.left, s.right) / count >= kSounding;
  }
};

/// Two channels of a programme.
class Pair {
 public:
  Pair(const impl::SoundProgramme& programme, size_t left, size_t right)
      : x_channels{programme.channels[left], programme.channels[right]},
        x_left(left),
        x_right(right),
        x_rate(programme.sample_rate),
        x_window(std::max<int64_t>(1, programme.sample_rate / Rules::kWindowsPerSecond)) {
    for (size_t kind = 0; kind < kKinds; ++kind) {
      x_runs.emplace_back(impl::RunRules{.kind = kNames[kind],
                                         .severity = kind == kDualMono ? Severity::kInfo : Severity::kWarn,
                                         .min_length = kMinSeconds[kind] * programme.sample_rate,
                                         .max_gap = 0});
    }
  }

  void add(const impl::SoundPiece& piece) {
    if (x_any && piece.pts != x_next) cut();
    x_any = true;
    for (size_t i = 0; i < piece.samples; ++i) {
      x_sums.take(piece.channels[x_left][i], piece.channels[x_right][i]);
      if (x_sums.samples == x_window) end_window(piece.pts + static_cast<int64_t>(i) + 1);
    }
    x_next = piece.pts + static_cast<int64_t>(piece.samples);
  }

  void finish(Outcome& outcome, json::array& measures, impl::LayoutBasis basis) {
    cut();
    const std::string place = impl::place_text(x_channels);
    for (impl::RunCollector& runs : x_runs) {
      impl::report_runs(runs, x_channels.front().stream_index, Rational(1, x_rate), false, outcome,
                        [&](const impl::Run&, Finding& finding) {
                          finding.measures["place"] = place;
                          finding.measures["channels"] = place;
                          set_id(finding);
                        });
    }
    const auto share = [this](int64_t windows) {
      return x_sounding > 0 ? json::value(static_cast<double>(windows) / static_cast<double>(x_sounding))
                            : json::value();
    };
    measures.push_back({{"stream", x_channels.front().stream_index},
                        {"channels", place},
                        {"layout", impl::to_string(basis)},
                        {"correlation", x_sounding > 0 ? json::value(x_all.correlation()) : json::value()},
                        {"sounding_seconds", static_cast<double>(x_sounding) / Rules::kWindowsPerSecond},
                        {"inverted_share", share(x_counts[kInverted])},
                        {"dual_mono_share", share(x_counts[kDualMono])},
                        {"mono_share", share(x_counts[kMono])}});
  }

 private:
  void end_window(int64_t end) {
    const Window window(x_sums);
    const FrameTime time{.index = x_index++, .pts = end - x_sums.samples, .duration = x_sums.samples};
    x_quiet = window.silent ? x_quiet + 1 : 0;
    for (size_t kind = 0; kind < kKinds; ++kind) {
      if (window.silent && x_quiet <= Rules::kWindowsPerSecond) continue;  // says nothing: neither hit nor end
      x_runs[kind].mark(time, window.is[kind]);
      x_counts[kind] += window.is[kind] ? 1 : 0;
    }
    x_sounding += window.silent ? 0 : 1;
    if (!window.silent) x_all.add(x_sums);
    x_sums = {};
  }

  void cut() {
    if (x_sums.samples > 0) end_window(x_next);
    for (impl::RunCollector& runs : x_runs) runs.cut();
  }

  std::vector<impl::SoundChannel> x_channels;
  size_t x_left, x_right;
  int64_t x_rate, x_window;
  std::vector<impl::RunCollector> x_runs;
  std::array<int64_t, kKinds> x_counts{};
  Sums x_sums, x_all;
  bool x_any = false;
  int64_t x_next = 0, x_index = 0, x_sounding = 0, x_quiet = 0;
};

struct Listener {
  impl::LayoutBasis basis;
  std::vector<Pair> pairs;

  explicit Listener(const impl::SoundProgramme& programme) : basis(programme.basis) {
    for (const auto& [left, right] : {std::pair<uint64_t, uint64_t>{0x1, 0x2}, {0x10, 0x20}, {0x200, 0x400}}) {
      const auto a = programme.index_of(left), b = programme.index_of(right);
      if (a && b) pairs.emplace_back(programme, *a, *b);
    }
  }
  void add(const impl::SoundPiece& piece) {
    for (Pair& pair : pairs) pair.add(piece);
  }
};

}  // namespace

struct PhaseAnalyzer::State {
  impl::ProgrammeListeners<Listener> listeners;
};

PhaseAnalyzer::PhaseAnalyzer(const AnalyzerContext& context)
    : x_state(std::make_unique<State>(State{impl::ProgrammeListeners<Listener>(context.audio)})) {}
PhaseAnalyzer::PhaseAnalyzer(const PhaseAnalyzer& other)
    : Analyzer(other), x_state(std::make_unique<State>(*other.x_state)) {}
PhaseAnalyzer::~PhaseAnalyzer() = default;

std::unique_ptr<Analyzer> PhaseAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<PhaseAnalyzer>(context);
}

void PhaseAnalyzer::hear(int stream_index, const media::AudioBlock& block) {
  x_state->listeners.hear(stream_index, block);
}

Outcome PhaseAnalyzer::finish() {
  x_state->listeners.finish();
  Outcome outcome;
  json::array pairs;
  for (auto& entry : x_state->listeners.entries()) {
    for (Pair& pair : entry.listener.pairs) pair.finish(outcome, pairs, entry.listener.basis);
  }
  outcome.measures["pairs"] = std::move(pairs);
  return outcome;
}

}  // namespace pier::analysis
