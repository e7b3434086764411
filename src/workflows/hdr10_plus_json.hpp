#pragma once
// HDR10+ metadata of a programme as the JSON that its tools exchange: JSONInfo, SceneInfo (one entry a picture),
// SceneInfoSummary, ToolInfo; values in the units of ST 2094-40.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/media/access_unit.hpp>

namespace pier::workflows::impl {

struct Hdr10PlusSummary {
  int64_t pictures = 0, scenes = 0;
  char profile = 'A';     // B: every picture has a curve
  json::object unplaced;  // {syntax element: pictures} that the JSON has no place for
};
json::object to_json(const Hdr10PlusSummary& summary);

/// `pictures`: payloads in the order in which they are shown. A scene begins where the metadata change. Errors with the
/// number of the picture, from 0: those of media::parse_hdr10_plus.
Result<Hdr10PlusSummary> write_hdr10_plus_json(std::span<const Bytes> pictures, std::string& text);

/// One payload a picture. kInvalidArgument names the entry that is malformed, out of its place or has windows, or says
/// that the scenes of the summary are not those of the entries.
Result<std::vector<Bytes>> read_hdr10_plus_json(std::string_view text);

}  // namespace pier::workflows::impl
