#include "hdr10_plus_json.hpp"

#include <algorithm>

namespace pier::workflows::impl {
namespace {

using media::Hdr10Plus;
using media::Hdr10PlusCurve;
using media::Hdr10PlusPercentile;

json::object curve_of(const Hdr10PlusCurve& curve) {
  return {{"Anchors", json::array(curve.anchors.begin(), curve.anchors.end())},
          {"KneePointX", curve.knee_x},
          {"KneePointY", curve.knee_y}};
}

json::object luminance_of(const Hdr10Plus& one) {
  json::array indices, values;
  for (const Hdr10PlusPercentile& percentile : one.distribution) {
    indices.emplace_back(percentile.percentage);
    values.emplace_back(percentile.value);
  }
  return {{"AverageRGB", one.average_max_rgb},
          {"LuminanceDistributions",
           {{"DistributionIndex", std::move(indices)}, {"DistributionValues", std::move(values)}}},
          {"MaxScl", json::array(one.max_scl.begin(), one.max_scl.end())}};
}

/// Entries of SceneInfo, counted.
class Entries {
 public:
  Result<void> add(const Bytes& payload) {
    PIER_TRY(const Hdr10Plus one, media::parse_hdr10_plus(payload));
    if (x_before == nullptr || *x_before != payload) {
      x_firsts.emplace_back(x_summary.pictures);
      x_lengths.push_back(0);
    }
    x_before = &payload;
    json::object entry{
        {"LuminanceParameters", luminance_of(one)}, {"NumberOfWindows", 1},
        {"SceneFrameIndex", x_lengths.back()++},    {"SceneId", static_cast<int64_t>(x_firsts.size()) - 1},
        {"SequenceFrameIndex", x_summary.pictures}, {"TargetedSystemDisplayMaximumLuminance", one.target_luminance}};
    if (one.curve) entry["BezierCurveData"] = curve_of(*one.curve);
    x_curves += one.curve ? 1 : 0;
    for (const std::string& name : one.unplaced) x_summary.unplaced[name] = int_or(x_summary.unplaced, name, 0) + 1;
    x_text += (x_summary.pictures == 0 ? "\n" : ",\n") + json::serialize(entry);
    x_summary.pictures++;
    return {};
  }

  Hdr10PlusSummary end(std::string& text) {
    x_summary.scenes = static_cast<int64_t>(x_firsts.size());
    x_summary.profile = x_summary.pictures > 0 && x_curves == x_summary.pictures ? 'B' : 'A';
    const json::object info{{"HDR10plusProfile", std::string(1, x_summary.profile)}, {"Version", "1.0"}};
    const json::object scenes{{"SceneFirstFrameIndex", std::move(x_firsts)},
                              {"SceneFrameNumbers", json::array(x_lengths.begin(), x_lengths.end())}};
    const json::object tool{{"Tool", "pier"}, {"Version", PIER_VERSION}};
    text = R"({"JSONInfo":)" + json::serialize(info) + ",\"SceneInfo\":[" + x_text +
           "\n],\"SceneInfoSummary\":" + json::serialize(scenes) + ",\"ToolInfo\":" + json::serialize(tool) + "}\n";
    return std::move(x_summary);
  }

 private:
  Hdr10PlusSummary x_summary;
  const Bytes* x_before = nullptr;
  json::array x_firsts;
  std::vector<int64_t> x_lengths;
  int64_t x_curves = 0;
  std::string x_text;
};

Result<uint32_t> number(const json::object& object, std::string_view key) {
  PIER_TRY(const int64_t value, get_int(object, key));
  if (value < 0 || value > UINT32_MAX) return fail(ErrorCode::kInvalidArgument, std::string(key) + " is out of range");
  return static_cast<uint32_t>(value);
}

Result<std::vector<uint32_t>> numbers(const json::object& object, std::string_view key) {
  PIER_TRY(const json::array list, get_array(object, key));
  std::vector<uint32_t> values;
  for (const json::value& value : list) {
    if (!value.is_int64() || value.as_int64() < 0 || value.as_int64() > UINT32_MAX)
      return fail(ErrorCode::kInvalidArgument, std::string(key) + " holds something that is no whole number");
    values.push_back(static_cast<uint32_t>(value.as_int64()));
  }
  return values;
}

Result<void> read_luminance(const json::object& entry, Hdr10Plus& one) {
  PIER_TRY(const json::object light, get_object(entry, "LuminanceParameters"));
  PIER_TRY(one.average_max_rgb, number(light, "AverageRGB"));
  PIER_TRY(const std::vector<uint32_t> max_scl, numbers(light, "MaxScl"));
  if (max_scl.size() != one.max_scl.size())
    return fail(ErrorCode::kInvalidArgument, "MaxScl has " + std::to_string(max_scl.size()) + " values, not 3");
  std::ranges::copy(max_scl, one.max_scl.begin());
  if (!light.contains("LuminanceDistributions")) return {};
  PIER_TRY(const json::object spread, get_object(light, "LuminanceDistributions"));
  PIER_TRY(const std::vector<uint32_t> indices, numbers(spread, "DistributionIndex"));
  PIER_TRY(const std::vector<uint32_t> values, numbers(spread, "DistributionValues"));
  if (indices.size() != values.size())
    return fail(ErrorCode::kInvalidArgument, "DistributionIndex and DistributionValues have not the same length");
  for (size_t i = 0; i < indices.size(); ++i) one.distribution.push_back({indices[i], values[i]});
  return {};
}

Result<Bytes> read_entry(const json::value& value, int64_t place) {
  if (!value.is_object()) return fail(ErrorCode::kInvalidArgument, "it is no object");
  const json::object& entry = value.as_object();
  if (const int64_t windows = int_or(entry, "NumberOfWindows", 1); windows != 1)
    return fail(ErrorCode::kInvalidArgument,
                "it has " + std::to_string(windows) + " windows; only those of the whole picture are taken");
  if (const int64_t index = int_or(entry, "SequenceFrameIndex", place); index != place)
    return fail(ErrorCode::kInvalidArgument, "its SequenceFrameIndex is " + std::to_string(index) + ", not " +
                                                 std::to_string(place) + "; pictures are missing or mixed up");
  Hdr10Plus one;
  PIER_TRY(one.target_luminance, number(entry, "TargetedSystemDisplayMaximumLuminance"));
  PIER_CHECK(read_luminance(entry, one));
  if (entry.contains("BezierCurveData")) {
    PIER_TRY(const json::object curve, get_object(entry, "BezierCurveData"));
    one.curve.emplace();
    PIER_TRY(one.curve->knee_x, number(curve, "KneePointX"));
    PIER_TRY(one.curve->knee_y, number(curve, "KneePointY"));
    PIER_TRY(one.curve->anchors, numbers(curve, "Anchors"));
  }
  return media::write_hdr10_plus(one);
}

/// The summary, where there is one, against the entries: its scenes follow each other and fill the programme.
Result<void> check_scenes(const json::object& whole, int64_t pictures) {
  const auto summary = get_object(whole, "SceneInfoSummary");
  if (!summary) return {};
  PIER_TRY(const std::vector<uint32_t> firsts, numbers(*summary, "SceneFirstFrameIndex"));
  PIER_TRY(const std::vector<uint32_t> lengths, numbers(*summary, "SceneFrameNumbers"));
  int64_t next = 0;
  for (size_t i = 0; i < std::min(firsts.size(), lengths.size()); ++i) {
    if (firsts[i] != next)
      return fail(ErrorCode::kInvalidArgument,
                  "scene " + std::to_string(i) + " of SceneInfoSummary begins at picture " + std::to_string(firsts[i]) +
                      ", the one before ends at " + std::to_string(next));
    next += lengths[i];
  }
  if (firsts.size() == lengths.size() && next == pictures) return {};
  return fail(ErrorCode::kInvalidArgument, "the scenes of SceneInfoSummary have " + std::to_string(next) +
                                               " pictures, SceneInfo has " + std::to_string(pictures) +
                                               "; the file was cut or is not whole");
}

}  // namespace

json::object to_json(const Hdr10PlusSummary& summary) {
  return {{"pictures", summary.pictures},
          {"scenes", summary.scenes},
          {"profile", std::string(1, summary.profile)},
          {"unplaced", summary.unplaced}};
}

Result<Hdr10PlusSummary> write_hdr10_plus_json(std::span<const Bytes> pictures, std::string& text) {
  Entries entries;
  for (size_t i = 0; i < pictures.size(); ++i) {
    if (auto added = entries.add(pictures[i]); !added)
      return fail_in("picture " + std::to_string(i), std::move(added).error());
  }
  return entries.end(text);
}

Result<std::vector<Bytes>> read_hdr10_plus_json(std::string_view text) {
  PIER_TRY(const json::value value, parse_json(text));
  if (!value.is_object()) return fail(ErrorCode::kInvalidArgument, "it is no JSON object");
  PIER_TRY(const json::array scenes, get_array(value.as_object(), "SceneInfo"));
  if (scenes.empty()) return fail(ErrorCode::kInvalidArgument, "SceneInfo is empty");
  std::vector<Bytes> payloads;
  payloads.reserve(scenes.size());
  for (const json::value& scene : scenes) {
    const auto place = static_cast<int64_t>(payloads.size());
    auto payload = read_entry(scene, place);
    if (!payload) return fail_in("SceneInfo[" + std::to_string(place) + "]", std::move(payload).error());
    payloads.push_back(std::move(*payload));
  }
  PIER_CHECK(check_scenes(value.as_object(), static_cast<int64_t>(payloads.size())));
  return payloads;
}

}  // namespace pier::workflows::impl
