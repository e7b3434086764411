// EBU-STL, EBU Tech 3264 (1991): level 1 teletext subtitles of 25 frames a second, double height in boxes.

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

#include "characters.hpp"
#include "stl_tables.hpp"
#include "written.hpp"

namespace pier::subtitles::impl {
namespace {

constexpr size_t kGsiSize = 1024, kTtiSize = 128, kTextSize = 112;
constexpr int kRate = 25, kRows = 23;
constexpr int64_t kFramesOfADay = 24LL * 3600 * kRate;
constexpr size_t kMostRow = 37;  // characters: of 40 columns, three are taken by height and box
constexpr size_t kMostCuesOfFile = 65'536, kMostBlocksOfCue = 0xF0;
constexpr char kDoubleHeight = 0x0D, kStartBox = 0x0B, kEndBox = 0x0A, kNewLine = '\x8A', kUnused = '\x8F';

/// Characters that no table has, and what subtitles write in their place.
constexpr std::array<std::pair<char32_t, std::string_view>, 9> kReplaced = {{{0x2013, "-"},
                                                                             {0x2014, "-"},
                                                                             {0x2010, "-"},
                                                                             {0x2011, "-"},
                                                                             {0x2026, "..."},
                                                                             {0x2019, "'"},
                                                                             {0x2018, "'"},
                                                                             {0x201C, "\""},
                                                                             {0x201D, "\""}}};

int colour_code(const Colour& colour) {
  const auto bit = [](uint8_t value, int weight) { return value >= 128 ? weight : 0; };
  return bit(colour.red, 1) + bit(colour.green, 2) + bit(colour.blue, 4);
}

struct Lost {
  bool bold = false, ruby = false, background = false, long_row = false, replaced = false, inside = false;
};

/// The bytes of one character; nothing when the table has neither it nor a replacement.
std::optional<std::string> encode(const StlTable& table, char32_t character, bool& replaced) {
  if (auto bytes = table.encode(character)) return bytes;
  if (direction(character) == 0 && (character == 0x200E || character == 0x200F)) return std::string();
  for (const auto& [from, to] : kReplaced) {
    if (from != character) continue;
    replaced = true;
    return std::string(to);
  }
  return std::nullopt;
}

/// The first character of the document that the table has not; 0: it has all.
struct Missing {
  char32_t character = 0;
  size_t cue = 0;
};
Missing first_missing(const Document& document, const StlTable& table) {
  for (size_t i = 0; i < document.cues.size(); ++i) {
    const std::string text = plain_text(document.cues[i]);
    for (size_t at = 0; at < text.size();) {
      const char32_t character = next_character(text, at);
      bool replaced = false;
      if (character != U'\n' && !encode(table, character, replaced)) return {character, i + 1};
    }
  }
  return {};
}

class StlWriter {
 public:
  StlWriter(const Document& document, const StlTable& table) : x_document(document), x_table(table) {}

  Result<Written> write() {
    for (const Cue& cue : x_document.cues) {
      ++x_number;
      PIER_CHECK(add(cue));
    }
    x_written.text = header() + x_blocks;
    return std::move(x_written);
  }

 private:
  void note(std::string what) { x_written.notes.push_back({x_number, 0, std::move(what)}); }

  Result<void> add(const Cue& cue) {
    const int64_t first = rescale(1, cue.start, Rational(1, kRate));
    const int64_t end = std::max(first + 1, rescale(1, cue.end, Rational(1, kRate)));
    if (end >= kFramesOfADay) {
      note("EBU-STL counts to 24 hours: left out");
      return {};
    }
    if (x_cues == kMostCuesOfFile) return fail(ErrorCode::kTooLarge, "an EBU-STL file has at most 65536 subtitles");
    Lost lost;
    const std::string text = text_of(cue, lost);
    if (text.size() > kMostBlocksOfCue * kTextSize)
      return fail(ErrorCode::kTooLarge, "cue " + std::to_string(x_number) + " is too long for EBU-STL");
    put_blocks(cue, first, end, text);
    tell(cue, lost);
    if (x_cues++ == 0) x_first = first;
    return {};
  }

  void tell(const Cue& cue, const Lost& lost) {
    if (lost.bold) note("EBU-STL has no bold text: left out");
    if (lost.ruby) note("EBU-STL has no ruby: left out");
    if (lost.background) note("EBU-STL has no background colours here: left out");
    if (lost.long_row) note("a row is longer than the 37 characters that teletext shows");
    if (lost.replaced) note("characters that the code table has not were written as others");
    if (lost.inside) note("a change of colour takes the place of a blank");
    if (cue.writing != WritingMode::kHorizontal) note("EBU-STL has no vertical writing: written horizontally");
    if (cue.forced) note("EBU-STL cannot say that a cue is forced: left out");
  }

  void append_text(const Span& span, std::string& row, size_t& characters, Lost& lost) const {
    for (size_t at = 0; at < span.text.size();) {
      const auto bytes = encode(x_table, next_character(span.text, at), lost.replaced);
      if (!bytes || bytes->empty()) continue;
      row += *bytes;
      ++characters;
    }
  }

  /// A row of double height in a box. Codes of colours take a column each.
  std::string row_of(const Line& line, Lost& lost) const {
    std::string row{kDoubleHeight};
    int colour = 7;
    size_t characters = 0;
    for (const Span& span : line) {
      const Style& style = span.style;
      const int wanted = style.colour ? colour_code(*style.colour) : 7;
      if (characters == 0) {
        if (wanted != 7) row += static_cast<char>(wanted);
        row += {kStartBox, kStartBox};
      } else if (wanted != colour) {
        const bool blank = row.back() == ' ';
        if (blank) row.pop_back();
        lost.inside = lost.inside || !(blank || span.text.starts_with(' '));
        row += static_cast<char>(wanted);
        ++characters;
      }
      colour = wanted;
      if (style.italic) row += '\x80';
      if (style.underline) row += '\x82';
      append_text(span, row, characters, lost);
      if (style.underline) row += '\x83';
      if (style.italic) row += '\x81';
      lost.bold = lost.bold || style.bold;
      lost.ruby = lost.ruby || !span.ruby.empty();
      lost.background = lost.background || style.background.has_value();
    }
    lost.long_row = lost.long_row || characters > kMostRow;
    return row + kEndBox + kEndBox;
  }

  std::string text_of(const Cue& cue, Lost& lost) const {
    std::string text;
    for (const Line& line : cue.lines) {
      if (!text.empty()) text += {kNewLine, kNewLine};
      text += row_of(line, lost);
    }
    return text;
  }

  /// The first row, of 1 to 23; a line is two high.
  static int row_of(const Cue& cue) {
    const int rows = 2 * static_cast<int>(std::min<size_t>(cue.lines.size(), kRows / 2));
    const int last = kRows - rows;
    if (!cue.area) return std::max(1, last);
    const int begin = cue.area->y * kRows / 10'000, room = cue.area->height * kRows / 10'000 - rows;
    const int free = cue.area->block == BlockAlign::kBefore  ? 0
                     : cue.area->block == BlockAlign::kAfter ? room
                                                             : room / 2;
    return std::clamp(1 + begin + std::max(0, free), 1, std::max(1, last));
  }

  static int justification(const Cue& cue) {
    const bool backwards = is_right_to_left(cue);
    switch (cue.align) {
      case Align::kLeft:
        return 1;
      case Align::kRight:
        return 3;
      case Align::kStart:
        return backwards ? 3 : 1;
      case Align::kEnd:
        return backwards ? 1 : 3;
      default:
        return 2;
    }
  }

  static std::string time_code(int64_t frame) {
    const int64_t second = frame / kRate;
    return {static_cast<char>(second / 3600), static_cast<char>(second / 60 % 60), static_cast<char>(second % 60),
            static_cast<char>(frame % kRate)};
  }

  void put_blocks(const Cue& cue, int64_t first, int64_t end, const std::string& text) {
    const size_t blocks = std::max<size_t>(1, (text.size() + kTextSize - 1) / kTextSize);
    for (size_t i = 0; i < blocks; ++i) {
      std::string block{'\0', static_cast<char>(x_cues & 0xFFU), static_cast<char>(x_cues >> 8U)};
      block += static_cast<char>(i + 1 == blocks ? 0xFF : i);
      block += '\0';
      block += time_code(first) + time_code(end);
      block += static_cast<char>(row_of(cue));
      block += static_cast<char>(justification(cue));
      block += '\0';
      block += text.substr(i * kTextSize, kTextSize);
      block.resize(kTtiSize, kUnused);
      x_blocks += block;
    }
  }

  /// The General Subtitle Information block, clause 5. Its dates are no part of a document: 1 January 2000.
  std::string header() const {
    std::string gsi(kGsiSize, ' ');
    const auto put = [&gsi](size_t at, std::string_view text) { gsi.replace(at, text.size(), text); };
    const auto number = [&put](size_t at, int width, size_t value) {
      char text[16];
      std::snprintf(text, sizeof text, "%0*zu", width, value);
      put(at, text);
    };
    std::string title = x_document.title;
    std::ranges::replace_if(title, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
    put(0, "850");
    put(3, "STL25.01");
    put(11, "1");
    put(12, x_table.code);
    put(14, stl_language_code(x_document.language));
    put(16, std::string_view(title).substr(0, 32));
    put(224, "000101000101");
    put(236, "01");
    number(238, 5, std::min<size_t>(x_blocks.size() / kTtiSize, 99'999));
    number(243, 5, std::min<size_t>(x_cues, 99'999));
    put(248, "0014023");
    put(255, "1");
    put(256, "00000000");
    const std::string first = time_code(x_first);
    for (size_t i = 0; i < 4; ++i) number(264 + 2 * i, 2, static_cast<unsigned char>(first[i]));
    put(272, "11");
    return gsi;
  }

  const Document& x_document;
  const StlTable& x_table;
  Written x_written;
  std::string x_blocks;
  size_t x_cues = 0;
  int64_t x_number = 0, x_first = 0;
};

}  // namespace

Result<Written> write_ebu_stl(const Document& document) {
  Missing missing;
  for (const char* code : {"00", "01", "02", "03", "04"}) {
    const StlTable& table = *find_stl_table(code);
    const Missing here = first_missing(document, table);
    if (here.character == 0) return StlWriter(document, table).write();
    if (missing.character == 0) missing = here;
  }
  std::string character;
  append(character, missing.character);
  char point[16];
  std::snprintf(point, sizeof point, "U+%04X", static_cast<unsigned>(missing.character));
  return fail(ErrorCode::kInputUnsupported, "no code table of EBU-STL has all characters: the Latin one lacks " +
                                                character + " (" + point + ") of cue " + std::to_string(missing.cue) +
                                                "; write srt, webvtt or imsc");
}

}  // namespace pier::subtitles::impl
