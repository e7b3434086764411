#pragma once
// Text into HTML and SVG. Everything that comes from a master is hostile: it goes through escape(), whatever it is.

#include <string>
#include <string_view>

namespace pier::reports {

/// For element content and quoted attributes. Bytes that are not UTF-8, control characters and direction marks (which
/// would turn the text around) become U+FFFD; line ends and tabs become blanks.
std::string escape(std::string_view text);
/// The same cleaning without markup: for the PDF.
std::string clean(std::string_view text);

/// At most `decimals` digits, no trailing zeros, never an exponent, "0" for what is not finite.
std::string short_number(double value, int decimals);

}  // namespace pier::reports
