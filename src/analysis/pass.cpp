#include "pass.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>
#include <utility>

#include "finding_kinds.hpp"
#include "programme.hpp"
#include "signal.hpp"

namespace pier::analysis {

namespace {

// Sound blocks whose time is off by less than this many milliseconds are taken to join (time stamps are rounded).
constexpr int64_t kJoinMilliseconds = 20;

/// One more than are worked on, for the frames that take longer than their neighbours; those that wait leave the cache
/// and are read from memory once more.
size_t in_flight_limit(int threads) {
  return static_cast<size_t>(std::max(2, threads) + 1);
}

std::string signal_text(const PixelFormat& format, const ColourInfo& colour, int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height) + " " + format.to_string() + " " +
         to_string(colour.primaries) + "/" + to_string(colour.transfer) + "/" + to_string(colour.matrix) + " " +
         to_string(colour.range);
}

ColourInfo filled(ColourInfo colour, const ColourInfo& from) {
  if (colour.primaries == Primaries::kUnspecified) colour.primaries = from.primaries;
  if (colour.transfer == Transfer::kUnspecified) colour.transfer = from.transfer;
  if (colour.matrix == Matrix::kUnspecified) colour.matrix = from.matrix;
  if (colour.range == Range::kUnspecified) colour.range = from.range;
  if (colour.chroma_site == ChromaSite::kUnspecified) colour.chroma_site = from.chroma_site;
  return colour;
}

struct SharedView {
  std::string_view name;
  bool Needs::* wanted;
  void (*build)(const FrameViews& views);
};
constexpr std::array kSharedViews{
    SharedView{"scan", &Needs::scan, [](const FrameViews& views) { (void)views.scan(); }},
    SharedView{"luma_half", &Needs::luma_half, [](const FrameViews& views) { (void)views.luma_half(); }},
    SharedView{"luma_quarter", &Needs::luma_quarter, [](const FrameViews& views) { (void)views.luma_quarter(); }},
    SharedView{"eighth", &Needs::eighth, [](const FrameViews& views) { (void)views.eighth(); }},
};

}  // namespace

struct Pass::Slot {
  std::shared_ptr<FrameViews> views;
  FrameTime time;
  bool inside = false;
  bool judge = false;
  bool damaged = false;
  uint64_t print = 0;
  std::vector<std::unique_ptr<Measured>> measured;  // null where an analyzer does not look
  bool failed = false;
  // Shared with the task: it may still be inside set_value() when the slot is gone.
  std::shared_ptr<std::promise<void>> done = std::make_shared<std::promise<void>>();
};

Pass::Pass(PassOptions options)
    : x_options(std::move(options)),
      x_damaged({.kind = "damaged", .severity = Severity::kFail}),
      x_pool(static_cast<size_t>(std::max(1, x_options.threads)), in_flight_limit(x_options.threads)) {
  for (const AnalyzerEntry& entry : analyzer_registry()) {
    auto analyzer = entry.make(x_options.context);
    const Needs needs = analyzer->needs();
    const bool of_use = ((needs.video || needs.access_units) && x_options.context.video) ||
                        (needs.audio && !x_options.context.audio.empty()) || needs.packets;
    if (!of_use) continue;
    if (x_options.role == PassRole::kPictures && !needs.video) continue;
    if (x_options.role == PassRole::kRest && !needs.audio && !needs.packets && !needs.access_units) continue;
    if (needs.access_units && x_options.context.video && !x_units)
      x_units.emplace(x_options.context.video->codec, x_options.context.video->configuration);
    x_need_previous |= needs.previous_frame;
    x_needs.push_back(needs);
    x_analyzers.push_back(std::move(analyzer));
    x_copies.push_back(entry.copy);
  }
  if (x_options.costs) {
    x_costs = std::make_unique<impl::Costs>();
    for (const SharedView& view : kSharedViews) x_costs->entry("view." + std::string(view.name));
    x_first_cost = x_costs->entry("view.fingerprint") + 1;
    for (const auto& analyzer : x_analyzers) x_costs->entry(std::string(analyzer->name()));
  }
  if (x_options.context.video) {
    x_result.video_stream = x_options.context.video->stream_index;
    x_result.frames.time_base = x_options.context.video->time_base;
  }
  for (const AudioContext& audio : x_options.context.audio) {
    x_result.audio.push_back({.stream_index = audio.stream_index,
                              .sample_rate = audio.sample_rate,
                              .channels = audio.channels,
                              .channel_mask = audio.channel_mask});
  }
}

Pass::~Pass() {
  while (!x_in_flight.empty()) {
    x_in_flight.front()->done->get_future().wait();
    x_in_flight.pop_front();
  }
}

FrameTime Pass::place(const media::Frame& frame) const {
  FrameTime time{.index = x_options.first_frame + x_frames, .pts = frame.pts, .duration = frame.duration};
  if (time.duration <= 0) {
    const VideoContext& video = *x_options.context.video;
    const Rational nominal = video.frame_rate.num > 0 ? video.frame_rate.inverse() : Rational(1, 25);
    time.duration = std::max<int64_t>(1, rescale(1, nominal, video.time_base));
  }
  return time;
}

bool Pass::judged(const media::Frame& frame, bool inside) {
  if (frame.damaged) {
    x_suspect_left = kSuspectFrames;
  } else if (frame.key || x_suspect_left == 0) {
    x_suspect_left = 0;
    return inside;
  } else {
    --x_suspect_left;
  }
  return false;
}

std::shared_ptr<const Signal> Pass::signal_of(const media::Frame& frame, const FrameTime& time) {
  const PictureView& view = frame.picture.view();
  const KnownSignal now{view.format, view.colour, view.width, view.height, nullptr};
  const bool same = x_signal && x_signal->format == now.format && x_signal->colour == now.colour &&
                    x_signal->width == now.width && x_signal->height == now.height;
  if (same) return x_signal->signal;
  x_previous.reset();
  if (x_signal) {
    ++x_change_count;
    Finding finding;
    finding.kind = "signal_change";
    finding.severity = Severity::kWarn;
    finding.stream_index = x_result.video_stream;
    const Rational base = x_result.frames.time_base;
    finding.time = {Rational(time.pts) * base, Rational(time.pts + time.duration) * base};
    finding.first_frame = finding.last_frame = time.index;
    finding.measures = {{"from", signal_text(x_signal->format, x_signal->colour, x_signal->width, x_signal->height)},
                        {"to", signal_text(now.format, now.colour, now.width, now.height)}};
    set_id(finding);
    if (x_changes.size() < kMaxFindings) x_changes.push_back(std::move(finding));
  }
  x_signal = now;
  x_signal->signal = Signal::make(now.format, now.colour);
  return x_signal->signal;
}

bool Pass::inside(int64_t pts) const {
  return (!x_options.in_pts || pts >= *x_options.in_pts) && (!x_options.out_pts || pts < *x_options.out_pts);
}

void Pass::add_frame_before(media::Frame frame) {
  frame.picture.set_colour(filled(frame.picture.colour(), x_options.colour));
  FrameTime time = place(frame);
  --time.index;
  auto signal = signal_of(frame, time);
  if (!judged(frame, inside(frame.pts))) return;
  x_previous = std::make_shared<FrameViews>(std::move(frame), time, std::move(signal), nullptr);
}

void Pass::add_frame(media::Frame frame) {
  while (x_in_flight.size() >= in_flight_limit(x_options.threads)) retire();
  frame.picture.set_colour(filled(frame.picture.colour(), x_options.colour));
  auto slot = std::make_unique<Slot>();
  slot->time = place(frame);
  slot->inside = inside(frame.pts);
  slot->judge = judged(frame, slot->inside);
  slot->damaged = frame.damaged;
  auto signal = signal_of(frame, slot->time);
  ++x_frames;
  if (x_options.frame_table) x_result.frames.frames.push_back({frame.pts, frame.duration, frame.key, frame.damaged, 0});
  x_result.damaged_frames += frame.damaged ? 1 : 0;
  x_result.programme_frames += slot->inside ? 1 : 0;
  slot->views = std::make_shared<FrameViews>(std::move(frame), slot->time, std::move(signal),
                                             slot->judge && x_need_previous ? x_previous : nullptr);
  x_previous = slot->judge ? slot->views : nullptr;
  Slot& work = *slot;
  const auto slot_done = slot->done;
  x_in_flight.push_back(std::move(slot));
  x_pool.submit([this, &work, done = slot_done] {
    try {
      measure(work);
    } catch (const std::exception&) {
      work.failed = true;
    }
    work.views->release_previous();
    done->set_value();
  });
}

bool Pass::due(size_t analyzer, const FrameTime& time) const {
  const Needs& needs = x_needs[analyzer];
  return pictures(analyzer) && time.index % std::max(1, needs.every) == 0;
}

/// What is declared is built beforehand, the scan first, which makes the quarter on its way; and the cost of a view is
/// told from that of who happens to use it first.
void Pass::build_views(const FrameViews& views) const {
  for (size_t view = 0; view < kSharedViews.size(); ++view) {
    bool wanted = false;
    for (size_t i = 0; i < x_analyzers.size(); ++i)
      wanted |= due(i, views.time()) && x_needs[i].*(kSharedViews[view].wanted);
    if (!wanted) continue;
    const impl::CostTimer timer(x_costs.get(), view);
    kSharedViews[view].build(views);
  }
}

void Pass::measure(Slot& slot) const {
  // What a decoder puts in the place of missing pictures depends on its threads.
  if (x_options.frame_table && x_options.fingerprints && !slot.damaged) {
    const impl::CostTimer timer(x_costs.get(), x_first_cost - 1);
    slot.print = fingerprint(slot.views->picture());
  }
  if (!slot.judge) return;
  build_views(*slot.views);
  slot.measured.resize(x_analyzers.size());
  for (size_t i = 0; i < x_analyzers.size(); ++i) {
    if (!due(i, slot.time)) continue;
    const impl::CostTimer timer(x_costs.get(), x_first_cost + i);
    slot.measured[i] = x_analyzers[i]->measure(*slot.views);
  }
}

std::vector<AnalysisCost> Pass::costs() const {
  return x_costs ? x_costs->list() : std::vector<AnalysisCost>();
}

void Pass::retire() {
  const std::unique_ptr<Slot> slot = std::move(x_in_flight.front());
  x_in_flight.pop_front();
  slot->done->get_future().wait();
  x_failed |= slot->failed;
  x_observed = slot->time.pts + slot->time.duration;
  if (x_options.frame_table) {
    x_result.frames.frames[static_cast<size_t>(slot->time.index - x_options.first_frame)].fingerprint = slot->print;
  }
  if (!slot->inside) return;
  x_damaged.mark(slot->time, !slot->judge);
  for (size_t i = 0; i < x_analyzers.size(); ++i) {
    if (!pictures(i)) continue;
    const impl::CostTimer timer(x_costs.get(), x_first_cost + i, 0);
    if (!slot->judge) {
      x_analyzers[i]->observe_damaged(slot->time);
    } else if (i < slot->measured.size() && slot->measured[i]) {
      x_analyzers[i]->observe(slot->time, *slot->measured[i]);
    }
  }
}

media::AudioBlock Pass::trimmed(media::AudioBlock block, int64_t first, int64_t end) const {
  const auto samples = static_cast<int64_t>(block.samples());
  const int64_t skip = std::clamp<int64_t>(first - block.pts, 0, samples);
  const int64_t stop = std::clamp<int64_t>(end - block.pts, skip, samples);
  if (skip == 0 && stop == samples) return block;
  for (auto& channel : block.channels) channel = std::vector<float>(channel.begin() + skip, channel.begin() + stop);
  block.pts += skip;
  return block;
}

void Pass::add_audio(int stream_index, media::AudioBlock block) {
  const auto extent = std::find_if(x_result.audio.begin(), x_result.audio.end(),
                                   [stream_index](const AudioExtent& e) { return e.stream_index == stream_index; });
  if (extent == x_result.audio.end() || block.samples() == 0) return;
  const auto samples = static_cast<int64_t>(block.samples());
  if (extent->samples == 0) {
    extent->first_pts = block.pts;
    extent->sample_rate = block.sample_rate;
    extent->channels = static_cast<int>(block.channels.size());
    if (block.channel_mask != 0) extent->channel_mask = block.channel_mask;
  } else {
    const int64_t gap = block.pts - x_next_sample[stream_index];
    if (std::abs(gap) <= extent->sample_rate * kJoinMilliseconds / 1000) {
      block.pts = x_next_sample[stream_index];
    } else if (gap > 0) {
      extent->gap_samples += gap;
    }
  }
  x_next_sample[stream_index] = block.pts + samples;
  extent->samples += samples;
  const auto edge = [&](std::optional<int64_t> pts, int64_t otherwise) {
    return pts && x_options.context.video ? rescale(*pts, x_result.frames.time_base, Rational(1, extent->sample_rate))
                                          : otherwise;
  };
  block = trimmed(std::move(block), edge(x_options.in_pts, INT64_MIN / 4), edge(x_options.out_pts, INT64_MAX / 4));
  if (block.samples() == 0) return;
  if (extent->programme_samples == 0) extent->programme_first_pts = block.pts;
  extent->programme_samples += static_cast<int64_t>(block.samples());
  for (size_t i = 0; i < x_analyzers.size(); ++i) {
    if (!x_needs[i].audio) continue;
    const impl::CostTimer timer(x_costs.get(), x_first_cost + i, 0);
    x_analyzers[i]->hear(stream_index, block);
  }
}

void Pass::add_packet(const media::Packet& packet) {
  for (size_t i = 0; i < x_analyzers.size(); ++i) {
    if (!x_needs[i].packets) continue;
    const impl::CostTimer timer(x_costs.get(), x_first_cost + i, 0);
    x_analyzers[i]->read(packet);
  }
  if (!x_units || !x_options.context.video || packet.stream_index != x_options.context.video->stream_index) return;
  const media::AccessUnit unit = x_units->read(packet.data());
  for (size_t i = 0; i < x_analyzers.size(); ++i) {
    if (x_needs[i].access_units) x_analyzers[i]->read_unit(packet, unit, *x_units);
  }
}

void Pass::set_lost(std::vector<impl::LostPicture> lost) {
  std::erase_if(lost, [this](const impl::LostPicture& one) { return !inside(one.pts); });
  std::sort(lost.begin(), lost.end());
  x_lost = std::move(lost);
}

Result<void> Pass::drain() {
  while (!x_in_flight.empty()) retire();
  if (x_failed) return fail(ErrorCode::kInternal, "an analyzer failed on a frame; the analysis is not complete");
  return {};
}

std::vector<Finding> Pass::peek(const std::function<bool(std::string_view)>& wanted) const {
  Outcome all;
  if (wanted("pass")) {
    impl::report_not_judged(x_damaged, x_result.video_stream, x_result.frames.time_base, all);
    all.findings.insert(all.findings.end(), x_changes.begin(), x_changes.end());
  }
  for (size_t i = 0; i < x_analyzers.size(); ++i) {
    if (x_copies[i] == nullptr || !wanted(x_analyzers[i]->name())) continue;
    Outcome outcome = x_copies[i](*x_analyzers[i])->finish();
    std::move(outcome.findings.begin(), outcome.findings.end(), std::back_inserter(all.findings));
  }
  sort_findings(all.findings);
  return std::move(all.findings);
}

std::vector<Outcome> Pass::finish_analyzers() {
  std::vector<Outcome> outcomes;
  for (size_t i = 0; i < x_analyzers.size(); ++i) {
    const bool elsewhere = i < x_outcomes.size() && x_outcomes[i].has_value();
    outcomes.push_back(elsewhere ? std::move(*x_outcomes[i]) : x_analyzers[i]->finish());
  }
  return outcomes;
}

Result<AnalysisResult> Pass::finish() {
  PIER_CHECK(drain());
  Outcome all;
  impl::report_not_judged(x_damaged, x_result.video_stream, x_result.frames.time_base, all);
  impl::report_lost(x_lost, x_result.video_stream, x_result.frames, x_frames, all);
  all.totals["signal_change"].count += x_change_count;
  all.findings.insert(all.findings.end(), x_changes.begin(), x_changes.end());
  const auto look_for = [this](std::string_view name) {
    for (const std::string_view kind : impl::kinds_of(name)) x_result.looked_for.emplace_back(kind);
  };
  if (x_options.context.video) look_for("pass");
  std::vector<Outcome> outcomes = finish_analyzers();
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const std::string_view name = x_analyzers[i]->name();
    look_for(name);
    for (const std::string& kind : impl::unstated(name, outcomes[i])) {
      x_result.warnings.push_back("analyzer '" + std::string(name) + "' found '" + kind +
                                  "', which finding_kinds.cpp does not state");
    }
    for (const std::string& kind : outcomes[i].not_looked_for) std::erase(x_result.looked_for, kind);
    all.findings.insert(all.findings.end(), outcomes[i].findings.begin(), outcomes[i].findings.end());
    for (const auto& [kind, totals] : outcomes[i].totals) {
      all.totals[kind].count += totals.count;
      all.totals[kind].seconds += totals.seconds;
    }
    x_result.measures[x_analyzers[i]->name()] = std::move(outcomes[i].measures);
  }
  sort_findings(all.findings);
  json::object counts;
  for (const auto& [kind, totals] : all.totals) {
    const auto listed = std::ranges::count(all.findings, kind, &Finding::kind);
    counts[kind] = {{"count", totals.count}, {"seconds", totals.seconds}, {"listed", listed}};
  }
  x_result.measures["findings"] = std::move(counts);
  x_result.findings = std::move(all.findings);
  if (x_options.context.video) {
    x_result.measures["programme"] = propose_programme(x_result, x_options.in_pts || x_options.out_pts);
  }
  return std::move(x_result);
}

}  // namespace pier::analysis
