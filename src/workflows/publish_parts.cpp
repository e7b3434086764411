#include "publish_parts.hpp"

#include <map>

#include "calibration.hpp"
#include "costs.hpp"
#include "first_rendition.hpp"

namespace pier::workflows::impl {
namespace {

using transcode::ChunkSpec;
using transcode::PlannedRung;
using transcode::RungKind;

Result<std::string> add(Transaction& tx, const TaskRow& plan, const jobs::NewTask& task) {
  PIER_TRY(const TaskRow row, jobs::add_task(tx, plan.job_id, task));
  return row.id;
}

/// One encode task: a chunk with the rungs of one group.
json::object encode_part(const ChunkSpec& chunk, const std::vector<size_t>& group, const SourceCost& source,
                         double complexity) {
  const ChunkSpec part = with_rungs(chunk, group);
  return {{"chunk", transcode::to_json(part)}, {"demand", to_json(encode_demand(part, source, complexity))}};
}

/// One verify task: a chunk with the tracks of these numbers.
json::object verify_part(const ChunkSpec& chunk, const std::vector<size_t>& group, const SourceCost& source,
                         double complexity) {
  const ChunkSpec part = with_rungs(chunk, group);
  json::array tracks;
  for (const size_t i : group) tracks.emplace_back(static_cast<int64_t>(i));
  return {{"chunk", transcode::to_json(part)},
          {"tracks", std::move(tracks)},
          {"demand", to_json(verify_demand(part, source, complexity))}};
}

/// Where the sound of a stream begins and ends is told by the container as well.
json::value source_of_sound(const analysis::AnalysisResult& analysed, const std::string& master) {
  if (analysed.packets.sound.empty()) return json::value(master);
  return json::array{to_hex(analysis::coded_digest_of_sound(analysed.packets)),
                     analysis::to_json(analysed).at("audio")};
}

json::object chunk_part(const ChunkSpec& chunk, const std::string& coded, const SourceCost& source, double complexity,
                        std::optional<size_t> first) {
  json::array encodes, verifications;
  for (const std::vector<size_t>& group : rung_groups(chunk, first))
    encodes.emplace_back(encode_part(chunk, group, source, complexity));
  for (const std::vector<size_t>& group : verify_groups(chunk, first))
    verifications.emplace_back(verify_part(chunk, group, source, complexity));
  return {{"coded", coded}, {"encodes", std::move(encodes)}, {"verifications", std::move(verifications)}};
}

/// Adds the tasks one after the other; remembers ids for the dependencies.
class TaskPlan {
 public:
  TaskPlan(Transaction& tx, const TaskRow& plan, const json::object& planned, const std::string& encoder)
      : x_tx(tx),
        x_plan(plan),
        x_planned(planned),
        x_encoder(encoder),
        x_asset(planned.at("asset")),
        x_master(planned.at("master")) {
    const json::value& first = planned.at("first");
    if (first.is_int64()) x_first = static_cast<size_t>(first.as_int64());
  }

  Result<void> add_all() {
    PIER_CHECK(add_encodes());
    PIER_CHECK(add_assemblies());
    PIER_CHECK(add_verifications());
    PIER_CHECK(add_sounds());
    PIER_CHECK(add_texts());
    if (x_first) PIER_CHECK(add_first_publication());
    return add_publication();
  }

 private:
  /// `source`: digest of what is read of the master.
  jobs::NewTask pure(const TaskKind& kind, const json::value& source, json::object params,
                     const json::value& inputs) const {
    params["asset"] = x_asset;
    return pure_task(x_plan, kind, params, json::array{source, inputs});
  }

  /// The group of the first rendition is the first one.
  bool is_first(size_t group) const { return x_first && group == 0; }

  Result<void> add_encodes() {
    PIER_TRY(const std::vector<std::string> tags, jobs::tags_from(string_or(x_planned, "tags", "")));
    for (const json::value& part : x_planned.at("chunks").as_array()) {
      const json::array& groups = part.at("encodes").as_array();
      x_encodes.resize(groups.size());
      x_names.resize(groups.size());
      for (size_t group = 0; group < groups.size(); group++) {
        const json::object& encode = groups[group].as_object();
        json::object params{{"chunk", encode.at("chunk")}};
        const json::object* sampled = part.at("sampled").if_object();
        if (sampled != nullptr) params["harder"] = sampled->at("harder");
        jobs::NewTask task = pure(kEncodeTask, part.at("coded"), std::move(params),
                                  json::array{what_is_encoded(encode.at("chunk").as_object()), x_encoder});
        apply(demand_from_json(encode.at("demand").as_object()), task);
        task.tags = tags;
        task.priority = is_first(group) ? kFirst : kLater;
        x_names[group].emplace_back(task.name);
        PIER_TRY(const TaskRow row, jobs::add_task(x_tx, x_plan.job_id, task));
        x_encodes[group].push_back(row.id);
        if (sampled != nullptr && !jobs::is_ended(row.state))
          x_sampled[{static_cast<size_t>(sampled->at("sample").as_int64()), group}].push_back(row.id);
      }
    }
    return add_calibrations(tags);
  }

  /// Samples for the chunks that are not there already, which wait for them: one a rung, so that workers share them.
  Result<void> add_calibrations(const std::vector<std::string>& tags) {
    for (const auto& [what, waiting] : x_sampled) {
      const json::object& sample = x_planned.at("samples").as_array().at(what.first).as_object();
      const json::value& part =
          x_planned.at("chunks").as_array().at(static_cast<size_t>(sample.at("chunk").as_int64()));
      const json::object& chunk = part.at("encodes").as_array().at(what.second).at("chunk").as_object();
      const json::array& demands = sample.at("demands").as_array().at(what.second).as_array();
      for (size_t rung = 0; rung < demands.size(); rung++) {
        if (demands[rung].is_null()) continue;
        json::object only = chunk;
        only["rungs"] = json::array{chunk.at("rungs").as_array().at(rung)};
        jobs::NewTask task = calibration(part.at("coded"), std::move(only), sample.at("pictures"));
        apply(demand_from_json(demands[rung].as_object()), task);
        task.tags = tags;
        task.priority = is_first(what.second) ? kFirst : kLater;
        PIER_TRY(const std::string id, add(x_tx, x_plan, task));
        for (const std::string& encode : waiting) PIER_CHECK(jobs::add_dependency(x_tx, encode, id));
      }
    }
    return {};
  }

  jobs::NewTask calibration(const json::value& coded, json::object chunk, const json::value& pictures) const {
    const json::array inputs{what_is_encoded(chunk), pictures, x_encoder};
    return pure(kCalibrateTask, coded, {{"chunk", std::move(chunk)}, {"pictures", pictures}}, inputs);
  }

  Result<void> add_assemblies() {
    const json::array& tracks = x_planned.at("tracks").as_array();
    const json::array& groups = x_planned.at("groups").as_array();
    for (size_t i = 0; i < tracks.size(); i++) {
      const auto group = static_cast<size_t>(groups[i].at(0).as_int64());
      const int64_t rung = groups[i].at(1).as_int64();
      json::object params{{"track", tracks[i]}, {"rung", rung}};
      jobs::NewTask task = pure(kAssembleTask, nullptr, params, json::array{tracks[i], rung, x_names[group]});
      apply(demand_from_json(x_planned.at("track_demands").as_array().at(i).as_object()), task);
      task.priority = is_first(group) ? kFirstAssembly : kLaterAssembly;
      task.after = x_encodes[group];
      x_track_names.emplace_back(task.name);
      PIER_TRY(std::string id, add(x_tx, x_plan, task));
      x_assemblies.push_back(std::move(id));
    }
    return {};
  }

  Result<void> add_verifications() {
    for (const json::value& part : x_planned.at("chunks").as_array()) {
      const json::array& groups = part.at("verifications").as_array();
      for (size_t group = 0; group < groups.size(); group++)
        PIER_CHECK(add_verification(groups[group].as_object(), is_first(group)));
    }
    return {};
  }

  Result<void> add_verification(const json::object& part, bool first) {
    std::vector<std::string> after;
    json::array names;
    for (const json::value& track : part.at("tracks").as_array()) {
      const auto number = static_cast<size_t>(track.as_int64());
      after.push_back(x_assemblies.at(number));
      names.emplace_back(x_track_names.at(number));
    }
    jobs::NewTask task =
        pure(kVerifyTask, x_master, {{"chunk", part.at("chunk")}}, json::array{part.at("chunk"), names});
    apply(demand_from_json(part.at("demand").as_object()), task);
    task.priority = first ? kFirst : kLater;
    task.after = std::move(after);
    PIER_TRY(std::string id, add(x_tx, x_plan, task));
    (first ? x_first_verifications : x_verifications).push_back(std::move(id));
    return {};
  }

  Result<void> add_sounds() {
    const json::array& sounds = x_planned.at("sounds").as_array();
    for (size_t i = 0; i < sounds.size(); i++) {
      const json::object& demands = x_planned.at("sound_demands").as_array().at(i).as_object();
      json::object params = sounds[i].as_object();
      jobs::NewTask task = pure(kSoundTask, x_planned.at("coded_sound"), params, sounds[i]);
      apply(demand_from_json(demands.at("sound").as_object()), task);
      task.priority = x_first ? kFirst : kLater;
      PIER_TRY(std::string id, add(x_tx, x_plan, task));
      jobs::NewTask check = plain_task(
          kVerifySoundTask, {{"asset", x_asset}, {"programme_samples", params.at("sound").at("programme_samples")}});
      apply(demand_from_json(demands.at("verify").as_object()), check);
      check.after = {id};
      check.priority = task.priority;
      PIER_TRY(std::string check_id, add(x_tx, x_plan, check));
      x_sounds.push_back(std::move(id));
      x_other_checks.push_back(std::move(check_id));
    }
    return {};
  }

  Result<void> add_texts() {
    for (const json::value& text : x_planned.at("texts").as_array()) {
      const json::object params = text.at("params").as_object();
      jobs::NewTask task = pure(kTextTask, nullptr, params, text.at("inputs"));
      apply(demand_from_json(text.at("demand").as_object()), task);
      task.priority = x_first ? kFirst : kLater;
      PIER_TRY(std::string id, add(x_tx, x_plan, task));
      jobs::NewTask check = plain_task(kVerifyTextTask, params);
      apply(demand_from_json(text.at("verify_demand").as_object()), check);
      check.after = {id};
      check.priority = task.priority;
      PIER_TRY(std::string check_id, add(x_tx, x_plan, check));
      x_texts.push_back(std::move(id));
      x_other_checks.push_back(std::move(check_id));
    }
    return {};
  }

  json::object publication_params(const json::array& rungs) const {
    return {
        {"asset", x_asset}, {"grid", x_planned.at("grid")}, {"audio_map", x_planned.at("audio_map")}, {"rungs", rungs}};
  }

  Demand demand_of_rows() const { return small_demand(double_or(x_planned.at("grid").as_object(), "frames", 0)); }

  /// The first rendition, all sound and all text.
  Result<void> add_first_publication() {
    const json::array& rungs = x_planned.at("rungs").as_array();
    json::array out{rungs.at(*x_first)}, expected;
    for (size_t i = 0; i < rungs.size(); i++) {
      if (i == *x_first) continue;
      (i < x_assemblies.size() ? expected : out).push_back(rungs[i]);
    }
    json::object params = publication_params(out);
    params["grid"] = partly(params.at("grid").as_object(), expected, x_plan.job_id);
    jobs::NewTask task = plain_task(kPublishFirstTask, params);
    apply(demand_of_rows(), task);
    task.priority = kFirstPublication;
    task.after = {x_assemblies.at(*x_first)};
    for (const auto* ids : {&x_sounds, &x_texts, &x_other_checks, &x_first_verifications})
      task.after.insert(task.after.end(), ids->begin(), ids->end());
    PIER_TRY(x_first_publication, add(x_tx, x_plan, task));
    return {};
  }

  Result<void> add_publication() {
    jobs::NewTask task = plain_task(kPublishTask, publication_params(x_planned.at("rungs").as_array()));
    apply(demand_of_rows(), task);
    for (const auto* ids :
         {&x_assemblies, &x_sounds, &x_texts, &x_other_checks, &x_first_verifications, &x_verifications})
      task.after.insert(task.after.end(), ids->begin(), ids->end());
    if (x_first) task.after.push_back(x_first_publication);
    PIER_CHECK(add(x_tx, x_plan, task));
    return {};
  }

  Transaction& x_tx;
  const TaskRow& x_plan;
  const json::object& x_planned;
  const std::string& x_encoder;
  json::value x_asset, x_master;
  std::optional<size_t> x_first;                    // number of the track that is published before the others
  std::vector<json::array> x_names;                 // of the encode tasks, by group
  std::vector<std::vector<std::string>> x_encodes;  // ids, by group, in the order of the chunks
  std::map<std::pair<size_t, size_t>, std::vector<std::string>> x_sampled;  // encodes to be made, by sample and group
  json::array x_track_names;
  std::vector<std::string> x_assemblies, x_sounds, x_texts, x_first_verifications, x_verifications;
  std::vector<std::string> x_other_checks;  // of sound and text
  std::string x_first_publication;
};

/// Where each picture track's chunks are found: encode group and place in it.
json::array places_of(const RungGroups& groups) {
  size_t count = 0;
  for (const auto& group : groups) count += group.size();
  json::array places(count);
  for (size_t group = 0; group < groups.size(); group++) {
    for (size_t place = 0; place < groups[group].size(); place++)
      places[groups[group][place]] = json::array{static_cast<int64_t>(group), static_cast<int64_t>(place)};
  }
  return places;
}

}  // namespace

json::object what_is_encoded(json::object chunk) {
  chunk.erase("index");
  chunk.erase("key_pts");
  return chunk;
}

std::string source_of(const ChunkSpec& chunk, const analysis::AnalysisResult& analysed, const std::string& master) {
  if (analysed.packets.pictures.empty()) return master;
  return to_hex(analysis::coded_digest(analysed.packets, chunk.frames.front().source_pts, chunk.end_pts));
}

Result<transcode::PlanRequest> plan_request(const EngineOptions& options, const PublishRequest& request,
                                            const media::Facts& facts, const json::object& facts_json) {
  transcode::PlanRequest plan;
  const std::string name = request.ladder.empty() ? transcode::choose_ladder(facts) : request.ladder;
  PIER_TRY(plan.ladder, transcode::load_ladder(options.ladders, name));
  plan.only_rungs = request.rungs;
  PIER_TRY(const Points points, programme_points(request.in, request.out, facts_json));
  plan.in = points.in;
  plan.out = points.out;
  if (!request.audio_map.empty()) {
    PIER_TRY(plan.audio_map, transcode::parse_audio_map(request.audio_map, facts));
  }
  return plan;
}

Result<json::object> describe_tasks(const transcode::PublishPlan& plan, const analysis::AnalysisResult& analysed,
                                    const media::VideoFacts& video, const std::string& asset_id,
                                    const std::string& master, const std::string& first_wish) {
  PIER_TRY(const std::optional<size_t> first, first_track(plan, first_wish));
  json::array chunks, tracks, track_demands, sounds, sound_demands, rungs, left_out, warnings, peaks;
  const SourceCost source = source_cost(video);
  const Rational duration(plan.duration, plan.timescale);
  const std::vector<transcode::CalibrationSample> samples = transcode::calibration_samples(plan);
  for (size_t i = 0; i < plan.chunks.size(); i++) {
    const ChunkSpec& chunk = plan.chunks[i];
    json::object part = chunk_part(chunk, source_of(chunk, analysed, master), source, plan.complexity[i], first);
    part["sampled"] = sampled_by(plan, analysed.packets, samples, i);
    chunks.emplace_back(std::move(part));
  }
  for (const PlannedRung& rung : plan.ladder.rungs) {
    if (rung.rung.kind == RungKind::kAudio) continue;
    const bool image = rung.rung.kind == RungKind::kImage;
    tracks.emplace_back(
        transcode::to_json(image ? transcode::image_track_spec(plan, rung) : transcode::video_track_spec(plan, rung)));
    track_demands.emplace_back(to_json(assemble_demand(rung, static_cast<double>(plan.frames), duration.value())));
    rungs.emplace_back(rung.rung.name);
  }
  for (const transcode::PlannedSound& sound : plan.sounds) {
    PIER_TRY(const transcode::TrackSpec spec, transcode::sound_track_spec(plan, sound));
    sounds.emplace_back(json::object{{"sound", transcode::to_json(sound.spec)}, {"track", transcode::to_json(spec)}});
    sound_demands.emplace_back(json::object{{"sound", to_json(sound_demand(sound.spec, source))},
                                            {"verify", to_json(verify_sound_demand(sound.spec))}});
    rungs.emplace_back(sound.rung.name);
  }
  for (const transcode::LeftOut& rung : plan.ladder.left_out) {
    left_out.emplace_back(json::object{{"rung", rung.rung}, {"reason", rung.reason}});
  }
  for (const std::string& warning : plan.warnings) warnings.emplace_back(warning);
  for (const transcode::PeakFrom& peak : plan.peaks)
    peaks.emplace_back(json::object{{"from_tick", peak.pts}, {"nits", peak.nits}});
  json::object grid{{"segments", static_cast<int64_t>(plan.grid.segments.size())},
                    {"segment_seconds", plan.grid.nominal_duration.value()},
                    {"timescale", plan.timescale},
                    {"duration", json::array{duration.num, duration.den}},
                    {"frames", plan.frames},
                    {"chunks", static_cast<int64_t>(plan.chunks.size())},
                    {"cut_keys", plan.cut_keys},
                    {"variable_rate", plan.variable_rate},
                    {"ladder", plan.ladder.name},
                    {"left_out", std::move(left_out)},
                    {"warnings", std::move(warnings)}};
  if (!peaks.empty()) grid["peaks"] = std::move(peaks);
  return json::object{{"asset", asset_id},
                      {"master", master},
                      {"coded_sound", source_of_sound(analysed, master)},
                      {"chunks", std::move(chunks)},
                      {"samples", sample_parts(plan, samples, source, first)},
                      {"tracks", std::move(tracks)},
                      {"track_demands", std::move(track_demands)},
                      {"groups", places_of(rung_groups(plan.chunks.front(), first))},
                      {"first", first ? json::value(static_cast<int64_t>(*first)) : json::value()},
                      {"sounds", std::move(sounds)},
                      {"sound_demands", std::move(sound_demands)},
                      {"rungs", std::move(rungs)},
                      {"grid", std::move(grid)},
                      {"audio_map", transcode::to_json(plan.audio_map)}};
}

Result<void> add_publication_tasks(Transaction& tx, const TaskRow& plan_task, const json::object& planned,
                                   const std::string& encoder) {
  return TaskPlan(tx, plan_task, planned, encoder).add_all();
}

}  // namespace pier::workflows::impl
