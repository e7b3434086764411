#include <bit>

#include <pier/deliver/make.hpp>

namespace pier::deliver {
namespace {

using media::Codec;
using media::Container;

std::string light_text(const std::optional<MasteringDisplay>& display) {
  if (!display) return {};
  const auto xy = [](const char* name, MasteringDisplay::Xy point) {
    return name + ("(" + std::to_string(point.x) + "," + std::to_string(point.y) + ")");
  };
  return xy("G", display->green) + xy("B", display->blue) + xy("R", display->red) + xy("WP", display->white) + "L(" +
         std::to_string(display->max_luminance) + "," + std::to_string(display->min_luminance) + ")";
}

std::string light_text(const std::optional<ContentLight>& light) {
  return light ? std::to_string(light->max_cll) + "," + std::to_string(light->max_fall) : std::string();
}

template <typename Value>
std::string said(Value value) {
  return value == Value::kUnspecified ? std::string() : to_string(value);
}

/// What has no place in a file of this kind as FFmpeg 5.1 writes it.
bool has_place(const Plan& plan, std::string_view field, Codec codec) {
  const Container container = plan.file.container;
  const bool in_stream = codec == Codec::kHevc || codec == Codec::kAvc;  // parameter sets and SEI messages
  // MXF: ST 2067-21 has the mastering display, nothing has content light.
  if (field == "content_light") return container != Container::kMxf || in_stream;
  if (field == "language") return container == Container::kMp4 || container == Container::kTs;
  return true;
}

class Checks {
 public:
  Checks(const Plan& plan, Codec codec) : x_plan(plan), x_codec(codec) {}

  void add(const std::string& field, std::string wanted, std::string found, bool may_be_more = false) {
    if (wanted.empty() && (found.empty() || may_be_more)) return;
    TagCheck check{field, std::move(wanted), std::move(found), TagVerdict::kEqual};
    if (check.wanted != check.found) {
      const bool missing = check.found.empty() && !has_place(x_plan, field.substr(field.rfind('.') + 1), x_codec);
      check.verdict = missing ? TagVerdict::kNotCarried : TagVerdict::kDiffers;
    }
    x_checks.push_back(std::move(check));
  }
  std::vector<TagCheck> take() { return std::move(x_checks); }

 private:
  const Plan& x_plan;
  Codec x_codec;
  std::vector<TagCheck> x_checks;
};

void add_pictures(const media::WrittenPictures& wanted, const media::DeliveryCoding& coding, const Made& made,
                  const media::VideoFacts& found, Checks& checks) {
  const auto raster = [](int width, int height) { return std::to_string(width) + "x" + std::to_string(height); };
  checks.add("codec", std::string(to_string(coding.codec)), std::string(to_string(found.codec)));
  checks.add("raster", raster(wanted.width, wanted.height), raster(found.width, found.height));
  PixelFormat format = coding.format;
  if (coding.said_depth != 0) format.bit_depth = static_cast<uint8_t>(coding.said_depth);
  checks.add("format", format.to_string(), found.format.to_string());
  checks.add("primaries", said(wanted.colour.primaries), said(found.colour.primaries));
  checks.add("transfer", said(wanted.colour.transfer), said(found.colour.transfer));
  checks.add("matrix", said(wanted.colour.matrix), said(found.colour.matrix));
  checks.add("range", said(wanted.colour.range), said(found.colour.range));
  checks.add("mastering_display", light_text(wanted.mastering_display), light_text(found.mastering_display));
  checks.add("content_light", light_text(wanted.content_light), light_text(found.content_light));
  checks.add("scan", coding.interlaced ? "interlaced" : "progressive", found.interlaced ? "interlaced" : "progressive");
  checks.add("sample_aspect", wanted.sample_aspect.to_string(), found.sample_aspect.to_string());
  checks.add("frame_rate", wanted.frame_rate.to_string(), found.frame_rate.to_string());
  checks.add("pictures", std::to_string(made.pictures), std::to_string(found.frames));
}

void add_sound(const std::string& name, const media::WrittenSound& wanted, const media::AudioFacts& found,
               Checks& checks) {
  checks.add(name + ".codec", std::string(to_string(wanted.codec)), std::string(to_string(found.codec)));
  checks.add(name + ".channels", std::to_string(std::popcount(wanted.channel_mask)), std::to_string(found.channels));
  checks.add(name + ".sample_rate", std::to_string(wanted.sample_rate), std::to_string(found.sample_rate));
  if (wanted.codec == Codec::kPcm)
    checks.add(name + ".bit_depth", std::to_string(wanted.bit_depth), std::to_string(found.bit_depth));
  checks.add(name + ".language", wanted.language, found.language == "und" ? std::string() : found.language, true);
}

}  // namespace

std::string_view to_string(TagVerdict verdict) {
  switch (verdict) {
    case TagVerdict::kEqual:
      return "equal";
    case TagVerdict::kNotCarried:
      return "not_carried";
    case TagVerdict::kDiffers:
      return "differs";
  }
  return "differs";
}

std::vector<TagCheck> check_tags(const Plan& plan, const Made& made, const media::Facts& found) {
  const media::WrittenPictures& wanted = *plan.file.pictures;
  const media::DeliveryCoding coding = media::picture_coding(wanted.coding).value_or(media::DeliveryCoding{});
  Checks checks(plan, coding.codec);
  checks.add("video_tracks", "1", std::to_string(found.video.size()));
  checks.add("sound_tracks", std::to_string(plan.file.sounds.size()), std::to_string(found.audio.size()));
  if (!found.video.empty()) {
    add_pictures(wanted, coding, made, found.video.front(), checks);
    const std::string& inner = found.video.front().timecode;
    checks.add("timecode", wanted.timecode, found.timecode.empty() ? inner : found.timecode, true);
  }
  for (size_t i = 0; i < plan.file.sounds.size() && i < found.audio.size(); ++i)
    add_sound("sound" + std::to_string(i + 1), plan.file.sounds[i], found.audio[i], checks);
  return checks.take();
}

}  // namespace pier::deliver
