#include "cmaf/language.hpp"

#include <algorithm>

namespace pier::packaging::impl {
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

}  // namespace pier::packaging::impl
