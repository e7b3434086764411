#include "imf_forms.hpp"

namespace pier::workflows::impl {
namespace {

json::array list(const std::vector<std::string>& texts) {
  json::array all;
  for (const std::string& text : texts) all.emplace_back(text);
  return all;
}

Result<std::vector<std::string>> texts(const json::object& object, std::string_view key) {
  PIER_TRY(const json::array all, get_array(object, key));
  std::vector<std::string> found;
  for (const json::value& one : all) {
    if (!one.is_string()) return fail(ErrorCode::kInternal, std::string(key) + " is no list of words");
    found.emplace_back(one.as_string());
  }
  return found;
}

Result<Rational> rate_of(const json::object& object) {
  PIER_TRY(const json::array rate, get_array(object, "edit_rate"));
  if (rate.size() != 2 || !rate[0].is_number() || !rate[1].is_number())
    return fail(ErrorCode::kInternal, "an edit rate is missing");
  return Rational(rate[0].to_number<int64_t>(), rate[1].to_number<int64_t>());
}

}  // namespace

json::object to_json(const imf::MasteringOptions& options) {
  return {{"title", options.title},   {"bitrate", options.bitrate},   {"language", options.language},
          {"colour", options.colour}, {"pictures", options.pictures}, {"sound", options.sound}};
}

imf::MasteringOptions mastering_options(const json::object& object) {
  return {string_or(object, "title", ""),  int_or(object, "bitrate", 0),      string_or(object, "language", ""),
          string_or(object, "colour", ""), bool_or(object, "pictures", true), bool_or(object, "sound", true)};
}

json::object to_json(const imf::TrackFile& file) {
  return {{"uuid", file.uuid},
          {"picture", file.picture},
          {"edit_rate", json::array{file.edit_rate.num, file.edit_rate.den}},
          {"duration", file.duration},
          {"descriptor_id", file.descriptor_id},
          {"descriptor_xml", file.descriptor_xml},
          {"bytes", file.bytes}};
}

Result<imf::TrackFile> track_file(const json::object& object) {
  imf::TrackFile file;
  PIER_TRY(file.uuid, get_string(object, "uuid"));
  PIER_TRY(file.descriptor_id, get_string(object, "descriptor_id"));
  PIER_TRY(file.descriptor_xml, get_string(object, "descriptor_xml"));
  PIER_TRY(file.edit_rate, rate_of(object));
  file.picture = bool_or(object, "picture", false);
  file.duration = int_or(object, "duration", 0);
  file.bytes = static_cast<uint64_t>(int_or(object, "bytes", 0));
  return file;
}

json::object to_json(const imf::EarlierComposition& earlier) {
  json::array tracks;
  for (const imf::BorrowedTrack& track : earlier.tracks) {
    tracks.push_back(json::object{{"sequence", track.sequence_xml},
                                  {"descriptors", list(track.descriptors_xml)},
                                  {"files", list(track.track_files)}});
  }
  json::object object{{"id", earlier.id},
                      {"title", earlier.title},
                      {"edit_rate", json::array{earlier.edit_rate.num, earlier.edit_rate.den}},
                      {"duration", earlier.duration},
                      {"tracks", std::move(tracks)}};
  if (earlier.content_light)
    object["light"] = json::array{earlier.content_light->max_cll, earlier.content_light->max_fall};
  return object;
}

Result<imf::EarlierComposition> earlier_composition(const json::object& object) {
  imf::EarlierComposition earlier;
  earlier.id = string_or(object, "id", "");
  earlier.title = string_or(object, "title", "");
  PIER_TRY(earlier.edit_rate, rate_of(object));
  earlier.duration = int_or(object, "duration", 0);
  if (const auto light = get_array(object, "light"); light && light->size() == 2) {
    earlier.content_light = ContentLight{static_cast<uint16_t>((*light)[0].to_number<int64_t>()),
                                         static_cast<uint16_t>((*light)[1].to_number<int64_t>())};
  }
  PIER_TRY(const json::array tracks, get_array(object, "tracks"));
  for (const json::value& value : tracks) {
    const json::object& one = value.as_object();
    imf::BorrowedTrack track;
    PIER_TRY(track.sequence_xml, get_string(one, "sequence"));
    PIER_TRY(track.descriptors_xml, texts(one, "descriptors"));
    PIER_TRY(track.track_files, texts(one, "files"));
    earlier.tracks.push_back(std::move(track));
  }
  return earlier;
}

}  // namespace pier::workflows::impl
