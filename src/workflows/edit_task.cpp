// edit: a timeline rendered into one file for others, and that file read again. With "check" only planned.

#include <algorithm>

#include <pier/edit/render.hpp>
#include <pier/overlay/font.hpp>
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

bool has_text(const edit::EditPlan& plan) {
  return std::ranges::any_of(plan.pictures, [](const auto& track) {
    return std::ranges::any_of(track, [](const auto& piece) { return piece.kind == edit::PicturePiece::Kind::kText; });
  });
}

/// The inputs besides the media are fonts.
Result<std::optional<overlay::Fonts>> fonts_of(const edit::EditPlan& plan, const ChildFiles& files) {
  if (!has_text(plan)) return std::nullopt;
  std::vector<Bytes> contents;
  for (const auto& input : files.inputs) {
    PIER_TRY(Bytes font, read_whole(input, overlay::kMaxFontBytes, "a font"));
    contents.push_back(std::move(font));
  }
  PIER_TRY(overlay::Fonts fonts, overlay::Fonts::open(std::move(contents)));
  return fonts;
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
  std::vector<edit::OpenInput> opened;
  if (files.sources.size() != inputs.size()) return fail(ErrorCode::kInternal, "not every input was opened");
  for (size_t i = 0; i < inputs.size(); ++i) opened.push_back({std::move(files.sources[i]), inputs[i].path});
  PIER_TRY(const std::optional<overlay::Fonts> fonts, fonts_of(plan, files));
  const overlay::Fonts* drawn_with = fonts ? &*fonts : nullptr;
  PIER_CHECK(edit::try_graphics(plan, opened, drawn_with));
  if (bool_or(params, "check", false)) return answer;

  const int threads = static_cast<int>(std::max<int64_t>(1, int_or(params, "threads", 1)));
  PIER_TRY(const edit::Rendered rendered, edit::render(plan, opened, files.scratch, threads, drawn_with, progress));
  PIER_TRY(const media::Facts found, facts_of_output(files.scratch, plan.file.file.container));
  const std::vector<deliver::TagCheck> checks = deliver::check_tags(plan.file, rendered.made, found);
  PIER_CHECK(check_written(checks));
  answer["pictures"] = rendered.made.pictures;
  answer["copied"] = rendered.copied;
  answer["mixed"] = rendered.mixed;
  answer["drawn"] = rendered.drawn;
  answer["damaged"] = rendered.made.damaged;
  answer["clipped_samples"] = rendered.clipped_samples;
  answer["conversions"] = texts(rendered.conversions);
  answer["tags"] = json_list(checks);
  return answer;
}

}  // namespace

const TaskKind kEditTask{"edit", 1, false, nullptr, run, nullptr};

}  // namespace pier::workflows::impl
