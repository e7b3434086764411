#pragma once
// Decoded sound of any sample format as planar floats.

#include <vector>

#include <pier/core/result.hpp>

#include "av_handles.hpp"

namespace pier::media {

/// Full scale becomes +-1. kInputUnsupported for formats that are not PCM samples.
Result<std::vector<std::vector<float>>> samples_from_av(const AVFrame& frame);

}  // namespace pier::media
