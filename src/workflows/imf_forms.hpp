#pragma once
// What goes between the two ends of an imf task.

#include <pier/core/json.hpp>
#include <pier/imf/mastering.hpp>
#include <pier/imf/package.hpp>

namespace pier::workflows::impl {

json::object to_json(const imf::MasteringOptions& options);
imf::MasteringOptions mastering_options(const json::object& object);
json::object to_json(const imf::TrackFile& file);
Result<imf::TrackFile> track_file(const json::object& object);
json::object to_json(const imf::EarlierComposition& earlier);
Result<imf::EarlierComposition> earlier_composition(const json::object& object);

}  // namespace pier::workflows::impl
