#include "feed_session.hpp"

#include <algorithm>
#include <utility>

#include "package_findings.hpp"

namespace pier::analysis::impl {

namespace {

constexpr int kReceiveLimit = 4096;   // frames out of one packet; more is a decoder gone astray
constexpr size_t kMostEarly = 1'000;  // packets of a kind before the first key frame; then decoding begins anyway
constexpr int64_t kLeastProbe = 1 << 20;

/// Each programme of a multiplex has a clock of its own: one is analysed, that of the main pictures.
std::vector<int> sound_of_programme(const media::Facts& facts) {
  std::vector<int> streams;
  for (const media::AudioFacts& audio : facts.audio) {
    if (audio.decodable && audio.programme == programme_of(facts)) streams.push_back(audio.stream_index);
  }
  return streams;
}

/// Facts of the session as those of one period.
media::Facts facts_of(media::Facts facts, const PeriodEnd& period, int64_t bytes) {
  facts.bytes = static_cast<uint64_t>(bytes);
  facts.duration = period.time.end - period.time.start;
  const auto& frames = period.result.frames.frames;
  for (media::VideoFacts& video : facts.video) {
    if (video.stream_index != period.result.video_stream || frames.empty()) continue;
    video.frames = static_cast<int64_t>(frames.size());
    video.start_pts = frames.front().pts;
    video.duration = facts.duration;
  }
  for (media::AudioFacts& audio : facts.audio) audio.duration = facts.duration;
  return facts;
}

void forget(AnalysisResult& result, std::string_view kind) {
  std::erase(result.looked_for, kind);
  std::erase_if(result.findings, [&](const Finding& finding) { return finding.kind == kind; });
  if (auto* counts = result.measures["findings"].if_object()) counts->erase(kind);
}

}  // namespace

int programme_of(const media::Facts& facts) {
  if (facts.main_video >= 0) return facts.video[static_cast<size_t>(facts.main_video)].programme;
  return facts.audio.empty() ? 0 : facts.audio.front().programme;
}

std::string reason_of(media::FeedReader::End end) {
  if (end == media::FeedReader::End::kStopped) return "stopped";
  return end == media::FeedReader::End::kSession ? "tables" : "end";
}

FeedSession::FeedSession(Shared shared, media::Facts facts, size_t probed, bool whole, int64_t first_period)
    : x_shared(shared),
      x_facts(std::move(facts)),
      x_whole(whole),
      x_probed(static_cast<int64_t>(probed)),
      x_next_number(first_period) {
  x_name.path = shared.options.name;
  x_read = [this](std::span<std::byte> out) {
    const size_t count = x_shared.reader.read(out);
    x_shared.taken.add(out.first(count));
    return count;
  };
}

Result<void> FeedSession::open() {
  PIER_TRY(auto demuxer, media::Demuxer::open_feed(x_name, x_read, std::max(x_probed, kLeastProbe), x_shared.clock));
  x_demuxer.emplace(std::move(demuxer));
  AnalysisOptions analysis;
  analysis.threads = std::max(1, x_shared.options.threads);
  analysis.audio_streams = sound_of_programme(x_facts);
  PIER_TRY(x_selection, select_streams(*x_demuxer, x_facts, analysis));
  std::vector<int> streams = x_selection.audio;
  if (x_selection.video) {
    streams.push_back(*x_selection.video);
    PIER_TRY(auto decoder, media::VideoDecoder::open(*x_demuxer, *x_selection.video, analysis.threads));
    x_video.emplace(std::move(decoder));
  }
  for (const int index : x_selection.audio) {
    PIER_TRY(auto decoder, media::AudioDecoder::open(*x_demuxer, index));
    x_audio.emplace(index, std::move(decoder));
  }
  if (streams.empty())
    return fail(ErrorCode::kInputUnsupported,
                "there is neither picture nor sound in " + display_text(x_name.path) + " that can be decoded");
  x_demuxer->select(streams);
  PassOptions pass = x_selection.pass;
  pass.threads = analysis.threads;
  pass.fingerprints = false;
  const PeriodRules rules{x_shared.options.period, x_shared.options.peek, x_selection.hevc()};
  x_periods.emplace(std::move(pass), rules, x_shared.tracker, x_next_number, *x_shared.options.clock,
                    [this](PeriodEnd period) { return close(std::move(period)); });
  return {};
}

Result<void> FeedSession::run() {
  for (;;) {
    auto packet = x_demuxer->read();
    if (!packet) x_warnings.push_back("reading stopped early: " + packet.error().message);
    if (!packet || !*packet) break;
    tell_jump();
    PIER_CHECK(take(std::move(**packet)));
  }
  PIER_CHECK(drain());
  const std::string reason = reason_of(x_shared.reader.end());
  if (x_video && x_periods->frames() == 0 && x_shared.first) {
    return fail(ErrorCode::kInputDamaged, "not one picture of " + display_text(x_name.path) +
                                              " could be decoded; the feed is damaged, or ended too early");
  }
  PIER_CHECK(x_periods->finish(reason, reason == "tables"));
  x_next_number = x_periods->next_number();
  return {};
}

void FeedSession::tell_jump() {
  const auto jump = x_shared.clock.take_jump();
  if (!jump) return;
  const Rational tick(1, 90'000);
  x_shared.options.on_event({{"event", "feed.lost"},
                             {"reason", "timestamps"},
                             {"from_seconds", (Rational(jump->from) * tick).value()},
                             {"to_seconds", (Rational(jump->to) * tick).value()}});
  x_shared.options.on_event({{"event", "feed.resumed"}, {"reason", "timestamps"}});
}

/// Pictures before the first that decoding can start with are of no use, nor are those that lead it.
Result<void> FeedSession::take(media::Packet packet) {
  if (!x_selection.video || x_started) {
    const bool leads = is_picture(packet) && x_first_key && packet.pts < *x_first_key && packet.pts != INT64_MIN;
    return leads ? Result<void>() : decode(packet);
  }
  if (is_picture(packet) && !packet.key && x_skipped < kMostEarly) {
    ++x_skipped;
    return {};
  }
  if (!is_picture(packet)) {
    x_early.push_back(std::move(packet));
    return x_early.size() > kMostEarly ? begin() : Result<void>();
  }
  if (packet.pts != INT64_MIN) x_first_key = packet.pts;
  PIER_CHECK(begin());
  return decode(packet);
}

/// Sound that came before the first picture; where pictures were passed over, only what is not before it in time.
Result<void> FeedSession::begin() {
  x_started = true;
  for (const media::Packet& packet : std::exchange(x_early, {})) {
    const Rational base = x_demuxer->streams()[static_cast<size_t>(packet.stream_index)].time_base;
    const bool timed = x_first_key && packet.pts != INT64_MIN;
    const Rational first = timed ? Rational(*x_first_key) * x_selection.pass.context.video->time_base : Rational(0);
    if (x_skipped > 0 && timed && Rational(packet.pts + packet.duration) * base <= first) continue;
    PIER_CHECK(decode(packet));
  }
  return {};
}

Result<void> FeedSession::decode(const media::Packet& packet) {
  PIER_CHECK(x_periods->add_packet(packet));
  if (is_picture(packet)) {
    if (!x_video->send(packet)) ++x_refused;
    note_complaints();
    return receive_pictures();
  }
  const auto found = x_audio.find(packet.stream_index);
  if (found == x_audio.end()) return {};
  if (!found->second.send(packet)) x_periods->sound_refused();
  return receive_sound(found->first, found->second);
}

Result<void> FeedSession::receive_pictures() {
  for (int i = 0; i < kReceiveLimit; ++i) {
    auto frame = x_video->receive();
    if (!frame) ++x_refused;
    note_complaints();
    if (!frame || !*frame) return {};
    PIER_CHECK(x_periods->add_frame(std::move(**frame)));
  }
  return {};
}

void FeedSession::note_complaints() {
  const int64_t complaints = x_refused + x_video->damaged_packets();
  if (complaints == x_complaints) return;
  x_periods->complaint(complaints - x_complaints);
  x_complaints = complaints;
}

Result<void> FeedSession::receive_sound(int stream, media::AudioDecoder& decoder) {
  for (int i = 0; i < kReceiveLimit; ++i) {
    auto block = decoder.receive();
    if (!block) {
      x_periods->sound_refused();
      return {};
    }
    if (!*block) return {};
    if (x_skipped > 0 && x_first_key && x_selection.video) {
      // Sound begins with the first picture too.
      const int64_t at =
          rescale(*x_first_key, x_selection.pass.context.video->time_base, Rational(1, (*block)->sample_rate));
      if ((*block)->pts < at) **block = split_sound(**block, at);
    }
    PIER_CHECK(x_periods->add_audio(stream, std::move(**block)));
  }
  return {};
}

Result<void> FeedSession::drain() {
  if (!x_started) PIER_CHECK(begin());
  if (x_video) {
    if (!x_video->send_end()) ++x_refused;
    note_complaints();
    int64_t before = -1;
    while (before != x_periods->frames()) {
      before = x_periods->frames();
      PIER_CHECK(receive_pictures());
    }
  }
  for (auto& [stream, decoder] : x_audio) {
    if (!decoder.send_end()) x_periods->sound_refused();
    PIER_CHECK(receive_sound(stream, decoder));
  }
  return {};
}

Result<void> FeedSession::close(PeriodEnd period) {
  FeedPeriod out;
  Taken taken = std::exchange(x_shared.taken, {});
  const bool all = x_whole && period.number == 1 && period.reason == "end";
  out.facts = all ? x_facts : facts_of(x_facts, period, taken.bytes);
  out.number = period.number;
  out.began = period.began;
  out.ended = period.ended;
  out.time = period.time;
  out.reason = period.reason;
  out.bytes = taken.bytes;
  out.sha256 = taken.digest.finish();
  out.result = std::move(period.result);
  // Where the feed was left, sound and pictures were not at the same point.
  if (period.reason == "stopped" || period.reason == "tables") forget(out.result, "av_length");
  add_no_package(out.result);
  std::move(x_warnings.begin(), x_warnings.end(), std::back_inserter(out.result.warnings));
  x_warnings.clear();
  return x_shared.options.on_period(std::move(out));
}

}  // namespace pier::analysis::impl
