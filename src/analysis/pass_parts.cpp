// A pass over a part of a source: its state written down, and put together again.

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

#include "json_io.hpp"
#include "package_findings.hpp"
#include "pass.hpp"

namespace pier::analysis {

namespace {

json::value rational_json(Rational value) {
  return json::array{value.num, value.den};
}

Result<Rational> rational_from(const json::value& value) {
  PIER_TRY(const auto v, impl::integers(value, 2));
  if (v[1] == 0) return fail(ErrorCode::kInputDamaged, "a saved part holds a ratio over nothing");
  return Rational(v[0], v[1]);
}

constexpr std::string_view kDouble = "f64:", kText = "text:";

// The reader of JSON may be off by one in the last place of a number with a fraction; what is carried from one worker
// to another must not be. So such numbers are carried by their bits.
json::value exact(const json::value& value) {
  if (const double* number = value.if_double()) {
    return json::value(std::string(kDouble) + std::to_string(std::bit_cast<int64_t>(*number)));
  }
  if (value.is_string()) {
    const std::string text(value.get_string());
    const bool marked = text.starts_with(kDouble) || text.starts_with(kText);
    return json::value(marked ? std::string(kText) + text : text);
  }
  if (value.is_array()) {
    json::array out;
    for (const json::value& item : value.get_array()) out.push_back(exact(item));
    return out;
  }
  if (value.is_object()) {
    json::object out;
    for (const auto& [key, item] : value.get_object()) out[key] = exact(item);
    return out;
  }
  return value;
}

json::value from_exact(const json::value& value) {
  if (value.is_string()) {
    const std::string text(value.get_string());
    if (text.starts_with(kText)) return json::value(text.substr(kText.size()));
    if (!text.starts_with(kDouble)) return value;
    return json::value(std::bit_cast<double>(int64_t{std::strtoll(text.c_str() + kDouble.size(), nullptr, 10)}));
  }
  if (value.is_array()) {
    json::array out;
    for (const json::value& item : value.get_array()) out.push_back(from_exact(item));
    return out;
  }
  if (value.is_object()) {
    json::object out;
    for (const auto& [key, item] : value.get_object()) out[key] = from_exact(item);
    return out;
  }
  return value;
}

json::object outcome_json(const Outcome& outcome) {
  json::array findings;
  for (const Finding& finding : outcome.findings) findings.push_back(to_json(finding));
  json::object totals;
  for (const auto& [kind, total] : outcome.totals) totals[kind] = {{"count", total.count}, {"seconds", total.seconds}};
  json::array not_looked_for;
  for (const std::string& kind : outcome.not_looked_for) not_looked_for.push_back(json::value(kind));
  return {{"findings", std::move(findings)},
          {"totals", std::move(totals)},
          {"measures", outcome.measures},
          {"not_looked_for", std::move(not_looked_for)}};
}

Result<std::vector<Finding>> findings_from(const json::object& object, std::string_view key) {
  PIER_TRY(const json::array list, get_array(object, key));
  std::vector<Finding> findings;
  for (const json::value& item : list) {
    PIER_TRY(auto finding, finding_from_json(item));
    findings.push_back(std::move(finding));
  }
  return findings;
}

Result<Outcome> outcome_from(const json::value& value) {
  PIER_TRY(const json::object* object, impl::as_object(value, "a saved outcome"));
  Outcome outcome;
  PIER_TRY(outcome.findings, findings_from(*object, "findings"));
  PIER_TRY(outcome.measures, get_object(*object, "measures"));
  PIER_TRY(const json::object totals, get_object(*object, "totals"));
  for (const auto& [kind, total] : totals) {
    PIER_TRY(const json::object* entry, impl::as_object(total, "a saved total"));
    PIER_TRY(const int64_t count, get_int(*entry, "count"));
    PIER_TRY(const double seconds, get_double(*entry, "seconds"));
    outcome.totals[std::string(kind)] = {count, seconds};
  }
  PIER_TRY(outcome.not_looked_for, impl::get_strings(*object, "not_looked_for"));
  return outcome;
}

json::array extents_json(const std::vector<AudioExtent>& extents) {
  json::array list;
  for (const AudioExtent& e : extents) {
    list.push_back(json::array{e.stream_index, e.sample_rate, e.channels, static_cast<int64_t>(e.channel_mask),
                               e.first_pts, e.samples, e.programme_first_pts, e.programme_samples, e.gap_samples});
  }
  return list;
}

Result<std::vector<AudioExtent>> extents_from(const json::object& object) {
  PIER_TRY(const json::array list, get_array(object, "audio"));
  std::vector<AudioExtent> extents;
  for (const json::value& item : list) {
    PIER_TRY(const auto v, impl::integers(item, 9));
    extents.push_back({static_cast<int>(v[0]), static_cast<int>(v[1]), static_cast<int>(v[2]),
                       static_cast<uint64_t>(v[3]), v[4], v[5], v[6], v[7], v[8]});
  }
  return extents;
}

}  // namespace

json::object to_json(const AnalyzerContext& context) {
  json::object object;
  if (context.video) {
    object["video"] = {{"stream_index", context.video->stream_index},
                       {"time_base", rational_json(context.video->time_base)},
                       {"frame_rate", rational_json(context.video->frame_rate)}};
  }
  json::array audio;
  for (const AudioContext& a : context.audio) {
    audio.push_back(json::array{a.stream_index, a.sample_rate, a.channels, static_cast<int64_t>(a.channel_mask)});
  }
  object["audio"] = std::move(audio);
  return object;
}

Result<AnalyzerContext> analyzer_context_from_json(const json::object& object) {
  AnalyzerContext context;
  if (const json::value* video = object.if_contains("video"); video != nullptr) {
    PIER_TRY(const json::object* entry, impl::as_object(*video, "the picture stream of a saved part"));
    VideoContext v;
    PIER_TRY(const int64_t index, get_int(*entry, "stream_index"));
    v.stream_index = static_cast<int>(index);
    PIER_TRY(v.time_base, rational_from(impl::member(*video, "time_base")));
    PIER_TRY(v.frame_rate, rational_from(impl::member(*video, "frame_rate")));
    context.video = v;
  }
  PIER_TRY(const json::array audio, get_array(object, "audio"));
  for (const json::value& item : audio) {
    PIER_TRY(const auto v, impl::integers(item, 4));
    context.audio.push_back(
        {static_cast<int>(v[0]), static_cast<int>(v[1]), static_cast<int>(v[2]), static_cast<uint64_t>(v[3])});
  }
  return context;
}

Result<AnalysisPart> Pass::save() {
  PIER_CHECK(drain());
  if (x_result.damaged_frames > 0 || x_suspect_left > 0) {
    return fail(ErrorCode::kInputDamaged,
                "pictures of this part are damaged; analyse the source in one piece, so that what follows them is not "
                "judged either");
  }
  AnalysisPart part;
  json::object states, outcomes;
  for (size_t i = 0; i < x_analyzers.size(); ++i) {
    Analyzer& analyzer = *x_analyzers[i];
    if (x_needs[i].video) {
      PIER_TRY(states[analyzer.name()], analyzer.save());
    } else {
      outcomes[analyzer.name()] = exact(outcome_json(analyzer.finish()));
    }
  }
  json::array changes;  // hold no numbers with a fraction but times, which are read as ratios
  for (const Finding& finding : x_changes) changes.push_back(to_json(finding));
  part.state = {{"engine", kEngineVersion},
                {"context", to_json(x_options.context)},
                {"first_frame", x_options.first_frame},
                {"frames", x_frames},
                {"programme_frames", x_result.programme_frames},
                {"damaged", x_damaged.save()},
                {"changes", std::move(changes)},
                {"change_count", x_change_count},
                {"states", std::move(states)},
                {"outcomes", std::move(outcomes)},
                {"audio", extents_json(x_result.audio)}};
  if (x_options.in_pts) part.state["in_pts"] = *x_options.in_pts;
  if (x_options.out_pts) part.state["out_pts"] = *x_options.out_pts;
  part.frames = std::move(x_result.frames);
  return part;
}

Result<void> Pass::take_in(const json::object& state, bool first) {
  PIER_TRY(const int64_t first_frame, get_int(state, "first_frame"));
  if (first_frame != x_frames) {
    return fail(ErrorCode::kInputDamaged, "a part begins with frame " + std::to_string(first_frame) +
                                              " where the ones before it end with " + std::to_string(x_frames - 1) +
                                              "; analyse the source in one piece");
  }
  PIER_TRY(const int64_t frames, get_int(state, "frames"));
  PIER_TRY(const int64_t programme_frames, get_int(state, "programme_frames"));
  PIER_TRY(const int64_t change_count, get_int(state, "change_count"));
  PIER_TRY(const auto changes, findings_from(state, "changes"));
  PIER_TRY(const json::object states, get_object(state, "states"));
  for (size_t i = 0; i < x_analyzers.size(); ++i) {
    if (!x_needs[i].video) continue;
    const json::value* own = states.if_contains(x_analyzers[i]->name());
    if (own == nullptr) {
      return fail(ErrorCode::kInputDamaged, "a saved part lacks the state of " + std::string(x_analyzers[i]->name()));
    }
    PIER_CHECK(first ? x_analyzers[i]->load(*own) : x_analyzers[i]->merge(*own));
  }
  const json::value& damaged = state.at("damaged");
  PIER_CHECK(first ? x_damaged.load(damaged) : x_damaged.merge(damaged));
  x_frames += frames;
  x_result.programme_frames += programme_frames;
  x_change_count += change_count;
  for (const Finding& finding : changes) {
    if (x_changes.size() < kMaxFindings) x_changes.push_back(finding);
  }
  return {};
}

Result<void> Pass::load(const AnalysisPart& part) {
  PIER_CHECK(take_in(part.state, true));
  x_result.frames = part.frames;
  return {};
}

Result<void> Pass::merge(const AnalysisPart& part) {
  PIER_CHECK(take_in(part.state, false));
  auto& frames = x_result.frames.frames;
  frames.insert(frames.end(), part.frames.frames.begin(), part.frames.frames.end());
  return {};
}

Result<void> Pass::load_rest(const AnalysisPart& rest) {
  PIER_TRY(x_result.audio, extents_from(rest.state));
  PIER_TRY(const json::object outcomes, get_object(rest.state, "outcomes"));
  PIER_TRY(const json::object states, get_object(rest.state, "states"));
  x_outcomes.resize(x_analyzers.size());
  for (size_t i = 0; i < x_analyzers.size(); ++i) {
    if (!x_needs[i].audio && !x_needs[i].packets && !x_needs[i].access_units) continue;
    const std::string_view name = x_analyzers[i]->name();
    const json::value* own = x_needs[i].video ? states.if_contains(name) : outcomes.if_contains(name);
    if (own == nullptr)
      return fail(ErrorCode::kInputDamaged, "a saved part lacks what " + std::string(name) + " found");
    if (x_needs[i].video) {
      PIER_CHECK(x_analyzers[i]->merge(*own));
    } else {
      PIER_TRY(x_outcomes[i], outcome_from(from_exact(*own)));
    }
  }
  return {};
}

Result<AnalysisResult> merge_parts(const std::vector<AnalysisPart>& parts, const AnalysisPart& rest) {
  if (parts.empty()) return fail(ErrorCode::kInvalidArgument, "there are no parts to put together");
  for (const auto* part : {&parts.front(), &rest}) {
    PIER_TRY(const std::string engine, get_string(part->state, "engine"));
    if (engine != kEngineVersion)
      return fail(ErrorCode::kInvalidArgument,
                  "a part was analysed by " + engine + ", not by " + std::string(kEngineVersion));
  }
  PassOptions options;
  PIER_TRY(const json::object context, get_object(rest.state, "context"));
  PIER_TRY(options.context, analyzer_context_from_json(context));
  if (rest.state.contains("in_pts")) options.in_pts = int_or(rest.state, "in_pts", 0);
  if (rest.state.contains("out_pts")) options.out_pts = int_or(rest.state, "out_pts", 0);
  options.threads = 1;
  Pass pass(std::move(options));
  PIER_CHECK(pass.load(parts.front()));
  for (size_t i = 1; i < parts.size(); ++i) PIER_CHECK(pass.merge(parts[i]));
  PIER_CHECK(pass.load_rest(rest));
  PIER_TRY(AnalysisResult result, pass.finish());
  if (const json::value* warnings = rest.state.if_contains("warnings"); warnings != nullptr) {
    PIER_TRY(result.warnings, impl::get_strings(rest.state, "warnings"));
  }
  if (!bool_or(rest.state, "package", false)) impl::add_no_package(result);
  result.packets = rest.packets;
  return result;
}

json::object to_json(const AnalysisPart& part) {
  return {{"state", part.state}, {"frames", to_base64(to_bytes(part.frames))}};
}

Result<AnalysisPart> analysis_part_from_json(const json::value& value) {
  PIER_TRY(const json::object* object, impl::as_object(value, "a saved part"));
  AnalysisPart part;
  PIER_TRY(part.state, get_object(*object, "state"));
  PIER_TRY(const std::string frames, get_string(*object, "frames"));
  PIER_TRY(const Bytes table, from_base64(frames));
  PIER_TRY(part.frames, frame_table_from_bytes(table));
  return part;
}

json::object to_json(const PartRange& range) {
  const auto packed = [](const std::optional<int64_t>& number) {
    return number ? json::value(*number) : json::value();
  };
  return {{"first_frame", range.first_frame},
          {"frames", packed(range.frames)},
          {"previous_pts", packed(range.previous_pts)},
          {"first_pts", packed(range.first_pts)},
          {"end_pts", packed(range.end_pts)}};
}

Result<PartRange> part_range_from_json(const json::value& value) {
  PIER_TRY(const json::object* object, impl::as_object(value, "the range of a part"));
  PartRange range;
  PIER_TRY(range.first_frame, get_int(*object, "first_frame"));
  const auto number = [&](std::string_view key) -> std::optional<int64_t> {
    const json::value* found = object->if_contains(key);
    return found != nullptr && found->is_int64() ? std::optional(found->as_int64()) : std::nullopt;
  };
  range.frames = number("frames");
  range.previous_pts = number("previous_pts");
  range.first_pts = number("first_pts");
  range.end_pts = number("end_pts");
  return range;
}

std::vector<PartRange> plan_parts(const PacketTable& packets, int64_t frames) {
  std::vector<std::pair<int64_t, bool>> times;
  times.reserve(packets.pictures.size());
  for (const PacketRecord& picture : packets.pictures) times.emplace_back(picture.pts, picture.key);
  std::ranges::sort(times);
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  const bool untimed = !times.empty() && times.front().first == INT64_MIN;
  std::vector<PartRange> parts(1);
  if (untimed || std::ranges::adjacent_find(times, same) != times.end()) return parts;
  const auto total = static_cast<int64_t>(times.size());
  for (int64_t at = frames; at < total; at = (at / frames + 1) * frames) {
    while (at < total && !times[static_cast<size_t>(at)].second) ++at;
    if (at >= total) break;
    const int64_t cut = times[static_cast<size_t>(at)].first;
    parts.back().end_pts = cut;
    parts.back().frames = at - parts.back().first_frame;
    parts.push_back({.first_frame = at, .previous_pts = times[static_cast<size_t>(at - 1)].first, .first_pts = cut});
  }
  parts.back().frames = total - parts.back().first_frame;
  return parts;
}

Sha256 coded_digest(const PacketTable& packets, const PartRange& range) {
  return coded_digest(packets, range.previous_pts.value_or(INT64_MIN), range.end_pts.value_or(INT64_MAX));
}

}  // namespace pier::analysis
