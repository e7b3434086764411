#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include <iconv.h>

#include <pier/subtitles/text_encoding.hpp>

#include "characters.hpp"
#include "frequent.hpp"

namespace pier::subtitles {
namespace {

using namespace impl;

struct Name {
  std::string_view name;  // as it is told
  const char* library;    // as iconv calls it
  std::string_view shown;
};
// The widest of each family: what the narrower sets have, it has at the same place.
constexpr std::array kNames = {
    Name{"utf-8", "UTF-8", "utf-8"},
    Name{"utf8", "UTF-8", "utf-8"},
    Name{"utf-16le", "UTF-16LE", "utf-16le"},
    Name{"utf-16be", "UTF-16BE", "utf-16be"},
    Name{"utf-16", nullptr, "utf-16"},
    Name{"gb18030", "GB18030", "gb18030"},
    Name{"gbk", "GB18030", "gb18030"},
    Name{"gb2312", "GB18030", "gb18030"},
    Name{"cp936", "GB18030", "gb18030"},
    Name{"big5", "BIG5-HKSCS", "big5"},
    Name{"big5-hkscs", "BIG5-HKSCS", "big5"},
    Name{"cp950", "CP950", "cp950"},
    Name{"shift-jis", "CP932", "shift-jis"},
    Name{"shift_jis", "CP932", "shift-jis"},
    Name{"sjis", "CP932", "shift-jis"},
    Name{"cp932", "CP932", "shift-jis"},
    Name{"euc-jp", "EUC-JP", "euc-jp"},
    Name{"euc-kr", "CP949", "euc-kr"},
    Name{"cp949", "CP949", "euc-kr"},
    Name{"iso-8859-1", "ISO-8859-1", "iso-8859-1"},
    Name{"latin1", "ISO-8859-1", "iso-8859-1"},
    Name{"us-ascii", "UTF-8", "utf-8"},
    Name{"ascii", "UTF-8", "utf-8"},
    Name{"iso-8859-2", "ISO-8859-2", "iso-8859-2"},
    Name{"iso-8859-5", "ISO-8859-5", "iso-8859-5"},
    Name{"iso-8859-6", "ISO-8859-6", "iso-8859-6"},
    Name{"iso-8859-7", "ISO-8859-7", "iso-8859-7"},
    Name{"iso-8859-8", "ISO-8859-8", "iso-8859-8"},
    Name{"iso-8859-9", "ISO-8859-9", "iso-8859-9"},
    Name{"iso-8859-15", "ISO-8859-15", "iso-8859-15"},
    Name{"windows-1250", "CP1250", "windows-1250"},
    Name{"windows-1251", "CP1251", "windows-1251"},
    Name{"windows-1252", "CP1252", "windows-1252"},
    Name{"cp1252", "CP1252", "windows-1252"},
    Name{"windows-1253", "CP1253", "windows-1253"},
    Name{"windows-1254", "CP1254", "windows-1254"},
    Name{"windows-1255", "CP1255", "windows-1255"},
    Name{"windows-1256", "CP1256", "windows-1256"},
    Name{"windows-1258", "CP1258", "windows-1258"},
    Name{"windows-874", "CP874", "windows-874"},
    Name{"koi8-r", "KOI8-R", "koi8-r"},
};

const Name* find_name(std::string_view told) {
  const std::string lower = lower_case(told);
  const auto* found = std::ranges::find(kNames, std::string_view(lower), &Name::name);
  return found == kNames.end() ? nullptr : found;
}

struct Converted {
  std::string text;
  std::optional<size_t> wrong;  // where the first byte stands that the set has not
};

/// One conversion descriptor of the C library.
class Converter {
 public:
  explicit Converter(const char* from) : x_handle(::iconv_open("UTF-8", from)) {}
  ~Converter() {
    if (ok()) ::iconv_close(x_handle);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  bool ok() const { return x_handle != reinterpret_cast<iconv_t>(-1); }  // NOLINT: so says POSIX

  Converted convert(ByteView bytes) {
    Converted result;
    std::array<char, 4096> buffer{};
    char* in = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
    size_t left = bytes.size();
    while (left > 0) {
      char* out = buffer.data();
      size_t room = buffer.size();
      const size_t done = ::iconv(x_handle, &in, &left, &out, &room);
      const int reason = errno;
      result.text.append(buffer.data(), buffer.size() - room);
      if (done == static_cast<size_t>(-1) && reason != E2BIG) {
        result.wrong = bytes.size() - left;
        return result;
      }
    }
    char* out = buffer.data();
    size_t room = buffer.size();
    ::iconv(x_handle, nullptr, nullptr, &out, &room);
    result.text.append(buffer.data(), buffer.size() - room);
    return result;
  }

 private:
  iconv_t x_handle;
};

Result<Converted> convert(const char* from, ByteView bytes) {
  if (std::string_view(from) == "UTF-8") {
    Converted same{std::string(as_text(bytes)), {}};
    if (is_utf8(same.text)) return same;
  }
  Converter converter(from);
  if (!converter.ok())
    return fail(ErrorCode::kInternal,
                std::string("the C library here cannot read ") + from + "; install its gconv modules (Debian: libc6)");
  return converter.convert(bytes);
}

size_t line_of(std::string_view text) {
  return static_cast<size_t>(std::ranges::count(text, '\n')) + 1;
}

Result<DecodedText> decode_as(const Name& name, ByteView bytes, EncodingSource source) {
  PIER_TRY(Converted converted, convert(name.library, bytes));
  if (converted.wrong) {
    return fail(ErrorCode::kInputDamaged,
                "line " + std::to_string(line_of(converted.text)) + " (byte " + std::to_string(*converted.wrong) +
                    ") is not " + std::string(name.shown) +
                    (source == EncodingSource::kTold ? "; say what it is with --encoding" : ""));
  }
  if (converted.text.starts_with("\xEF\xBB\xBF")) converted.text.erase(0, 3);
  return DecodedText{std::move(converted.text), std::string(name.shown), source, 1};
}

struct Mark {
  std::string_view bytes;
  std::string_view name;
};
using namespace std::string_view_literals;
constexpr std::array kMarks = {Mark{"\xEF\xBB\xBF"sv, "utf-8"}, Mark{"\xFF\xFE"sv, "utf-16le"},
                               Mark{"\xFE\xFF"sv, "utf-16be"}, Mark{"\x84\x31\x95\x33"sv, "gb18030"}};

const Name* marked(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  if (text.starts_with("\xFF\xFE\0\0"sv) || text.starts_with("\0\0\xFE\xFF"sv)) return nullptr;
  for (const Mark& mark : kMarks) {
    if (text.starts_with(mark.bytes)) return find_name(mark.name);
  }
  return nullptr;
}

/// UTF-16 without a mark: line ends, digits and blanks of any subtitle file have one zero byte each.
const Name* by_zero_bytes(ByteView bytes) {
  std::array<size_t, 2> zeros{};
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == std::byte{0}) ++zeros[i % 2];
  }
  const size_t least = bytes.size() / 16 + 1;
  if (bytes.size() % 2 != 0) return nullptr;
  if (zeros[1] >= least && zeros[0] * 16 < zeros[1]) return find_name("utf-16le");
  if (zeros[0] >= least && zeros[1] * 16 < zeros[0]) return find_name("utf-16be");
  return nullptr;
}

struct Candidate {
  std::string_view name;
  std::string text;
  Frequency frequency;
  double share() const {
    return frequency.letters == 0 ? 0
                                  : static_cast<double>(frequency.frequent) / static_cast<double>(frequency.letters);
  }
};

std::string names_of(const std::vector<Candidate>& candidates) {
  std::string names;
  for (const Candidate& candidate : candidates) {
    if (!names.empty()) names += ", ";
    names += candidate.name;
  }
  return names;
}

constexpr double kLeastShare = 0.12;  // of frequent characters
constexpr double kLeastConfidence = 0.6;
constexpr double kMostConfidence = 0.99;  // a guess stays one

Result<DecodedText> guess(ByteView bytes) {
  std::vector<Candidate> candidates;
  for (const std::string_view name : {"gb18030", "big5", "shift-jis", "euc-kr", "windows-1252"}) {
    const Name& known = *find_name(name);
    PIER_TRY(Converted converted, convert(known.library, bytes));
    if (converted.wrong) continue;
    Candidate candidate{name, std::move(converted.text), {}};
    candidate.frequency =
        name == "windows-1252" ? frequent_western(as_text(bytes)) : frequent_characters(candidate.text, name);
    if (candidate.frequency.possible) candidates.push_back(std::move(candidate));
  }
  std::ranges::stable_sort(candidates, [](const auto& a, const auto& b) { return a.share() > b.share(); });
  if (candidates.empty())
    return fail(ErrorCode::kInvalidArgument,
                "the text is in no encoding that is recognised here; say which it is with --encoding");
  const Candidate& best = candidates.front();
  const double second = candidates.size() > 1 ? candidates[1].share() : 0;
  const auto count = static_cast<double>(best.frequency.frequent);
  const double confidence = best.share() <= 0 ? 0 : (1 - second / best.share()) * count / (count + 1);
  if (best.share() < kLeastShare || confidence < kLeastConfidence)
    return fail(ErrorCode::kInvalidArgument, "the encoding of the text is not clear: it may be " +
                                                 names_of(candidates) + "; say which with --encoding");
  return DecodedText{best.text, std::string(best.name), EncodingSource::kGuessed,
                     std::min(confidence, kMostConfidence)};
}

}  // namespace

std::string_view to_string(EncodingSource source) {
  switch (source) {
    case EncodingSource::kTold:
      return "told";
    case EncodingSource::kMark:
      return "byte order mark";
    case EncodingSource::kContent:
      return "content";
    case EncodingSource::kGuessed:
      return "guessed";
  }
  return "told";
}

std::vector<std::string_view> known_encodings() {
  std::vector<std::string_view> names;
  for (const Name& name : kNames) {
    if (std::ranges::find(names, name.shown) == names.end()) names.push_back(name.shown);
  }
  return names;
}

Result<DecodedText> decode_text(ByteView bytes, std::string_view encoding) {
  const Name* mark = marked(bytes);
  if (!encoding.empty()) {
    const Name* told = find_name(encoding);
    if (told == nullptr) {
      std::string names;
      for (const std::string_view name : known_encodings()) names += (names.empty() ? "" : ", ") + std::string(name);
      return fail(ErrorCode::kInvalidArgument,
                  "no encoding is called " + display_text(encoding) + " here; there are " + names);
    }
    if (told->library == nullptr) told = mark != nullptr && mark->shown == "utf-16be" ? mark : find_name("utf-16le");
    return decode_as(*told, bytes, EncodingSource::kTold);
  }
  if (mark != nullptr) return decode_as(*mark, bytes, EncodingSource::kMark);
  if (as_text(bytes).find('\0') != std::string_view::npos) {
    const Name* wide = by_zero_bytes(bytes);
    if (wide == nullptr)
      return fail(ErrorCode::kInputUnsupported, "there are zero bytes in it as in no text; is it a subtitle file?");
    return decode_as(*wide, bytes, EncodingSource::kContent);
  }
  if (is_utf8(as_text(bytes))) return decode_as(*find_name("utf-8"), bytes, EncodingSource::kContent);
  return guess(bytes);
}

}  // namespace pier::subtitles
