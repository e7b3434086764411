#include "feed_periods.hpp"

#include <algorithm>
#include <utility>

#include "costs.hpp"

namespace pier::analysis::impl {

media::AudioBlock split_sound(media::AudioBlock& block, int64_t at) {
  media::AudioBlock rest = block;
  const auto samples = static_cast<int64_t>(block.samples());
  const auto keep = static_cast<ptrdiff_t>(std::clamp<int64_t>(at - block.pts, 0, samples));
  for (size_t c = 0; c < block.channels.size(); ++c) {
    block.channels[c].resize(static_cast<size_t>(keep));
    rest.channels[c].erase(rest.channels[c].begin(), rest.channels[c].begin() + keep);
  }
  rest.pts += keep;
  return rest;
}

FeedPeriods::FeedPeriods(PassOptions pass, PeriodRules rules, FindingTracker& tracker, int64_t first,
                         const Clock& clock, std::function<Result<void>(PeriodEnd)> close)
    : x_options(std::move(pass)),
      x_rules(rules),
      x_tracker(tracker),
      x_clock(clock),
      x_close(std::move(close)),
      x_next_number(first) {
  x_periods.push_back(begin());
}

FeedPeriods::~FeedPeriods() = default;

std::unique_ptr<FeedPeriods::Period> FeedPeriods::begin() {
  auto period = std::make_unique<Period>(x_options, x_rules.silent_decoder);
  period->number = x_next_number++;
  period->began = period->ended = x_clock.now();
  return period;
}

void FeedPeriods::mark(Rational time) {
  const WallTime now = x_clock.now();
  x_periods.back()->ended = now;
  if (!x_marks.empty() && time < x_marks.back().first + Rational(1)) return;
  x_marks.emplace_back(time, now);
  if (x_marks.size() > kMaxMarks) x_marks.pop_front();
}

WallTime FeedPeriods::wall_of(Rational time) const {
  const auto after =
      std::upper_bound(x_marks.begin(), x_marks.end(), time, [](Rational t, const auto& one) { return t < one.first; });
  if (after == x_marks.begin()) return x_marks.empty() ? x_clock.now() : x_marks.front().second;
  const auto& [marked, wall] = *std::prev(after);
  const auto later = wall + rescale(1, time - marked, Rational(1, 1'000'000));
  return std::min<WallTime>(later, after == x_marks.end() ? x_clock.now() : after->second);
}

void FeedPeriods::cut(Rational at, std::optional<int64_t> pts) {
  x_cut = at;
  x_cut_pts = pts;
  x_pictures_past = !has_video();
  x_periods.push_back(begin());
  x_periods.back()->start = at;
}

void FeedPeriods::cut_if_due(const media::Packet& packet) {
  if (packet.pts == INT64_MIN || x_periods.size() > 1 || !x_periods.back()->start) return;
  const Rational at = seconds(packet.pts), due = *x_periods.back()->start + x_rules.length;
  if (at < due || (!packet.key && at < due + Rational(kKeyPatienceSeconds))) return;
  if (at > x_seen) cut(at, packet.pts);
}

Result<void> FeedPeriods::add_packet(const media::Packet& packet) {
  const bool picture = has_video() && packet.stream_index == x_options.context.video->stream_index;
  if (picture) {
    if (packet.pts != INT64_MIN) mark(seconds(packet.pts));
    cut_if_due(packet);
  }
  // Pictures that lead the key frame of the cut, and sound before it, are of the period that ends.
  const bool timed = packet.pts != INT64_MIN;
  Rational time;
  if (timed && picture) {
    time = seconds(packet.pts);
  } else if (timed) {
    for (const AudioContext& audio : x_options.context.audio) {
      if (audio.stream_index == packet.stream_index) time = Rational(packet.pts) * audio.time_base;
    }
  }
  const bool old = x_periods.size() > 1 && timed && time < *x_cut;
  Period& period = old ? *x_periods.front() : *x_periods.back();
  period.pass.add_packet(packet);
  if (picture) period.lost.sent(packet.pts, packet.duration, packet.key);
  return {};
}

void FeedPeriods::complaint(int64_t packets) {
  x_periods.front()->damaged_packets += packets;
  for (const auto& period : x_periods) {
    period->lost.complaint();
    period->pass.suspect();
  }
}

Result<void> FeedPeriods::add_frame(media::Frame frame) {
  const bool past = x_periods.size() > 1 && x_cut_pts && frame.pts >= *x_cut_pts;
  if (past && !std::exchange(x_pictures_past, true) && x_last_frame && !x_last_frame->damaged)
    x_periods.back()->pass.add_frame_before(*x_last_frame);
  Period& period = past || x_periods.size() == 1 ? *x_periods.back() : *x_periods.front();
  const Rational start = seconds(frame.pts);
  const int64_t length = frame.duration > 0 ? frame.duration : 1;
  if (!period.start) period.start = start;
  x_seen = seconds(frame.pts + length);
  period.end = std::max(period.end, x_seen);
  if (period.lost.came_out(frame.pts, frame.duration)) period.pass.suspect();
  x_last_frame = frame;
  ++x_frames;
  period.pass.add_frame(std::move(frame));
  PIER_CHECK(close_old());
  peek_if_due(x_seen);
  return {};
}

void FeedPeriods::hear(Period& period, int stream, media::AudioBlock block) {
  if (block.samples() == 0) return;
  const Rational end(block.pts + static_cast<int64_t>(block.samples()), block.sample_rate);
  if (!has_video()) {
    const Rational start(block.pts, block.sample_rate);
    if (!period.start) period.start = start;
    period.end = std::max(period.end, end);
  }
  x_heard[stream] = end;
  period.pass.add_audio(stream, std::move(block));
}

Result<void> FeedPeriods::add_audio(int stream, media::AudioBlock block) {
  if (block.sample_rate <= 0) return {};
  const Rational start(block.pts, block.sample_rate);
  if (!has_video()) {
    mark(start);
    const Period& period = *x_periods.back();
    const bool due = period.start && start >= *period.start + x_rules.length;
    if (due && x_periods.size() == 1) cut(start, std::nullopt);
  }
  if (x_periods.size() > 1) {
    const int64_t at = rescale(1, *x_cut, Rational(1, block.sample_rate));
    media::AudioBlock rest = split_sound(block, at);
    hear(*x_periods.front(), stream, std::move(block));
    hear(*x_periods.back(), stream, std::move(rest));
    PIER_CHECK(close_old());
  } else {
    hear(*x_periods.back(), stream, std::move(block));
  }
  if (!has_video()) peek_if_due(x_heard[stream]);
  return {};
}

bool FeedPeriods::old_is_complete() const {
  if (x_periods.size() < 2 || !x_pictures_past) return false;
  Rational latest = x_seen;
  for (const auto& [stream, until] : x_heard) latest = std::max(latest, until);
  if (latest >= *x_cut + Rational(kSoundPatienceSeconds)) return true;
  return std::ranges::all_of(x_heard, [this](const auto& heard) { return heard.second >= *x_cut; });
}

Result<void> FeedPeriods::close_old() {
  if (!old_is_complete()) return {};
  const std::unique_ptr<Period> old = std::move(x_periods.front());
  x_periods.pop_front();
  return close(*old, "period", true);
}

FindingTracker::Moment FeedPeriods::moment(const Period& period) const {
  const int64_t observed = period.pass.observed_until();
  const Rational pictures = observed == INT64_MIN || !has_video() ? period.start.value_or(0) : seconds(observed);
  return {[this, pictures](int stream) {
            const auto heard = x_heard.find(stream);
            return heard == x_heard.end() ? pictures : heard->second;
          },
          period.start.value_or(0)};
}

Result<void> FeedPeriods::close(Period& period, const std::string& reason, bool more_follows) {
  period.pass.set_lost(period.lost.pictures());
  auto finished = period.pass.finish();
  if (!finished) return Failure(std::move(finished).error());
  AnalysisResult result = std::move(*finished);
  result.damaged_packets = period.damaged_packets;
  if (period.damaged_packets > 0) {
    result.warnings.push_back(std::to_string(period.damaged_packets) + " access units could not be decoded cleanly");
  }
  if (period.sound_refused > 0)
    result.warnings.push_back(std::to_string(period.sound_refused) + " sound frames could not be decoded");
  const bool cut_here = x_cut && !x_periods.empty() && x_periods.front()->number == period.number + 1;
  const Rational end = cut_here ? *x_cut : period.end;
  const FindingTracker::Moment whole = moment(period);
  const FindingTracker::Moment until{
      [&](int stream) { return cut_here ? std::min(end, whole.now(stream)) : whole.now(stream); }, whole.period_start};
  x_tracker.end_period(result.findings, until, more_follows);
  return x_close(
      {period.number, {period.start.value_or(end), end}, reason, std::move(result), period.began, period.ended});
}

void FeedPeriods::peek_if_due(Rational now) {
  if (x_rules.peek.num <= 0 || x_periods.size() > 1) return;
  if (!x_next_peek) x_next_peek = now + x_rules.peek;
  if (now < *x_next_peek) return;
  x_next_peek = now + x_rules.peek;
  const int64_t before = thread_cpu_ns();
  const Period& period = *x_periods.back();
  x_tracker.look(period.pass.peek(gives_live), moment(period));
  x_peek_cpu_ns += thread_cpu_ns() - before;
  ++x_peeks;
}

Result<void> FeedPeriods::finish(const std::string& reason, bool more_follows) {
  if (x_periods.size() > 1) {
    // Nothing came behind the cut: then it was none.
    const bool empty = x_periods.back()->pass.frames() == 0 && has_video();
    const std::unique_ptr<Period> old = std::move(x_periods.front());
    x_periods.pop_front();
    if (empty) {
      x_periods.clear();
      x_cut.reset();
      --x_next_number;
      return close(*old, reason, more_follows);
    }
    PIER_CHECK(close(*old, "period", true));
  }
  const std::unique_ptr<Period> last = std::move(x_periods.back());
  x_periods.clear();
  return close(*last, reason, more_follows);
}

}  // namespace pier::analysis::impl
