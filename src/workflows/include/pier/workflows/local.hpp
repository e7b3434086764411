#pragma once
// Looking at one input without a data directory: `pier probe` and `pier check`. The file is read in the same sandboxed
// child as in a publication.

#include <functional>
#include <string>

#include <pier/core/json.hpp>
#include <pier/core/result.hpp>
#include <pier/reports/document.hpp>

namespace pier::workflows {

using LocalProgress = std::function<void(double fraction, int64_t frames)>;

/// What `path` names: a media file, an IMF package or an image sequence (media::open_input).
struct LocalInput {
  std::string path;
  std::string rate;  // pictures a second of an image sequence ("24", "24000/1001", "23.976"); empty: as its headers say
};

/// media::to_json(Facts) of the input. Errors as media::open_input and media::probe, or kCrashed.
Result<json::object> probe_file(const LocalInput& input, bool quick, const LocalProgress& progress);

struct CheckRequest {
  LocalInput input;
  std::string profile;   // empty: chosen by the source
  std::string in, out;   // programme range, as `pier publish` takes it; empty: all
  std::string overlays;  // directory of attestations (analysis/attest.hpp); empty: the profile as shipped
  std::string waivers;   // file of waivers; empty: none
  bool stills = false;
  std::string program;  // version of pier, for the report
};

/// Probes, identifies, analyses and judges the input. kInvalidArgument for a sequence whose frame rate nothing says.
Result<reports::Document> check_file(const CheckRequest& request, const LocalProgress& progress);

/// Exports a finding of a report as a regression case: `folder`/frames.mkv and `folder`/case.json. The folder is made;
/// what has these names in it is replaced. kInputChanged when `path` is not the report's master.
Result<json::object> bundle_finding(const std::string& path, const reports::Document& document,
                                    const std::string& finding, const std::string& folder,
                                    const LocalProgress& progress);

}  // namespace pier::workflows
