#include "stl_tables.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include <pier/subtitles/text_encoding.hpp>

#include "characters.hpp"

namespace pier::subtitles::impl {
namespace {

constexpr std::array kTables = {StlTable{"00", "iso-6937", nullptr}, StlTable{"01", "iso-8859-5", "iso-8859-5"},
                                StlTable{"02", "iso-8859-6", "iso-8859-6"}, StlTable{"03", "iso-8859-7", "iso-8859-7"},
                                StlTable{"04", "iso-8859-8", "iso-8859-8"}};

// A0h to FFh of ISO 6937; 0: nothing there (C0h to CFh are diacritics).
constexpr std::array<char16_t, 96> kLatin = {
    0x00A0, 0x00A1, 0x00A2, 0x00A3, 0x0024, 0x00A5, 0x0023, 0x00A7, 0x00A4, 0x2018, 0x201C, 0x00AB, 0x2190, 0x2191,
    0x2192, 0x2193, 0x00B0, 0x00B1, 0x00B2, 0x00B3, 0x00D7, 0x00B5, 0x00B6, 0x00B7, 0x00F7, 0x2019, 0x201D, 0x00BB,
    0x00BC, 0x00BD, 0x00BE, 0x00BF, 0,      0,      0,      0,      0,      0,      0,      0,      0,      0,
    0,      0,      0,      0,      0,      0,      0x2015, 0x00B9, 0x00AE, 0x00A9, 0x2122, 0x266A, 0x00AC, 0x00A6,
    0,      0,      0,      0,      0x215B, 0x215C, 0x215D, 0x215E, 0x2126, 0x00C6, 0x0110, 0x00AA, 0x0126, 0,
    0x0132, 0x013F, 0x0141, 0x00D8, 0x0152, 0x00BA, 0x00DE, 0x0166, 0x014A, 0x0149, 0x0138, 0x00E6, 0x0111, 0x00F0,
    0x0127, 0x0131, 0x0133, 0x0140, 0x0142, 0x00F8, 0x0153, 0x00DF, 0x00FE, 0x0167, 0x014B, 0x00AD};

// C1h to CFh stand before their letter; Unicode puts the mark behind it.
constexpr std::array<char16_t, 16> kMarks = {0,      0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x0306, 0x0307,
                                             0x0308, 0x0308, 0x030A, 0x0327, 0x0332, 0x030B, 0x0328, 0x030C};

struct Composition {
  std::u16string_view marked;  // letters with the mark
  std::string_view letters;    // the same letters without
};
// By the low four bits of the diacritic; order of ISO 6937, annex.
constexpr std::array<Composition, 16> kComposed = {{
    {u"", ""},
    {u"ÀÈÌÒÙàèìòù", "AEIOUaeiou"},
    {u"ÁĆÉÍĹŃÓŔŚÚÝŹáćéģíĺńóŕśúýź", "ACEILNORSUYZacegilnorsuyz"},
    {u"ÂĈÊĜĤÎĴÔŜÛŴŶâĉêĝĥîĵôŝûŵŷ", "ACEGHIJOSUWYaceghijosuwy"},
    {u"ÃĨÑÕŨãĩñõũ", "AINOUainou"},
    {u"ĀĒĪŌŪāēīōū", "AEIOUaeiou"},
    {u"ĂĞŬăğŭ", "AGUagu"},
    {u"ĊĖĠİŻċėġż", "CEGIZcegz"},
    {u"ÄËÏÖÜŸäëïöüÿ", "AEIOUYaeiouy"},
    {u"ÄËÏÖÜŸäëïöüÿ", "AEIOUYaeiouy"},
    {u"ÅŮåů", "AUau"},
    {u"ÇĢĶĻŅŖŞŢçķļņŗşţ", "CGKLNRSTcklnrst"},
    {u"", ""},
    {u"ŐŰőű", "OUou"},
    {u"ĄĘĮŲąęįų", "AEIUaeiu"},
    {u"ČĎĚĽŇŘŠŤŽčďěľňřšťž", "CDELNRSTZcdelnrstz"},
}};

void put_marked(std::string& out, size_t mark, char letter) {
  const Composition& composition = kComposed[mark];
  const size_t at = composition.letters.find(letter);
  if (at != std::string_view::npos) return append(out, composition.marked[at]);
  out += letter;
  append(out, kMarks[mark]);
}

std::string decode_latin(std::string_view run, bool& strange) {
  std::string text;
  for (size_t i = 0; i < run.size(); ++i) {
    const auto code = static_cast<uint8_t>(run[i]);
    if (code < 0x80) {
      if (code == 0x24) {
        append(text, 0xA4);
      } else if (code < 0x7F) {
        text += run[i];
      }
    } else if ((code & 0xF0U) == 0xC0) {
      const size_t mark = code & 0xFU;
      const bool letter = i + 1 < run.size() && static_cast<uint8_t>(run[i + 1]) < 0x7F;
      if (mark == 0 || !letter) {
        strange = true;
      } else {
        put_marked(text, mark, run[++i]);
      }
    } else if (const char16_t character = kLatin[code - 0xA0U]; character != 0) {
      append(text, character);
    } else {
      strange = true;
    }
  }
  return text;
}

constexpr std::array<std::string_view, 128> kLanguages = {
    "",   "sq", "br", "ca", "hr", "cy", "cs", "da", "de", "en", "es", "eo", "et", "eu", "fo", "fr", "fy", "ga", "gd",
    "gl", "is", "it", "se", "la", "lv", "lb", "lt", "hu", "mt", "nl", "no", "oc", "pl", "pt", "ro", "rm", "sr", "sk",
    "sl", "fi", "sv", "tr", "nl", "wa", "",   "",   "",   "",   "",   "",   "",   "",   "",   "",   "",   "",   "",
    "",   "",   "",   "",   "",   "",   "",   "",   "",   "",   "",   "",   "zu", "vi", "uz", "ur", "uk", "th", "te",
    "tt", "ta", "tg", "sw", "",   "so", "si", "sn", "sh", "",   "ru", "qu", "ps", "pa", "fa", "",   "or", "ne", "nd",
    "mr", "mo", "ms", "mg", "mk", "lo", "ko", "km", "kk", "kn", "ja", "id", "hi", "he", "ha", "gn", "gu", "el", "ka",
    "ff", "",   "",   "zh", "my", "bg", "bn", "be", "bm", "az", "as", "hy", "ar", "am"};

/// A0h to FFh as UTF-8; empty: nothing there.
using UpperHalf = std::array<std::string, 96>;

std::array<UpperHalf, kTables.size()> all_upper_halves() {
  std::array<UpperHalf, kTables.size()> halves;
  for (size_t i = 1; i < kTables.size(); ++i) {
    for (size_t code = 0; code < halves[i].size(); ++code) {
      const auto c = static_cast<char>(code + 0xA0);
      const auto decoded = decode_text(as_bytes(std::string_view(&c, 1)), kTables[i].library);
      if (decoded) halves[i][code] = decoded->text;
    }
  }
  return halves;
}

}  // namespace

std::string StlTable::decode(std::string_view run, bool& strange) const {
  if (library == nullptr) return decode_latin(run, strange);
  static const auto upper_halves = all_upper_halves();
  const UpperHalf& upper = upper_halves[static_cast<size_t>(this - kTables.data())];
  std::string text;
  for (const char c : run) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      text += c;
    } else if (byte >= 0xA0 && !upper[byte - 0xA0U].empty()) {
      text += upper[byte - 0xA0U];
    } else {
      strange = true;
    }
  }
  return text;
}

namespace {

using Encoding = std::map<std::string, std::string>;  // a character in UTF-8 to its bytes

Encoding encoding_of(const StlTable& table) {
  Encoding encoding;
  const auto add = [&](const std::string& bytes) {
    bool strange = false;
    std::string text = table.decode(bytes, strange);
    if (!strange && !text.empty()) encoding.emplace(std::move(text), bytes);
  };
  for (int code = 0x20; code < 0x100; ++code) {
    if (code >= 0x7F && code < 0xA0) continue;
    const auto byte = static_cast<char>(code);
    add({byte});
    if (table.library != nullptr || (code & 0xF0) != 0xC0) continue;
    for (char letter = 'A'; letter <= 'z'; ++letter) add({byte, letter});
  }
  return encoding;
}

}  // namespace

std::optional<std::string> StlTable::encode(char32_t character) const {
  static const auto all = [] {
    std::array<Encoding, kTables.size()> made;
    for (size_t i = 0; i < made.size(); ++i) made[i] = encoding_of(kTables[i]);
    return made;
  }();
  std::string text;
  append(text, character);
  const Encoding& encoding = all[static_cast<size_t>(this - kTables.data())];
  const auto found = encoding.find(text);
  return found == encoding.end() ? std::nullopt : std::optional(found->second);
}

const StlTable* find_stl_table(std::string_view code) {
  for (const StlTable& table : kTables) {
    if (table.code == code) return &table;
  }
  return nullptr;
}

std::string stl_language(std::string_view code) {
  const auto bytes = from_hex(code);
  if (!bytes || bytes->size() != 1 || std::to_integer<size_t>((*bytes)[0]) >= kLanguages.size()) return {};
  return std::string(kLanguages[std::to_integer<size_t>((*bytes)[0])]);
}

std::string stl_language_code(std::string_view language) {
  const std::string_view first = language.substr(0, language.find('-'));
  const auto found = first.empty() ? kLanguages.end() : std::ranges::find(kLanguages, first);
  char text[8];
  std::snprintf(text, sizeof text, "%02X",
                static_cast<unsigned>(found == kLanguages.end() ? 0 : found - kLanguages.begin()));
  return text;
}

}  // namespace pier::subtitles::impl
