#include "bitrate.hpp"

#include <algorithm>
#include <cmath>

namespace pier::analysis {

namespace {

double kbps(int64_t bits, int64_t us) {
  return us > 0 ? std::round(static_cast<double>(bits) * 1e6 / static_cast<double>(us)) / 1e3 : 0.0;
}

}  // namespace

BitrateAnalyzer::BitrateAnalyzer(const AnalyzerContext& context) {
  if (context.video) {
    x_video = context.video->stream_index;
    x_streams.try_emplace(x_video, context.video->time_base, context.video->frame_rate);
  }
  for (const AudioContext& audio : context.audio) {
    // 1024 samples a frame where the container does not say.
    const Rational frames = audio.sample_rate > 0 ? Rational(audio.sample_rate, 1024) : Rational(0);
    x_streams.try_emplace(audio.stream_index, audio.time_base, frames);
  }
}

std::unique_ptr<Analyzer> BitrateAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<BitrateAnalyzer>(context);
}

void BitrateAnalyzer::read(const media::Packet& packet) {
  count(packet, static_cast<int64_t>(packet.data().size()) * 8);
}

void BitrateAnalyzer::count(const media::Packet& packet, int64_t bits) {
  const auto stream = x_streams.find(packet.stream_index);
  if (stream != x_streams.end()) stream->second.add(packet, bits);
}

void BitrateAnalyzer::Stream::add(const media::Packet& packet, int64_t unit_bits) {
  const Unit unit{clock.advance(packet), unit_bits};
  ++units;
  bits += unit.bits;
  largest_bits = std::max(largest_bits, unit.bits);
  slide(unit);
  plot(unit);
}

// Bits of the access units that begin within one second.
void BitrateAnalyzer::Stream::slide(Unit unit) {
  window_bits += unit.bits;
  if (window.size() >= kMaxWindow || (!window.empty() && window.back().at_us == unit.at_us)) {
    window.back().bits += unit.bits;
  } else {
    window.push_back(unit);
  }
  while (window.front().at_us <= unit.at_us - kPeakWindowUs) {
    window_bits -= window.front().bits;
    window.pop_front();
  }
  if (window_bits <= peak_bits) return;
  peak_bits = window_bits;
  peak_at_us = window.front().at_us;
}

void BitrateAnalyzer::Stream::plot(Unit unit) {
  while (static_cast<size_t>(unit.at_us / step_us) >= kTimelinePoints) {
    step_us *= 2;
    for (size_t i = 0; i < timeline.size(); i += 2)
      timeline[i / 2] = timeline[i] + (i + 1 < timeline.size() ? timeline[i + 1] : 0);
    timeline.resize((timeline.size() + 1) / 2);
  }
  const auto at = static_cast<size_t>(unit.at_us / step_us);
  if (timeline.size() <= at) timeline.resize(at + 1);
  timeline[at] += unit.bits;
}

json::object BitrateAnalyzer::Stream::measures(int index) const {
  json::object object{{"stream", index}, {"access_units", units}, {"bits", bits}};
  if (units == 0) return object;
  const int64_t length = clock.now_us() + clock.duration_us();
  object["seconds"] = impl::seconds_of(length);
  object["average_kbps"] = kbps(bits, length);
  object["peak_1s_kbps"] = length < kPeakWindowUs ? kbps(bits, length) : kbps(peak_bits, kPeakWindowUs);
  object["peak_1s_at_seconds"] = impl::seconds_of(peak_at_us);
  object["largest_access_unit_bits"] = largest_bits;
  object["time_stamp_jumps"] = clock.jumps();
  object["without_time_stamp"] = clock.untimed();
  json::array points;
  for (size_t i = 0; i < timeline.size(); ++i) {
    const int64_t begin = static_cast<int64_t>(i) * step_us;
    points.push_back(kbps(timeline[i], std::min(step_us, std::max<int64_t>(1, length - begin))));
  }
  object["timeline_step_seconds"] = impl::seconds_of(step_us);
  object["timeline_kbps"] = std::move(points);
  return object;
}

Outcome BitrateAnalyzer::finish() {
  Outcome outcome;
  json::array streams;
  for (const auto& [index, stream] : x_streams) {
    json::object measures = stream.measures(index);
    if (index == x_video && stream.units > 0) {
      outcome.measures["video_average_kbps"] = measures["average_kbps"];
      outcome.measures["video_peak_1s_kbps"] = measures["peak_1s_kbps"];
    }
    streams.push_back(std::move(measures));
  }
  outcome.measures["streams"] = std::move(streams);
  return outcome;
}

}  // namespace pier::analysis
