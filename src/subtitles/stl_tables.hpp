#pragma once
// Character code tables and language codes of EBU Tech 3264, appendices 2 and 3.

#include <optional>
#include <string>
#include <string_view>

namespace pier::subtitles::impl {

struct StlTable {
  std::string_view code;  // "00" to "04"
  std::string_view name;  // "iso-6937", "iso-8859-5", ...
  const char* library;    // as iconv calls it; null: the Latin table with its diacritics
  /// UTF-8 of a run of text bytes (20h-7Fh, A0h-FFh); `strange` is set when the table has not all of them.
  std::string decode(std::string_view run, bool& strange) const;
  /// The bytes of a character, a letter with its diacritic too; nothing when the table has it not.
  std::optional<std::string> encode(char32_t character) const;
};
/// Null: no such table.
const StlTable* find_stl_table(std::string_view code);

/// BCP 47 of a language code of two hexadecimal digits; empty: unknown.
std::string stl_language(std::string_view code);
/// The two digits of a language by its first subtag; "00" when there is none.
std::string stl_language_code(std::string_view language);

}  // namespace pier::subtitles::impl
