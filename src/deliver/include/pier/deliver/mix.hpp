#pragma once
// From one layout of channels to another, by stated coefficients.

#include <optional>
#include <string_view>
#include <vector>

#include <pier/deliver/wish.hpp>
#include <pier/media/frame.hpp>

namespace pier::deliver {

/// A row for each channel that is written, a column for each that is read.
using Mix = std::vector<std::vector<double>>;

size_t channels_of(std::string_view layout);  // 0: unknown
uint64_t mask_of(std::string_view layout);    // WAVE

/// nullopt: nothing is made up, so there is no way from fewer channels to 5.1 or 7.1.
std::optional<Mix> mix_of(std::string_view from, std::string_view to, const DownmixWish& downmix);

/// `mix` applied to channels `first` and following of the block.
media::AudioBlock mixed(const media::AudioBlock& block, size_t first, const Mix& mix);

}  // namespace pier::deliver
