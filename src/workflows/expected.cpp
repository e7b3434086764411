// What a publication will do, told without analysing its master: the plan is made as the plan task makes it, from a
// frame table of even pictures.

#include <algorithm>
#include <cmath>

#include <pier/transcode/calibrate.hpp>

#include "analysis_inputs.hpp"
#include "costs.hpp"
#include "first_rendition.hpp"
#include "foresight.hpp"
#include "publish_parts.hpp"
#include "steering.hpp"

namespace pier::workflows::impl {
namespace {

/// What the analysis of such a master would give if every picture and sample were there.
analysis::AnalysisResult even_analysis(const media::Facts& facts) {
  const media::VideoFacts& video = facts.video.at(static_cast<size_t>(facts.main_video));
  const Rational rate = video.frame_rate.num > 0 ? video.frame_rate : Rational(25);
  analysis::AnalysisResult result;
  result.video_stream = video.stream_index;
  result.frames.time_base = rate.inverse();
  result.frames.frames.resize(static_cast<size_t>(programme_pictures(facts, {})));
  int64_t pts = 0;
  for (analysis::FrameRecord& frame : result.frames.frames) {
    frame.pts = pts++;
    frame.duration = 1;
  }
  result.programme_frames = pts;
  const double seconds = static_cast<double>(pts) / rate.value();
  for (const media::AudioFacts& sound : facts.audio) {
    analysis::AudioExtent extent;
    extent.stream_index = sound.stream_index;
    extent.sample_rate = sound.sample_rate;
    extent.channels = sound.channels;
    extent.channel_mask = sound.channel_mask;
    const double lasts = sound.duration.num > 0 ? sound.duration.value() : seconds;
    extent.samples = extent.programme_samples = static_cast<int64_t>(lasts * sound.sample_rate);
    result.audio.push_back(extent);
  }
  return result;
}

/// Collects tasks that are alike.
class Counted {
 public:
  explicit Counted(const std::vector<std::string>& encode_tags) : x_encode_tags(encode_tags) {}

  void add(const TaskKind& kind, const Demand& demand, int64_t priority = 0) {
    auto same = std::ranges::find_if(x_tasks, [&](const jobs::TasksAlike& alike) {
      return alike.kind == kind.name && alike.cost_class == demand.cost_class && alike.priority == priority;
    });
    if (same == x_tasks.end()) {
      jobs::TasksAlike alike;
      alike.kind = kind.name;
      alike.cost_class = demand.cost_class;
      alike.priority = priority;
      if (kind.name == kEncodeTask.name || kind.name == kCalibrateTask.name || kind.name == kTrialTask.name)
        alike.tags = x_encode_tags;
      x_tasks.push_back(std::move(alike));
      same = x_tasks.end() - 1;
    }
    same->tasks++;
    same->work += demand.work;
    same->cost += demand.cost;
    same->memory_bytes = std::max(same->memory_bytes, demand.memory_bytes);
    same->writes_bytes += demand.writes_bytes;
  }
  std::vector<jobs::TasksAlike> take() { return std::move(x_tasks); }

 private:
  const std::vector<std::string>& x_encode_tags;
  std::vector<jobs::TasksAlike> x_tasks;
};

void count_analysis(const media::Facts& facts, double pictures, Counted& counted) {
  const auto part = static_cast<double>(frames_of_a_part(facts));
  if (part <= 0) {
    counted.add(kAnalyseTask, analyse_demand(facts, pictures));
    return;
  }
  counted.add(kScanTask, scan_demand(facts, pictures));
  counted.add(kSplitTask, small_demand(pictures));
  const double parts = std::max(1.0, std::ceil(pictures / part));
  for (int i = 0; i < static_cast<int>(parts); i++) counted.add(kPartTask, part_demand(facts, pictures / parts));
  counted.add(kAnalyseTask, merge_demand(facts, pictures));
}

struct Texts {
  const std::vector<SubtitleWish>& wishes;
  uint64_t master_bytes = 0;
};

void count_planned(const transcode::PublishPlan& plan, const SourceCost& source, const Texts& texts,
                   std::optional<size_t> first, Counted& counted) {
  const auto is_first = [&](size_t group) { return first && group == 0; };
  for (const transcode::CalibrationSample& sample : transcode::calibration_samples(plan)) {
    const transcode::ChunkSpec& chunk = plan.chunks[sample.chunk];
    const RungGroups groups = rung_groups(chunk, first);
    for (size_t g = 0; g < groups.size(); g++) {
      for (const size_t rung : groups[g]) {
        if (!transcode::wants_calibration(chunk.rungs[rung])) continue;
        counted.add(kCalibrateTask,
                    calibrate_demand(with_rungs(chunk, {rung}), sample.pictures, source, plan.complexity[sample.chunk]),
                    is_first(g) ? kFirst : kLater);
      }
    }
  }
  for (size_t i = 0; i < plan.chunks.size(); i++) {
    const transcode::ChunkSpec& chunk = plan.chunks[i];
    const RungGroups encodes = rung_groups(chunk, first), verifications = verify_groups(chunk, first);
    for (size_t g = 0; g < encodes.size(); g++) {
      counted.add(kEncodeTask, encode_demand(with_rungs(chunk, encodes[g]), source, plan.complexity[i]),
                  is_first(g) ? kFirst : kLater);
    }
    for (size_t g = 0; g < verifications.size(); g++) {
      counted.add(kVerifyTask, verify_demand(with_rungs(chunk, verifications[g]), source, plan.complexity[i]),
                  is_first(g) ? kFirst : kLater);
    }
  }
  const double seconds = static_cast<double>(plan.duration) / plan.timescale;
  const auto pictures = static_cast<double>(plan.frames);
  size_t number = 0;
  for (const transcode::PlannedRung& rung : plan.ladder.rungs) {
    if (rung.rung.kind == transcode::RungKind::kAudio) continue;
    counted.add(kAssembleTask, assemble_demand(rung, pictures, seconds),
                first == number++ ? kFirstAssembly : kLaterAssembly);
  }
  for (const transcode::PlannedSound& sound : plan.sounds) {
    counted.add(kSoundTask, sound_demand(sound.spec, source), first ? kFirst : kLater);
    counted.add(kVerifySoundTask, verify_sound_demand(sound.spec), first ? kFirst : kLater);
  }
  for (const SubtitleWish& text : texts.wishes) {
    const bool captions = !text.from.empty();
    const Demand reading = captions_demand(seconds, texts.master_bytes);
    counted.add(kTextTask, captions ? reading : text_demand(seconds), first ? kFirst : kLater);
    counted.add(kVerifyTextTask, captions ? reading : verify_text_demand(seconds), first ? kFirst : kLater);
  }
  if (first) counted.add(kPublishFirstTask, small_demand(pictures), kFirstPublication);
  counted.add(kPublishTask, small_demand(pictures));
}

void count_trials(const Trials& trials, const SourceCost& source, double pictures, Counted& counted) {
  counted.add(kSteerTask, small_demand(pictures));
  for (const transcode::TrialSample& sample : trials.samples) {
    for (const std::vector<size_t>& group : trials.groups) {
      const transcode::ChunkSpec chunk = with_rungs(trials.plan.chunks[sample.chunk], group);
      counted.add(kTrialTask, trial_demand(transcode::first_pictures(chunk, sample.pictures), source));
    }
  }
}

json::object about(const transcode::PublishPlan& plan) {
  json::array rungs, left_out;
  for (const transcode::PlannedRung& rung : plan.ladder.rungs) rungs.emplace_back(rung.rung.name);
  for (const transcode::LeftOut& rung : plan.ladder.left_out)
    left_out.emplace_back(json::object{{"rung", rung.rung}, {"reason", rung.reason}});
  return {{"ladder", plan.ladder.name},
          {"rungs", std::move(rungs)},
          {"left_out", std::move(left_out)},
          {"pictures", plan.frames},
          {"seconds", static_cast<double>(plan.duration) / plan.timescale},
          {"chunks", static_cast<int64_t>(plan.chunks.size())}};
}

}  // namespace

Result<ExpectedPublication> expect_publication(const media::Facts& facts, const json::object& facts_json,
                                               const PublishRequest& request, const EngineOptions& options) {
  if (facts.main_video < 0) {
    return fail(ErrorCode::kInputUnsupported, "there is no picture track to publish in " + display_text(facts.path));
  }
  PIER_TRY(const Points points, programme_points(request.in, request.out, facts_json));
  PIER_TRY(const transcode::PlanRequest wanted, plan_request(options, request, facts, facts_json));
  const analysis::AnalysisResult even = even_analysis(facts);
  PIER_TRY(const std::optional<Trials> trials, plan_trials(facts, even, wanted));
  PIER_TRY(const transcode::PublishPlan plan, transcode::plan_publication(facts, even, wanted));
  Counted counted(request.tags);
  counted.add(kProbeTask, probe_demand(facts.bytes), 1);
  if (request.keep_copy) counted.add(kCopyTask, copy_demand(facts.bytes));
  const double pictures = programme_pictures(facts, points);
  count_analysis(facts, pictures, counted);
  counted.add(kJudgeTask, small_demand(pictures));
  counted.add(kPlanTask, small_demand(pictures));
  PIER_TRY(const std::optional<size_t> first, first_track(plan, request.first));
  const media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  if (trials) count_trials(*trials, source_cost(video), pictures, counted);
  count_planned(plan, source_cost(video), {request.subtitles, facts.bytes}, first, counted);
  return ExpectedPublication{counted.take(), about(plan)};
}

json::array packed(const std::vector<jobs::TasksAlike>& tasks) {
  json::array all;
  for (const jobs::TasksAlike& alike : tasks) {
    all.emplace_back(json::object{{"kind", alike.kind},
                                  {"class", alike.cost_class},
                                  {"priority", alike.priority},
                                  {"tags", jobs::tags_text(alike.tags)},
                                  {"tasks", alike.tasks},
                                  {"work", alike.work},
                                  {"cost", alike.cost},
                                  {"memory", alike.memory_bytes},
                                  {"writes", alike.writes_bytes}});
  }
  return all;
}

std::vector<jobs::TasksAlike> expected_tasks(const json::value& expected) {
  std::vector<jobs::TasksAlike> tasks;
  if (!expected.is_array()) return tasks;
  for (const json::value& value : expected.as_array()) {
    if (!value.is_object()) continue;
    const json::object& one = value.as_object();
    jobs::TasksAlike alike;
    alike.kind = string_or(one, "kind", "");
    alike.cost_class = string_or(one, "class", "");
    alike.priority = int_or(one, "priority", 0);
    alike.tags = jobs::tags_from(string_or(one, "tags", "")).value_or(std::vector<std::string>());
    alike.tasks = int_or(one, "tasks", 0);
    alike.work = double_or(one, "work", 0);
    alike.cost = double_or(one, "cost", 0);
    alike.memory_bytes = static_cast<uint64_t>(int_or(one, "memory", 0));
    alike.writes_bytes = static_cast<uint64_t>(int_or(one, "writes", 0));
    tasks.push_back(std::move(alike));
  }
  return tasks;
}

}  // namespace pier::workflows::impl
