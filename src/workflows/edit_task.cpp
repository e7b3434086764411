// edit: a timeline rendered into one file for others, and that file read again. With "check" only planned.

#include <algorithm>

#include <pier/edit/render.hpp>
#include <pier/timeline/otio.hpp>

#include "made_forms.hpp"
#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

Result<std::vector<edit::Input>> inputs_of(const json::object& params) {
  std::vector<edit::Input> inputs;
  PIER_TRY(const json::array packed, get_array(params, "inputs"));
  for (const json::value& value : packed) {
    edit::Input input;
    PIER_TRY(input.path, get_path(value.as_object(), "path"));
    const json::value& facts = value.as_object().at("facts");
    if (!facts.is_null()) {
      PIER_TRY(input.facts, media::facts_from_json(facts));
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

json::array texts(const std::vector<std::string>& lines) {
  json::array all;
  for (const std::string& line : lines) all.emplace_back(line);
  return all;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  PIER_TRY(const std::string text, get_string(params, "timeline"));
  PIER_TRY(const timeline::Timeline timeline, timeline::read_otio(text));
  PIER_TRY(const json::object wish_json, get_object(params, "wish"));
  PIER_TRY(const edit::EditWish wish, edit::wish_from_json(wish_json));
  PIER_TRY(const std::vector<edit::Input> inputs, inputs_of(params));
  PIER_TRY(const edit::EditPlan plan, edit::plan_edit(timeline, inputs, wish));
  json::object answer{{"plan", edit::describe(plan, inputs)},
                      {"repairs", json_list(plan.file.repairs)},
                      {"notes", texts(plan.file.notes)}};
  if (bool_or(params, "check", false)) return answer;

  std::vector<edit::OpenInput> opened;
  for (media::Source& source : files.sources) opened.push_back({std::move(source)});
  if (opened.size() != inputs.size()) return fail(ErrorCode::kInternal, "not every input was opened");
  const int threads = static_cast<int>(std::max<int64_t>(1, int_or(params, "threads", 1)));
  PIER_TRY(const edit::Rendered rendered, edit::render(plan, opened, files.scratch, threads, progress));
  PIER_TRY(const media::Facts found, facts_of_output(files.scratch, plan.file.file.container));
  const std::vector<deliver::TagCheck> checks = deliver::check_tags(plan.file, rendered.made, found);
  PIER_CHECK(check_written(checks));
  answer["pictures"] = rendered.made.pictures;
  answer["copied"] = rendered.copied;
  answer["mixed"] = rendered.mixed;
  answer["damaged"] = rendered.made.damaged;
  answer["clipped_samples"] = rendered.clipped_samples;
  answer["conversions"] = texts(rendered.conversions);
  answer["tags"] = json_list(checks);
  return answer;
}

}  // namespace

const TaskKind kEditTask{"edit", 1, false, nullptr, run, nullptr};

}  // namespace pier::workflows::impl
