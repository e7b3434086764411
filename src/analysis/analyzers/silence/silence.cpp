#include "silence.hpp"

#include <algorithm>
#include <cmath>

#include "runs.hpp"

namespace pier::analysis {

struct SilenceAnalyzer::Listener {
  AudioContext context;
  impl::RunCollector runs;
  int64_t window = 1;  // samples
  int64_t filled = 0;  // of the current window
  int64_t index = 0;
  float threshold = 0;
  float peak = 0;  // of the current window
  int64_t next_pts = 0;
  std::vector<float> channel_peaks;
  std::vector<float> window_peaks;      // per channel, of the current window
  std::vector<int64_t> silent_samples;  // per channel, in windows below the threshold

  explicit Listener(const AudioContext& audio)
      : context(audio),
        runs({.kind = "silence",
              .severity = Severity::kInfo,
              .min_length = audio.sample_rate * kMinMilliseconds / 1000}),
        window(std::max<int64_t>(1, audio.sample_rate / kWindowsPerSecond)),
        threshold(static_cast<float>(std::pow(10.0, kThresholdDbfs / 20.0))),
        channel_peaks(static_cast<size_t>(std::max(0, audio.channels))),
        window_peaks(channel_peaks.size()),
        silent_samples(channel_peaks.size()) {}

  void add(const media::AudioBlock& block) {
    if (index > 0 || filled > 0) {
      if (block.pts != next_pts) flush();  // a gap: what lies before and after is not one silence
    }
    const auto samples = static_cast<int64_t>(block.samples());
    for (int64_t done = 0; done < samples;) {
      const int64_t count = std::min(samples - done, window - filled);
      for (size_t c = 0; c < block.channels.size(); ++c) take(block.channels[c].data() + done, count, c);
      done += count;
      filled += count;
      next_pts = block.pts + done;
      if (filled == window) end_window();
    }
  }

  void take(const float* samples, int64_t count, size_t channel) {
    float highest = 0;
    for (int64_t i = 0; i < count; ++i) highest = std::max(highest, std::fabs(samples[i]));
    peak = std::max(peak, highest);
    window_peaks[channel] = std::max(window_peaks[channel], highest);
    channel_peaks[channel] = std::max(channel_peaks[channel], highest);
  }

  void end_window() {
    runs.mark({.index = index++, .pts = next_pts - filled, .duration = filled}, peak < threshold);
    for (size_t c = 0; c < window_peaks.size(); ++c) {
      silent_samples[c] += window_peaks[c] < threshold ? filled : 0;
      window_peaks[c] = 0;
    }
    peak = 0;
    filled = 0;
  }

  void flush() {
    if (filled > 0) end_window();
    runs.cut();
  }
};

SilenceAnalyzer::SilenceAnalyzer(const AnalyzerContext& context) {
  for (const AudioContext& audio : context.audio) {
    if (audio.sample_rate > 0) x_listeners.push_back(std::make_unique<Listener>(audio));
  }
}

SilenceAnalyzer::SilenceAnalyzer(const SilenceAnalyzer& other) : Analyzer(other) {
  for (const auto& listener : other.x_listeners) x_listeners.push_back(std::make_unique<Listener>(*listener));
}

SilenceAnalyzer::~SilenceAnalyzer() = default;

std::unique_ptr<Analyzer> SilenceAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<SilenceAnalyzer>(context);
}

void SilenceAnalyzer::hear(int stream_index, const media::AudioBlock& block) {
  for (const auto& listener : x_listeners) {
    if (listener->context.stream_index != stream_index) continue;
    if (block.channels.size() == listener->channel_peaks.size()) listener->add(block);
  }
}

Outcome SilenceAnalyzer::finish() {
  Outcome outcome;
  json::array streams;
  for (const auto& listener : x_listeners) {
    if (listener->filled > 0) listener->end_window();
    json::object stream{{"stream", listener->context.stream_index}};
    impl::report_runs(listener->runs, listener->context.stream_index, Rational(1, listener->context.sample_rate), false,
                      outcome,
                      [](const impl::Run&, Finding& finding) { finding.measures["threshold_dbfs"] = kThresholdDbfs; });
    json::array peaks, seconds;
    for (const int64_t samples : listener->silent_samples) {
      seconds.push_back(static_cast<double>(samples) / listener->context.sample_rate);
    }
    int64_t silent = 0;
    for (const float peak : listener->channel_peaks) {
      peaks.push_back(peak > 0 ? json::value(20.0 * std::log10(static_cast<double>(peak))) : json::value());
      silent += peak < listener->threshold ? 1 : 0;
    }
    stream["sample_peak_by_channel_dbfs"] = std::move(peaks);
    stream["silent_channels"] = silent;
    stream["silent_seconds_by_channel"] = std::move(seconds);
    streams.push_back(std::move(stream));
  }
  outcome.measures["streams"] = std::move(streams);
  return outcome;
}

}  // namespace pier::analysis
