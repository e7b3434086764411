#include <algorithm>
#include <array>
#include <charconv>

#include <pier/deliver/plan.hpp>
#include <pier/deliver/wish.hpp>
#include <pier/subtitles/retiming.hpp>

#include "words.hpp"

namespace pier::deliver {
namespace {

using media::Container;

Result<void> one_of(std::string_view option, const std::string& word, std::initializer_list<std::string_view> words) {
  std::string names;
  for (const std::string_view known : words) {
    if (known == word) return {};
    if (!known.empty()) names += (names.empty() ? "" : ", ") + std::string(known);
  }
  return fail(ErrorCode::kInvalidArgument,
              std::string(option) + " " + display_text(word) + " is unknown; there are " + names);
}

json::object plain(const Wish& wish) {
  return {{"format", wish.format},
          {"container", media::to_string(wish.container)},
          {"to", wish.to},
          {"tone_map", wish.tone_map},
          {"placement", wish.placement},
          {"lut", wish.lut},
          {"peak_nits", wish.peak_nits},
          {"size", wish.size},
          {"tags", wish.tags},
          {"mastering_display", wish.mastering_display},
          {"content_light", wish.content_light},
          {"audio", wish.audio},
          {"audio_map", wish.audio_map},
          {"audio_bits", wish.audio_bits},
          {"layout", wish.layout},
          {"quality", wish.quality},
          {"bitrate", wish.bitrate},
          {"preset", wish.preset}};
}

json::array pack(const std::vector<TrackWish>& tracks) {
  json::array all;
  for (const TrackWish& track : tracks) {
    all.push_back(json::object{{"layout", track.layout},
                               {"language", track.language},
                               {"channels", track.channels},
                               {"codec", track.codec},
                               {"bits", track.bits},
                               {"bitrate", track.bitrate},
                               {"optional", track.optional}});
  }
  return all;
}

Result<std::vector<TrackWish>> read_tracks(const json::array& all) {
  std::vector<TrackWish> tracks;
  for (const json::value& value : all) {
    if (!value.is_object()) return fail(ErrorCode::kInvalidArgument, "a sound track of a wish is no object");
    const json::object& object = value.get_object();
    TrackWish track;
    PIER_TRY(track.layout, get_string(object, "layout"));
    track.language = string_or(object, "language", "");
    track.channels = string_or(object, "channels", "");
    track.codec = string_or(object, "codec", "");
    track.bits = static_cast<int>(int_or(object, "bits", 0));
    track.bitrate = int_or(object, "bitrate", 0);
    track.optional = bool_or(object, "optional", false);
    tracks.push_back(std::move(track));
  }
  return tracks;
}

Result<void> read_loudness(const json::object& object, Wish& wish) {
  if (object.contains("loudness")) {
    PIER_TRY(const json::object loudness, get_object(object, "loudness"));
    wish.loudness.emplace();
    PIER_TRY(wish.loudness->target_lufs, get_double(loudness, "target_lufs"));
    PIER_TRY(wish.loudness->true_peak_dbtp, get_double(loudness, "true_peak_dbtp"));
  }
  PIER_TRY(const json::object downmix, get_object(object, "downmix"));
  PIER_TRY(wish.downmix.centre, get_double(downmix, "centre"));
  PIER_TRY(wish.downmix.surround, get_double(downmix, "surround"));
  PIER_TRY(wish.downmix.lfe, get_double(downmix, "lfe"));
  return {};
}

Result<void> check_burn(const BurnWish& burn) {
  PIER_CHECK(one_of("the look of subtitles", burn.look, {"", "outline", "box"}));
  if (burn.size != 0 && !(burn.size >= 2 && burn.size <= 20))
    return fail(ErrorCode::kInvalidArgument, "the size of subtitles is 2 to 20 % of the picture's height");
  if (!burn.offset.empty()) PIER_CHECK(subtitles::parse_shift(burn.offset));
  return {};
}

Result<void> read_burn_wish(const json::object& object, Wish& wish) {
  if (!object.contains("burn")) return {};
  PIER_TRY(const json::object burn, get_object(object, "burn"));
  wish.burn.emplace();
  PIER_TRY(wish.burn->encoding, get_string(burn, "encoding"));
  PIER_TRY(wish.burn->offset, get_string(burn, "offset"));
  PIER_TRY(wish.burn->look, get_string(burn, "look"));
  PIER_TRY(wish.burn->size, get_double(burn, "size"));
  return {};
}

Result<void> check_codec(std::string_view option, const std::string& word) {
  return one_of(option, word, {"", "none", "pcm", "aac", "eac3", "ac3", "opus", "flac"});
}

Result<void> check_sound_words(const Wish& wish) {
  PIER_CHECK(check_codec("--audio", wish.audio));
  PIER_CHECK(one_of("--layout", wish.layout, {"", "mono", "stereo", "5.1"}));
  if (wish.audio_bits != 16 && wish.audio_bits != 24)
    return fail(ErrorCode::kInvalidArgument, "--audio-bits is 16 or 24");
  for (const TrackWish& track : wish.tracks) {
    PIER_CHECK(one_of("the layout of a sound track", track.layout, {"mono", "stereo", "5.1", "7.1"}));
    PIER_CHECK(check_codec("the codec of a sound track", track.codec));
  }
  if (wish.loudness) {
    const auto within = [](double value, double least, double most) { return value >= least && value <= most; };
    if (!within(wish.loudness->target_lufs, -60, -5))
      return fail(ErrorCode::kInvalidArgument, "--loudness is -60 to -5 LUFS");
    if (!within(wish.loudness->true_peak_dbtp, -20, 0))
      return fail(ErrorCode::kInvalidArgument, "--true-peak is -20 to 0 dBTP");
  }
  for (const double value : {wish.downmix.centre, wish.downmix.surround, wish.downmix.lfe}) {
    if (!(value >= 0 && value <= 1)) return fail(ErrorCode::kInvalidArgument, "--downmix coefficients are 0 to 1");
  }
  return {};
}

}  // namespace

json::object to_json(const Wish& wish) {
  json::object object = plain(wish);
  object["tracks"] = pack(wish.tracks);
  object["downmix"] = {{"centre", wish.downmix.centre}, {"surround", wish.downmix.surround}, {"lfe", wish.downmix.lfe}};
  if (wish.loudness) {
    object["loudness"] = {{"target_lufs", wish.loudness->target_lufs},
                          {"true_peak_dbtp", wish.loudness->true_peak_dbtp}};
  }
  if (wish.burn) {
    object["burn"] = {{"encoding", display_text(wish.burn->encoding)},
                      {"offset", wish.burn->offset},
                      {"look", wish.burn->look},
                      {"size", wish.burn->size}};
  }
  return object;
}

Result<Wish> wish_from_json(const json::object& object) {
  Wish wish;
  PIER_TRY(wish.format, get_string(object, "format"));
  PIER_TRY(const std::string container, get_string(object, "container"));
  for (const Container one : {Container::kMov, Container::kMp4, Container::kMxf, Container::kTs}) {
    if (media::to_string(one) == container) wish.container = one;
  }
  PIER_TRY(wish.to, get_string(object, "to"));
  PIER_TRY(wish.tone_map, get_string(object, "tone_map"));
  PIER_TRY(wish.placement, get_string(object, "placement"));
  PIER_TRY(wish.lut, get_string(object, "lut"));
  PIER_TRY(wish.peak_nits, get_double(object, "peak_nits"));
  PIER_TRY(wish.size, get_string(object, "size"));
  PIER_TRY(wish.tags, get_string(object, "tags"));
  PIER_TRY(wish.mastering_display, get_string(object, "mastering_display"));
  PIER_TRY(wish.content_light, get_string(object, "content_light"));
  PIER_TRY(wish.audio, get_string(object, "audio"));
  PIER_TRY(wish.audio_map, get_string(object, "audio_map"));
  PIER_TRY(const int64_t bits, get_int(object, "audio_bits"));
  wish.audio_bits = static_cast<int>(bits);
  PIER_TRY(wish.layout, get_string(object, "layout"));
  PIER_TRY(const json::array tracks, get_array(object, "tracks"));
  PIER_TRY(wish.tracks, read_tracks(tracks));
  PIER_CHECK(read_loudness(object, wish));
  PIER_CHECK(read_burn_wish(object, wish));
  PIER_TRY(wish.quality, get_double(object, "quality"));
  PIER_TRY(wish.bitrate, get_int(object, "bitrate"));
  PIER_TRY(wish.preset, get_string(object, "preset"));
  return wish;
}

Result<Container> container_of(const std::string& path, const std::string& format) {
  PIER_TRY(const media::DeliveryCoding coding, media::picture_coding(format));
  const std::string name = path.substr(path.rfind('/') + 1);
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0) return coding.containers.front();
  std::string end = name.substr(dot + 1);
  std::ranges::transform(end, end.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (end == "m2ts") end = "ts";
  for (const Container one : {Container::kMov, Container::kMp4, Container::kMxf, Container::kTs}) {
    if (media::to_string(one) != end) continue;
    if (std::ranges::find(coding.containers, one) != coding.containers.end()) return one;
    std::string names;
    for (const Container fits : coding.containers) names += " ." + std::string(media::to_string(fits));
    return fail(ErrorCode::kInvalidArgument,
                std::string(coding.title) + " does not go into ." + end + " files here; name the output" + names);
  }
  return fail(ErrorCode::kInvalidArgument,
              "the name " + display_text(name) + " does not end in .mov, .mp4, .mxf or .ts; name the container by it");
}

Result<std::pair<int, int>> parse_size(const std::string& text) {
  std::pair<int, int> size{0, 0};
  const char* end = text.data() + text.size();
  const auto [middle, error] = std::from_chars(text.data(), end, size.first);
  if (error == std::errc() && middle != end && *middle == 'x') {
    const auto [last, wrong] = std::from_chars(middle + 1, end, size.second);
    const auto fits = [](int side) { return side >= 16 && side <= 16384 && side % 2 == 0; };
    if (wrong == std::errc() && last == end && fits(size.first) && fits(size.second)) return size;
  }
  return fail(ErrorCode::kInvalidArgument,
              "--size " + display_text(text) + " is no raster of even sides; give it as 1920x1080");
}

Result<void> check_words(const Wish& wish) {
  PIER_CHECK(media::picture_coding(wish.format));
  PIER_CHECK(one_of("--to", wish.to, {"sdr", "hlg", "pq", "keep"}));
  PIER_CHECK(one_of("--tone-map", wish.tone_map, {"", "bt2446a", "bt2446c", "bt2390"}));
  PIER_CHECK(one_of("--placement", wish.placement, {"", "bt2408", "bt2446a"}));
  PIER_CHECK(check_sound_words(wish));
  if (wish.burn) PIER_CHECK(check_burn(*wish.burn));
  PIER_CHECK(
      one_of("--preset", wish.preset,
             {"", "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"}));
  if (wish.peak_nits != 0 && !(wish.peak_nits >= 100 && wish.peak_nits <= 10000))
    return fail(ErrorCode::kInvalidArgument, "--peak is 100 to 10000 cd/m2");
  if (!(wish.quality >= 0 && wish.quality <= 51)) return fail(ErrorCode::kInvalidArgument, "--crf is 0 to 51");
  if (wish.bitrate != 0 && (wish.bitrate < 10'000 || wish.bitrate > 2'000'000'000))
    return fail(ErrorCode::kInvalidArgument, "--bitrate is in bit/s, 10000 to 2000000000");
  if (!wish.size.empty()) PIER_CHECK(parse_size(wish.size));
  ColourInfo unused;
  PIER_CHECK(repair_colour(wish.tags, unused));
  if (!wish.mastering_display.empty()) PIER_CHECK(parse_mastering_display(wish.mastering_display));
  if (!wish.content_light.empty()) PIER_CHECK(parse_content_light(wish.content_light));
  return {};
}

}  // namespace pier::deliver
