#pragma once
// CTA-708-E: one service of the caption channel.

#include <array>
#include <map>
#include <optional>
#include <set>

#include <pier/core/bytes.hpp>

#include "caption_cues.hpp"

namespace pier::subtitles::impl {

struct CaptionWindow {
  bool visible = false, relative = false;
  int anchor = 0, vertical = 0, horizontal = 0;  // anchor point 0 to 8: rows of three from the top left
  size_t rows = 1, columns = 1;
  int justify = 0;  // 0 left, 1 right, 2 centre, 3 full
  std::vector<CellRow> text;
  size_t row = 0, column = 0;
  Style style;
  bool open = false;  // something is shown since `start`
  Rational start;
};

class Cea708Decoder {
 public:
  Cea708Decoder(int service, CueList& cues) : x_service(service), x_cues(cues) {}

  /// Two bytes of a channel packet, in order; `begins`: the first of a packet.
  void pair(bool begins, uint8_t first, uint8_t second, Rational time);
  void finish(Rational time);

  const std::set<int>& present() const { return x_present; }
  int64_t damaged() const { return x_damaged; }

 private:
  using Window = CaptionWindow;

  void packet();
  void block(ByteView bytes);
  size_t command(ByteView bytes);
  size_t extended(ByteView bytes);
  void control(uint8_t code, ByteView parameters);
  void define(size_t number, ByteView parameters);
  void for_windows(uint8_t map, void (Cea708Decoder::*change)(Window&));
  void show(Window& window);
  void hide(Window& window);
  void toggle(Window& window);
  void clear(Window& window);
  void remove(Window& window);
  void put(char32_t character);
  void new_row();
  void opened(Window& window);
  void flush(Window& window);

  const int x_service;
  CueList& x_cues;
  std::set<int> x_present;
  int64_t x_damaged = 0;
  Bytes x_packet;
  size_t x_expected = 0;  // bytes of the packet; 0: none has begun
  int x_sequence = -1;
  Rational x_time;
  std::array<std::optional<Window>, 8> x_windows;
  std::optional<size_t> x_current;
};

}  // namespace pier::subtitles::impl
