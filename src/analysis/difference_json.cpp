// Differences as JSON, and what facts say differently.

#include <algorithm>
#include <set>

#include <pier/analysis/difference.hpp>

namespace pier::analysis {
namespace {

json::array seconds(const Rational& value) {
  return {value.num, value.den};
}

/// Of the file or its measure, not of what it says about itself.
bool is_left_out(std::string_view key) {
  static const std::set<std::string_view> kLeftOut = {"path",     "path_bytes", "bytes",  "sampled", "sample_statement",
                                                      "bitrate",  "count",      "frames", "seen",    "first_packet",
                                                      "warnings", "duration"};
  return kLeftOut.contains(key);
}

/// Carriers are lists in no promised order: each is named by who says what.
std::string name_of(const json::value& member, size_t index) {
  const json::object* object = member.if_object();
  if (object != nullptr && object->contains("carrier") && object->contains("field"))
    return string_or(*object, "carrier", "") + " " + string_or(*object, "field", "");
  return std::to_string(index);
}

void flatten(const json::value& value, const std::string& name, std::map<std::string, std::string>& out) {
  if (const json::object* object = value.if_object()) {
    for (const auto& [key, member] : *object) {
      if (!is_left_out(key)) flatten(member, name.empty() ? std::string(key) : name + "." + std::string(key), out);
    }
  } else if (const json::array* array = value.if_array()) {
    for (size_t i = 0; i < array->size(); ++i) flatten((*array)[i], name + "[" + name_of((*array)[i], i) + "]", out);
  } else {
    out[name] = value.is_string() ? std::string(value.as_string()) : json::serialize(value);
  }
}

}  // namespace

json::array changed_facts(const json::object& old_facts, const json::object& new_facts) {
  std::map<std::string, std::string> olds, news;
  flatten(old_facts, "", olds);
  flatten(new_facts, "", news);
  std::set<std::string> names;
  for (const auto& [name, text] : olds) names.insert(name);
  for (const auto& [name, text] : news) names.insert(name);
  json::array changed;
  for (const std::string& name : names) {
    const auto before = olds.find(name), after = news.find(name);
    if (before != olds.end() && after != news.end() && before->second == after->second) continue;
    changed.push_back(json::object{{"what", name},
                                   {"old", before == olds.end() ? json::value() : json::value(before->second)},
                                   {"new", after == news.end() ? json::value() : json::value(after->second)}});
  }
  return changed;
}

json::object to_json(const Difference& difference) {
  json::array pictures, sound, notes;
  for (const ChangedPictures& one : difference.pictures) {
    json::object object{{"old_first", one.old_first},          {"old_count", one.old_count},
                        {"new_first", one.new_first},          {"new_count", one.new_count},
                        {"old_start", seconds(one.old_start)}, {"old_end", seconds(one.old_end)},
                        {"new_start", seconds(one.new_start)}, {"new_end", seconds(one.new_end)}};
    if (one.least_psnr) object["least_psnr"] = *one.least_psnr;
    pictures.push_back(std::move(object));
  }
  for (const ChangedSound& one : difference.sound) {
    sound.push_back(json::object{{"stream", one.stream},
                                 {"start", seconds(one.start)},
                                 {"end", seconds(one.end)},
                                 {"peak_dbfs", one.peak_dbfs}});
  }
  for (const std::string& note : difference.notes) notes.emplace_back(note);
  return {{"old_pictures", difference.old_pictures},
          {"new_pictures", difference.new_pictures},
          {"compared_pictures", difference.compared_pictures},
          {"pictures", std::move(pictures)},
          {"sound", std::move(sound)},
          {"notes", std::move(notes)}};
}

}  // namespace pier::analysis
