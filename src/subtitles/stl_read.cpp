// EBU-STL: EBU Tech 3264 (1991), a General Subtitle Information block of 1024 bytes and Text and Timing Information
// blocks of 128.

#include <algorithm>
#include <array>
#include <utility>

#include "characters.hpp"
#include "line_builder.hpp"
#include "parsed.hpp"
#include "stl_tables.hpp"

namespace pier::subtitles::impl {
namespace {

constexpr size_t kGsiSize = 1024, kTtiSize = 128, kTextSize = 112;
constexpr uint8_t kLastBlock = 0xFF, kUserData = 0xFE;

/// The colours of teletext control codes 00h to 07h.
constexpr std::array<Colour, 8> kTeletext = {
    Colour{0, 0, 0, 255},   Colour{255, 0, 0, 255},   Colour{0, 255, 0, 255},   Colour{255, 255, 0, 255},
    Colour{0, 0, 255, 255}, Colour{255, 0, 255, 255}, Colour{0, 255, 255, 255}, Colour{255, 255, 255, 255}};

struct Gsi {
  int rate = 25;
  int rows = 23;
  bool teletext = true;
  const StlTable* table = nullptr;
  Rational start = 0;
};

std::string_view field(ByteView bytes, size_t at, size_t size) {
  return trimmed(as_text(bytes.subspan(at, size)));
}

/// Text fields of the GSI are of code page 850 mostly, and ASCII in practice; the rest becomes '?'.
std::string plain(std::string_view text) {
  std::string ascii(text);
  std::ranges::replace_if(ascii, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return ascii;
}

struct TtiBlock {
  int subtitle = 0;
  uint8_t extension = 0;
  std::array<uint8_t, 4> in{}, out{};
  uint8_t vertical = 0, justification = 0, comment = 0;
  ByteView text;
};

TtiBlock read_block(ByteView bytes) {
  ByteReader reader(bytes);
  TtiBlock block;
  reader.u8();  // subtitle group
  const int low = reader.u8();
  block.subtitle = reader.u8() << 8 | low;
  block.extension = reader.u8();
  reader.u8();  // cumulative status
  for (uint8_t& part : block.in) part = reader.u8();
  for (uint8_t& part : block.out) part = reader.u8();
  block.vertical = reader.u8();
  block.justification = reader.u8();
  block.comment = reader.u8();
  block.text = reader.bytes(kTextSize);
  return block;
}

class StlReader {
 public:
  StlReader(ByteView bytes, Notes& notes, std::string& encoding)
      : x_bytes(bytes), x_notes(notes), x_encoding(encoding) {}

  Result<Parsed> read() {
    PIER_CHECK(read_gsi());
    const size_t blocks = (x_bytes.size() - kGsiSize) / kTtiSize;
    if ((x_bytes.size() - kGsiSize) % kTtiSize != 0)
      x_notes.add(0, 0,
                  "the file does not end with a whole block; the rest of " +
                      std::to_string((x_bytes.size() - kGsiSize) % kTtiSize) + " bytes left out");
    const int64_t said = digits(field(x_bytes, 238, 5));
    if (said >= 0 && said != static_cast<int64_t>(blocks))
      x_notes.add(0, 0, "the header says " + std::to_string(said) + " blocks, there are " + std::to_string(blocks));
    for (size_t i = 0; i < blocks; ++i) {
      PIER_CHECK(block(read_block(x_bytes.subspan(kGsiSize + i * kTtiSize, kTtiSize)), i));
    }
    if (x_open) x_notes.add(x_number, 0, "the last subtitle has no last block");
    PIER_CHECK(finish());
    return std::move(x_parsed);
  }

 private:
  Result<void> read_gsi() {
    if (x_bytes.size() < kGsiSize) return fail(ErrorCode::kTruncated, "the file ends within its header of 1024 bytes");
    x_gsi.rate = field(x_bytes, 3, 8) == "STL30.01" ? 30 : 25;
    const std::string_view table = field(x_bytes, 12, 2);
    x_gsi.table = find_stl_table(table);
    if (x_gsi.table == nullptr)
      return fail(ErrorCode::kInputUnsupported,
                  "character code table \"" + plain(table) + "\" is none of 00 to 04 of EBU Tech 3264");
    x_encoding = x_gsi.table->name;
    x_parsed.document.language = stl_language(field(x_bytes, 14, 2));
    x_parsed.document.title = plain(field(x_bytes, 16, 32));
    const std::string_view display = as_text(x_bytes.subspan(11, 1));
    x_gsi.teletext = display != "0";
    const int64_t rows = digits(field(x_bytes, 253, 2));
    x_gsi.rows = rows >= 2 && rows <= 99 ? static_cast<int>(rows) : 23;
    if (!read_start(field(x_bytes, 256, 8)))
      x_notes.add(0, 0, "the time code of the programme's start makes no sense: taken as 00:00:00:00");
    return {};
  }

  bool read_start(std::string_view text) {
    if (text.empty()) return true;
    if (digits(text) < 0 || text.size() != 8) return false;
    std::array<uint8_t, 4> parts{};
    for (size_t i = 0; i < 4; ++i) parts[i] = static_cast<uint8_t>(digits(text.substr(2 * i, 2)));
    const auto start = time(parts);
    x_gsi.start = start.value_or(Rational(0));
    return start.has_value();
  }

  std::optional<Rational> time(const std::array<uint8_t, 4>& code) const {
    if (code[0] > 23 || code[1] > 59 || code[2] > 59 || code[3] >= x_gsi.rate) return std::nullopt;
    return Rational(code[0] * 3600 + code[1] * 60 + code[2]) + Rational(code[3], x_gsi.rate);
  }

  Result<void> block(const TtiBlock& one, size_t index) {
    if (one.extension == kUserData || one.comment == 1) return {};
    if (x_open && one.subtitle != x_subtitle) {
      x_notes.add(x_number, 0, "has no last block");
      PIER_CHECK(finish());
    }
    if (!x_open) begin(one, index);
    // Unused space ends the text of a block.
    const auto unused = std::ranges::find(one.text, std::byte{0x8F});
    x_text.insert(x_text.end(), one.text.begin(), unused);
    if (x_text.size() > kMaxCueText) return fail(ErrorCode::kTooLarge, "a subtitle of more blocks than there may be");
    return one.extension == kLastBlock ? finish() : Result<void>{};
  }

  void begin(const TtiBlock& one, size_t index) {
    x_open = true;
    x_subtitle = one.subtitle;
    ++x_number;
    x_text.clear();
    x_found = {};
    x_found.number = x_number;
    const auto in = time(one.in), out = time(one.out);
    x_times_known = in && out;
    if (!x_times_known) {
      x_notes.add(x_number, 0, "the time codes of block " + std::to_string(index) + " make no sense: left out");
      return;
    }
    x_found.cue.start = *in - x_gsi.start;
    x_found.cue.end = *out - x_gsi.start;
    x_vertical = one.vertical;
    constexpr std::array kAligns = {Align::kCentre, Align::kLeft, Align::kCentre, Align::kRight};
    x_found.cue.align = kAligns[one.justification % 4U];
  }

  Result<void> finish() {
    if (!std::exchange(x_open, false) || !x_times_known) return {};
    PIER_CHECK(check_count(x_parsed.cues.size()));
    const int rows = text();
    place(rows);
    x_parsed.cues.push_back(std::move(x_found));
    return {};
  }

  /// Gives the rows from the first line to the last.
  int text() {
    LineBuilder lines;
    Style style;
    std::string run;
    int rows = 1;
    bool strange = false;
    const auto flush = [&] {
      lines.text(x_gsi.table->decode(run, strange), style);
      run.clear();
    };
    for (const std::byte raw : x_text) {
      const auto code = std::to_integer<uint8_t>(raw);
      if ((code >= 0x20 && code < 0x80) || code >= 0xA0) {
        run.push_back(static_cast<char>(code));
        continue;
      }
      flush();
      if (code == 0x8A) {
        lines.new_line();
        ++rows;
        if (x_gsi.teletext) style.colour.reset();
      } else {
        control(code, style);
        // A control code of teletext takes the place of a blank.
        if (code < 0x20) lines.text(" ", style);
      }
    }
    flush();
    if (strange) x_notes.add(x_number, 0, "characters that the code table has not left out");
    x_found.cue.lines = lines.take();
    for (Line& line : x_found.cue.lines) collapse(line);
    return rows;
  }

  static void control(uint8_t code, Style& style) {
    if (code < kTeletext.size()) {
      style.colour = kTeletext[code];
      if (code == 7) style.colour.reset();
    }
    if (code == 0x80 || code == 0x81) style.italic = code == 0x80;
    if (code == 0x82 || code == 0x83) style.underline = code == 0x82;
  }

  /// Runs of control codes leave runs of blanks.
  static void collapse(Line& line) {
    bool blank = false;
    for (Span& span : line) {
      std::string one;
      for (const char c : span.text) {
        if (c != ' ' || !blank) one += c;
        blank = c == ' ';
      }
      span.text = std::move(one);
    }
    std::erase_if(line, [](const Span& span) { return span.text.empty(); });
  }

  /// What ends in the lowest fifth stands where subtitles stand; anything else keeps its row.
  void place(int rows) {
    const int last = x_vertical + rows - 1;
    if (x_vertical == 0 || last * 5 >= x_gsi.rows * 4) return;
    const int32_t top = std::min(10'000 * (x_vertical - 1) / x_gsi.rows, 9000);
    x_found.cue.area = Area{1000, std::max(top, 0), 8000, 10'000 - std::max(top, 0), BlockAlign::kBefore};
  }

  ByteView x_bytes;
  Notes& x_notes;
  std::string& x_encoding;
  Gsi x_gsi;
  Parsed x_parsed;
  Found x_found;
  Bytes x_text;
  bool x_open = false, x_times_known = false;
  int x_subtitle = 0;
  uint8_t x_vertical = 0;
  int64_t x_number = 0;
};

}  // namespace

bool is_ebu_stl(ByteView bytes) {
  if (bytes.size() < 11) return false;
  const std::string_view format = as_text(bytes.subspan(3, 8));
  return format == "STL25.01" || format == "STL30.01";
}

Result<Parsed> parse_ebu_stl(ByteView bytes, Notes& notes, std::string& encoding) {
  return StlReader(bytes, notes, encoding).read();
}

}  // namespace pier::subtitles::impl
