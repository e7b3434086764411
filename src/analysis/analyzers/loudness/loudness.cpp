#include "loudness.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>

#include "meter.hpp"
#include "sound_programmes.hpp"

namespace pier::analysis {

namespace {

/// One sound stream as the file has it.
struct StreamMeter {
  AudioContext context;
  bool layout_assumed = false;
  bool layout_unknown = false;
  std::optional<impl::LoudnessMeter> meter;  // from the first block on
  std::vector<const float*> channels;

  /// The first block knows better than the header (implicit SBR and PS double rate and channels).
  void start(const media::AudioBlock& block) {
    context.sample_rate = block.sample_rate;
    context.channels = static_cast<int>(block.channels.size());
    if (block.channel_mask != 0) context.channel_mask = block.channel_mask;
    uint64_t mask = context.channel_mask;
    if (std::popcount(mask) != context.channels) {
      mask = impl::assumed_mask(context.channels);
      layout_assumed = mask != 0;
      layout_unknown = mask == 0;
    }
    meter.emplace(context.sample_rate, context.channels, mask, true);
  }

  void add(const media::AudioBlock& block) {
    if (!meter) start(block);
    if (static_cast<int>(block.channels.size()) != context.channels || block.sample_rate != context.sample_rate) return;
    channels.clear();
    for (const auto& channel : block.channels) channels.push_back(channel.data());
    meter->add(block.pts, channels, block.samples());
  }

  json::object measures() const {
    json::object all{{"stream", context.stream_index},
                     {"channels", context.channels},
                     {"sample_rate", context.sample_rate},
                     {"layout_assumed", layout_assumed},
                     {"layout_unknown", layout_unknown}};
    for (const auto& [name, value] : meter->measures()) all[name] = value;
    json::array peaks;
    double highest = 0;
    for (const double peak : meter->true_peaks()) {
      highest = std::max(highest, peak);
      peaks.push_back(impl::finite_or_null(impl::decibel_of(peak)));
    }
    all["true_peak_dbtp"] = impl::finite_or_null(impl::decibel_of(highest));
    all["true_peak_by_channel_dbtp"] = std::move(peaks);
    return all;
  }
};

/// A programme that is not one stream just as it is: tracks put together, or two channels out of many.
struct Listener {
  impl::SoundProgramme programme;
  std::optional<impl::LoudnessMeter> own;

  explicit Listener(const impl::SoundProgramme& from) : programme(from) {
    using impl::LayoutBasis;
    const bool whole_stream = from.basis == LayoutBasis::kLabels || from.basis == LayoutBasis::kCount;
    if (!whole_stream) own.emplace(from.sample_rate, static_cast<int>(from.channels.size()), from.mask, false);
  }
  void add(const impl::SoundPiece& piece) {
    if (own) own->add(piece.pts, piece.channels, piece.samples);
  }
};

}  // namespace

struct LoudnessAnalyzer::State {
  explicit State(const std::vector<AudioContext>& contexts) : programmes(contexts) {
    for (const AudioContext& context : contexts) streams[context.stream_index].context = context;
  }

  /// Null for a silent programme.
  json::value measures(const Listener& listener) const {
    const auto& programme = listener.programme;
    const auto whole = streams.find(programme.channels.front().stream_index);
    const impl::LoudnessMeter* meter = listener.own ? &*listener.own : nullptr;
    if (meter == nullptr && whole != streams.end() && whole->second.meter) meter = &*whole->second.meter;
    if (meter == nullptr) return {};
    json::object all = meter->measures();
    if (all.at("integrated_lufs").is_null()) return {};
    double highest = 0;
    json::array of;
    for (const impl::SoundChannel& channel : programme.channels) {
      if (of.empty() || of.back().as_int64() != channel.stream_index) of.emplace_back(int64_t{channel.stream_index});
      const auto stream = streams.find(channel.stream_index);
      if (stream == streams.end() || !stream->second.meter) continue;
      const auto peaks = stream->second.meter->true_peaks();
      if (static_cast<size_t>(channel.channel) < peaks.size())
        highest = std::max(highest, peaks[static_cast<size_t>(channel.channel)]);
    }
    all["streams"] = std::move(of);
    all["channels"] = impl::place_text(programme.channels);
    all["layout"] = impl::to_string(programme.basis);
    all["true_peak_dbtp"] = impl::finite_or_null(impl::decibel_of(highest));
    all["timeline_columns"] = {"seconds", "max_short_term_lufs", "max_momentary_lufs"};
    all["timeline"] = meter->timeline();
    return all;
  }

  std::map<int, StreamMeter> streams;
  impl::ProgrammeListeners<Listener> programmes;
};

LoudnessAnalyzer::LoudnessAnalyzer(const AnalyzerContext& context) : x_state(std::make_unique<State>(context.audio)) {}

LoudnessAnalyzer::~LoudnessAnalyzer() = default;

std::unique_ptr<Analyzer> LoudnessAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<LoudnessAnalyzer>(context);
}

void LoudnessAnalyzer::hear(int stream_index, const media::AudioBlock& block) {
  const auto stream = x_state->streams.find(stream_index);
  if (stream == x_state->streams.end() || block.samples() == 0) return;
  stream->second.add(block);
  x_state->programmes.hear(stream_index, block);
}

Outcome LoudnessAnalyzer::finish() {
  x_state->programmes.finish();
  Outcome outcome;
  json::array streams, programmes;
  for (const auto& [index, stream] : x_state->streams) {
    if (stream.meter && stream.meter->works()) streams.push_back(stream.measures());
  }
  int64_t silent = 0;
  for (const auto& entry : x_state->programmes.entries()) {
    json::value measures = x_state->measures(entry.listener);
    if (measures.is_null()) {
      ++silent;
    } else {
      programmes.push_back(std::move(measures));
    }
  }
  outcome.measures = {
      {"streams", std::move(streams)}, {"programmes", std::move(programmes)}, {"silent_programmes", silent}};
  return outcome;
}

}  // namespace pier::analysis
