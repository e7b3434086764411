#include <pier/edit/plan.hpp>

namespace pier::edit {

json::object to_json(const EditWish& wish) {
  json::object tags;
  for (const auto& [name, words] : wish.tags) tags[name] = words;
  json::object object{{"file", deliver::to_json(wish.file)},
                      {"rate", json::array{wish.rate.num, wish.rate.den}},
                      {"blend", wish.retime == Retime::kBlend},
                      {"linear", wish.crossfade == Crossfade::kLinear},
                      {"tags", std::move(tags)}};
  if (wish.logo) {
    json::object logo{{"across", wish.logo->place.across}, {"down", wish.logo->place.down}};
    if (wish.logo->place.width) logo["width"] = *wish.logo->place.width;
    put_path(logo, "path", wish.logo->path);
    object["logo"] = std::move(logo);
  }
  return object;
}

Result<EditWish> wish_from_json(const json::object& object) {
  EditWish wish;
  PIER_TRY(const json::object file, get_object(object, "file"));
  PIER_TRY(wish.file, deliver::wish_from_json(file));
  PIER_TRY(const json::array rate, get_array(object, "rate"));
  if (rate.size() != 2 || !rate[0].is_int64() || !rate[1].is_int64() || rate[1].get_int64() <= 0)
    return fail(ErrorCode::kInvalidArgument, "member \"rate\" is no fraction");
  wish.rate = Rational(rate[0].get_int64(), rate[1].get_int64());
  wish.retime = bool_or(object, "blend", false) ? Retime::kBlend : Retime::kNearest;
  wish.crossfade = bool_or(object, "linear", false) ? Crossfade::kLinear : Crossfade::kEqualPower;
  if (object.contains("logo")) {
    PIER_TRY(const json::object said, get_object(object, "logo"));
    Logo logo;
    PIER_TRY(logo.path, get_path(said, "path"));
    PIER_TRY(logo.place.across, get_double(said, "across"));
    PIER_TRY(logo.place.down, get_double(said, "down"));
    if (said.contains("width")) {
      PIER_TRY(logo.place.width, get_double(said, "width"));
    }
    wish.logo = std::move(logo);
  }
  PIER_TRY(const json::object tags, get_object(object, "tags"));
  for (const auto& [name, words] : tags) {
    if (words.is_string()) wish.tags[std::string(name)] = std::string(words.get_string());
  }
  return wish;
}

}  // namespace pier::edit
