#include "fact_values.hpp"

#include <cmath>
#include <cstdio>

namespace pier::analysis {

namespace impl {

namespace {

using Values = std::vector<FactValue>;

Values text(std::string value) {
  if (value.empty()) return {};
  return {FactValue{RuleValue(std::move(value)), std::nullopt}};
}
Values whole(int64_t value) {
  return {FactValue{RuleValue(value), static_cast<double>(value)}};
}
Values whole_or_unknown(int64_t value) {
  return value > 0 ? whole(value) : Values{};
}
/// From units of 0.0001 cd/m2 (ST 2086).
Values nits(uint64_t units) {
  if (units == 0) return {};
  const double value = static_cast<double>(units) / 10'000;
  return {FactValue{RuleValue(value), value}};
}
Values flag(bool value) {
  return {FactValue{RuleValue(value), std::nullopt}};
}
Values fraction(Rational value) {
  if (value.num <= 0) return {};
  return {FactValue{RuleValue(value.to_string()), value.value()}};
}

std::string chroma_text(const PixelFormat& format) {
  if (format.rgb) return "rgb";
  switch (format.chroma) {
    case Chroma::k400:
      return "4:0:0";
    case Chroma::k420:
      return "4:2:0";
    case Chroma::k422:
      return "4:2:2";
    case Chroma::k444:
      return "4:4:4";
  }
  return {};
}

Rational display_aspect(const media::VideoFacts& video) {
  if (video.height <= 0) return 0;
  const Rational sample = video.sample_aspect.num > 0 ? video.sample_aspect : Rational(1);
  const Rational coded = Rational(video.width, video.height) * sample;
  const bool turned = video.rotation == 90 || video.rotation == 270;
  return turned && coded.num > 0 ? coded.inverse() : coded;
}

struct VideoFact {
  std::string_view name;
  Values (*read)(const media::VideoFacts& video);
};

using V = media::VideoFacts;
constexpr VideoFact kVideoFacts[] = {
    {"video.codec",
     [](const V& v) { return text(v.codec == media::Codec::kOther ? v.codec_name : std::string(to_string(v.codec))); }},
    {"video.profile", [](const V& v) { return text(v.profile); }},
    {"video.level", [](const V& v) { return text(v.level); }},
    {"video.raster",
     [](const V& v) {
       return text(v.width > 0 ? std::to_string(v.width) + "x" + std::to_string(v.height) : std::string());
     }},
    {"video.width", [](const V& v) { return whole_or_unknown(v.width); }},
    {"video.height", [](const V& v) { return whole_or_unknown(v.height); }},
    {"video.sample_aspect",
     [](const V& v) { return fraction(v.sample_aspect.num > 0 ? v.sample_aspect : Rational(1)); }},
    {"video.display_aspect", [](const V& v) { return fraction(display_aspect(v)); }},
    {"video.frame_rate", [](const V& v) { return fraction(v.frame_rate); }},
    {"video.variable_rate", [](const V& v) { return flag(v.variable_rate); }},
    {"video.scan", [](const V& v) { return text(v.interlaced ? "interlaced" : "progressive"); }},
    {"video.rotation", [](const V& v) { return whole(v.rotation); }},
    {"video.bit_depth", [](const V& v) { return whole_or_unknown(v.format.bit_depth); }},
    {"video.chroma", [](const V& v) { return text(chroma_text(v.format)); }},
    {"video.primaries", [](const V& v) { return text(to_string(v.colour.primaries)); }},
    {"video.transfer", [](const V& v) { return text(to_string(v.colour.transfer)); }},
    {"video.matrix", [](const V& v) { return text(to_string(v.colour.matrix)); }},
    {"video.range", [](const V& v) { return text(to_string(v.colour.range)); }},
    {"video.hdr", [](const V& v) { return text(std::string(to_string(v.hdr))); }},
    {"video.edits_rearranged", [](const V& v) { return flag(v.edits && (v.edits->rearranged || v.edits->dwell)); }},
    {"video.mastering_display", [](const V& v) { return flag(v.mastering_display.has_value()); }},
    {"video.content_light", [](const V& v) { return flag(v.content_light.has_value()); }},
    {"video.max_cll", [](const V& v) { return whole_or_unknown(v.content_light ? v.content_light->max_cll : 0); }},
    {"video.max_fall", [](const V& v) { return whole_or_unknown(v.content_light ? v.content_light->max_fall : 0); }},
    {"video.mastering_peak_nits",
     [](const V& v) { return nits(v.mastering_display ? v.mastering_display->max_luminance : 0); }},
    {"video.hdr10_plus", [](const V& v) { return flag(v.hdr10_plus); }},
    {"video.hdr_vivid", [](const V& v) { return flag(v.hdr_vivid); }},
    {"video.dolby_vision", [](const V& v) { return flag(v.dolby_vision.has_value()); }},
    {"video.disagreements", [](const V& v) { return whole(static_cast<int64_t>(v.disagreements.size())); }},
    {"video.bitrate", [](const V& v) { return whole_or_unknown(v.bitrate); }},
};

struct AudioFact {
  std::string_view name;
  Values (*read)(const media::AudioFacts& audio);
};

using A = media::AudioFacts;
constexpr AudioFact kAudioFacts[] = {
    {"audio.codec",
     [](const A& a) { return text(a.codec == media::Codec::kOther ? a.codec_name : std::string(to_string(a.codec))); }},
    {"audio.sample_rate", [](const A& a) { return whole_or_unknown(a.sample_rate); }},
    {"audio.channels", [](const A& a) { return whole_or_unknown(a.channels); }},
    {"audio.bit_depth", [](const A& a) { return whole_or_unknown(a.bit_depth); }},
    {"audio.bitrate", [](const A& a) { return whole_or_unknown(a.bitrate); }},
};

}  // namespace

const media::VideoFacts* main_video(const media::Facts& facts) {
  const auto index = static_cast<size_t>(facts.main_video);
  return facts.main_video >= 0 && index < facts.video.size() ? &facts.video[index] : nullptr;
}

std::vector<FactValue> fact_values(const media::Facts& facts, std::string_view name) {
  if (name == "file.container") return text(facts.container);
  if (name == "audio.tracks") return whole(static_cast<int64_t>(facts.audio.size()));
  for (const VideoFact& fact : kVideoFacts) {
    if (fact.name != name) continue;
    const media::VideoFacts* video = main_video(facts);
    return video != nullptr ? fact.read(*video) : Values{};
  }
  Values all;
  for (const AudioFact& fact : kAudioFacts) {
    if (fact.name != name) continue;
    for (const media::AudioFacts& audio : facts.audio) {
      for (FactValue& value : fact.read(audio)) {
        value.stream_index = audio.stream_index;
        all.push_back(std::move(value));
      }
    }
    // Of several tracks each must say it.
    if (all.size() != facts.audio.size()) all.clear();
  }
  return all;
}

std::string shown(const RuleValue& value) {
  if (const auto* v = std::get_if<bool>(&value)) return *v ? "true" : "false";
  if (const auto* v = std::get_if<int64_t>(&value)) return std::to_string(*v);
  if (const auto* v = std::get_if<std::string>(&value)) return *v;
  const double number = std::get<double>(value);
  char buffer[32];
  const bool whole = number == std::floor(number) && std::abs(number) < 1e15;
  std::snprintf(buffer, sizeof buffer, whole ? "%.0f" : "%.6g", number);
  return buffer;
}

json::value as_json(const RuleValue& value) {
  return std::visit([](const auto& v) { return json::value(v); }, value);
}

bool equal(const RuleValue& a, const RuleValue& b) {
  const auto number = [](const RuleValue& value) -> std::optional<double> {
    if (const auto* v = std::get_if<int64_t>(&value)) return static_cast<double>(*v);
    if (const auto* v = std::get_if<double>(&value)) return *v;
    return std::nullopt;
  };
  const auto x = number(a);
  const auto y = number(b);
  return x && y ? *x == *y : a == b;
}

}  // namespace impl

const std::vector<std::string>& fact_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names{"file.container", "audio.tracks"};
    for (const auto& fact : impl::kVideoFacts) names.emplace_back(fact.name);
    for (const auto& fact : impl::kAudioFacts) names.emplace_back(fact.name);
    return names;
  }();
  return kNames;
}

}  // namespace pier::analysis
