#include <algorithm>
#include <array>
#include <cmath>

#include <pier/core/bytes.hpp>
#include <pier/timeline/settings.hpp>

namespace pier::timeline {
namespace {

constexpr double kLoudest = 40;    // dB
constexpr double kSilence = -200;  // dB; less is the same
constexpr size_t kMostKeys = 10'000;
constexpr size_t kMostText = 4096;  // bytes

json::object ours(const json::object& metadata) {
  const json::value* value = metadata.if_contains("pier");
  return value != nullptr && value->is_object() ? value->get_object() : json::object();
}

Failure off(const std::string& member, const std::string& wanted) {
  return fail(ErrorCode::kInvalidArgument, "metadata.pier." + member + " must be " + wanted);
}

Result<std::optional<double>> number(const json::object& object, const char* key, double least, double most) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const auto found = get_double(object, key);
  if (!found || *found < least || *found > most) {
    char wanted[80];
    std::snprintf(wanted, sizeof wanted, "a number from %g to %g", least, most);
    return off(key, wanted);
  }
  return *found;
}

Result<Rational> seconds(const json::object& object, const char* key) {
  PIER_TRY(const auto found, number(object, key, 0, 86400));
  return found ? rational_of(*found) : Rational(0);
}

Result<std::string> words(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return std::string();
  if (!value->is_string() || value->get_string().size() > kMostText) return off(key, "a text of at most 4096 bytes");
  return std::string(value->get_string());
}

Result<std::vector<Levels::Key>> keys_of(const json::object& object) {
  std::vector<Levels::Key> keys;
  const json::value* value = object.if_contains("levels");
  if (value == nullptr || value->is_null()) return keys;
  const Failure wrong = off("levels", "[[seconds, dB], ...] in order of time, at most 40 dB");
  if (!value->is_array() || value->get_array().size() > kMostKeys) return wrong;
  for (const json::value& entry : value->get_array()) {
    if (!entry.is_array() || entry.get_array().size() != 2) return wrong;
    const json::object pair{{"at", entry.get_array()[0]}, {"db", entry.get_array()[1]}};
    const auto at = get_double(pair, "at"), db = get_double(pair, "db");
    if (!at || !db || *at < 0 || *at > 1e6 || *db > kLoudest) return wrong;
    if (!keys.empty() && rational_of(*at) <= keys.back().at) return wrong;
    keys.push_back({rational_of(*at), std::max(*db, kSilence)});
  }
  return keys;
}

}  // namespace

double Levels::factor(double at, double length) const {
  double db = gain_db;
  if (!keys.empty()) {
    const auto after =
        std::upper_bound(keys.begin(), keys.end(), at, [](double t, const Key& key) { return t < key.at.value(); });
    if (after == keys.begin()) {
      db += keys.front().db;
    } else if (after == keys.end()) {
      db += keys.back().db;
    } else {
      const Key& before = *std::prev(after);
      const double part = (at - before.at.value()) / (after->at.value() - before.at.value());
      db += before.db + part * (after->db - before.db);
    }
  }
  double factor = db <= kSilence ? 0 : std::pow(10.0, db / 20);
  if (fade_in > Rational(0)) factor *= std::clamp(at / fade_in.value(), 0.0, 1.0);
  if (fade_out > Rational(0)) factor *= std::clamp((length - at) / fade_out.value(), 0.0, 1.0);
  return factor;
}

bool Place::stated() const {
  return x || y || width || height || across != 0.5 || down != 0.5 || opacity != 1;
}

Result<void> stand(Place& place, const std::string& word) {
  constexpr std::array<const char*, 9> kWords{"top-left", "top",         "top-right", "left",        "middle",
                                              "right",    "bottom-left", "bottom",    "bottom-right"};
  const auto found = std::ranges::find(kWords, word);
  if (found == kWords.end()) {
    return fail(ErrorCode::kInvalidArgument, "\"" + display_text(word) +
                                                 "\" is no place; top-left, top, top-right, left, middle, right, "
                                                 "bottom-left, bottom and bottom-right are");
  }
  const auto number = found - kWords.begin();
  place.across = static_cast<double>(number % 3) / 2;
  const auto row = number / 3;
  place.down = static_cast<double>(row) / 2;
  return {};
}

Result<ClipSettings> settings_of(const Item& clip) {
  const json::object said = ours(clip.metadata);
  ClipSettings settings;
  PIER_TRY(const auto gain, number(said, "gain_db", kSilence, kLoudest));
  settings.levels.gain_db = gain.value_or(0);
  PIER_TRY(settings.levels.keys, keys_of(said));
  PIER_TRY(settings.levels.fade_in, seconds(said, "fade_in"));
  PIER_TRY(settings.levels.fade_out, seconds(said, "fade_out"));
  settings.place.fade_in = settings.levels.fade_in;
  settings.place.fade_out = settings.levels.fade_out;
  PIER_TRY(settings.place.x, number(said, "x", -1, 2));
  PIER_TRY(settings.place.y, number(said, "y", -1, 2));
  PIER_TRY(settings.place.width, number(said, "width", 0.001, 1));
  PIER_TRY(settings.place.height, number(said, "height", 0.001, 1));
  PIER_TRY(const std::string place, words(said, "place"));
  if (const auto stands = place.empty() ? Result<void>() : stand(settings.place, place); !stands)
    return fail_in("metadata.pier.place", stands.error());
  PIER_TRY(const auto opacity, number(said, "opacity", 0, 1));
  settings.place.opacity = opacity.value_or(1);
  PIER_TRY(settings.tags, words(said, "tags"));
  PIER_TRY(settings.audio_map, words(said, "audio_map"));
  return settings;
}

Result<Text> text_of(const Media& media) {
  if (media.kind != MediaKind::kGenerator || media.target != "text") {
    return fail(ErrorCode::kInputUnsupported,
                "a generator of kind \"" + display_text(media.target) + "\" is not known here; \"text\" is");
  }
  Text text;
  const auto said = words(media.parameters, "text");
  if (!said || said->empty())
    return fail(ErrorCode::kInvalidArgument, "its parameters.text must be a text of 1 to 4096 bytes");
  text.text = *said;
  PIER_TRY(text.font, words(media.parameters, "font"));
  PIER_TRY(text.colour, words(media.parameters, "color"));
  PIER_TRY(const auto size, number(media.parameters, "size", 0.005, 1));
  text.size = size.value_or(text.size);
  return text;
}

Result<double> gain_of(const Track& track) {
  PIER_TRY(const auto gain, number(ours(track.metadata), "gain_db", kSilence, kLoudest));
  return gain.value_or(0);
}

Result<std::optional<int>> channel_of(const Track& track) {
  const json::object said = ours(track.metadata);
  const json::value* value = said.if_contains("channel");
  if (value == nullptr || value->is_null()) return std::nullopt;
  const auto channel = get_int(said, "channel");
  if (!channel || *channel < 1 || *channel > 4) return off("channel", "1, 2, 3 or 4");
  return static_cast<int>(*channel);
}

}  // namespace pier::timeline
