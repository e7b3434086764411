#include <array>

#include <pier/core/file.hpp>
#include <pier/jobs/job.hpp>
#include <pier/workflows/engine.hpp>

namespace pier::workflows {
namespace {

json::value pack(const std::optional<MasteringDisplay>& display) {
  if (!display) return nullptr;
  const auto xy = [](MasteringDisplay::Xy p) { return json::array{p.x, p.y}; };
  return json::object{{"red", xy(display->red)},
                      {"green", xy(display->green)},
                      {"blue", xy(display->blue)},
                      {"white", xy(display->white)},
                      {"max_luminance", display->max_luminance},
                      {"min_luminance", display->min_luminance}};
}

Result<MasteringDisplay::Xy> point(const json::object& object, std::string_view name) {
  PIER_TRY(const json::array pair, get_array(object, name));
  if (pair.size() != 2)
    return fail(ErrorCode::kInvalidArgument, "mastering_display." + std::string(name) + " is [x, y]");
  const auto number = [&](size_t i) { return pair[i].is_number() ? pair[i].to_number<double>() : -1; };
  if (number(0) < 0 || number(0) > 65535 || number(1) < 0 || number(1) > 65535) {
    return fail(ErrorCode::kInvalidArgument, "mastering_display." + std::string(name) + " is out of range");
  }
  return MasteringDisplay::Xy{static_cast<uint16_t>(number(0)), static_cast<uint16_t>(number(1))};
}

Result<MasteringDisplay> display_from(const json::object& object) {
  MasteringDisplay display;
  PIER_TRY(display.red, point(object, "red"));
  PIER_TRY(display.green, point(object, "green"));
  PIER_TRY(display.blue, point(object, "blue"));
  PIER_TRY(display.white, point(object, "white"));
  PIER_TRY(const int64_t most, get_int(object, "max_luminance"));
  PIER_TRY(const int64_t least, get_int(object, "min_luminance"));
  display.max_luminance = static_cast<uint32_t>(most);
  display.min_luminance = static_cast<uint32_t>(least);
  return display;
}

Result<std::vector<std::string>> texts_or_none(const json::object& object, std::string_view name) {
  std::vector<std::string> texts;
  const auto list = get_array(object, name);
  for (size_t i = 0; list && i < list->size(); ++i) {
    if (!(*list)[i].is_string())
      return fail(ErrorCode::kInvalidArgument, std::string(name) + " holds something that is no text");
    texts.emplace_back((*list)[i].as_string());
  }
  return texts;
}

json::object pack(const SubtitleWish& wish) {
  json::object object{{"language", wish.language}, {"name", wish.name},     {"encoding", wish.encoding},
                      {"offset", wish.offset},     {"forced", wish.forced}, {"default", wish.is_default}};
  if (wish.from.empty()) {
    put_path(object, "path", wish.path);
  } else {
    object["from"] = wish.from;
    object["service"] = wish.service;
  }
  return object;
}

Result<std::vector<SubtitleWish>> subtitles_from(const json::object& request) {
  std::vector<SubtitleWish> wishes;
  const auto list = get_array(request, "subtitles");
  for (size_t i = 0; list && i < list->size(); ++i) {
    if (!(*list)[i].is_object())
      return fail(ErrorCode::kInvalidArgument, "subtitles holds something that is no object");
    const json::object& object = (*list)[i].as_object();
    SubtitleWish wish;
    wish.from = string_or(object, "from", "");
    wish.service = int_or(object, "service", 0);
    if (wish.from.empty()) {
      PIER_TRY(wish.path, get_path(object, "path"));
    }
    wish.language = string_or(object, "language", "");
    wish.name = string_or(object, "name", "");
    wish.encoding = string_or(object, "encoding", "");
    wish.offset = string_or(object, "offset", "");
    wish.forced = bool_or(object, "forced", false);
    wish.is_default = bool_or(object, "default", false);
    wishes.push_back(std::move(wish));
  }
  return wishes;
}

constexpr std::array kPolicies{std::pair{Policy::kBlock, "block"}, std::pair{Policy::kWarn, "warn"},
                               std::pair{Policy::kIgnore, "ignore"}};

}  // namespace

std::string_view to_string(Policy policy) {
  for (const auto& [value, name] : kPolicies) {
    if (value == policy) return name;
  }
  return "";
}

Result<Policy> policy_from(std::string_view name) {
  for (const auto& [value, known] : kPolicies) {
    if (known == name) return value;
  }
  return fail(ErrorCode::kInvalidArgument,
              "policy is \"block\", \"warn\" or \"ignore\", not \"" + display_text(name) + "\"");
}

json::object to_json(const PublishRequest& request) {
  json::object object{{"organisation", request.organisation},
                      {"title", request.title},
                      {"ladder", request.ladder},
                      {"profile", request.profile},
                      {"policy", to_string(request.policy)},
                      {"in", request.in},
                      {"out", request.out},
                      {"audio_map", request.audio_map},
                      {"keep", request.keep_copy ? "copy" : "place"},
                      {"mastering_display", pack(request.mastering_display)}};
  put_path(object, "path", request.path);
  object["rungs"] = json::array(request.rungs.begin(), request.rungs.end());
  if (request.first != "auto") object["first"] = request.first;
  if (!request.subtitles.empty()) {
    json::array subtitles;
    for (const SubtitleWish& wish : request.subtitles) subtitles.emplace_back(pack(wish));
    object["subtitles"] = std::move(subtitles);
  }
  if (!request.hdr10_plus.empty()) {
    json::object file;
    put_path(file, "path", request.hdr10_plus);
    object["hdr10_plus"] = std::move(file);
  }
  if (!request.tags.empty()) object["tags"] = json::array(request.tags.begin(), request.tags.end());
  if (request.content_light) {
    object["content_light"] =
        json::object{{"max_cll", request.content_light->max_cll}, {"max_fall", request.content_light->max_fall}};
  }
  return object;
}

Result<PublishRequest> publish_request_from_json(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInvalidArgument, "request is a JSON object");
  const json::object& object = value.as_object();
  PublishRequest request;
  PIER_TRY(request.path, get_path(object, "path"));
  request.organisation = string_or(object, "organisation", "default");
  request.title = string_or(object, "title", "");
  request.ladder = string_or(object, "ladder", "");
  request.profile = string_or(object, "profile", "");
  PIER_TRY(request.policy, policy_from(string_or(object, "policy", "warn")));
  request.in = string_or(object, "in", "");
  request.out = string_or(object, "out", "");
  request.audio_map = string_or(object, "audio_map", "");
  const std::string keep = string_or(object, "keep", "place");
  if (keep != "copy" && keep != "place")
    return fail(ErrorCode::kInvalidArgument, "keep is \"copy\" or \"place\", not \"" + display_text(keep) + "\"");
  request.keep_copy = keep == "copy";
  PIER_TRY(request.rungs, texts_or_none(object, "rungs"));
  request.first = string_or(object, "first", "auto");
  if (request.first.empty())
    return fail(ErrorCode::kInvalidArgument, "first is \"auto\", \"no\" or the name of a video rung");
  PIER_TRY(const std::vector<std::string> tags, texts_or_none(object, "tags"));
  PIER_TRY(request.tags, jobs::tags_from(jobs::tags_text(tags)));
  PIER_TRY(request.subtitles, subtitles_from(object));
  if (const auto file = get_object(object, "hdr10_plus")) {
    PIER_TRY(request.hdr10_plus, get_path(*file, "path"));
  }
  if (const auto display = get_object(object, "mastering_display")) {
    PIER_TRY(request.mastering_display, display_from(*display));
  }
  if (const auto light = get_object(object, "content_light")) {
    request.content_light = ContentLight{static_cast<uint16_t>(int_or(*light, "max_cll", 0)),
                                         static_cast<uint16_t>(int_or(*light, "max_fall", 0))};
  }
  return request;
}

}  // namespace pier::workflows
