#include "cmaf/language.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <span>

#include <pier/packaging/track.hpp>

namespace pier::packaging {
namespace impl {
namespace {

struct Pair {
  std::string_view two, three;
};
constexpr Pair kLanguages[] = {
    {"am", "amh"}, {"ar", "ara"}, {"az", "aze"}, {"be", "bel"}, {"bg", "bul"}, {"bn", "ben"}, {"bo", "bod"},
    {"bs", "bos"}, {"ca", "cat"}, {"cs", "ces"}, {"cy", "cym"}, {"da", "dan"}, {"de", "deu"}, {"el", "ell"},
    {"en", "eng"}, {"es", "spa"}, {"et", "est"}, {"eu", "eus"}, {"fa", "fas"}, {"fi", "fin"}, {"fr", "fra"},
    {"ga", "gle"}, {"gl", "glg"}, {"gu", "guj"}, {"he", "heb"}, {"hi", "hin"}, {"hr", "hrv"}, {"hu", "hun"},
    {"hy", "hye"}, {"id", "ind"}, {"is", "isl"}, {"it", "ita"}, {"ja", "jpn"}, {"ka", "kat"}, {"kk", "kaz"},
    {"km", "khm"}, {"kn", "kan"}, {"ko", "kor"}, {"ky", "kir"}, {"la", "lat"}, {"lo", "lao"}, {"lt", "lit"},
    {"lv", "lav"}, {"mi", "mri"}, {"mk", "mkd"}, {"ml", "mal"}, {"mn", "mon"}, {"mr", "mar"}, {"ms", "msa"},
    {"mt", "mlt"}, {"my", "mya"}, {"nb", "nob"}, {"ne", "nep"}, {"nl", "nld"}, {"nn", "nno"}, {"no", "nor"},
    {"pa", "pan"}, {"pl", "pol"}, {"ps", "pus"}, {"pt", "por"}, {"ro", "ron"}, {"ru", "rus"}, {"si", "sin"},
    {"sk", "slk"}, {"sl", "slv"}, {"sq", "sqi"}, {"sr", "srp"}, {"sv", "swe"}, {"sw", "swa"}, {"ta", "tam"},
    {"te", "tel"}, {"tg", "tgk"}, {"th", "tha"}, {"tk", "tuk"}, {"tl", "tgl"}, {"tr", "tur"}, {"ug", "uig"},
    {"uk", "ukr"}, {"ur", "urd"}, {"uz", "uzb"}, {"vi", "vie"}, {"zh", "zho"}, {"zu", "zul"}};

// The bibliographic codes that differ (ISO 639-2/B).
constexpr Pair kBibliographic[] = {{"bo", "tib"}, {"cs", "cze"}, {"cy", "wel"}, {"de", "ger"}, {"el", "gre"},
                                   {"eu", "baq"}, {"fa", "per"}, {"fr", "fre"}, {"hy", "arm"}, {"is", "ice"},
                                   {"ka", "geo"}, {"mi", "mao"}, {"mk", "mac"}, {"ms", "may"}, {"my", "bur"},
                                   {"nl", "dut"}, {"ro", "rum"}, {"sk", "slo"}, {"sq", "alb"}, {"zh", "chi"}};

std::string_view two_letters(std::string_view three) {
  for (const auto& table : {std::span<const Pair>(kLanguages), std::span<const Pair>(kBibliographic)}) {
    const auto found = std::ranges::find(table, three, &Pair::three);
    if (found != table.end()) return found->two;
  }
  return three;
}

}  // namespace

std::string iso639_2(std::string_view bcp47) {
  std::string primary(bcp47.substr(0, bcp47.find('-')));
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  std::ranges::transform(primary, primary.begin(), lower);
  const bool letters = std::ranges::all_of(primary, [](char c) { return c >= 'a' && c <= 'z'; });
  if (primary.size() == 3 && letters) return primary;
  const auto* found = std::ranges::find(kLanguages, std::string_view(primary), &Pair::two);
  return found == std::end(kLanguages) ? "und" : std::string(found->three);
}

uint16_t pack_language(std::string_view code) {
  uint16_t packed = 0;
  for (const char c : code) packed = static_cast<uint16_t>(packed << 5U | ((static_cast<uint8_t>(c) - 0x60U) & 0x1FU));
  return packed;
}

std::string unpack_language(uint16_t packed) {
  std::string code;
  for (int shift = 10; shift >= 0; shift -= 5) code.push_back(static_cast<char>((packed >> shift & 0x1F) + 0x60));
  return code;
}

bool all_of_kind(std::string_view text, int (*kind)(int)) {
  return std::ranges::all_of(text, [&](char c) { return kind(static_cast<unsigned char>(c)) != 0; });
}

std::string in_case(std::string_view text, bool first_upper, bool rest_upper) {
  std::string out(text);
  for (size_t i = 0; i < out.size(); ++i) {
    const auto c = static_cast<unsigned char>(out[i]);
    out[i] = static_cast<char>((i == 0 ? first_upper : rest_upper) ? std::toupper(c) : std::tolower(c));
  }
  return out;
}

/// The subtags of a language tag after the language, in the order the grammar wants.
class Subtags {
 public:
  /// One subtag as it is written by convention; nothing when none may stand here.
  std::optional<std::string> take(std::string_view part) {
    if (part.empty() || part.size() > 8 || !all_of_kind(part, std::isalnum)) return std::nullopt;
    const bool letters = all_of_kind(part, std::isalpha);
    x_open = part.size() == 1;
    if (x_stage == kExtension || x_open) return enter(kExtension, in_case(part, false, false));
    if (letters && part.size() == 3 && x_stage == kLanguage) return in_case(part, false, false);
    if (letters && part.size() == 4 && x_stage < kScript) return enter(kScript, in_case(part, true, false));
    const bool region = letters ? part.size() == 2 : part.size() == 3 && all_of_kind(part, std::isdigit);
    if (region && x_stage < kRegion) return enter(kRegion, in_case(part, true, true));
    const bool variant =
        part.size() >= 5 || (part.size() == 4 && std::isdigit(static_cast<unsigned char>(part[0])) != 0);
    if (variant) return enter(kVariant, in_case(part, false, false));
    return std::nullopt;
  }
  /// An extension says something.
  bool complete() const { return !x_open; }

 private:
  enum Stage : uint8_t { kLanguage, kScript, kRegion, kVariant, kExtension };
  std::string enter(Stage stage, std::string text) {
    x_stage = stage;
    return text;
  }
  Stage x_stage = kLanguage;
  bool x_open = false;
};

}  // namespace impl

Result<std::string> parse_language(std::string_view text) {
  constexpr size_t kLongest = 35;
  const auto wrong = [&] {
    return fail(ErrorCode::kInvalidArgument,
                "\"" + display_text(text) + "\" is no language tag (BCP 47); give it as zh-Hans, zh-Hant-TW, en or ja");
  };
  const std::string_view primary = text.substr(0, text.find('-'));
  const bool code = (primary.size() == 2 || primary.size() == 3) && impl::all_of_kind(primary, std::isalpha);
  if (!code || text.size() > kLongest) return wrong();
  std::string tag(impl::two_letters(impl::in_case(primary, false, false)));
  impl::Subtags subtags;
  for (size_t at = primary.size(); at < text.size();) {
    const size_t end = std::min(text.find('-', at + 1), text.size());
    const auto part = subtags.take(text.substr(at + 1, end - at - 1));
    if (!part) return wrong();
    tag += '-' + *part;
    at = end;
  }
  if (!subtags.complete()) return wrong();
  return tag == "und" ? std::string() : tag;
}

std::string language_tag(std::string_view code) {
  const auto part_of_tag = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  const std::string_view primary = code.substr(0, code.find('-'));
  if (primary.size() < 2 || primary.size() > 8 || code.size() > 35 || !std::ranges::all_of(code, part_of_tag))
    return {};
  std::string lower(primary);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (lower == "und") return {};
  return std::string(impl::two_letters(lower)) + std::string(code.substr(primary.size()));
}

}  // namespace pier::packaging
