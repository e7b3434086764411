// AnalysisResult as JSON and back.

#include <pier/analysis/analyse.hpp>

#include "json_io.hpp"

namespace pier::analysis {

namespace {

json::object to_json(const AudioExtent& extent) {
  return {{"stream", extent.stream_index},
          {"sample_rate", extent.sample_rate},
          {"channels", extent.channels},
          {"channel_mask", static_cast<int64_t>(extent.channel_mask)},
          {"first_pts", extent.first_pts},
          {"samples", extent.samples},
          {"programme_first_pts", extent.programme_first_pts},
          {"programme_samples", extent.programme_samples},
          {"gap_samples", extent.gap_samples}};
}

Result<AudioExtent> extent_from_json(const json::value& value) {
  PIER_TRY(const json::object* object, impl::as_object(value, "audio extent"));
  AudioExtent extent;
  PIER_TRY(const int64_t stream, get_int(*object, "stream"));
  extent.stream_index = static_cast<int>(stream);
  extent.sample_rate = static_cast<int>(int_or(*object, "sample_rate", 0));
  extent.channels = static_cast<int>(int_or(*object, "channels", 0));
  extent.channel_mask = static_cast<uint64_t>(int_or(*object, "channel_mask", 0));
  PIER_TRY(extent.first_pts, get_int(*object, "first_pts"));
  PIER_TRY(extent.samples, get_int(*object, "samples"));
  PIER_TRY(extent.programme_first_pts, get_int(*object, "programme_first_pts"));
  PIER_TRY(extent.programme_samples, get_int(*object, "programme_samples"));
  extent.gap_samples = int_or(*object, "gap_samples", 0);
  return extent;
}

}  // namespace

json::object to_json(const AnalysisResult& result) {
  json::array findings, audio, warnings, looked_for;
  for (const std::string& kind : result.looked_for) looked_for.push_back(json::value(kind));
  for (const Finding& finding : result.findings) findings.push_back(to_json(finding));
  for (const AudioExtent& extent : result.audio) audio.push_back(to_json(extent));
  for (const std::string& warning : result.warnings) warnings.push_back(json::value(warning));
  return {{"engine", result.engine},
          {"video_stream", result.video_stream},
          {"looked_for", std::move(looked_for)},
          {"programme_frames", result.programme_frames},
          {"damaged_frames", result.damaged_frames},
          {"damaged_packets", result.damaged_packets},
          {"audio", std::move(audio)},
          {"findings", std::move(findings)},
          {"measures", result.measures},
          {"warnings", std::move(warnings)}};
}

Result<AnalysisResult> analysis_result_from_json(const json::value& value) {
  PIER_TRY(const json::object* object, impl::as_object(value, "analysis result"));
  AnalysisResult result;
  PIER_TRY(result.engine, get_string(*object, "engine"));
  result.video_stream = static_cast<int>(int_or(*object, "video_stream", -1));
  if (object->contains("looked_for")) {
    PIER_TRY(result.looked_for, impl::get_strings(*object, "looked_for"));
  }
  result.programme_frames = int_or(*object, "programme_frames", 0);
  result.damaged_frames = int_or(*object, "damaged_frames", 0);
  result.damaged_packets = int_or(*object, "damaged_packets", 0);
  PIER_TRY(const json::array audio, get_array(*object, "audio"));
  for (const json::value& item : audio) {
    PIER_TRY(auto extent, extent_from_json(item));
    result.audio.push_back(extent);
  }
  PIER_TRY(const json::array findings, get_array(*object, "findings"));
  for (const json::value& item : findings) {
    PIER_TRY(auto finding, finding_from_json(item));
    result.findings.push_back(std::move(finding));
  }
  PIER_TRY(result.measures, get_object(*object, "measures"));
  PIER_TRY(result.warnings, impl::get_strings(*object, "warnings"));
  return result;
}

}  // namespace pier::analysis
