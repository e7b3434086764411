#include "metadata.hpp"

#include <algorithm>

#include "analyzers/metadata/plausible.hpp"

namespace pier::analysis {

namespace {

constexpr std::array<std::string_view, 3> kDynamicNames{"hdr10_plus", "dolby_vision", "hdr_vivid"};

json::object shown(const MasteringDisplay& d) {
  const auto xy = [](MasteringDisplay::Xy v) { return json::array{v.x / 50000.0, v.y / 50000.0}; };
  return {{"red", xy(d.red)},
          {"green", xy(d.green)},
          {"blue", xy(d.blue)},
          {"white", xy(d.white)},
          {"max_nits", d.max_luminance / 10000.0},
          {"min_nits", d.min_luminance / 10000.0},
          {"gamut", impl::gamut_name(d)}};
}

json::object shown(const ContentLight& light) {
  return {{"max_cll", light.max_cll}, {"max_fall", light.max_fall}};
}

json::array texts(const std::vector<std::string>& problems) {
  json::array list;
  for (const std::string& problem : problems) list.emplace_back(problem);
  return list;
}

bool is_entry(media::PictureAccess access) {
  return access == media::PictureAccess::kIdr || access == media::PictureAccess::kCra ||
         access == media::PictureAccess::kBla;
}

}  // namespace

MetadataAnalyzer::MetadataAnalyzer(const AnalyzerContext& context) : x_video(context.video.value_or(VideoContext{})) {
  for (const std::string_view name : kDynamicNames)
    x_missing.emplace_back(
        impl::RunRules{.kind = "metadata.missing_dynamic." + std::string(name), .severity = Severity::kWarn});
}

std::unique_ptr<Analyzer> MetadataAnalyzer::make(const AnalyzerContext& context) {
  return std::make_unique<MetadataAnalyzer>(context);
}

void MetadataAnalyzer::read_unit(const media::Packet& packet, const media::AccessUnit& unit,
                                 const media::AccessUnitReader& reader) {
  if (x_units++ == 0) x_configuration = reader.configuration();
  if (!unit.parsed || !unit.picture) return;
  x_parsed = true;
  Carried carried;
  carried.duration = packet.duration;
  carried.entry = is_entry(unit.access);
  carried.mastering = unit.mastering_display;
  carried.light = unit.content_light;
  carried.dynamic = {unit.hdr10_plus, unit.dovi_rpu, unit.hdr_vivid};
  x_order.push(packet.pts, carried, [this](int64_t pts, const Carried& value) { show(pts, value); });
}

template <typename T>
void MetadataAnalyzer::Field<T>::count(const T& value) {
  ++carried;
  for (auto& [known, times] : said) {
    if (known == value) {
      ++times;
      return;
    }
  }
  if (said.size() < kMaxVersions) {
    said.emplace_back(value, 1);
  } else {
    ++other;
  }
}

template <typename T>
void MetadataAnalyzer::take(Field<T>& field, std::string_view name, const std::optional<T>& value,
                            const FrameTime& time, bool entry) {
  if (entry && field.now) {
    ++field.entries;
    field.entries_without += value ? 0 : 1;
  }
  if (!value) return;
  field.count(*value);
  if (field.first_at < 0) {
    field.first_at = time.index;
    field.first_pts = time.pts;
  }
  if (field.now && *field.now != *value) {
    ++field.changes;
    report("metadata.changed." + std::string(name), Severity::kWarn, time, time,
           {{"from", shown(*field.now)}, {"to", shown(*value)}});
  }
  field.now = value;
}

void MetadataAnalyzer::show(int64_t pts, const Carried& carried) {
  FrameTime time{.index = x_pictures++, .pts = pts, .duration = std::max<int64_t>(1, carried.duration)};
  if (time.index == 0) x_first = time;
  x_last = time;
  take(x_mastering, "mastering_display", carried.mastering, time, carried.entry);
  take(x_light, "content_light", carried.light, time, carried.entry);
  for (size_t kind = 0; kind < kDynamicKinds; ++kind) {
    x_present[kind] += carried.dynamic[kind] ? 1 : 0;
    x_missing[kind].mark(time, !carried.dynamic[kind]);
  }
}

void MetadataAnalyzer::report(std::string kind, Severity severity, const FrameTime& from, const FrameTime& to,
                              json::object measures) {
  FindingTotals& totals = x_outcome.totals[kind];
  Finding finding;
  finding.time = {Rational(from.pts) * x_video.time_base,
                  (Rational(to.pts) + Rational(to.duration)) * x_video.time_base};
  totals.seconds += (finding.time.end - finding.time.start).value();
  if (++totals.count > static_cast<int64_t>(kMaxFindings)) return;
  finding.kind = std::move(kind);
  finding.severity = severity;
  finding.stream_index = x_video.stream_index;
  finding.first_frame = from.index;
  finding.last_frame = to.index;
  finding.measures = std::move(measures);
  set_id(finding);
  x_outcome.findings.push_back(std::move(finding));
}

// Said in the stream, but not from its first picture on, and not by its configuration record either.
template <typename T>
void MetadataAnalyzer::report_late(const Field<T>& field, std::string_view name, bool in_configuration) {
  if (field.first_at <= 0 || in_configuration) return;
  FrameTime last = x_first;
  last.pts = field.first_pts;
  last.index = field.first_at - 1;
  last.duration = 0;
  report("metadata.late." + std::string(name), Severity::kWarn, x_first, last, {{"pictures_before", field.first_at}});
}

void MetadataAnalyzer::report_dynamic() {
  json::object& measures = x_outcome.measures;
  for (size_t kind = 0; kind < kDynamicKinds; ++kind) {
    const int64_t present = x_present[kind];
    const std::string name(kDynamicNames[kind]);
    measures[name] = {{"pictures_with", present}, {"pictures_without", x_pictures - present}};
    measures[name + "_complete"] = x_pictures > 0 && present == x_pictures;
    if (present == 0 || present == x_pictures) continue;
    impl::report_runs(x_missing[kind], x_video.stream_index, x_video.time_base, true, x_outcome,
                      [](const impl::Run& run, Finding& finding) { finding.measures["pictures"] = run.hits; });
  }
}

// What the container declares, then what the stream says and the container does not.
void MetadataAnalyzer::report_plausibility() {
  std::vector<MasteringDisplay> displays;
  std::vector<ContentLight> lights;
  if (x_video.mastering_display) displays.push_back(*x_video.mastering_display);
  if (x_video.content_light) lights.push_back(*x_video.content_light);
  const auto add = [](auto& list, const auto& said) {
    for (const auto& [value, times] : said) {
      if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
    }
  };
  add(displays, x_mastering.said);
  add(lights, x_light.said);
  json::array all;
  for (const MasteringDisplay& display : displays) {
    const auto problems = impl::mastering_problems(display);
    if (problems.empty()) continue;
    all.push_back(json::object{{"problems", texts(problems)}, {"value", shown(display)}});
  }
  if (!all.empty()) report("metadata.st2086_implausible", Severity::kWarn, x_first, x_last, {{"values", all}});
  all.clear();
  const std::optional<MasteringDisplay> display = displays.empty() ? std::nullopt : std::optional(displays.front());
  for (const ContentLight& light : lights) {
    const auto problems = impl::light_problems(light, display);
    if (problems.empty()) continue;
    all.push_back(json::object{{"problems", texts(problems)}, {"value", shown(light)}});
  }
  if (!all.empty()) report("metadata.light_implausible", Severity::kWarn, x_first, x_last, {{"values", all}});
}

template <typename T>
json::object MetadataAnalyzer::field_measures(const Field<T>& field) {
  json::array values;
  for (const auto& [value, times] : field.said) {
    json::object entry = shown(value);
    entry["times"] = times;
    values.push_back(std::move(entry));
  }
  return {{"times", field.carried},
          {"changes", field.changes},
          {"values", std::move(values)},
          {"times_of_unlisted_values", field.other},
          {"first_picture", field.first_at},
          {"access_points", field.entries},
          {"access_points_without", field.entries_without}};
}

Outcome MetadataAnalyzer::finish() {
  x_order.flush([this](int64_t pts, const Carried& value) { show(pts, value); });
  json::object& measures = x_outcome.measures;
  measures["pictures"] = x_pictures;
  measures["parsed"] = x_parsed;
  measures["mastering_display"] = field_measures(x_mastering);
  measures["content_light"] = field_measures(x_light);
  report_late(x_mastering, "mastering_display", x_configuration.mastering_display.has_value());
  report_late(x_light, "content_light", x_configuration.content_light.has_value());
  report_dynamic();
  report_plausibility();
  return std::move(x_outcome);
}

}  // namespace pier::analysis
