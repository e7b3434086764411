#include <algorithm>
#include <cmath>
#include <tuple>

#include <pier/core/bytes.hpp>
#include <pier/transcode/ladder.hpp>

#include "dynamic_hdr.hpp"

namespace pier::transcode {
namespace {

using media::VideoFacts;

int even(double value) {
  return std::max(16, static_cast<int>(std::lround(value / 2)) * 2);
}

/// The raster with short side `height` and the source's shape, after rotation.
std::pair<int, int> raster(const VideoFacts& video, int height) {
  int width = video.width, source_height = video.height;
  if (video.rotation == 90 || video.rotation == 270) std::swap(width, source_height);
  const double scale = static_cast<double>(height) / std::min(width, source_height);
  return {even(width * scale), even(source_height * scale)};
}

/// How the pictures of a source fill a raster of a channel.
Inside inside_of(const VideoFacts& video, int width, int height) {
  constexpr double kMostDistortion = 0.015;
  double shape = video.width * video.sample_aspect.value() / video.height;
  if (video.rotation == 90 || video.rotation == 270) shape = 1 / shape;
  const double wanted = static_cast<double>(width) / height;
  if (std::abs(shape / wanted - 1) <= kMostDistortion) return {};
  Inside inside{0, 0, width, height};
  if (shape > wanted)
    inside.height = std::min(height, even(width / shape));
  else
    inside.width = std::min(width, even(height * shape));
  inside.x = (width - inside.width) / 4 * 2;
  inside.y = (height - inside.height) / 4 * 2;
  return inside;
}

ColourInfo kept_colour(const ColourInfo& source) {
  ColourInfo colour;
  const bool wide = source.is_hdr() || source.primaries == Primaries::kBt2020;
  colour.primaries = wide ? Primaries::kBt2020 : Primaries::kBt709;
  colour.matrix = wide ? Matrix::kBt2020Ncl : Matrix::kBt709;
  colour.transfer = source.is_hdr() ? source.transfer : (wide ? Transfer::kBt2020_10 : Transfer::kBt709);
  colour.range = Range::kNarrow;
  colour.chroma_site = wide ? ChromaSite::kTopLeft : ChromaSite::kLeft;
  return colour;
}

/// Colours of a channel, as a source would say them.
ColourInfo light_of(const ChannelForm& channel) {
  if (channel.transfer == Transfer::kBt709) return {Primaries::kBt709, Transfer::kBt709, Matrix::kBt709};
  return {Primaries::kBt2020, channel.transfer, Matrix::kBt2020Ncl};
}

ColourInfo sdr_colour() {
  return {Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow, ChromaSite::kLeft};
}

/// What a JPEG holds (JFIF): BT.601 matrix, full range.
ColourInfo jpeg_colour() {
  return {Primaries::kBt709, Transfer::kBt709, Matrix::kSmpte170m, Range::kFull, ChromaSite::kCenter};
}

/// Share of the 50 Hz rate that pictures at this frame rate need for the same quality.
double rate_share(Rational frame_rate) {
  const double fps = frame_rate.num > 0 ? frame_rate.value() : 25;
  return std::clamp(std::pow(fps / 50, 0.6), 0.5, 1.7);
}

/// PQ only: the larger of declared and measured; HLG and SDR carry none.
std::optional<ContentLight> written_light(const VideoFacts& video, std::optional<ContentLight> measured) {
  if (video.colour.transfer != Transfer::kPq) return std::nullopt;
  ContentLight light = video.content_light.value_or(ContentLight{});
  if (measured) {
    light.max_cll = std::max(light.max_cll, measured->max_cll);
    light.max_fall = std::max(light.max_fall, measured->max_fall);
  }
  if (light.max_cll == 0) return std::nullopt;
  return light;
}

/// Places one video or image rung; a reason when it is left out.
Result<PlannedRung> place(const Ladder& ladder, const Rung& rung, const VideoFacts& video,
                          std::optional<ContentLight> measured) {
  const int short_side = std::min(video.width, video.height);
  const bool hdr = video.colour.is_hdr();
  const std::optional<ChannelForm>& channel = ladder.channel;
  if (rung.hdr_only && !hdr && !channel) return fail(ErrorCode::kInvalidArgument, "the source is not HDR");
  int height = rung.height;
  if (height > short_side && !channel) {
    if (!rung.at_most && rung.kind == RungKind::kVideo) {
      return fail(ErrorCode::kInvalidArgument,
                  "the source has " + std::to_string(short_side) + " lines and is never upscaled");
    }
    height = short_side;
  }
  PlannedRung planned;
  planned.rung = rung;
  if (channel) {
    planned.picture.height = height;
    planned.picture.width = even(height * channel->shape.value());
    planned.inside = inside_of(video, planned.picture.width, height);
  } else {
    std::tie(planned.picture.width, planned.picture.height) = raster(video, height);
  }
  const bool keep = rung.kind == RungKind::kVideo && rung.keep_hdr;
  planned.picture.format = {static_cast<uint8_t>(rung.kind == RungKind::kImage ? 8 : rung.bit_depth), Chroma::k420,
                            false};
  planned.picture.colour = rung.kind == RungKind::kImage ? jpeg_colour()
                           : keep                        ? kept_colour(channel ? light_of(*channel) : video.colour)
                                                         : sdr_colour();
  if (keep && !channel && video.colour.transfer == Transfer::kPq) {
    planned.mastering_display = video.mastering_display;
    planned.content_light = written_light(video, measured);
  }
  planned.source_peak_nits = source_peak_nits(video, measured);
  const double share = rate_share(channel ? channel->rate : video.frame_rate);
  planned.bitrate = static_cast<int64_t>(static_cast<double>(rung.bitrate) * share);
  planned.bucket.rate = static_cast<int64_t>(static_cast<double>(rung.max_bitrate) * share);
  planned.bucket.size = static_cast<int64_t>(static_cast<double>(planned.bucket.rate) * rung.buffer_seconds);
  planned.bucket.start = static_cast<int64_t>(static_cast<double>(planned.bucket.size) * rung.buffer_start);
  return planned;
}

const PlannedRung* same_track(const std::vector<PlannedRung>& rungs, const PlannedRung& candidate) {
  const auto found = std::find_if(rungs.begin(), rungs.end(), [&](const PlannedRung& other) {
    return other.rung.kind == RungKind::kVideo && candidate.rung.kind == RungKind::kVideo &&
           other.rung.codec == candidate.rung.codec && other.picture.width == candidate.picture.width &&
           other.picture.height == candidate.picture.height && other.picture.colour == candidate.picture.colour;
  });
  return found == rungs.end() ? nullptr : &*found;
}

Result<void> check_source(const VideoFacts& video) {
  if (video.dolby_vision && video.dolby_vision->profile == 5) {
    return fail(
        ErrorCode::kInputUnsupported,
        "Dolby Vision profile 5 has no base layer that can be decoded to right colours; deliver profile 8.1, 8.4 "
        "or an HDR10 master, or pass the stream through unchanged");
  }
  if (!video.decodable) {
    return fail(ErrorCode::kInputUnsupported, std::string("no decoder here for ") +
                                                  std::string(media::to_string(video.codec)) +
                                                  " pictures; deliver HEVC, AVC, AV1, ProRes, DNxHD or JPEG 2000");
  }
  if (video.width < 16 || video.height < 16) {
    return fail(ErrorCode::kInputUnsupported, "pictures of " + std::to_string(video.width) + "x" +
                                                  std::to_string(video.height) +
                                                  " are too small to publish (16x16 at least)");
  }
  return {};
}

Result<void> check_for_channel(const Ladder& ladder, const VideoFacts& video, bool has_sound) {
  if (video.variable_rate || video.frame_rate != ladder.channel->rate) {
    return fail(ErrorCode::kInputUnsupported,
                "ladder " + ladder.name + " is of a channel of " + ladder.channel->rate.to_string() +
                    " pictures a second, the master has " +
                    (video.variable_rate ? "a rate that varies" : video.frame_rate.to_string()) +
                    "; make one of that rate by pier edit --rate " + ladder.channel->rate.to_string());
  }
  const bool wants = std::ranges::any_of(ladder.rungs, [](const Rung& rung) { return rung.kind == RungKind::kAudio; });
  if (wants && !has_sound)
    return fail(ErrorCode::kInputUnsupported,
                "ladder " + ladder.name + " is of a channel with sound, the master has none");
  return {};
}

Result<void> check_names(const Ladder& ladder, const std::vector<std::string>& only) {
  for (const std::string& name : only) {
    const bool known =
        std::any_of(ladder.rungs.begin(), ladder.rungs.end(), [&](const Rung& r) { return r.name == name; });
    if (known) continue;
    std::string list;
    for (const Rung& rung : ladder.rungs) list += (list.empty() ? "" : ", ") + rung.name;
    return fail(ErrorCode::kInvalidArgument,
                "ladder " + ladder.name + " has no rung \"" + display_text(name) + "\"; it has: " + list);
  }
  return {};
}

}  // namespace

std::string choose_ladder(const media::Facts& facts) {
  if (facts.main_video < 0) return "hd";
  const VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  return std::min(video.width, video.height) >= 1440 ? "uhd" : "hd";
}

double source_peak_nits(const VideoFacts& video, std::optional<ContentLight> measured) {
  if (video.colour.transfer != Transfer::kPq) return 1000;
  double peak = video.mastering_display ? video.mastering_display->max_luminance / 10000.0 : 1000;
  const uint16_t declared = video.content_light ? video.content_light->max_cll : uint16_t{0};
  const uint16_t brightest = std::max(declared, measured ? measured->max_cll : uint16_t{0});
  if (brightest > 0) peak = std::min(peak, static_cast<double>(brightest));
  return std::clamp(peak, 400.0, 10000.0);
}

Result<FittedLadder> fit_ladder(const Ladder& ladder, const VideoFacts& video, bool has_stereo, bool has_surround,
                                std::optional<ContentLight> measured, const std::vector<std::string>& only) {
  PIER_CHECK(check_source(video));
  PIER_CHECK(check_names(ladder, only));
  if (ladder.channel) PIER_CHECK(check_for_channel(ladder, video, has_stereo));
  FittedLadder fitted;
  fitted.name = ladder.name;
  uint32_t next_id = 1;
  for (const Rung& rung : ladder.rungs) {
    const bool asked = !only.empty();
    if (asked && std::find(only.begin(), only.end(), rung.name) == only.end()) continue;
    Result<PlannedRung> planned = PlannedRung{};
    if (rung.kind == RungKind::kAudio) {
      if (!has_stereo && !has_surround)
        planned = fail(ErrorCode::kInvalidArgument, "the source has no sound");
      else if (rung.channels == 6 && !has_surround)
        planned = fail(ErrorCode::kInvalidArgument, "the source has no 5.1 sound");
      else {
        planned->rung = rung;
        planned->bitrate = rung.bitrate;
      }
    } else {
      planned = place(ladder, rung, video, measured);
      if (planned) {
        const bool steered = rung.quality > 0;  // several may have one raster
        if (const PlannedRung* twin = steered ? nullptr : same_track(fitted.rungs, *planned)) {
          planned = fail(ErrorCode::kInvalidArgument, "the same raster as " + twin->rung.name);
        }
      }
    }
    if (!planned && (asked || ladder.channel)) return fail_in("rung " + rung.name, planned.error());
    if (!planned) {
      fitted.left_out.push_back({rung.name, planned.error().message});
      continue;
    }
    planned->track_id = next_id++;
    if (!ladder.channel) planned->dynamic = impl::kept_dynamic(video, *planned, fitted.warnings);
    fitted.rungs.push_back(std::move(*planned));
  }
  if (std::none_of(fitted.rungs.begin(), fitted.rungs.end(),
                   [](const PlannedRung& r) { return r.rung.kind == RungKind::kVideo; })) {
    return fail(ErrorCode::kInvalidArgument,
                "ladder " + ladder.name + " leaves no video track for this source; choose another");
  }
  return fitted;
}

}  // namespace pier::transcode
