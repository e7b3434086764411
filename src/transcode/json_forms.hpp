#pragma once
// Small JSON forms shared by the specs of this module.

#include <optional>
#include <vector>

#include <pier/colour/convert.hpp>
#include <pier/core/json.hpp>
#include <pier/core/rational.hpp>

namespace pier::transcode::impl {

json::array pack(const Rational& value);
Result<Rational> unpack_rational(const json::object& object, std::string_view key);
json::object pack(const ColourInfo& colour);
ColourInfo unpack_colour(const json::object& object);
json::object pack(const colour::PictureSpec& spec);
Result<colour::PictureSpec> unpack_picture(const json::object& object, std::string_view key);
json::object pack(const MasteringDisplay& display);
std::optional<MasteringDisplay> unpack_mastering(const json::object& object, std::string_view key);
json::array pack(const std::vector<int64_t>& numbers);
Result<std::vector<int64_t>> unpack_numbers(const json::object& object, std::string_view key);

}  // namespace pier::transcode::impl
