#pragma once
// Looking at one file without a data directory: `pier probe` and `pier check`. The file is read in the same sandboxed
// child as in a publication.

#include <functional>
#include <string>

#include <pier/core/json.hpp>
#include <pier/core/result.hpp>

namespace pier::workflows {

using LocalProgress = std::function<void(double fraction, int64_t frames)>;

/// media::to_json(Facts) of the file. Errors as media::open_source and media::probe, or kCrashed.
Result<json::object> probe_file(const std::string& path, bool quick, const LocalProgress& progress);

/// {"facts", "analysis", "report"} of the file under a profile (empty: chosen by the source).
Result<json::object> check_file(const std::string& path, const std::string& profile, const LocalProgress& progress);

}  // namespace pier::workflows
