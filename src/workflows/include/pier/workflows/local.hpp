#pragma once
// Looking at one file without a data directory: `pier probe` and `pier check`. The file is read in the same sandboxed
// child as in a publication.

#include <functional>
#include <string>

#include <pier/core/json.hpp>
#include <pier/core/result.hpp>
#include <pier/reports/document.hpp>

namespace pier::workflows {

using LocalProgress = std::function<void(double fraction, int64_t frames)>;

/// media::to_json(Facts) of the file. Errors as media::open_source and media::probe, or kCrashed.
Result<json::object> probe_file(const std::string& path, bool quick, const LocalProgress& progress);

struct CheckRequest {
  std::string path;
  std::string profile;   // empty: chosen by the source
  std::string in, out;   // programme range, as `pier publish` takes it; empty: all
  std::string overlays;  // directory of attestations (analysis/attest.hpp); empty: the profile as shipped
  std::string waivers;   // file of waivers; empty: none
  bool stills = false;
  std::string program;  // version of pier, for the report
};

/// Probes, identifies, analyses and judges the file.
Result<reports::Document> check_file(const CheckRequest& request, const LocalProgress& progress);

/// Exports a finding of a report as a regression case: `folder`/frames.mkv and `folder`/case.json. The folder is made;
/// what has these names in it is replaced. kInputChanged when `path` is not the report's master.
Result<json::object> bundle_finding(const std::string& path, const reports::Document& document,
                                    const std::string& finding, const std::string& folder,
                                    const LocalProgress& progress);

}  // namespace pier::workflows
