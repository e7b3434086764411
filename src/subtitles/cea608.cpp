#include "cea608.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace pier::subtitles::impl {
namespace {

/// CTA-608-E table 50: ASCII but for these.
char32_t basic(uint8_t code) {
  switch (code) {
    case 0x2A:
      return U'á';
    case 0x5C:
      return U'é';
    case 0x5E:
      return U'í';
    case 0x5F:
      return U'ó';
    case 0x60:
      return U'ú';
    case 0x7B:
      return U'ç';
    case 0x7C:
      return U'÷';
    case 0x7D:
      return U'Ñ';
    case 0x7E:
      return U'ñ';
    case 0x7F:
      return U'█';
    default:
      return code;
  }
}

constexpr std::u32string_view kSpecial = U"®°½¿™¢£♪à\u00A0èâêîôû";                // table 49
constexpr std::u32string_view kExtended1 = U"ÁÉÓÚÜü‘¡*'—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»";   // tables 5 and 6
constexpr std::u32string_view kExtended2 = U"ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤¦ÅåØø┌┐└┘";  // tables 7 to 9
constexpr std::array<Colour, 7> kColours = {
    Colour{255, 255, 255, 255}, Colour{0, 255, 0, 255},   Colour{0, 0, 255, 255},  Colour{0, 255, 255, 255},
    Colour{255, 0, 0, 255},     Colour{255, 255, 0, 255}, Colour{255, 0, 255, 255}};
/// Rows (from 0) of preamble address codes by the three low bits of their first byte; the second of each pair with 20h.
constexpr std::array<std::array<int, 2>, 8> kAddressRows = {
    {{10, 10}, {0, 1}, {2, 3}, {11, 12}, {13, 14}, {4, 5}, {6, 7}, {8, 9}}};

void set_colour(Style& style, size_t number) {
  style.colour.reset();
  if (number > 0) style.colour = kColours[number];
}

bool odd_parity(uint8_t byte) {
  return std::popcount(byte) % 2 == 1;
}

enum Command : uint8_t {
  kResumeLoading = 0x20,
  kBackspace = 0x21,
  kDeleteToEnd = 0x24,
  kRollUp2 = 0x25,
  kRollUp4 = 0x27,
  kResumePainting = 0x29,
  kTextRestart = 0x2A,
  kResumeText = 0x2B,
  kEraseShown = 0x2C,
  kReturn = 0x2D,
  kEraseHidden = 0x2E,
  kEndOfCaption = 0x2F
};

}  // namespace

Cea608Decoder::Screen Cea608Decoder::empty() {
  Screen screen;
  screen.fill(CellRow(kColumns));
  return screen;
}

void Cea608Decoder::pair(int field, uint8_t first, uint8_t second, Rational time) {
  Line21& line = x_lines[static_cast<size_t>(field)];
  const bool whole = odd_parity(first) && odd_parity(second);
  const bool first_whole = odd_parity(first);
  first &= 0x7FU;
  second &= 0x7FU;
  if (!whole) ++x_damaged;
  if (first == 0 && second == 0) return;
  if (first >= 0x10 && first < 0x20) {
    line.data_service = false;
    const auto code = static_cast<uint16_t>(first << 8U | second);
    // Control codes are sent twice; the second is not a second one.
    const bool again = line.last_control == code;
    line.last_control = again ? uint16_t{0} : code;
    if (again || !whole) return;
    line.channel = (first & 8U) != 0 ? 1 : 0;
    x_present.insert(2 * field + line.channel + 1);
    if (field == x_field && line.channel == x_channel) control(first & 0xF7U, second, time);
    return;
  }
  line.last_control = 0;
  if (first > 0 && first < 0x10) {
    line.data_service = field == 1 && first != 0x0F;
    return;
  }
  if (line.data_service || field != x_field || line.channel != x_channel) return;
  for (const uint8_t code : {first, second}) {
    if (code < 0x20) continue;
    const bool good = whole || (code == first && first_whole);
    put(good ? basic(code) : U'█', time);
  }
}

void Cea608Decoder::control(uint8_t first, uint8_t second, Rational time) {
  if (second >= 0x40) return address(first, second, time);
  if (first == 0x11 && second >= 0x20 && second < 0x30) return middle_row(second, time);
  if (first == 0x11 && second >= 0x30) return put(kSpecial[second - 0x30U], time);
  if ((first == 0x12 || first == 0x13) && second >= 0x20) {
    back();  // a basic character that stands for it in old receivers
    return put((first == 0x12 ? kExtended1 : kExtended2)[second - 0x20U], time);
  }
  if ((first == 0x14 || first == 0x15) && second >= 0x20 && second < 0x30) return command(second, time);
  if (first == 0x17 && second >= 0x21 && second <= 0x23) x_column = std::min(x_column + second - 0x20U, kColumns - 1);
}

/// Preamble address code: row, indent or colour, italics, underline.
void Cea608Decoder::address(uint8_t first, uint8_t second, Rational time) {
  const auto row = static_cast<size_t>(kAddressRows[first & 7U][(second & 0x20U) != 0 ? 1 : 0]);
  if (x_mode == Mode::kRollUp && row != x_row) {
    // The whole roll moves to another base row.
    flush(time);
    Screen moved = empty();
    for (size_t i = 0; i < x_roll_rows && i <= row && i <= x_row; ++i) moved[row - i] = x_shown[x_row - i];
    x_shown = std::move(moved);
  }
  x_row = row;
  x_style = {};
  x_style.underline = (second & 1U) != 0;
  const size_t look = (second >> 1U) & 0xFU;
  x_column = look >= 8 ? (look - 8) * 4 : 0;
  if (look < 7) set_colour(x_style, look);
  if (look == 7) x_style.italic = true;
}

/// Takes a column, shown as a blank.
void Cea608Decoder::middle_row(uint8_t code, Rational time) {
  put(U' ', time);
  const size_t look = (code >> 1U) & 7U;
  x_style.underline = (code & 1U) != 0;
  x_style.italic = look == 7;
  if (look < 7) set_colour(x_style, look);
}

void Cea608Decoder::command(uint8_t code, Rational time) {
  switch (code) {
    case kResumeLoading:
      x_mode = Mode::kPopOn;
      break;
    case kBackspace:
      back();
      break;
    case kDeleteToEnd:
      for (size_t i = x_column; i < kColumns; ++i) written()[x_row][i] = {};
      break;
    case kResumePainting:
      x_mode = Mode::kPaintOn;
      break;
    case kTextRestart:
    case kResumeText:
      x_mode = Mode::kText;
      break;
    case kEraseShown:
      flush(time);
      x_shown = empty();
      break;
    case kReturn:
      carriage_return(time);
      break;
    case kEraseHidden:
      x_hidden = empty();
      break;
    case kEndOfCaption:
      flush(time);
      std::swap(x_shown, x_hidden);
      x_mode = Mode::kPopOn;
      changing(time);
      break;
    default:
      if (code >= kRollUp2 && code <= kRollUp4) roll_up(code - kRollUp2 + 2U, time);
      break;
  }
}

void Cea608Decoder::roll_up(size_t rows, Rational time) {
  if (x_mode != Mode::kRollUp) {
    flush(time);
    x_shown = empty();
    x_hidden = empty();
    x_row = kRows - 1;
    x_column = 0;
    x_style = {};
  }
  x_mode = Mode::kRollUp;
  x_roll_rows = rows;
}

void Cea608Decoder::carriage_return(Rational time) {
  if (x_mode != Mode::kRollUp) return;
  flush(time);
  const size_t top = x_row + 1 >= x_roll_rows ? x_row + 1 - x_roll_rows : 0;
  for (size_t i = 0; i < kRows; ++i) {
    if (i < top || i > x_row) x_shown[i] = CellRow(kColumns);
  }
  for (size_t i = top; i < x_row; ++i) x_shown[i] = x_shown[i + 1];
  x_shown[x_row] = CellRow(kColumns);
  x_column = 0;
  x_style = {};
  const auto has_text = [](const CellRow& row) { return columns_of(row).second > 0; };
  if (std::ranges::any_of(x_shown, has_text)) changing(time);
}

void Cea608Decoder::put(char32_t character, Rational time) {
  if (x_mode == Mode::kNone || x_mode == Mode::kText) return;
  if (x_mode != Mode::kPopOn) changing(time);
  written()[x_row][x_column] = {character, x_style};
  x_column = std::min(x_column + 1, kColumns - 1);
}

void Cea608Decoder::back() {
  if (x_column == 0 || x_mode == Mode::kNone || x_mode == Mode::kText) return;
  --x_column;
  written()[x_row][x_column] = {};
}

void Cea608Decoder::changing(Rational time) {
  if (x_open) return;
  x_open = true;
  x_start = time;
}

/// What is shown, as a cue that ends now. The 15 rows lie in the title-safe area (CTA-608-E annex C.9).
void Cea608Decoder::flush(Rational time) {
  if (!std::exchange(x_open, false)) return;
  Cue cue;
  std::vector<CellRow> rows;
  size_t first = kRows, last = 0;
  for (size_t i = 0; i < kRows; ++i) {
    const auto [begin, end] = columns_of(x_shown[i]);
    if (begin == end) continue;
    first = std::min(first, i);
    last = i;
    rows.push_back(x_shown[i]);
    cue.lines.push_back(line_of(x_shown[i]));
  }
  if (rows.empty()) return;
  cue.start = x_start;
  cue.end = time;
  cue.align = align_of_rows(rows);
  if (cue.align == Align::kLeft || last + 3 < kRows) {
    size_t left = kColumns;
    for (const CellRow& row : rows) left = std::min(left, columns_of(row).first);
    const int32_t x = cue.align == Align::kLeft ? static_cast<int32_t>(1000 + left * 250) : 1000;
    const auto y = static_cast<int32_t>(1000 + first * 8000 / kRows);
    const bool low = last + 3 >= kRows;
    const Area place{x, y, 9000 - x, 9000 - y, BlockAlign::kBefore};
    cue.area = low ? Area{x, 5000, 9000 - x, 4000, BlockAlign::kAfter} : place;
  }
  x_cues.add(std::move(cue));
}

}  // namespace pier::subtitles::impl
