#pragma once
// A document cut up for segments of a programme.

#include <functional>
#include <span>

#include <pier/core/result.hpp>
#include <pier/subtitles/cue.hpp>

namespace pier::subtitles {

/// `boundaries`: rising times, of n segments n + 1. Hands to `take`, in order, for each segment the document of all
/// cues that are shown at some time in it, in the order of their start and with their whole times; so a cue that goes
/// on is in every segment it is shown in. Documents may be empty. An error of `take` ends it and is given back.
Result<void> for_each_segment(const Document& document, std::span<const Rational> boundaries,
                              const std::function<Result<void>(size_t number, const Document& part)>& take);

}  // namespace pier::subtitles
