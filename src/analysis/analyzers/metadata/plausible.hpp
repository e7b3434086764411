#pragma once
// Whether static HDR metadata can be true.

#include <optional>
#include <string>
#include <vector>

#include <pier/core/cicp.hpp>

namespace pier::analysis::impl {

/// What is wrong with a mastering display (SMPTE ST 2086:2018): words of the README, empty when nothing is.
std::vector<std::string> mastering_problems(const MasteringDisplay& display);
/// The same of a content light level (CTA-861.3), against the display when it is known.
std::vector<std::string> light_problems(const ContentLight& light, const std::optional<MasteringDisplay>& display);

/// "bt2020", "p3-d65", "bt709" within 0.005 of each coordinate, else "other".
std::string gamut_name(const MasteringDisplay& display);

}  // namespace pier::analysis::impl
