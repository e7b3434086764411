#include "analysis_inputs.hpp"

#include <algorithm>
#include <cmath>

#include <pier/media/sequence.hpp>

namespace pier::workflows::impl {
namespace {

constexpr double kWholeSeconds = 45;  // shorter ones are done before splitting them pays
constexpr double kPartSeconds = 15;
constexpr double kMostParts = 200;  // a descriptor each where they are put together

json::value packed(const std::optional<Rational>& point) {
  if (!point) return nullptr;
  return json::array{point->num, point->den};
}

std::optional<Rational> unpacked(const json::object& object, std::string_view key) {
  const auto pair = get_array(object, key);
  if (!pair || pair->size() != 2 || !(*pair)[0].is_int64() || !(*pair)[1].is_int64()) return std::nullopt;
  return Rational((*pair)[0].as_int64(), (*pair)[1].as_int64());
}

Result<Bytes> read_input(int input) {
  PIER_TRY(const FileState state, file_state(input));
  Bytes bytes(state.size);
  PIER_TRY(const size_t got, read_at(input, 0, bytes));
  if (got != bytes.size()) return fail(ErrorCode::kTruncated, "a part of the analysis breaks off");
  return bytes;
}

}  // namespace

const media::VideoFacts& main_video(const media::Facts& facts) {
  return facts.video.at(static_cast<size_t>(facts.main_video));
}

Result<json::object> analysis_params(const catalogue::AssetRow& asset, int threads) {
  PIER_TRY(const Points points,
           programme_points(asset.in_point.value_or(""), asset.out_point.value_or(""), asset.facts.as_object()));
  return json::object{
      {"facts", asset.facts}, {"in", packed(points.in)}, {"out", packed(points.out)}, {"threads", threads}};
}

Result<AnalysisInputs> analysis_inputs(const json::object& params, const Progress& progress) {
  AnalysisInputs inputs;
  PIER_TRY(const json::object facts, get_object(params, "facts"));
  PIER_TRY(inputs.facts, media::facts_from_json(facts));
  analysis::AnalysisOptions& options = inputs.options;
  options.threads = static_cast<int>(std::max<int64_t>(1, int_or(params, "threads", 1)));
  options.on_progress = progress;
  options.package_hashes = true;
  options.fingerprints = params.if_contains("no_fingerprints") == nullptr;
  const media::VideoFacts& video = main_video(inputs.facts);
  const auto ticks = [&](Rational seconds) { return video.start_pts + rescale(1, seconds, video.time_base); };
  if (const auto in = unpacked(params, "in")) options.in_pts = ticks(*in);
  if (const auto out = unpacked(params, "out")) options.out_pts = ticks(*out);
  return inputs;
}

Result<void> write_part(int output, const analysis::AnalysisPart& part) {
  return write_all(output, as_bytes(json::serialize(analysis::to_json(part))));
}

Result<analysis::AnalysisPart> read_part(int input) {
  PIER_TRY(const Bytes text, read_input(input));
  PIER_TRY(const json::value value, parse_json(as_text(text)));
  return analysis::analysis_part_from_json(value);
}

Result<analysis::PacketTable> read_packets(int input) {
  PIER_TRY(const Bytes table, read_input(input));
  return analysis::packet_table_from_bytes(table);
}

int64_t frames_of_a_part(const media::Facts& facts) {
  if (facts.main_video < 0 || !main_video(facts).decodable) return 0;
  if (facts.container == media::kSequenceContainer || facts.container == "imf") return 0;
  const double seconds = facts.duration.value();
  const double rate = main_video(facts).frame_rate.value();
  if (!(seconds >= kWholeSeconds) || !(rate > 0)) return 0;
  return std::llround(std::max(kPartSeconds, seconds / kMostParts) * rate);
}

uint64_t analysis_memory(const media::Facts& facts) {
  if (facts.main_video < 0) return 0;
  const media::VideoFacts& video = main_video(facts);
  constexpr double kBase = 200.0 * 1024 * 1024, kPictures = 12;  // as measured: 0.37 GiB of 4K, 1.2 GiB of 8K
  const double samples = static_cast<double>(video.width) * video.height * 3;  // 4:4:4 at most
  return static_cast<uint64_t>(kBase + kPictures * samples * video.format.bytes_per_sample() / 2);
}

}  // namespace pier::workflows::impl
