// Subtitles of EBU teletext: pages of ETS 300 706 at level 1, carried after EN 300 472.

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <pier/subtitles/captions.hpp>

#include "caption_cues.hpp"
#include "teletext_characters.hpp"

namespace pier::subtitles {

using namespace impl;

namespace {

constexpr size_t kColumns = 40, kRows = 24;
constexpr size_t kUnit = 44;  // bytes of a data unit behind its length: field and line, framing code, 42 of the packet
constexpr uint8_t kFramingCode = 0x27;
constexpr std::array<Colour, 8> kColours = {
    Colour{0, 0, 0, 255},   Colour{255, 0, 0, 255},   Colour{0, 255, 0, 255},   Colour{255, 255, 0, 255},
    Colour{0, 0, 255, 255}, Colour{255, 0, 255, 255}, Colour{0, 255, 255, 255}, Colour{255, 255, 255, 255}};

using Packet = std::array<uint8_t, 42>;

/// What clause 9.3.1 says in the header of a page.
struct Header {
  int page = 0;  // of the magazine, 00h to FFh
  bool erase = false, newsflash = false, subtitle = false, serial = false;
  int national = 0;
};

std::optional<Header> header_of(const Packet& packet) {
  std::array<uint8_t, 8> fields{};
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto value = hamming(packet[2 + i]);
    if (!value) return std::nullopt;
    fields[i] = *value;
  }
  Header header;
  header.page = fields[1] << 4 | fields[0];
  header.erase = (fields[3] & 8U) != 0;
  header.newsflash = (fields[5] & 4U) != 0;
  header.subtitle = (fields[5] & 8U) != 0;
  header.serial = (fields[7] & 1U) != 0;
  header.national = fields[7] >> 1;
  return header;
}

/// One row as it is shown: clause 12.2, spacing attributes. Of subtitles only what stands in boxes.
CellRow shown_row(const std::array<uint8_t, kColumns>& codes, const Header& header) {
  CellRow row(kColumns);
  Style style;
  bool boxed = !(header.subtitle || header.newsflash), mosaic = false;
  for (size_t i = 0; i < kColumns; ++i) {
    const uint8_t code = codes[i];
    if (code >= 0x20) {
      // Mosaics have letters among them: 40h to 5Fh.
      const bool letter = !mosaic || (code >= 0x40 && code < 0x60);
      if (boxed) row[i] = {letter ? teletext_character(code, header.national) : U' ', style};
      continue;
    }
    if (boxed) row[i] = {U' ', style};
    if (code < 8) {
      style.colour.reset();
      if (code != 7) style.colour = kColours[code];
      mosaic = false;
    }
    if (code >= 0x10 && code < 0x18) mosaic = true;
    if (code == 0x0B) boxed = true;
    if (code == 0x0A && (header.subtitle || header.newsflash)) boxed = false;
  }
  return row;
}

/// Collects one page and makes a cue of each change of what it shows.
class Page {
 public:
  explicit Page(CueList& cues) : x_cues(cues) {}

  void begin(const Header& header, Rational time) {
    if (header.erase) x_rows.clear();
    x_header = header;
    x_time = time;
    x_receiving = true;
  }
  void row(size_t number, const std::array<uint8_t, kColumns>& codes) { x_rows[number] = codes; }

  /// The page is whole: what it shows is shown since its header came.
  void end() {
    if (!std::exchange(x_receiving, false)) return;
    std::map<size_t, CellRow> shown;
    for (const auto& [number, codes] : x_rows) {
      CellRow row = shown_row(codes, x_header);
      if (columns_of(row).second > 0) shown.emplace(number, std::move(row));
    }
    Cue cue = cue_of(shown);
    if (cue.lines == x_shown.lines && cue.area == x_shown.area) return;
    close(x_time);
    x_shown = std::move(cue);
    x_shown.start = x_time;
  }
  void close(Rational time) {
    x_shown.end = time;
    x_cues.add(x_shown);
    x_shown = {};
  }
  bool receiving() const { return x_receiving; }

 private:
  /// What ends in the lowest fifth stands where subtitles stand; anything else keeps its row.
  static Cue cue_of(const std::map<size_t, CellRow>& shown) {
    Cue cue;
    std::vector<CellRow> rows;
    for (const auto& [number, row] : shown) {
      cue.lines.push_back(line_of(row));
      rows.push_back(row);
    }
    if (rows.empty()) return cue;
    cue.align = align_of_rows(rows);
    size_t left = kColumns;
    for (const CellRow& row : rows) left = std::min(left, columns_of(row).first);
    const bool low = shown.rbegin()->first * 5 >= kRows * 4;
    const int32_t x = cue.align == Align::kCentre ? 1000 : static_cast<int32_t>(1000 + left * 8000 / kColumns);
    const auto y = static_cast<int32_t>(shown.begin()->first * 10'000 / 25);
    if (!low)
      cue.area = Area{x, y, 9000 - x, 10'000 - y, BlockAlign::kBefore};
    else if (x != 1000)
      cue.area = Area{x, kBottomArea.y, 9000 - x, kBottomArea.height, BlockAlign::kAfter};
    return cue;
  }

  CueList& x_cues;
  Header x_header;
  Rational x_time;
  bool x_receiving = false;
  std::map<size_t, std::array<uint8_t, kColumns>> x_rows;
  Cue x_shown;
};

class TeletextDecoder {
 public:
  TeletextDecoder(int page, CueList& cues) : x_wanted(page), x_page(cues) {}

  /// EN 300 472 clause 4.2 and 4.3: a data identifier, then data units of an identifier, a length and so many bytes.
  void field(ByteView bytes, Rational time) {
    if (bytes.empty()) return;
    const auto identifier = std::to_integer<uint8_t>(bytes[0]);
    if (identifier < 0x10 || identifier > 0x1F) return;
    ByteReader reader(bytes.subspan(1));
    while (reader.left() >= 2) {
      const uint8_t unit = reader.u8(), size = reader.u8();
      const ByteView content = reader.bytes(size);
      if (!reader.ok()) {
        ++x_damaged;
        return;
      }
      if ((unit == 2 || unit == 3) && size >= kUnit) packet_of(content, time);
    }
  }
  void finish(Rational time) {
    x_page.end();
    x_page.close(time);
  }
  const std::map<int, bool>& pages() const { return x_pages; }
  int64_t damaged() const { return x_damaged; }
  int page() const { return x_wanted; }

 private:
  void packet_of(ByteView content, Rational time) {
    if (reversed(std::to_integer<uint8_t>(content[1])) != kFramingCode) {
      ++x_damaged;
      return;
    }
    Packet packet;
    for (size_t i = 0; i < packet.size(); ++i) packet[i] = reversed(std::to_integer<uint8_t>(content[2 + i]));
    const auto low = hamming(packet[0]), high = hamming(packet[1]);
    if (!low || !high) {
      ++x_damaged;
      return;
    }
    const int magazine = (*low & 7) == 0 ? 8 : *low & 7;
    const int row = *low >> 3 | *high << 1;
    if (row == 0) return header(magazine, packet, time);
    if (row >= 1 && row < static_cast<int>(kRows) && x_page.receiving() && magazine == x_wanted / 100)
      text(row, packet);
  }

  void header(int magazine, const Packet& packet, Rational time) {
    const auto found = header_of(packet);
    if (!found) {
      ++x_damaged;
      return;
    }
    if (magazine == x_wanted / 100 || found->serial) x_page.end();
    const int tens = found->page >> 4, units = found->page & 15;
    if (tens > 9 || units > 9) return;  // no page for people; FFh fills time
    const int number = magazine * 100 + tens * 10 + units;
    x_pages[number] = x_pages[number] || found->subtitle;
    if (x_wanted == 0 && found->subtitle) x_wanted = number;
    if (number == x_wanted) x_page.begin(*found, time);
  }

  /// Odd parity; a character that has it not is shown as a blank.
  void text(int row, const Packet& packet) {
    std::array<uint8_t, kColumns> codes{};
    for (size_t i = 0; i < kColumns; ++i) {
      unsigned parity = 0;
      for (unsigned bit = 0; bit < 8; ++bit) parity ^= packet[2 + i] >> bit & 1U;
      codes[i] = parity == 1 ? packet[2 + i] & 0x7FU : 0x20;
      x_damaged += parity == 1 ? 0 : 1;
    }
    x_page.row(static_cast<size_t>(row), codes);
  }

  int x_wanted;  // 0: the first page that is one of subtitles
  Page x_page;
  std::map<int, bool> x_pages;  // that were seen; whether they are subtitles
  int64_t x_damaged = 0;
};

}  // namespace

Captions decode_teletext(std::span<const CaptionData> fields, int page, Rational end) {
  Captions captions;
  CueList cues(captions.document, captions.notes);
  TeletextDecoder decoder(page, cues);
  for (const CaptionData& field : fields) decoder.field(field.bytes, field.time);
  decoder.finish(end);
  for (const auto& [number, subtitles] : decoder.pages()) {
    if (subtitles || number == decoder.page()) captions.present.push_back(number);
  }
  if (decoder.damaged() > 0) cues.note(std::to_string(decoder.damaged()) + " codes of teletext are damaged");
  return captions;
}

}  // namespace pier::subtitles
