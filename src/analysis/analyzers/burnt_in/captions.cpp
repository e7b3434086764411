#include "analyzers/burnt_in/captions.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <pier/analysis/analyse.hpp>

#include "json_io.hpp"
#include "signal.hpp"

namespace pier::analysis::impl {

namespace {

constexpr int kGoodWidth = 320;  // of the view; with fewer cells letters run together
constexpr int kMinWidth = 160, kMinHeight = 90;
constexpr double kInkNits = 20.0;
constexpr uint64_t kContrast = 4;  // times the light of the darkest cell around
constexpr int kAround = 3;         // cells to each side
constexpr int kMinEdges = 8;
constexpr int kMaxBands = 3;
constexpr int kCalm = 40;  // thousandths of nominal

/// Display light of a code of the first plane.
class CodeLight {
 public:
  explicit CodeLight(const Signal& signal)
      : x_micronits(signal.micronits()),
        x_black(signal.black()),
        x_factor((int64_t{RgbFactors::kUnit} << 16U) / std::max(1, signal.peak() - signal.black())) {}
  uint64_t operator()(int code) const {
    const int64_t bin = (std::max(0, code - x_black) * x_factor) >> (16 + Signal::kBinShift);
    return x_micronits[static_cast<size_t>(std::min<int64_t>(bin, Signal::kBins - 1))];
  }

 private:
  const std::vector<uint64_t>& x_micronits;
  int x_black;
  int64_t x_factor;
};

/// Ink of the lower third, row by row.
struct Ink {
  int top = 0, width = 0;
  std::vector<uint8_t> cells;
  const uint8_t* row(int y) const { return cells.data() + static_cast<size_t>(y - top) * static_cast<size_t>(width); }
};

/// The smallest of each sample and kAround to both sides of it.
template <typename T>
class LowAround {
 public:
  explicit LowAround(int width)
      : x_padded(static_cast<size_t>(width) + 2 * kAround),
        x_pair(x_padded.size() - 1),
        x_four(x_padded.size() - kAround),
        x_low(static_cast<size_t>(width)) {}
  const std::vector<T>& of(const T* row) {
    static_assert(kAround == 3);
    std::fill_n(x_padded.begin(), kAround, row[0]);
    std::copy_n(row, x_low.size(), x_padded.begin() + kAround);
    std::fill_n(x_padded.end() - kAround, kAround, row[x_low.size() - 1]);
    for (size_t i = 0; i < x_pair.size(); ++i) x_pair[i] = std::min(x_padded[i], x_padded[i + 1]);
    for (size_t i = 0; i < x_four.size(); ++i) x_four[i] = std::min(x_pair[i], x_pair[i + 2]);
    for (size_t i = 0; i < x_low.size(); ++i) x_low[i] = std::min(x_four[i], x_four[i + 3]);
    return x_low;
  }

 private:
  std::vector<T> x_padded, x_pair, x_four, x_low;
};

template <typename T>
Ink ink_of(const PictureView& view, const Signal& signal) {
  const auto width = static_cast<size_t>(view.width);
  Ink ink{.top = view.height * 2 / 3, .width = view.width, .cells = {}};
  ink.cells.resize(static_cast<size_t>(view.height - ink.top) * width);
  const CodeLight light(signal);
  const int bright = signal.code_at_most(kInkNits);
  // From kInkNits on, kContrast times the light is never fewer codes apart.
  const int least = std::max(1, (signal.peak() - signal.black()) / 16);
  LowAround<T> around(view.width);
  uint8_t* to = ink.cells.data();
  for (int y = ink.top; y < view.height; ++y, to += width) {
    const T* row = view.planes[0].row<T>(y);
    const std::vector<T>& low = around.of(row);
    for (size_t x = 0; x < width; ++x) {
      if (row[x] - low[x] < least || row[x] <= bright) continue;
      to[x] = light(row[x]) >= kContrast * light(low[x]) ? 1 : 0;
    }
  }
  return ink;
}

Ink ink_of(const PictureView& view, const Signal& signal) {
  return view.format.bytes_per_sample() == 1 ? ink_of<uint8_t>(view, signal) : ink_of<uint16_t>(view, signal);
}

struct TextRow {
  bool text = false;
  int left = 0, right = -1;
};

/// Of the stretch with the most ink: what is far off is no letter of this line.
TextRow row_of(const Ink& ink, int y, int widest_gap) {
  struct Stretch {
    int left = 0, right = -1, inked = 0, edges = 0;
  } here, best;
  const uint8_t* cells = ink.row(y);
  for (int x = 0; x < ink.width; ++x) {
    if (cells[x] == 0) continue;
    if (here.inked == 0 || x - here.right > widest_gap) here = {.left = x, .right = x, .inked = 0, .edges = 0};
    here.edges += x == 0 || cells[x - 1] == 0 ? 2 : 0;  // a stroke has two
    here.right = x;
    ++here.inked;
    if (here.inked > best.inked) best = here;
  }
  return {best.inked * 50 >= ink.width && best.edges >= kMinEdges, best.left, best.right};
}

/// The box around one to three bands of text rows.
std::optional<Region> text_box(const PictureView& view, const Ink& ink) {
  const int lowest = std::max(2, view.height / 80), highest = view.height / 9;
  int bands = 0, height = 0, left = view.width, right = -1, top = -1, bottom = -1;
  TextRow band{.text = false, .left = view.width, .right = -1};
  bool odd = false;
  const auto end_band = [&](int y) {
    odd |= height > highest;
    if (height >= lowest && height <= highest) {
      ++bands;
      if (top < 0) top = y - height;
      bottom = y - 1;
      left = std::min(left, band.left);
      right = std::max(right, band.right);
    }
    height = 0;
    band = {.text = false, .left = view.width, .right = -1};
  };
  for (int y = ink.top; y < view.height; ++y) {
    const TextRow row = row_of(ink, y, view.height / 10);
    if (!row.text) {
      end_band(y);
      continue;
    }
    ++height;
    band.left = std::min(band.left, row.left);
    band.right = std::max(band.right, row.right);
  }
  end_band(view.height);
  const int width = right - left + 1;
  if (odd || bands < 1 || bands > kMaxBands || width * 20 < view.width || width * 10 > view.width * 9) return {};
  return Region{left, top, width, bottom - top + 1};
}

bool same_ink(const Ink& a, const Ink& b) {
  int64_t both = 0, any = 0;
  for (size_t i = 0; i < a.cells.size(); ++i) {
    both += (a.cells[i] & b.cells[i]) != 0 ? 1 : 0;
    any += (a.cells[i] | b.cells[i]) != 0 ? 1 : 0;
  }
  return both * 4 >= any * 3;
}

template <typename T>
int64_t change_of(const PictureView& view, const PictureView& before) {
  int64_t sum = 0;
  for (int y = 0; y < view.height * 2 / 3; y += 2) {
    const T* a = view.planes[0].row<T>(y);
    const T* b = before.planes[0].row<T>(y);
    int64_t of_row = 0;
    for (int x = 0; x < view.width; ++x) of_row += std::abs(static_cast<int>(a[x]) - static_cast<int>(b[x]));
    sum += of_row;
  }
  return sum;
}

/// The upper two thirds are as before.
bool is_calm(const PictureView& view, const PictureView& before, int span) {
  const int64_t sum =
      view.format.bytes_per_sample() == 1 ? change_of<uint8_t>(view, before) : change_of<uint16_t>(view, before);
  const int64_t count = int64_t{(view.height * 2 / 3 + 1) / 2} * view.width;
  return sum * 1000 <= count * kCalm * span;
}

constexpr size_t kNumbers = 9;
json::value save_caption(const Caption& c) {
  return json::array{c.first_index, c.last_index, c.start,     c.end,       c.came ? 1 : 0,
                     c.box.x,       c.box.y,      c.box.width, c.box.height};
}
Result<std::optional<Caption>> load_caption(const json::value& value) {
  if (value.is_null()) return std::optional<Caption>();
  PIER_TRY(const auto v, integers(value, kNumbers));
  return std::optional<Caption>(
      {v[0], v[1], v[2], v[3], v[4] != 0,
       Region{static_cast<int>(v[5]), static_cast<int>(v[6]), static_cast<int>(v[7]), static_cast<int>(v[8])}});
}

/// What both have: strokes stay, what glitters beside them does not. `a` when they have nothing.
Region common(const Region& a, const Region& b) {
  const int x = std::max(a.x, b.x), y = std::max(a.y, b.y);
  const int right = std::min(a.x + a.width, b.x + b.width), bottom = std::min(a.y + a.height, b.y + b.height);
  return right > x && bottom > y ? Region{x, y, right - x, bottom - y} : a;
}

void extend(Caption& caption, const Caption& by) {
  caption.last_index = by.last_index;
  caption.end = by.end;
  caption.box = common(caption.box, by.box);
}

}  // namespace

const PictureView& text_view(const FrameViews& views) {
  if (views.eighth().width >= kGoodWidth) return views.eighth();
  return views.luma_quarter().width >= kGoodWidth ? views.luma_quarter() : views.luma_half();
}

TextLook look_for_text(const PictureView& view, const PictureView* before, const Signal& signal) {
  TextLook look;
  if (view.width < kMinWidth || view.height < kMinHeight) return look;
  const bool comparable = before != nullptr && before->width == view.width && before->height == view.height &&
                          before->format == view.format;
  if (comparable) look.calm = is_calm(view, *before, signal.peak() - signal.black());
  const Ink ink = ink_of(view, signal);
  const auto box = text_box(view, ink);
  if (!box) return look;
  look.text = true;
  look.box = *box;
  if (!comparable) return look;
  const Ink old = ink_of(*before, signal);
  look.same = text_box(*before, old).has_value() && same_ink(ink, old);
  return look;
}

void Captions::take(const FrameTime& time, const TextLook& look) {
  const bool first = !x_any;
  if (first) x_first_calm = look.calm;
  x_any = true;
  if (!look.text) return close(look.calm);
  const Caption now{time.index, time.index, time.pts, time.pts + time.duration, look.calm && !look.same, look.box};
  if (look.same && x_open) return extend(*x_open, now);
  close(look.calm);
  x_open = now;
  x_open_at_head = first && look.same;
}

void Captions::close(bool calm) {
  if (!x_open) return;
  if (x_open_at_head) {
    x_head = x_open;
    x_head_went = calm;
  } else {
    keep(*x_open, calm);
  }
  x_open.reset();
  x_open_at_head = false;
}

void Captions::keep(const Caption& caption, bool went) {
  const int64_t length = caption.end - caption.start;
  if (length < x_shortest || length > x_longest || !(caption.came || went)) return;
  ++x_count;
  x_length += length;
  if (x_kept.size() < kMaxFindings) x_kept.push_back(caption);
}

std::vector<Caption> Captions::finish() {
  close(false);
  if (x_head) {
    const auto kept = std::exchange(x_kept, {});
    keep(*x_head, x_head_went);
    x_kept.insert(x_kept.end(), kept.begin(), kept.end());
    if (x_kept.size() > kMaxFindings) x_kept.resize(kMaxFindings);
  }
  return std::exchange(x_kept, {});
}

json::value Captions::save() const {
  json::array kept;
  for (const Caption& caption : x_kept) kept.push_back(save_caption(caption));
  return json::object{{"flags", json::array{x_any ? 1 : 0, x_first_calm ? 1 : 0, x_open_at_head ? 1 : 0,
                                            x_head_went ? 1 : 0, x_count, x_length}},
                      {"open", x_open ? save_caption(*x_open) : json::value()},
                      {"head", x_head ? save_caption(*x_head) : json::value()},
                      {"kept", std::move(kept)}};
}

Result<void> Captions::load(const json::value& state) {
  Captions loaded(x_shortest, x_longest);
  PIER_TRY(const json::object* object, as_object(state, "saved captions"));
  PIER_TRY(const auto flags, integers(member(state, "flags"), 6));
  loaded.x_any = flags[0] != 0;
  loaded.x_first_calm = flags[1] != 0;
  loaded.x_open_at_head = flags[2] != 0;
  loaded.x_head_went = flags[3] != 0;
  loaded.x_count = flags[4];
  loaded.x_length = flags[5];
  PIER_TRY(loaded.x_open, load_caption(member(state, "open")));
  PIER_TRY(loaded.x_head, load_caption(member(state, "head")));
  PIER_TRY(const json::array kept, get_array(*object, "kept"));
  if (kept.size() > kMaxFindings) return fail(ErrorCode::kInputDamaged, "saved captions are more than are kept");
  for (const json::value& item : kept) {
    PIER_TRY(const auto caption, load_caption(item));
    if (!caption) return fail(ErrorCode::kInputDamaged, "a saved caption is empty");
    loaded.x_kept.push_back(*caption);
  }
  *this = std::move(loaded);
  return {};
}

Result<void> Captions::merge(const json::value& later) {
  Captions next(x_shortest, x_longest);
  PIER_CHECK(next.load(later));
  if (!next.x_any) return {};
  if (!x_any) {
    *this = std::move(next);
    return {};
  }
  const bool goes_on = next.x_head || (next.x_open && next.x_open_at_head);
  const Caption* rest = next.x_head ? &*next.x_head : goes_on ? &*next.x_open : nullptr;
  if (!goes_on) {
    close(next.x_first_calm);
  } else if (x_open) {
    extend(*x_open, *rest);
  } else {
    x_open = *rest;
  }
  if (next.x_head) close(next.x_head_went);
  for (const Caption& caption : next.x_kept) {
    if (x_kept.size() < kMaxFindings) x_kept.push_back(caption);
  }
  x_count += next.x_count;
  x_length += next.x_length;
  if (next.x_open && !next.x_open_at_head) x_open = next.x_open;
  return {};
}

}  // namespace pier::analysis::impl
