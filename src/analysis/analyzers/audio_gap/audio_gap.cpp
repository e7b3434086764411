#include "audio_gap.hpp"

#include <algorithm>

#include <pier/analysis/analyse.hpp>

namespace pier::analysis {

std::unique_ptr<Analyzer> AudioGapAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<AudioGapAnalyzer>(context);
}

void AudioGapAnalyzer::hear(int stream_index, const media::AudioBlock& block) {
  if (block.sample_rate <= 0) return;
  Stream& stream = x_streams[stream_index];
  if (stream.heard && block.pts > stream.next_pts) {
    ++stream.gaps;
    stream.missing += block.pts - stream.next_pts;
    report(stream_index, block, stream.next_pts);
  } else if (stream.heard && block.pts < stream.next_pts) {
    ++stream.overlaps;
    stream.overlapping += stream.next_pts - block.pts;
    report(stream_index, block, stream.next_pts);
  }
  stream.heard = true;
  stream.next_pts = block.pts + static_cast<int64_t>(block.samples());
}

void AudioGapAnalyzer::report(int stream_index, const media::AudioBlock& block, int64_t expected) {
  const Stream& stream = x_streams[stream_index];
  const bool gap = block.pts > expected;
  Finding finding;
  finding.kind = gap ? "audio_gap" : "audio_gap.overlap";
  finding.severity = Severity::kWarn;
  finding.stream_index = stream_index;
  const Rational tick(1, block.sample_rate);
  finding.time = {Rational(std::min(expected, block.pts)) * tick, Rational(std::max(expected, block.pts)) * tick};
  finding.measures = {{"samples", gap ? block.pts - expected : expected - block.pts}};
  set_id(finding);
  FindingTotals& totals = x_outcome.totals[finding.kind];
  ++totals.count;
  totals.seconds += (finding.time.end - finding.time.start).value();
  if ((gap ? stream.gaps : stream.overlaps) <= static_cast<int64_t>(kMaxFindings)) {
    x_outcome.findings.push_back(std::move(finding));
  }
}

Outcome AudioGapAnalyzer::finish() {
  json::array streams;
  for (const AudioContext& audio : x_context.audio) {
    const Stream& stream = x_streams[audio.stream_index];
    streams.push_back({{"stream", audio.stream_index},
                       {"gaps", stream.gaps},
                       {"missing_samples", stream.missing},
                       {"overlaps", stream.overlaps},
                       {"overlapping_samples", stream.overlapping}});
  }
  x_outcome.measures["streams"] = std::move(streams);
  return std::move(x_outcome);
}

}  // namespace pier::analysis
