#pragma once
// CTA-608-E: one channel of line 21.

#include <array>
#include <set>

#include "caption_cues.hpp"

namespace pier::subtitles::impl {

/// One channel (1 to 4) out of the byte pairs of both fields.
class Cea608Decoder {
 public:
  Cea608Decoder(int channel, CueList& cues) : x_field((channel - 1) / 2), x_channel((channel - 1) % 2), x_cues(cues) {}

  /// A pair of field 0 or 1, with parity.
  void pair(int field, uint8_t first, uint8_t second, Rational time);
  void finish(Rational time) { flush(time); }

  const std::set<int>& present() const { return x_present; }
  int64_t damaged() const { return x_damaged; }

 private:
  static constexpr size_t kRows = 15, kColumns = 32;
  enum class Mode : uint8_t { kNone, kPopOn, kRollUp, kPaintOn, kText };
  using Screen = std::array<CellRow, kRows>;
  struct Line21 {
    int channel = -1;  // that the codes before selected; -1: none
    uint16_t last_control = 0;
    bool data_service = false;  // XDS in field 2
  };

  void control(uint8_t first, uint8_t second, Rational time);
  void address(uint8_t first, uint8_t second, Rational time);
  void middle_row(uint8_t code, Rational time);
  void command(uint8_t code, Rational time);
  void roll_up(size_t rows, Rational time);
  void carriage_return(Rational time);
  void put(char32_t character, Rational time);
  void back();
  Screen& written() { return x_mode == Mode::kPopOn ? x_hidden : x_shown; }
  void changing(Rational time);
  void flush(Rational time);
  static Screen empty();

  const int x_field, x_channel;
  CueList& x_cues;
  std::array<Line21, 2> x_lines;
  std::set<int> x_present;
  int64_t x_damaged = 0;
  Mode x_mode = Mode::kNone;
  Screen x_shown = empty(), x_hidden = empty();
  size_t x_row = 14, x_column = 0, x_roll_rows = 2;
  Style x_style;
  bool x_open = false;  // something is shown since x_start
  Rational x_start;
};

}  // namespace pier::subtitles::impl
