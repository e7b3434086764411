#include <algorithm>

#include <sys/mman.h>

#include <pier/core/file.hpp>
#include <pier/media/facts.hpp>
#include <pier/quality/compare.hpp>
#include <pier/workflows/local.hpp>

#include "child.hpp"
#include "local_parts.hpp"

namespace pier::workflows {
namespace {

using namespace impl;

struct Side {
  json::object facts_json;
  media::Facts facts;
  media::Source source;
};

Result<Side> open_side(sandbox::Spawner& spawner, const std::string& path, const LocalProgress& progress) {
  Side side;
  const LocalInput input{path, {}};
  PIER_TRY(const json::object probed, probe_input(spawner, input, false, false, progress));
  PIER_TRY(side.facts_json, get_object(probed, "facts"));
  PIER_TRY(side.facts, media::facts_from_json(side.facts_json));
  PIER_TRY(side.source, open_local(input));
  if (side.source.sequence)
    return fail(ErrorCode::kInputUnsupported, display_text(path) + " is an image sequence; those are not compared");
  if (side.facts.main_video < 0) return fail(ErrorCode::kInputUnsupported, display_text(path) + " has no pictures");
  return side;
}

json::object describe(const Side& side, const std::string& path) {
  const media::VideoFacts& video = side.facts.video[static_cast<size_t>(side.facts.main_video)];
  json::object described{{"width", video.width},
                         {"height", video.height},
                         {"format", video.format.to_string()},
                         {"hdr", media::to_string(video.hdr)},
                         {"frame_rate", json::array{video.frame_rate.num, video.frame_rate.den}},
                         {"bitrate", video.bitrate}};
  put_path(described, "path", path);
  return described;
}

/// Wrong words are told before anything is read.
Result<void> check_words(const CompareFilesRequest& request) {
  for (const std::string& name : request.metrics) {
    PIER_CHECK(quality::metric_from(name));
  }
  if (!request.offset.empty()) {
    PIER_CHECK(quality::parse_offset(request.offset));
  }
  return {};
}

json::array metrics_of(const CompareFilesRequest& request, const Side& reference) {
  json::array names;
  const media::HdrKind hdr = reference.facts.video[static_cast<size_t>(reference.facts.main_video)].hdr;
  if (!request.metrics.empty()) {
    for (const std::string& name : request.metrics) names.emplace_back(name);
    return names;
  }
  for (const quality::Metric metric : {quality::Metric::kXpsnr, quality::Metric::kPsnr, quality::Metric::kSsimBlock})
    names.emplace_back(to_string(metric));
  if (hdr != media::HdrKind::kSdr) names.emplace_back(to_string(quality::Metric::kPu21Ssim));
  return names;
}

Result<json::object> read_found(int fd) {
  PIER_TRY(const FileState state, file_state(fd));
  Bytes bytes(state.size);
  PIER_TRY(const size_t got, read_at(fd, 0, bytes));
  bytes.resize(got);
  PIER_TRY(const json::value parsed, parse_json(as_text(bytes)));
  if (!parsed.is_object()) return fail(ErrorCode::kInternal, "a comparison is no JSON object");
  return parsed.get_object();
}

}  // namespace

Result<json::object> compare_files(const CompareFilesRequest& request, const LocalProgress& progress) {
  const auto part = [&progress](double from, double share) {
    return [&progress, from, share](double fraction, int64_t frames) {
      if (progress) progress(from + share * fraction, frames);
    };
  };
  PIER_CHECK(check_words(request));
  sandbox::Spawner spawner;
  PIER_TRY(Side reference, open_side(spawner, request.reference, part(0, 0.03)));
  PIER_TRY(Side test, open_side(spawner, request.test, part(0.03, 0.03)));
  Work work;
  work.params = {
      {"reference", reference.facts_json}, {"test", test.facts_json}, {"metrics", metrics_of(request, reference)},
      {"offset", request.offset},          {"worst", request.worst},  {"threads", local_threads()}};
  work.scratch = UniqueFd(::memfd_create("pier-compare", MFD_CLOEXEC));
  if (!work.scratch) return Failure(errno_error(errno, "cannot make room for what is found"));
  const json::object reference_side = describe(reference, request.reference), test_side = describe(test, request.test);
  work.source = std::move(reference.source);
  work.other = std::move(test.source);
  const LocalProgress compared = part(0.06, 0.94);
  PIER_CHECK(run_child(spawner, kCompareTask, local_row(), work, beat_of(compared), {}));
  PIER_TRY(json::object found, read_found(work.scratch.get()));
  found["reference"] = reference_side;
  found["test"] = test_side;
  return found;
}

}  // namespace pier::workflows
