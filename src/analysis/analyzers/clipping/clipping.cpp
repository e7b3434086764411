#include "clipping.hpp"

#include <algorithm>
#include <cmath>

#include <pier/analysis/analyse.hpp>

namespace pier::analysis {

namespace {

using Limits = ClippingAnalyzer;

/// One cut-off top.
struct Clip {
  int64_t start = 0, length = 0;  // samples
  size_t channel = 0;
  float level = 0;
  bool full = false;
};

/// Follows one channel: the run of equal samples that is going on, and the sample before it.
class Follower {
 public:
  /// `at` is the time of the sample. Clips that end here are added to `out`.
  void take(float x, int64_t at, size_t channel, std::vector<Clip>& out) {
    if (x_length > 0 && goes_on(x)) {
      ++x_length;
      x_peak = std::max(x_peak, std::fabs(x));
      x_last = x;
      return;
    }
    if (x_length >= Limits::kMinRun) judge(x_sign * (x_reference - x), at, channel, out);
    x_before = x_length > 0 ? x_last : x;
    x_reference = x_last = x;
    x_sign = x < 0 ? -1.0F : 1.0F;
    x_peak = std::fabs(x);
    x_length = 1;
  }

  /// The stream ends or breaks off at `at`.
  void end(int64_t at, size_t channel, std::vector<Clip>& out) {
    if (x_length >= Limits::kMinRun) judge(0.0F, at, channel, out);
    x_length = 0;
  }

 private:
  bool goes_on(float x) const {
    const bool both_full = x_sign * x >= Limits::kFullScale && x_sign * x_reference >= Limits::kFullScale;
    return both_full || std::fabs(x - x_reference) <= Limits::kFlatness;
  }

  void judge(float step_out, int64_t at, size_t channel, std::vector<Clip>& out) const {
    const float step_in = x_sign * (x_reference - x_before);
    const float level = std::fabs(x_reference);
    const bool full = level >= Limits::kFullScale;
    const bool corner = std::max(step_in, step_out) >= Limits::kFullScaleCorner;
    const bool cut = std::min(step_in, step_out) >= Limits::kFlatCorner && std::max(step_in, step_out) <= level;
    if (full ? corner || x_peak > Limits::kOverScale : level >= Limits::kFlatLevel && cut) {
      out.push_back({at - x_length, x_length, channel, x_peak, full});
    }
  }

  float x_before = 0, x_reference = 0, x_last = 0, x_sign = 1, x_peak = 0;
  int64_t x_length = 0;
};

/// Clips that lie close together.
struct Group {
  int64_t start = 0, end = 0, clips = 0, full = 0, samples = 0, longest = 0;
  float level = 0;
  std::map<size_t, int64_t> by_channel;
};

double decibel(float level) {
  return 20.0 * std::log10(static_cast<double>(level));
}

}  // namespace

struct ClippingAnalyzer::Listener {
  int stream_index;
  int sample_rate;
  std::vector<Follower> followers;
  std::vector<int64_t> clips_by_channel;
  int64_t next_pts = 0;
  int64_t longest = 0;
  Group open;
  std::vector<Finding> findings;
  FindingTotals totals;
  std::vector<Clip> found;  // of the block at hand

  Listener(int stream, const media::AudioBlock& block)
      : stream_index(stream),
        sample_rate(block.sample_rate),
        followers(block.channels.size()),
        clips_by_channel(block.channels.size()),
        next_pts(block.pts) {}

  void add(const media::AudioBlock& block) {
    if (block.channels.size() != followers.size() || block.sample_rate != sample_rate) return;
    if (block.pts != next_pts) end_all();
    for (size_t c = 0; c < followers.size(); ++c) {
      int64_t at = block.pts;
      for (const float x : block.channels[c]) followers[c].take(std::isfinite(x) ? x : 0.0F, at++, c, found);
    }
    next_pts = block.pts + static_cast<int64_t>(block.samples());
    gather();
  }

  void end_all() {
    for (size_t c = 0; c < followers.size(); ++c) followers[c].end(next_pts, c, found);
    gather();
  }

  void gather() {
    std::ranges::stable_sort(found, {}, &Clip::start);
    const int64_t join = kJoinMilliseconds * sample_rate / 1000;
    for (const Clip& clip : found) {
      if (open.clips > 0 && clip.start - open.end > join) close();
      if (open.clips == 0) open.start = open.end = clip.start;
      open.start = std::min(open.start, clip.start);
      open.end = std::max(open.end, clip.start + clip.length);
      ++open.clips;
      open.full += clip.full ? 1 : 0;
      open.samples += clip.length;
      open.longest = std::max(open.longest, clip.length);
      open.level = std::max(open.level, clip.level);
      ++open.by_channel[clip.channel];
    }
    found.clear();
  }

  void close() {
    const Group group = std::exchange(open, {});
    if (group.full == 0 && group.clips < kMinFlat) return;
    longest = std::max(longest, group.longest);
    const Rational tick(1, sample_rate);
    Finding finding;
    finding.kind = "clipping";
    finding.severity = Severity::kWarn;
    finding.stream_index = stream_index;
    finding.time = {Rational(group.start) * tick, Rational(group.end) * tick};
    json::array channels;
    for (const auto& [channel, clips] : group.by_channel) {
      clips_by_channel[channel] += clips;
      channels.push_back({{"channel", static_cast<int64_t>(channel) + 1}, {"clips", clips}});
    }
    finding.measures = {{"clips", group.clips},
                        {"clips_at_full_scale", group.full},
                        {"samples", group.samples},
                        {"longest_samples", group.longest},
                        {"level_dbfs", decibel(group.level)},
                        {"channels", std::move(channels)}};
    set_id(finding);
    ++totals.count;
    totals.seconds += (finding.time.end - finding.time.start).value();
    if (findings.size() < kMaxFindings) findings.push_back(std::move(finding));
  }

  json::object finish(Outcome& outcome) {
    end_all();
    if (open.clips > 0) close();
    outcome.findings.insert(outcome.findings.end(), findings.begin(), findings.end());
    FindingTotals& sum = outcome.totals["clipping"];
    sum.count += totals.count;
    sum.seconds += totals.seconds;
    return {{"stream", stream_index},
            {"clips_by_channel", json::array(clips_by_channel.begin(), clips_by_channel.end())},
            {"longest_samples", longest}};
  }
};

ClippingAnalyzer::ClippingAnalyzer(const AnalyzerContext& context) : x_context(context) {}
ClippingAnalyzer::ClippingAnalyzer(const ClippingAnalyzer& other) : Analyzer(other), x_context(other.x_context) {
  for (const auto& [stream, listener] : other.x_listeners)
    x_listeners.emplace(stream, std::make_unique<Listener>(*listener));
}

ClippingAnalyzer::~ClippingAnalyzer() = default;

std::unique_ptr<Analyzer> ClippingAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<ClippingAnalyzer>(context);
}

void ClippingAnalyzer::hear(int stream_index, const media::AudioBlock& block) {
  if (block.samples() == 0 || block.sample_rate <= 0) return;
  auto& listener = x_listeners[stream_index];
  if (!listener) listener = std::make_unique<Listener>(stream_index, block);
  listener->add(block);
}

Outcome ClippingAnalyzer::finish() {
  Outcome outcome;
  json::array streams;
  for (const auto& [stream, listener] : x_listeners) streams.push_back(listener->finish(outcome));
  outcome.measures["streams"] = std::move(streams);
  return outcome;
}

}  // namespace pier::analysis
