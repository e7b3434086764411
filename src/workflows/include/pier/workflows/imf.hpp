#pragma once
// A master as an Interoperable Master Package of Application 2E, without a data directory (`pier imf`).

#include <string>

#include <pier/core/json.hpp>
#include <pier/core/result.hpp>
#include <pier/imf/mastering.hpp>
#include <pier/workflows/local.hpp>

namespace pier::workflows {

struct ImfRequest {
  LocalInput input;
  std::string folder;  // of the package; must not be there yet
  imf::MasteringOptions mastering;
  std::string issuer;   // said in the papers
  std::string program;  // version of pier
  /// Makes a supplemental package: an earlier package or its composition, whose virtual tracks of the kinds that
  /// `mastering` leaves out are used on from there. Empty: a package that stands alone.
  std::string earlier;
};

/// Writes the package beside `folder` and moves it there when it is whole: {"folder", "composition": {"id", "file",
/// "edit_rate", "duration"}, "tracks": [{"id", "file", "kind", "edit_rate", "duration", "bytes", "checked":
/// [clauses]}], "borrowed": [ids], "notes"}. Media is read and coded in confined children. Errors as
/// imf::plan_mastering and its writers; kAlreadyExists when `folder` is there.
Result<json::object> write_imf(const ImfRequest& request, const LocalProgress& progress);

/// {"files": [{"file", "faults": [{"clause", "what"}], "checked": [clauses]}]} of the track files of a package of
/// anybody (imf::check_track_file), read in a confined child. kInvalidArgument: no package, or no track file in it.
Result<json::object> check_imf(const std::string& path, const LocalProgress& progress);

}  // namespace pier::workflows
