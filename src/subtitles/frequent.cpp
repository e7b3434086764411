#include "frequent.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "characters.hpp"

namespace pier::subtitles::impl {
namespace {

constexpr std::string_view kChinese =
    "的一是不了在人有我他这这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
    "用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实"
    "這個們來為國說時會對於過發後裡種經麼學現當沒動還進樣開從實吗嗎吧呢什谁誰见見给給让讓知真话話快走回再"
    "很啊哪怎打它与與手已又间間日三二十高长長老头頭两兩情意把问問找爱愛死叫太先请請谢謝您做应應该該";
constexpr std::string_view kKorean =
    "이다는을가에의로를하고지은도한기서사나아자시있어들그대리것여수해부인정라일과니보게전장주상면만스제구유요"
    "마거성원안동소신공조연선우적생경중비방세개용화문관위무등당입현발내네너누오와왜저런했습까말없않때뭐야";

std::vector<char32_t> characters_of(std::string_view text) {
  std::vector<char32_t> all;
  for (size_t at = 0; at < text.size();) all.push_back(next_character(text, at));
  std::ranges::sort(all);
  return all;
}

bool is_kana(char32_t c) {
  return (c >= 0x3041 && c <= 0x3093) || (c >= 0x30A1 && c <= 0x30F6) || c == 0x30FC;
}

bool is_punctuation(char32_t c) {
  return (c >= 0x2000 && c <= 0x2BFF) || (c >= 0x3000 && c <= 0x303F) || (c >= 0xFE30 && c <= 0xFE6F) ||
         (c >= 0xFF01 && c <= 0xFF60) || c == 0xB7 || c == 0xA0 || c == 0x30FB;
}

bool is_frequent(char32_t c, std::string_view encoding) {
  static const std::vector<char32_t> chinese = characters_of(kChinese), korean = characters_of(kKorean);
  if (encoding == "shift-jis") return is_kana(c);
  return std::ranges::binary_search(encoding == "euc-kr" ? korean : chinese, c);
}

// Letters and marks of Windows-1252 that French, German, Italian, Spanish, Portuguese, Dutch and the Nordic languages
// write; no others, so that Central European and Cyrillic text is not taken for it.
constexpr std::string_view kWestern =
    "\xC0\xC1\xC2\xC3\xC4\xC5\xC6\xC7\xC8\xC9\xCA\xCB\xCD\xD1\xD3\xD4\xD5\xD6\xD8\xDA\xDC\xDF"
    "\xE0\xE1\xE2\xE3\xE4\xE5\xE6\xE7\xE8\xE9\xEA\xEB\xEC\xED\xEE\xEF\xF1\xF2\xF3\xF4\xF5\xF6\xF8\xF9\xFA\xFB\xFC"
    "\x85\x91\x92\x93\x94\x96\x97\x9C\xA0\xA1\xAB\xBB\xBF\xB0";

}  // namespace

Frequency frequent_characters(std::string_view text, std::string_view encoding) {
  Frequency found;
  for (size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if (c < 0x80 || is_punctuation(c)) continue;
    if ((c >= 0xE000 && c <= 0xF8FF) || (c >= 0x80 && c < 0xA0)) found.possible = false;
    ++found.letters;
    if (is_frequent(c, encoding)) ++found.frequent;
  }
  return found;
}

Frequency frequent_western(std::string_view bytes) {
  const auto high = [&](size_t at) { return at < bytes.size() && static_cast<uint8_t>(bytes[at]) >= 0x80; };
  Frequency found;
  size_t runs = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (!high(i)) continue;
    ++found.letters;
    if (kWestern.find(bytes[i]) == std::string_view::npos) found.possible = false;
    if (!high(i + 1) && (i == 0 || !high(i - 1))) {
      ++found.frequent;
    } else {
      ++runs;
    }
  }
  if (runs * 5 > found.letters) found.possible = false;
  return found;
}

}  // namespace pier::subtitles::impl
