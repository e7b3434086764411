// The table of kinds and measures: an analyzer that is added or gives something new gets it here, tests hold it against
// the registry.

#include "finding_kinds.hpp"

#include <algorithm>
#include <set>

#include <pier/analysis/profile.hpp>

namespace pier::analysis {

namespace impl {

const std::vector<KindSource>& kind_sources() {
  static const std::vector<KindSource> kSources{
      {"pass", About::kVideo, {"damaged", "signal_change"}, {}},
      {"black", About::kVideo, {"black"}, {}},
      {"freeze", About::kVideo, {"freeze"}, {}},
      {"levels",
       About::kVideo,
       {"levels.reserved", "levels.range"},
       {"planes.*.smallest_code", "planes.*.largest_code", "planes.*.reserved_share", "planes.*.below_share",
        "planes.*.above_share"}},
      {"gamut",
       About::kVideo,
       {"gamut"},
       {"worst_share", "mean_share", "worst_share_unfiltered", "mean_share_unfiltered", "worst_share_by_component.R",
        "worst_share_by_component.G", "worst_share_by_component.B", "worst_share_by_component.Y"}},
      {"luminance",
       About::kVideo,
       {},
       {"max_cll", "max_fall", "max_cll_nits", "max_fall_nits", "max_cll_99_99", "max_fall_99_99"}},
      {"flash",
       About::kVideo,
       {"flash.bt1702.luminance", "flash.bt1702.red", "flash.bt1702.extended.luminance", "flash.bt1702.extended.red",
        "flash.bt1702.sequence.luminance", "flash.bt1702.sequence.red", "flash.iris.luminance", "flash.iris.red",
        "flash.iris.extended.luminance", "flash.iris.extended.red", "flash_warning.bt1702.luminance",
        "flash_warning.bt1702.red", "flash_warning.iris.luminance", "flash_warning.iris.red"},
       {"bt1702.luminance_flashes_in_a_second", "bt1702.red_flashes_in_a_second", "iris.luminance_flashes_in_a_second",
        "iris.red_flashes_in_a_second"}},
      {"shots", About::kVideo, {}, {"count", "cuts", "dissolves", "fades_to_black", "fades_from_black"}},
      {"active", About::kVideo, {"active.letterbox", "active.pillarbox", "active.windowbox"}, {"frames_with_bars"}},
      {"hdr_use",
       About::kVideo,
       {"hdr_use.sdr_in_hdr", "hdr_use.suspect_transfer"},
       {"above_sdr_share", "outside_bt709_share", "outside_p3_share", "mean_nits", "darkest_nits",
        "share_above_560_nits", "share_above_4000_nits"}},
      {"loudness",
       About::kAudio,
       {},
       {"streams.*.integrated_lufs", "streams.*.range_lu", "streams.*.max_momentary_lufs",
        "streams.*.max_short_term_lufs", "streams.*.true_peak_dbtp", "programmes.*.integrated_lufs",
        "programmes.*.range_lu", "programmes.*.max_momentary_lufs", "programmes.*.max_short_term_lufs",
        "programmes.*.true_peak_dbtp"}},
      {"bars", About::kVideo, {"bars", "bars.field", "slate"}, {}},
      {"silence", About::kAudio, {"silence"}, {}},
      {"clipping", About::kAudio, {"clipping"}, {}},
      {"phase",
       About::kAudio,
       {"phase.inverted", "phase.dual_mono", "phase.mono"},
       {"pairs.*.correlation", "pairs.*.inverted_share", "pairs.*.dual_mono_share", "pairs.*.mono_share"}},
      {"channels", About::kAudio, {"channels.order"}, {}},
      {"audio_gap",
       About::kAudio,
       {"audio_gap", "audio_gap.overlap"},
       {"streams.*.missing_samples", "streams.*.overlapping_samples"}},
      {"av_length",
       About::kAudio,
       {"av_length"},
       {"streams.*.start_difference_frames", "streams.*.end_difference_frames", "streams.*.length_difference_frames",
        "streams.*.length_difference_seconds"}},
      {"bitrate",
       About::kFile,
       {},
       {"video_average_kbps", "video_peak_1s_kbps", "streams.*.average_kbps", "streams.*.peak_1s_kbps"}},
      {"gop",
       About::kVideo,
       {"gop.start", "gop.access_gap", "gop.structure", "gop.false_key"},
       {"length_pictures.max", "access_spacing_seconds.max", "idr_spacing_seconds.max", "open_groups", "b_depth"}},
      {"hrd",
       About::kVideo,
       {"hrd.underflow", "hrd.overflow", "hrd.level"},
       {"schedule.bit_rate_kbps", "schedule.least_margin_ms"}},
      {"metadata",
       About::kVideo,
       {"metadata.changed.mastering_display", "metadata.changed.content_light", "metadata.late.mastering_display",
        "metadata.late.content_light", "metadata.missing_dynamic.hdr10_plus", "metadata.missing_dynamic.dolby_vision",
        "metadata.missing_dynamic.hdr_vivid", "metadata.st2086_implausible", "metadata.light_implausible"},
       {"hdr10_plus.pictures_with", "hdr10_plus.pictures_without", "dolby_vision.pictures_with",
        "dolby_vision.pictures_without", "hdr_vivid.pictures_with", "hdr_vivid.pictures_without"}},
      {"timecode", About::kVideo, {"timecode.jump"}, {"jumps", "pictures_with"}},
      {"edits", About::kFile, {"edits.trims", "edits.delays", "edits.rearranges"}, {}},
      // Not an analyzer: analyse() itself, for IMF packages.
      {"package",
       About::kFile,
       {"package.missing", "package.size", "package.hash", "package.hash_unknown", "package.unlisted",
        "package.unmapped", "package.range", "package.duration", "package.edit_rate", "package.descriptor",
        "package.track_length"},
       {"issues"}},
      // sequence_result(), for image sequences.
      {"sequence", About::kFile, {"sequence.gap", "sequence.size"}, {"missing", "odd_pictures"}},
      {"cadence",
       About::kVideo,
       {"cadence.repeated", "cadence.mixed", "cadence.duplicate", "cadence.dropped", "cadence.interlaced"},
       {"repeated_frames", "full_rate_frames"}},
      {"resolution", About::kVideo, {"resolution.upscaled"}, {"confidence", "effective_width", "effective_height"}},
      {"blockiness", About::kVideo, {"blockiness"}, {"worst_step_percent"}},
      {"banding", About::kVideo, {"banding.low_depth", "banding.contours"}, {"worst_contour_share"}},
      {"blur", About::kVideo, {"blur"}, {"mean_sharpness", "least_sharpness"}},
      {"dropout", About::kVideo, {"dropout.pixel", "dropout.line", "dropout.block"}, {}},
      {"burnt_in", About::kVideo, {"burnt_in"}, {}},
  };
  return kSources;
}

bool of_family(std::string_view kind, std::string_view family) {
  return kind == family || (kind.starts_with(family) && kind.substr(family.size()).starts_with('.'));
}

std::vector<const KindSource*> sources_of(std::string_view kind) {
  std::vector<const KindSource*> found;
  for (const KindSource& source : kind_sources()) {
    if (std::ranges::any_of(source.kinds, [&](std::string_view one) { return of_family(one, kind); }))
      found.push_back(&source);
  }
  return found;
}

std::span<const std::string_view> kinds_of(std::string_view analyzer) {
  for (const KindSource& source : kind_sources()) {
    if (source.analyzer == analyzer) return source.kinds;
  }
  return {};
}

std::vector<std::string> unstated(std::string_view analyzer, const Outcome& outcome) {
  const auto stated = kinds_of(analyzer);
  std::set<std::string> others;
  for (const Finding& finding : outcome.findings) {
    if (std::ranges::find(stated, finding.kind) == stated.end()) others.insert(finding.kind);
  }
  for (const auto& [kind, totals] : outcome.totals) {
    if (std::ranges::find(stated, kind) == stated.end()) others.insert(kind);
  }
  return {others.begin(), others.end()};
}

bool looked_for(const AnalysisResult& result, const KindSource& source, std::string_view kind) {
  const bool video = result.video_stream >= 0;
  if (source.about == About::kVideo && !video) return false;
  if (source.about == About::kAudio && result.audio.empty()) return false;
  if (result.looked_for.empty()) {  // before engines told it: an analyzer that ran left its measures
    return source.analyzer == "pass" || result.measures.contains(source.analyzer);
  }
  return std::ranges::all_of(source.kinds, [&](std::string_view one) {
    return !of_family(one, kind) || std::ranges::find(result.looked_for, one) != result.looked_for.end();
  });
}

bool is_measure(std::string_view path) {
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos) return false;
  return std::ranges::any_of(kind_sources(), [&](const KindSource& source) {
    return source.analyzer == path.substr(0, dot) &&
           std::ranges::find(source.measures, path.substr(dot + 1)) != source.measures.end();
  });
}

}  // namespace impl

std::vector<std::string> finding_kind_names() {
  std::set<std::string> names;
  for (const auto& source : impl::kind_sources()) {
    for (const std::string_view kind : source.kinds) {
      for (size_t dot = kind.find('.'); dot != std::string_view::npos; dot = kind.find('.', dot + 1))
        names.emplace(kind.substr(0, dot));
      names.emplace(kind);
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> measure_names() {
  std::vector<std::string> names;
  for (const auto& source : impl::kind_sources()) {
    for (const std::string_view measure : source.measures)
      names.push_back(std::string(source.analyzer) + "." + std::string(measure));
  }
  return names;
}

}  // namespace pier::analysis
