#include "av_length.hpp"

#include <algorithm>
#include <array>

#include "json_io.hpp"

namespace pier::analysis {

namespace {

/// Where one end of the sound lies against the same end of the picture.
struct Edge {
  std::string_view name;
  Rational picture, sound;
};

void report(const Edge& edge, Rational frame, int stream_index, Outcome& outcome) {
  Finding finding;
  finding.kind = "av_length";
  finding.severity = Severity::kWarn;
  finding.stream_index = stream_index;
  finding.time = {std::min(edge.picture, edge.sound), std::max(edge.picture, edge.sound)};
  const Rational difference = edge.sound - edge.picture;
  finding.measures = {{"edge", edge.name},
                      {"difference_seconds", difference.value()},
                      {"difference_frames", (difference / frame).value()},
                      {"tolerated_frames", AvLengthAnalyzer::kToleratedFrames}};
  finding.measures["place"] = edge.name;
  set_id(finding);
  FindingTotals& totals = outcome.totals["av_length"];
  ++totals.count;
  totals.seconds += (finding.time.end - finding.time.start).value();
  outcome.findings.push_back(std::move(finding));
}

}  // namespace

std::unique_ptr<Analyzer> AvLengthAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<AvLengthAnalyzer>(context);
}

void AvLengthAnalyzer::Extent::take(int64_t from, int64_t to, int64_t number) {
  start = any ? std::min(start, from) : from;
  end = any ? std::max(end, to) : to;
  count += number;
  any = true;
}

void AvLengthAnalyzer::observe(const FrameTime& time, const Measured& /*measured*/) {
  x_picture.take(time.pts, time.pts + time.duration, 1);
}

void AvLengthAnalyzer::observe_damaged(const FrameTime& time) {
  x_picture.take(time.pts, time.pts + time.duration, 1);
}

void AvLengthAnalyzer::hear(int stream_index, const media::AudioBlock& block) {
  if (block.sample_rate <= 0) return;
  Sound& sound = x_sound[stream_index];
  if (sound.sample_rate == 0) sound.sample_rate = block.sample_rate;
  const auto samples = static_cast<int64_t>(block.samples());
  sound.extent.take(rescale(block.pts, Rational(1, block.sample_rate), Rational(1, sound.sample_rate)),
                    rescale(block.pts + samples, Rational(1, block.sample_rate), Rational(1, sound.sample_rate)),
                    samples);
}

Rational AvLengthAnalyzer::frame_seconds() const {
  if (x_context.video->frame_rate.num > 0) return x_context.video->frame_rate.inverse();
  const Rational length = Rational(x_picture.end - x_picture.start) * x_context.video->time_base;
  return length / Rational(std::max<int64_t>(1, x_picture.count));
}

json::object AvLengthAnalyzer::compare(const AudioContext& stream, Outcome& outcome) const {
  json::object measures{{"stream", stream.stream_index}, {"samples", 0}};
  const Rational base = x_context.video->time_base;
  const Rational first = Rational(x_picture.start) * base;
  const Rational last = Rational(x_picture.end) * base;
  const Rational frame = frame_seconds();
  const auto found = x_sound.find(stream.stream_index);
  Edge start{"start", first, first};
  Edge end{"end", last, first};  // no sound at all: it ends where the picture starts
  if (found != x_sound.end() && found->second.extent.any) {
    const Rational tick(1, found->second.sample_rate);
    start.sound = Rational(found->second.extent.start) * tick;
    end.sound = Rational(found->second.extent.end) * tick;
    measures["samples"] = found->second.extent.count;
  }
  const Rational longer = (end.sound - start.sound) - (last - first);
  measures["start_difference_frames"] = ((start.sound - start.picture) / frame).value();
  measures["end_difference_frames"] = ((end.sound - end.picture) / frame).value();
  measures["length_difference_frames"] = (longer / frame).value();
  measures["length_difference_seconds"] = longer.value();
  const Rational tolerated = frame * Rational(kToleratedFrames);
  for (const Edge& edge : {start, end}) {
    const Rational difference = edge.sound - edge.picture;
    if (difference > tolerated || Rational(0) - difference > tolerated) {
      report(edge, frame, stream.stream_index, outcome);
    }
  }
  return measures;
}

Outcome AvLengthAnalyzer::finish() {
  Outcome outcome;
  json::array streams;
  const bool comparable = x_context.video && x_picture.any && x_picture.end > x_picture.start;
  if (comparable) {
    for (const AudioContext& stream : x_context.audio) streams.push_back(compare(stream, outcome));
    const Rational base = x_context.video->time_base;
    outcome.measures["picture_start_seconds"] = (Rational(x_picture.start) * base).value();
    outcome.measures["picture_end_seconds"] = (Rational(x_picture.end) * base).value();
  }
  outcome.measures["streams"] = std::move(streams);
  return outcome;
}

Result<json::value> AvLengthAnalyzer::save() const {
  const auto text = [](const Extent& e) { return json::array{e.any ? 1 : 0, e.start, e.end, e.count}; };
  json::array sound;
  for (const auto& [stream, s] : x_sound) sound.push_back(json::array{stream, s.sample_rate, text(s.extent)});
  return json::value(json::object{{"picture", text(x_picture)}, {"sound", std::move(sound)}});
}

Result<AvLengthAnalyzer> AvLengthAnalyzer::state_from(const json::value& value) const {
  AvLengthAnalyzer state(x_context);
  const auto extent = [](const json::value& from) -> Result<Extent> {
    PIER_TRY(const auto v, impl::integers(from, 4));
    return Extent{v[0] != 0, v[1], v[2], v[3]};
  };
  PIER_TRY(const json::object* object, impl::as_object(value, "saved extents"));
  PIER_TRY(state.x_picture, extent(impl::member(value, "picture")));
  PIER_TRY(const json::array sound, get_array(*object, "sound"));
  for (const json::value& item : sound) {
    if (!item.is_array() || item.get_array().size() != 3 || !item.get_array()[0].is_int64() ||
        !item.get_array()[1].is_int64() || item.get_array()[1].get_int64() <= 0) {
      return fail(ErrorCode::kInputDamaged, "saved extents of sound are not as they were written");
    }
    Sound& to = state.x_sound[static_cast<int>(item.get_array()[0].get_int64())];
    to.sample_rate = item.get_array()[1].get_int64();
    PIER_TRY(to.extent, extent(item.get_array()[2]));
  }
  return state;
}

Result<void> AvLengthAnalyzer::load(const json::value& state) {
  PIER_TRY(AvLengthAnalyzer loaded, state_from(state));
  *this = std::move(loaded);
  return {};
}

Result<void> AvLengthAnalyzer::merge(const json::value& later) {
  PIER_TRY(const AvLengthAnalyzer next, state_from(later));
  if (next.x_picture.any) x_picture.take(next.x_picture.start, next.x_picture.end, next.x_picture.count);
  for (const auto& [stream, sound] : next.x_sound) {
    Sound& to = x_sound[stream];
    if (to.sample_rate == 0) to.sample_rate = sound.sample_rate;
    if (sound.extent.any && to.sample_rate == sound.sample_rate) {
      to.extent.take(sound.extent.start, sound.extent.end, sound.extent.count);
    }
  }
  return {};
}

}  // namespace pier::analysis
