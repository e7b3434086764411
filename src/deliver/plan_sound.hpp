#pragma once
// Which sounds of the source go into the file, and how they are coded.

#include <pier/deliver/plan.hpp>

namespace pier::deliver {

/// Fills in Plan::sounds and FileConfig::sounds.
Result<void> plan_sounds(const media::Facts& facts, const Wish& wish, Plan& plan);

}  // namespace pier::deliver
