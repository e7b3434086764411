#include "colours.hpp"

#include <array>
#include <cstdio>
#include <vector>

#include "characters.hpp"

namespace pier::subtitles::impl {
namespace {

struct Named {
  std::string_view name;
  Colour colour;
  bool webvtt;
};
constexpr std::array kNamed = {
    Named{"white", {255, 255, 255, 255}, true},  Named{"lime", {0, 255, 0, 255}, true},
    Named{"cyan", {0, 255, 255, 255}, true},     Named{"red", {255, 0, 0, 255}, true},
    Named{"yellow", {255, 255, 0, 255}, true},   Named{"magenta", {255, 0, 255, 255}, true},
    Named{"blue", {0, 0, 255, 255}, true},       Named{"black", {0, 0, 0, 255}, true},
    Named{"transparent", {0, 0, 0, 0}, false},   Named{"silver", {192, 192, 192, 255}, false},
    Named{"gray", {128, 128, 128, 255}, false},  Named{"grey", {128, 128, 128, 255}, false},
    Named{"maroon", {128, 0, 0, 255}, false},    Named{"purple", {128, 0, 128, 255}, false},
    Named{"fuchsia", {255, 0, 255, 255}, false}, Named{"green", {0, 128, 0, 255}, false},
    Named{"olive", {128, 128, 0, 255}, false},   Named{"navy", {0, 0, 128, 255}, false},
    Named{"teal", {0, 128, 128, 255}, false},    Named{"aqua", {0, 255, 255, 255}, false},
    Named{"orange", {255, 165, 0, 255}, false}};

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<Colour> from_hex_digits(std::string_view text) {
  std::string full;
  if (text.size() == 3) {
    for (const char c : text) full.append(2, c);
  } else {
    full = text;
  }
  if (full.size() != 6 && full.size() != 8) return std::nullopt;
  std::array<uint8_t, 4> parts{0, 0, 0, 255};
  for (size_t i = 0; i < full.size() / 2; ++i) {
    const int high = hex(full[2 * i]), low = hex(full[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    parts[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return Colour{parts[0], parts[1], parts[2], parts[3]};
}

std::optional<uint8_t> component(std::string_view text, bool alpha) {
  text = trimmed(text);
  const size_t point = text.find('.');
  if (alpha && (point != std::string_view::npos || text == "1")) {
    if (text == "1" || text.starts_with("1.")) return uint8_t{255};
    std::string_view fraction = text.substr(point + 1);
    fraction = fraction.substr(0, 3);
    const int64_t value = digits(fraction);
    if (value < 0) return std::nullopt;
    int64_t unit = 1;
    for (size_t i = 0; i < fraction.size(); ++i) unit *= 10;
    return static_cast<uint8_t>((value * 255 + unit / 2) / unit);
  }
  const int64_t value = digits(text);
  if (value < 0 || value > 255) return std::nullopt;
  return static_cast<uint8_t>(value);
}

std::optional<Colour> from_function(std::string_view text) {
  const size_t open = text.find('('), close = text.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  std::string_view list = text.substr(open + 1, close - open - 1);
  std::array<uint8_t, 4> parts{0, 0, 0, 255};
  size_t count = 0;
  for (bool more = true; more; ++count) {
    const size_t comma = list.find(',');
    more = comma != std::string_view::npos;
    if (count == 4) return std::nullopt;
    const auto value = component(list.substr(0, comma), count == 3);
    if (!value) return std::nullopt;
    parts[count] = *value;
    if (more) list.remove_prefix(comma + 1);
  }
  if (count < 3) return std::nullopt;
  return Colour{parts[0], parts[1], parts[2], parts[3]};
}

}  // namespace

std::optional<Colour> parse_colour(std::string_view text) {
  const std::string lower = lower_case(trimmed(text));
  if (lower.starts_with('#')) return from_hex_digits(std::string_view(lower).substr(1));
  if (lower.starts_with("rgb")) return from_function(lower);
  for (const Named& named : kNamed) {
    if (named.name == lower) return named.colour;
  }
  return std::nullopt;
}

std::string colour_text(const Colour& colour) {
  char text[16];
  if (colour.alpha == 255) {
    std::snprintf(text, sizeof text, "#%02X%02X%02X", colour.red, colour.green, colour.blue);
  } else {
    std::snprintf(text, sizeof text, "#%02X%02X%02X%02X", colour.red, colour.green, colour.blue, colour.alpha);
  }
  return text;
}

std::string_view webvtt_class(const Colour& colour) {
  for (const Named& named : kNamed) {
    if (named.webvtt && named.colour == colour) return named.name;
  }
  return {};
}

}  // namespace pier::subtitles::impl
