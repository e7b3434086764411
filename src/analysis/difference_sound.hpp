#pragma once
// The sound of two versions, sample by sample.

#include <functional>

#include <pier/analysis/difference.hpp>

namespace pier::analysis::impl {

struct Side {
  const media::Source& source;
  const media::Facts& facts;
};

/// Streams are held against each other in their order; what has no counterpart or another form is noted.
Result<void> compare_sound(const Side& one, const Side& two, Difference& found,
                           const std::function<Result<void>(double share)>& tell);

}  // namespace pier::analysis::impl
