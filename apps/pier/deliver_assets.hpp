#pragma once
// Assets of the catalogue as masters of deliveries.

#include <pier/deliver/recipe.hpp>

#include "console.hpp"

namespace pier::app {

/// Puts the master, the programme and the newest verdict of its asset where an episode names one by its id; asks the
/// server only if there is such an episode.
Result<void> resolve_assets(const Globals& globals, const deliver::Recipe& recipe,
                            std::vector<deliver::Episode>& episodes);

}  // namespace pier::app
