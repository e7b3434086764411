#include "edits.hpp"

namespace pier::analysis {

EditsAnalyzer::EditsAnalyzer(const AnalyzerContext& context) : x_context(context) {}

std::unique_ptr<Analyzer> EditsAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<EditsAnalyzer>(context);
}

void EditsAnalyzer::take(int stream, const media::EditList& edits, Outcome& outcome, json::array& streams) const {
  const json::object measures{{"edits", edits.edits},
                              {"delay_seconds", edits.delay.value()},
                              {"cut_start_seconds", edits.cut_start.value()},
                              {"cut_end_seconds", edits.cut_end.value()},
                              {"rearranged", edits.rearranged},
                              {"dwell", edits.dwell}};
  json::object entry = measures;
  entry["stream"] = stream;
  streams.push_back(std::move(entry));
  const auto add = [&](const char* kind, Severity severity) {
    Finding finding;
    finding.kind = kind;
    finding.severity = severity;
    finding.stream_index = stream;
    finding.measures = measures;
    set_id(finding);
    ++outcome.totals[kind].count;
    outcome.findings.push_back(std::move(finding));
  };
  if (edits.cut_start.num > 0 || edits.cut_end.num > 0) add("edits.trims", Severity::kInfo);
  if (edits.delay.num > 0) add("edits.delays", Severity::kInfo);
  if (edits.rearranged || edits.dwell) add("edits.rearranges", Severity::kWarn);
}

Outcome EditsAnalyzer::finish() {
  Outcome outcome;
  json::array streams;
  if (x_context.video && x_context.video->edits)
    take(x_context.video->stream_index, *x_context.video->edits, outcome, streams);
  for (const AudioContext& audio : x_context.audio) {
    if (audio.edits) take(audio.stream_index, *audio.edits, outcome, streams);
  }
  // Sound starts this much later than the picture by the edit lists alone.
  if (x_context.video && x_context.video->edits && !x_context.audio.empty() && x_context.audio.front().edits) {
    const Rational offset = x_context.audio.front().edits->delay - x_context.video->edits->delay;
    outcome.measures["sound_delay_seconds"] = offset.value();
  }
  outcome.measures["streams"] = std::move(streams);
  return outcome;
}

}  // namespace pier::analysis
