#include "cea708.hpp"

#include <algorithm>
#include <utility>

namespace pier::subtitles::impl {
namespace {

constexpr size_t kMostRows = 16, kMostColumns = 64;

/// Bytes behind a command of C1 (80h to 9Fh), CTA-708-E clause 8.10.5.
size_t parameters_of(uint8_t code) {
  if (code >= 0x98) return 6;  // DefineWindow
  switch (code) {
    case 0x88:  // ClearWindows to DeleteWindows, Delay
    case 0x89:
    case 0x8A:
    case 0x8B:
    case 0x8C:
    case 0x8D:
      return 1;
    case 0x90:  // SetPenAttributes
    case 0x92:  // SetPenLocation
      return 2;
    case 0x91:  // SetPenColor
      return 3;
    case 0x97:  // SetWindowAttributes
      return 4;
    default:
      return 0;
  }
}

/// Table 21: G2, 20h to 7Fh.
char32_t extended_character(uint8_t code) {
  switch (code) {
    case 0x25:
      return U'…';
    case 0x2A:
      return U'Š';
    case 0x2C:
      return U'Œ';
    case 0x30:
      return U'█';
    case 0x31:
      return U'‘';
    case 0x32:
      return U'’';
    case 0x33:
      return U'“';
    case 0x34:
      return U'”';
    case 0x35:
      return U'•';
    case 0x39:
      return U'™';
    case 0x3A:
      return U'š';
    case 0x3C:
      return U'œ';
    case 0x3D:
      return U'℠';
    case 0x3F:
      return U'Ÿ';
    case 0x76:
      return U'⅛';
    case 0x77:
      return U'⅜';
    case 0x78:
      return U'⅝';
    case 0x79:
      return U'⅞';
    case 0x20:
    case 0x21:
      return U' ';
    default:
      return U'_';  // clause 7.1.9: what a receiver shows that has it not
  }
}

std::optional<Colour> colour_of(uint8_t code) {
  const auto part = [code](unsigned shift) { return static_cast<uint8_t>((code >> shift & 3U) * 85); };
  const Colour colour{part(4), part(2), part(0), 255};
  if (colour == Colour{255, 255, 255, 255}) return std::nullopt;
  return colour;
}

uint8_t byte_at(ByteView bytes, size_t at) {
  return std::to_integer<uint8_t>(bytes[at]);
}

}  // namespace

/// Channel packets, clause 5: a header of sequence number and size, then service blocks.
void Cea708Decoder::pair(bool begins, uint8_t first, uint8_t second, Rational time) {
  x_time = time;
  if (begins) {
    if (x_packet.size() < x_expected) ++x_damaged;
    const size_t code = first & 0x3FU;
    const int sequence = first >> 6U;
    if (x_sequence >= 0 && sequence != (x_sequence + 1) % 4) ++x_damaged;
    x_sequence = sequence;
    x_expected = code == 0 ? 128 : 2 * code;
    x_packet.clear();
  } else if (x_packet.size() >= x_expected) {
    return;
  }
  x_packet.push_back(std::byte{first});
  x_packet.push_back(std::byte{second});
  if (x_packet.size() >= x_expected) packet();
}

/// Clause 6.2.
void Cea708Decoder::packet() {
  ByteView rest = ByteView(x_packet).subspan(1);
  while (!rest.empty()) {
    const uint8_t head = byte_at(rest, 0);
    const size_t size = head & 0x1FU;
    int service = head >> 5U;
    rest = rest.subspan(1);
    if (service == 0) return;  // the null service: the rest is filling
    if (service == 7 && size != 0) {
      if (rest.empty()) return;
      service = byte_at(rest, 0) & 0x3F;
      rest = rest.subspan(1);
    }
    if (size > rest.size()) {
      ++x_damaged;
      return;
    }
    if (size > 0) x_present.insert(service);
    if (service == x_service) block(rest.first(size));
    rest = rest.subspan(size);
  }
}

void Cea708Decoder::block(ByteView bytes) {
  while (!bytes.empty()) {
    const size_t used = command(bytes);
    if (used > bytes.size()) {
      ++x_damaged;
      return;
    }
    bytes = bytes.subspan(used);
  }
}

/// Bytes that one code takes with what belongs to it; more than there are: nothing was done.
size_t Cea708Decoder::command(ByteView bytes) {
  const uint8_t code = byte_at(bytes, 0);
  if (code >= 0x80 && code < 0xA0) {
    const size_t count = parameters_of(code);
    if (bytes.size() > count) control(code, bytes.subspan(1, count));
    return 1 + count;
  }
  if (code >= 0x20) {
    put(code == 0x7F ? U'♪' : code);
    return 1;
  }
  if (code == 0x10) return extended(bytes);
  if (code == 0x18) {
    if (bytes.size() < 3) return 3;
    const char32_t character = static_cast<char32_t>(byte_at(bytes, 1)) << 8U | byte_at(bytes, 2);
    const bool surrogate = character >= 0xD800 && character < 0xE000;
    put(surrogate || character < 0x20 ? U'_' : character);
    return 3;
  }
  if (x_current) {
    Window& window = *x_windows[*x_current];
    if (code == 0x08 && window.column > 0) window.text[window.row][--window.column] = {};
    if (code == 0x0C) clear(window);
    if (code == 0x0D) new_row();
    if (code == 0x0E) {
      flush(window);
      window.text[window.row] = CellRow(window.columns);
      window.column = 0;
    }
  }
  return code >= 0x18 ? 3 : code >= 0x10 ? 2 : 1;
}

/// EXT1: C2, C3, G2, G3.
size_t Cea708Decoder::extended(ByteView bytes) {
  if (bytes.size() < 2) return 2;
  const uint8_t code = byte_at(bytes, 1);
  if (code < 0x20) return 2 + code / 8U;
  if (code < 0x80) {
    put(extended_character(code));
    return 2;
  }
  if (code < 0x90) return code < 0x88 ? 6 : 7;
  if (code < 0xA0) return bytes.size() < 3 ? 3 : 3 + (byte_at(bytes, 2) & 0x1FU);
  put(U'_');
  return 2;
}

void Cea708Decoder::control(uint8_t code, ByteView parameters) {
  if (code <= 0x87) {
    if (x_windows[code & 7U]) x_current = code & 7U;
    return;
  }
  if (code >= 0x98) return define(code & 7U, parameters);
  constexpr std::array kChanges = {&Cea708Decoder::clear, &Cea708Decoder::show, &Cea708Decoder::hide,
                                   &Cea708Decoder::toggle, &Cea708Decoder::remove};
  if (code <= 0x8C) return for_windows(byte_at(parameters, 0), kChanges[code - 0x88U]);
  if (code == 0x8F) return for_windows(0xFF, &Cea708Decoder::remove);
  if (!x_current) return;
  Window& window = *x_windows[*x_current];
  if (code == 0x90) {
    window.style.italic = (byte_at(parameters, 1) & 0x80U) != 0;
    window.style.underline = (byte_at(parameters, 1) & 0x40U) != 0;
  }
  if (code == 0x91) window.style.colour = colour_of(byte_at(parameters, 0));
  if (code == 0x92) {
    window.row = std::min<size_t>(byte_at(parameters, 0) & 0xFU, window.rows - 1);
    window.column = std::min<size_t>(byte_at(parameters, 1) & 0x3FU, window.columns);
  }
  if (code == 0x97) window.justify = byte_at(parameters, 2) & 3;
}

/// Clause 8.4 and 8.10.5.2: a window that is there keeps its text.
void Cea708Decoder::define(size_t number, ByteView parameters) {
  std::optional<Window>& window = x_windows[number];
  const bool fresh = !window;
  if (fresh)
    window.emplace();
  else
    flush(*window);
  window->relative = (byte_at(parameters, 1) & 0x80U) != 0;
  window->vertical = byte_at(parameters, 1) & 0x7F;
  window->horizontal = byte_at(parameters, 2);
  window->anchor = std::min(byte_at(parameters, 3) >> 4U, 8);
  window->rows = std::min<size_t>((byte_at(parameters, 3) & 0xFU) + 1U, kMostRows);
  window->columns = std::min<size_t>((byte_at(parameters, 4) & 0x3FU) + 1U, kMostColumns);
  window->text.resize(window->rows);
  for (CellRow& row : window->text) row.resize(window->columns);
  window->row = std::min(window->row, window->rows - 1);
  window->column = std::min(window->column, window->columns);
  const bool visible = (byte_at(parameters, 0) & 0x20U) != 0;
  if (visible) show(*window);
  if (!visible) hide(*window);
  x_current = number;
}

void Cea708Decoder::for_windows(uint8_t map, void (Cea708Decoder::*change)(Window&)) {
  for (size_t i = 0; i < x_windows.size(); ++i) {
    if ((map >> i & 1U) == 0 || !x_windows[i]) continue;
    (this->*change)(*x_windows[i]);
    if (change != &Cea708Decoder::remove) continue;
    x_windows[i].reset();
    if (x_current == i) x_current.reset();
  }
}

void Cea708Decoder::show(Window& window) {
  window.visible = true;
  opened(window);
}
void Cea708Decoder::hide(Window& window) {
  flush(window);
  window.visible = false;
}
void Cea708Decoder::toggle(Window& window) {
  if (window.visible)
    hide(window);
  else
    show(window);
}
void Cea708Decoder::clear(Window& window) {
  flush(window);
  for (CellRow& row : window.text) row.assign(window.columns, {});
  window.row = window.column = 0;
}
void Cea708Decoder::remove(Window& window) {
  flush(window);
}

void Cea708Decoder::put(char32_t character) {
  if (!x_current) return;
  Window& window = *x_windows[*x_current];
  if (window.column >= window.columns) return;
  opened(window);
  window.text[window.row][window.column++] = {character, window.style};
}

void Cea708Decoder::new_row() {
  Window& window = *x_windows[*x_current];
  flush(window);
  window.column = 0;
  if (window.row + 1 < window.rows) {
    ++window.row;
  } else {
    std::rotate(window.text.begin(), window.text.begin() + 1, window.text.end());
    window.text.back().assign(window.columns, {});
  }
  opened(window);
}

void Cea708Decoder::opened(Window& window) {
  if (!window.visible || window.open) return;
  window.open = true;
  window.start = x_time;
}

/// What the window shows, as a cue that ends now. Places are in 1/75 and 1/210 of the title-safe area, or in % of it.
void Cea708Decoder::flush(Window& window) {
  if (!std::exchange(window.open, false)) return;
  Cue cue;
  std::vector<CellRow> rows;
  for (const CellRow& row : window.text) {
    const auto [begin, end] = columns_of(row);
    if (begin == end) continue;
    cue.lines.push_back(line_of(row));
    rows.push_back(row);
  }
  if (rows.empty()) return;
  cue.start = window.start;
  cue.end = x_time;
  constexpr std::array kAligns = {Align::kLeft, Align::kRight, Align::kCentre, Align::kLeft};
  cue.align = kAligns[static_cast<size_t>(window.justify)];
  const auto place = [&](int value, int whole) { return 1000 + std::min(value, whole) * 8000 / whole; };
  const int32_t x = place(window.horizontal, window.relative ? 99 : 209);
  const int32_t y = place(window.vertical, window.relative ? 99 : 74);
  const int32_t width = static_cast<int32_t>(std::min<size_t>(window.columns, 42) * 8000 / 42);
  Area area;
  area.width = width;
  area.x = std::clamp(x - width * (window.anchor % 3) / 2, 0, 10'000 - width);
  const int from_top = window.anchor / 3;
  area.block = from_top == 0 ? BlockAlign::kBefore : from_top == 1 ? BlockAlign::kCentre : BlockAlign::kAfter;
  const int32_t around = std::min(y, 10'000 - y);
  area.y = from_top == 0 ? y : from_top == 1 ? y - around : 0;
  area.height = from_top == 0 ? 10'000 - y : from_top == 1 ? std::max(1, 2 * around) : std::max(1, y);
  cue.area = area;
  x_cues.add(std::move(cue));
}

void Cea708Decoder::finish(Rational time) {
  x_time = time;
  for (std::optional<Window>& window : x_windows) {
    if (window) flush(*window);
  }
}

}  // namespace pier::subtitles::impl
