// deliver: a master made into one file for others, in one pass, and that file read again.

#include <algorithm>
#include <cmath>

#include <pier/deliver/make.hpp>
#include <pier/subtitles/reading.hpp>

#include "made_forms.hpp"
#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

json::array list(const std::vector<deliver::LoudnessMade>& tracks) {
  const auto hundredths = [](const std::optional<double>& value) {
    return value ? json::value(std::round(*value * 100) / 100) : json::value();
  };
  json::array all;
  for (const deliver::LoudnessMade& track : tracks) {
    all.push_back(json::object{{"source_lufs", hundredths(track.source_lufs)},
                               {"lufs", hundredths(track.lufs)},
                               {"true_peak_dbtp", hundredths(track.true_peak_dbtp)},
                               {"gain_db", hundredths(track.gain_db)},
                               {"most_limited_db", hundredths(track.most_limited_db)}});
  }
  return all;
}

/// The file of subtitles, then the fonts.
Result<deliver::Burn> burn_of(const deliver::BurnWish& wish, const ChildFiles& files) {
  if (files.inputs.size() < 2) return fail(ErrorCode::kInternal, "the task wants subtitles and fonts");
  PIER_TRY(const Bytes text, read_whole(files.inputs[0], subtitles::kMaxInput, "the subtitle file"));
  std::vector<Bytes> fonts;
  for (size_t i = 1; i < files.inputs.size(); ++i) {
    PIER_TRY(Bytes font, read_whole(files.inputs[i], overlay::kMaxFontBytes, "a font"));
    fonts.push_back(std::move(font));
  }
  return deliver::read_burn(wish, text, std::move(fonts));
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const json::object facts_json, get_object(params, "facts"));
  PIER_TRY(const media::Facts facts, media::facts_from_json(facts_json));
  PIER_TRY(const json::object wish_json, get_object(params, "wish"));
  PIER_TRY(const deliver::Wish wish, deliver::wish_from_json(wish_json));
  const int threads = static_cast<int>(std::max<int64_t>(1, int_or(params, "threads", 1)));
  PIER_TRY(const Points points,
           programme_points(string_or(params, "in", ""), string_or(params, "out", ""), facts_json));
  PIER_TRY(const deliver::SourceScan scan,
           deliver::look_at_scan(files.source, facts, points.in.value_or(Rational(0)), threads));
  PIER_TRY(deliver::Plan plan, deliver::plan_delivery(facts, wish, {points.in, points.out, scan}));
  if (wish.burn) {
    PIER_TRY(plan.burn, burn_of(*wish.burn, files));
    plan.notes.insert(plan.notes.end(), plan.burn->notes.begin(), plan.burn->notes.end());
  }
  PIER_TRY(const deliver::Made made, deliver::make_file(files.source, plan, files.scratch, threads, progress));
  PIER_TRY(const media::Facts found, facts_of_output(files.scratch, plan.file.container));
  const std::vector<deliver::TagCheck> checks = deliver::check_tags(plan, made, found);
  PIER_CHECK(check_written(checks));
  json::array notes;
  for (const std::string& note : plan.notes) notes.emplace_back(note);
  return json::object{
      {"pictures", made.pictures},     {"repeated", made.repeated},       {"dropped", made.dropped},
      {"damaged", made.damaged},       {"burned", made.burned},           {"silence_samples", made.silence_samples},
      {"conversion", made.conversion}, {"loudness", list(made.loudness)}, {"repairs", json_list(plan.repairs)},
      {"notes", std::move(notes)},     {"tags", json_list(checks)}};
}

}  // namespace

const TaskKind kDeliverTask{"deliver", 1, false, nullptr, run, nullptr};

}  // namespace pier::workflows::impl
