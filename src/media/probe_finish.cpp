// From what was gathered to facts.

#include <algorithm>

#include <pier/media/access_unit.hpp>
#include <pier/media/decode.hpp>

#include "av_handles.hpp"
#include "cadence.hpp"
#include "probe_state.hpp"

namespace pier::media::impl {
namespace {

template <typename T>
T first_of(T first, T second, T nothing) {
  return first != nothing ? first : second;
}

void resolve_picture(VideoState& video) {
  VideoFacts& facts = video.facts;
  const ContainerVideo& said = video.container;
  if (const auto& header = video.scan.header()) {
    facts.width = header->width;
    facts.height = header->height;
    const uint8_t depth = header->format.bit_depth;
    facts.format = header->format;
    // A codestream of three full components may be RGB; only the descriptor knows.
    if (said.format && said.format->rgb && header->format.chroma == Chroma::k444) facts.format.rgb = true;
    if (facts.codec == Codec::kProres && said.format) facts.format = *said.format;
    if (facts.codec != Codec::kProres) facts.format.bit_depth = depth;
    if (!header->profile.empty()) facts.profile = header->profile;
    facts.tier = header->tier;
    if (!header->level.empty()) facts.level = header->level;
  } else if (said.width > 0 && facts.width == 0) {
    facts.width = said.width;
    facts.height = said.height;
    if (said.format) facts.format = *said.format;
  } else if (said.format) {
    facts.format = *said.format;
  }
  if (const auto& header = video.scan.header(); header && header->sample_aspect) {
    facts.sample_aspect = *header->sample_aspect;
  } else if (said.sample_aspect) {
    facts.sample_aspect = *said.sample_aspect;
  }
  if (facts.sample_aspect.num <= 0) facts.sample_aspect = 1;
}

void resolve_colour(VideoState& video) {
  const ColourInfo inner = video.scan.header() ? video.scan.header()->colour : ColourInfo{};
  const ColourInfo& outer = video.container.colour;
  ColourInfo& colour = video.facts.colour;
  const ColourInfo fallback = colour;  // FFmpeg's, for codecs whose headers are not read here
  const auto pick = [](auto a, auto b, auto c, auto none) { return first_of(first_of(a, b, none), c, none); };
  colour.primaries = pick(inner.primaries, outer.primaries, fallback.primaries, Primaries::kUnspecified);
  colour.transfer = pick(inner.transfer, outer.transfer, fallback.transfer, Transfer::kUnspecified);
  colour.matrix = pick(inner.matrix, outer.matrix, fallback.matrix, Matrix::kUnspecified);
  colour.range = pick(inner.range, outer.range, fallback.range, Range::kUnspecified);
  colour.chroma_site = pick(inner.chroma_site, outer.chroma_site, fallback.chroma_site, ChromaSite::kUnspecified);
  // H.265 E.3.1 and DVB/ARIB practice: the VUI keeps an SDR curve for old receivers, SEI 147 tells the real one.
  if (const auto preferred = video.scan.preferred_transfer(); preferred && *preferred != Transfer::kUnspecified) {
    colour.transfer = *preferred;
  }
}

void resolve_dolby(VideoState& video) {
  VideoFacts& facts = video.facts;
  if (video.container.dolby_vision) {
    facts.dolby_vision = video.container.dolby_vision;
  } else if (video.scan.dolby_rpu()) {
    DolbyVision dolby;
    dolby.rpu = true;
    dolby.enhancement_layer = video.scan.dolby_enhancement();
    facts.dolby_vision = dolby;
  }
}

HdrKind kind_of(const VideoFacts& facts) {
  if (facts.dolby_vision) return HdrKind::kDolbyVision;
  const bool hdr = facts.colour.is_hdr();
  if (!hdr) return HdrKind::kSdr;
  if (facts.hdr_vivid) return HdrKind::kHdrVivid;
  if (facts.colour.transfer == Transfer::kHlg) return HdrKind::kHlg;
  if (facts.hdr10_plus) return HdrKind::kHdr10Plus;
  return facts.mastering_display ? HdrKind::kHdr10 : HdrKind::kPq;
}

void resolve_hdr(VideoState& video, std::vector<std::string>& warnings, const std::string& name) {
  VideoFacts& facts = video.facts;
  facts.mastering_display =
      video.scan.mastering_display() ? video.scan.mastering_display() : video.container.mastering_display;
  facts.content_light = video.scan.content_light() ? video.scan.content_light() : video.container.content_light;
  facts.hdr10_plus = video.scan.hdr10_plus();
  facts.hdr_vivid = video.scan.hdr_vivid() || video.container.hdr_vivid;
  if ((video.scan.captions() & kCea608Captions) != 0) facts.captions.emplace_back("cea-608");
  if ((video.scan.captions() & kCea708Captions) != 0) facts.captions.emplace_back("cea-708");
  resolve_dolby(video);
  facts.hdr = kind_of(facts);
  if (facts.colour.transfer == Transfer::kPq && !facts.mastering_display) {
    warnings.push_back(name + "PQ without ST 2086 mastering display");
  }
  if (!facts.colour.is_hdr() && (facts.mastering_display || facts.hdr10_plus || facts.hdr_vivid) &&
      !facts.dolby_vision) {
    warnings.push_back(name + "HDR metadata on a picture whose transfer is " + to_string(facts.colour.transfer) +
                       ": players may take it for HDR");
  }
  if (facts.content_light && facts.content_light->max_cll == 0) {
    warnings.push_back(name + "MaxCLL is declared as 0, which means unknown");
  }
  if (facts.dolby_vision && facts.dolby_vision->profile == 0) {
    warnings.push_back(name + "Dolby Vision metadata in the stream, but no configuration tells its profile");
  }
  if (facts.dolby_vision && facts.dolby_vision->profile == 5) {
    warnings.push_back(name + "Dolby Vision profile 5 has no base layer that other devices can show");
  }
}

std::string milliseconds(int64_t ticks, Rational time_base) {
  const double value = static_cast<double>(ticks) * time_base.value() * 1000;
  std::string text = std::to_string(value);
  return text.substr(0, text.find('.') + 3);
}

// Presentation order without as many frames at both ends as can be reordered (a quarter of a short stream).
std::vector<std::vector<int64_t>> without_edges(std::vector<std::vector<int64_t>> runs) {
  constexpr size_t kMaxReorder = 16;
  for (auto& run : runs) {
    std::sort(run.begin(), run.end());
    const auto edge = static_cast<ptrdiff_t>(std::min(kMaxReorder, run.size() / 4));
    run.erase(run.end() - edge, run.end());
    run.erase(run.begin(), run.begin() + edge);
  }
  return runs;
}

// An elementary stream has no times of its own; the few that FFmpeg makes up are none.
void forget_made_up_times(Timeline& timeline) {
  if (timeline.untimed * 2 <= timeline.units) return;
  timeline.runs.assign(1, {});
  timeline.first = INT64_MAX;
  timeline.end = timeline.last_pts = INT64_MIN;
}

void resolve_time(VideoState& video, std::vector<std::string>& warnings, const std::string& name) {
  VideoFacts& facts = video.facts;
  Timeline& timeline = video.timeline;
  std::vector<Rational> declared;
  if (const auto rate = video.scan.declared_rate()) declared.push_back(*rate);
  declared.insert(declared.end(), video.container.rates.begin(), video.container.rates.end());
  Cadence cadence = find_cadence(timeline.runs, facts.time_base, declared);
  if (cadence.variable && video.container.open_ended) {
    // A capture cut inside a group of pictures misses pictures that would stand between those at its edges.
    const Cadence inner = find_cadence(without_edges(timeline.runs), facts.time_base, declared);
    if (!inner.variable && inner.shortest > 0) {
      cadence = inner;
      warnings.push_back(name +
                         "the stream begins or ends inside a group of pictures; frames at its edges are missing");
    }
  }
  facts.frame_rate = cadence.rate;
  facts.variable_rate = cadence.variable;
  if (cadence.variable) {
    warnings.push_back(name + "variable frame rate: frames last " + milliseconds(cadence.shortest, facts.time_base) +
                       " to " + milliseconds(cadence.longest, facts.time_base) + " ms");
  } else if (cadence.shortest > 0 && timeline.units > 2) {
    video.log.say("timeline", "frame_rate", cadence.rate.to_string());
  }
  for (const Rational rate : declared) {
    if (!is_plausible_rate(rate))
      warnings.push_back(name + "a header declares the absurd rate " + rate.to_string() +
                         "; the times tell it instead");
  }
  if (facts.frame_rate.num == 0) warnings.push_back(name + "no frame rate is declared and none follows from the times");
  if (timeline.hidden > 0)
    warnings.push_back(name + "the edit list hides " + std::to_string(timeline.hidden) + " frames");
  if (timeline.units > 0 && timeline.first != INT64_MAX) {
    facts.start_pts = timeline.first;
    if (timeline.first < 0) warnings.push_back(name + "it starts before time zero");
  }
  if (facts.duration.num == 0 && timeline.end > timeline.first && timeline.first != INT64_MAX) {
    facts.duration = Rational(timeline.end - timeline.first) * facts.time_base;
  }
  if (facts.duration.num == 0 && facts.frames > 0 && facts.frame_rate.num > 0)
    facts.duration = Rational(facts.frames) / facts.frame_rate;
}

}  // namespace

void note_decoder(VideoFacts& facts, std::vector<std::string>& warnings) {
  const auto programs = codec_programs();
  const CodecProgram* program = facts.decodable || !programs ? nullptr : programs->decoder_of(to_string(facts.codec));
  if (program == nullptr) return;
  facts.decodable = true;
  warnings.push_back("video stream " + std::to_string(facts.stream_index) + ": decoded by the codec program " +
                     program->name + ", SHA-256 " + program->sha256);
}

void finish_video(VideoState& video, const ProbeOptions& options, std::vector<std::string>& warnings) {
  VideoFacts& facts = video.facts;
  const std::string name = "video stream " + std::to_string(facts.stream_index) + ": ";
  Timeline& timeline = video.timeline;
  forget_made_up_times(timeline);
  // The last frame lasts as long as it says, else as the one before.
  if (timeline.last_duration > 0 && timeline.last_pts != INT64_MIN)
    timeline.end = std::max(timeline.end, timeline.last_pts + timeline.last_duration);
  resolve_picture(video);
  resolve_colour(video);
  resolve_hdr(video, warnings, name);
  resolve_time(video, warnings, name);
  if (timeline.last_pts != INT64_MIN && timeline.end == timeline.last_pts && facts.frame_rate.num > 0 &&
      facts.duration.num > 0 && !options.quick) {
    facts.duration = facts.duration + Rational(1) / facts.frame_rate;
  }
  if (facts.duration.num > 0 && timeline.bytes > 0 && facts.bitrate == 0) {
    facts.bitrate = static_cast<int64_t>(static_cast<double>(timeline.bytes) * 8 / facts.duration.value());
  }
  // Frames of AVC may be progressive though fields are allowed; those of AVC-Intra (RP 2027) are what is allowed.
  if (const auto& header = video.scan.header();
      header && (facts.codec != Codec::kAvc || facts.profile.ends_with("Intra")))
    facts.interlaced |= header->interlaced;
  if (video.container.interlaced) facts.interlaced |= *video.container.interlaced;
  if (timeline.damaged > 0) warnings.push_back(name + std::to_string(timeline.damaged) + " damaged access units");
  if (!facts.decodable)
    warnings.push_back(name + "nothing here decodes " +
                       (facts.codec_name.empty() ? std::string(to_string(facts.codec)) : facts.codec_name));
  if (facts.width % 2 != 0 || facts.height % 2 != 0)
    warnings.push_back(name + "odd raster " + print_raster(facts.width, facts.height));
  facts.carriers = video.log.facts();
  facts.disagreements = find_disagreements(facts.carriers, video.first_access.value_or(0));
}

void finish_audio(AudioState& audio) {
  Timeline& timeline = audio.timeline;
  AudioFacts& facts = audio.facts;
  if (facts.duration.num == 0 && timeline.first != INT64_MAX && timeline.end > timeline.first) {
    facts.duration = Rational(timeline.end - timeline.first) * audio.time_base;
  }
  if (facts.bitrate == 0 && facts.duration.num > 0) {
    facts.bitrate = static_cast<int64_t>(static_cast<double>(timeline.bytes) * 8 / facts.duration.value());
  }
}

void finish_programme(const DeclaredProgramme& declared, Facts& facts) {
  if (facts.main_video < 0) return;
  const VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  if (video.frame_rate.num <= 0) return;
  const Rational stored = video.frames > 0 ? Rational(video.frames) / video.frame_rate : video.duration;
  const Rational half = Rational(1, 2) / video.frame_rate;
  if (declared.in >= stored) {
    facts.warnings.push_back("the material package shows pictures that are not stored; all that is stored counts");
    return;
  }
  if (declared.in <= half && declared.out >= stored - half) return;
  facts.programme = DeclaredProgramme{declared.in, std::min(declared.out, stored)};
}

}  // namespace pier::media::impl
