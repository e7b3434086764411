#include <pier/edit/plan.hpp>

namespace pier::edit {

json::object to_json(const EditWish& wish) {
  json::object tags;
  for (const auto& [name, words] : wish.tags) tags[name] = words;
  return {{"file", deliver::to_json(wish.file)},
          {"rate", json::array{wish.rate.num, wish.rate.den}},
          {"blend", wish.retime == Retime::kBlend},
          {"linear", wish.crossfade == Crossfade::kLinear},
          {"tags", std::move(tags)}};
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
  PIER_TRY(const json::object tags, get_object(object, "tags"));
  for (const auto& [name, words] : tags) {
    if (words.is_string()) wish.tags[std::string(name)] = std::string(words.get_string());
  }
  return wish;
}

}  // namespace pier::edit
