#include "analyzers/dropout/stuck.hpp"

#include <algorithm>
#include <bit>
#include <set>

#include "json_io.hpp"

namespace pier::analysis::impl {

namespace {

constexpr int64_t kRow = 65536;  // larger than any picture is wide

int64_t place_of(int x, int y) {
  return y * kRow + x;
}

int difference(const std::array<uint64_t, 3>& a, const std::array<uint64_t, 3>& b) {
  return std::popcount(a[0] ^ b[0]) + std::popcount(a[1] ^ b[1]) + std::popcount(a[2] ^ b[2]);
}

json::value save_scan(const Scan& scan) {
  json::array dots;
  for (const Dot& dot : scan.dots) {
    for (const int value : {dot.x, dot.y, dot.ring, dot.bright ? 1 : 0}) dots.push_back(value);
  }
  json::array out{scan.time.index, scan.time.pts, scan.time.duration};
  for (const uint64_t bits : scan.look) out.push_back(static_cast<int64_t>(bits));
  out.push_back(std::move(dots));
  return out;
}

Failure bad_scan() {
  return fail(ErrorCode::kInputDamaged, "a saved scan for stuck pixels is not as it was written");
}

Result<Scan> load_scan(const json::value& value) {
  if (!value.is_array() || value.get_array().size() != 7 || !value.get_array()[6].is_array()) return bad_scan();
  const json::array& array = value.get_array();
  PIER_TRY(const auto v, integers(json::array(array.begin(), array.begin() + 6), 6));
  const json::array& dots = array[6].get_array();
  PIER_TRY(const auto d, integers(array[6], dots.size()));
  if (d.size() % 4 != 0) return bad_scan();
  Scan scan;
  scan.time = {.index = v[0], .pts = v[1], .duration = v[2]};
  for (size_t i = 0; i < 3; ++i) scan.look[i] = static_cast<uint64_t>(v[3 + i]);
  for (size_t i = 0; i < d.size(); i += 4) {
    scan.dots.push_back(
        {static_cast<int>(d[i]), static_cast<int>(d[i + 1]), static_cast<int>(d[i + 2]), d[i + 3] != 0});
  }
  return scan;
}

}  // namespace

std::array<uint64_t, 3> look_of(const PictureView& eighth, int margin) {
  constexpr int kColumns = Scan::kColumns, kRows = Scan::kRows;
  std::array<std::array<int64_t, kColumns>, kRows> cells{};
  for (int row = 0; row < kRows; ++row) {
    for (int column = 0; column < kColumns; ++column) {
      const int top = eighth.height * row / kRows, bottom = eighth.height * (row + 1) / kRows;
      const int left = eighth.width * column / kColumns, right = eighth.width * (column + 1) / kColumns;
      int64_t sum = 0;
      for (int y = top; y < bottom; ++y) {
        for (int x = left; x < right; ++x) {
          sum += eighth.format.bytes_per_sample() == 1 ? eighth.planes[0].row<uint8_t>(y)[x]
                                                       : eighth.planes[0].row<uint16_t>(y)[x];
        }
      }
      cells[static_cast<size_t>(row)][static_cast<size_t>(column)] =
          sum * 16 / std::max(1, (bottom - top) * (right - left));
    }
  }
  std::array<uint64_t, 3> look{};
  size_t bit = 0;
  const auto put = [&](int64_t a, int64_t b) {
    look[bit / 64] |= static_cast<uint64_t>(a > b + margin * 16 ? 1 : 0) << (bit % 64);
    ++bit;
  };
  for (size_t row = 0; row < kRows; ++row) {
    for (size_t column = 0; column + 1 < kColumns; ++column) put(cells[row][column], cells[row][column + 1]);
  }
  for (size_t row = 0; row + 1 < kRows; ++row) {
    for (size_t column = 0; column < kColumns; ++column) put(cells[row][column], cells[row + 1][column]);
  }
  return look;
}

void StuckPixels::take(const Scan& scan) {
  const int64_t number = scan.time.index / (kEvery * kScans);
  if (x_head.number < 0) x_head.number = number;
  if (number == x_head.number) {
    x_head.scans.push_back(scan);
    return;
  }
  if (x_open.number != number) {
    close(x_open);
    x_open = {.number = number, .scans = {}};
  }
  x_open.scans.push_back(scan);
}

void StuckPixels::close(const Window& window) {
  const auto scans = static_cast<int64_t>(window.scans.size());
  if (scans < kMinScans) return;
  struct Seen {
    StuckPixel pixel;
    int low = INT32_MAX, high = INT32_MIN;
    std::set<int> scenes;
  };
  std::map<int64_t, Seen> places;
  int scene = 0;
  std::array<uint64_t, 3> reference = window.scans.front().look;
  for (const Scan& scan : window.scans) {
    if (difference(reference, scan.look) > kSceneBits) {
      reference = scan.look;
      ++scene;
    }
    for (const Dot& dot : scan.dots) {
      Seen& seen = places[place_of(dot.x, dot.y)];
      const bool first = seen.pixel.scans == 0;
      if (first) seen.pixel = {dot.x, dot.y, scan.time.index, 0, scan.time.pts, 0, 0};
      seen.pixel.last_index = scan.time.index;
      seen.pixel.end = scan.time.pts + scan.time.duration;
      ++seen.pixel.scans;
      seen.low = std::min(seen.low, dot.ring);
      seen.high = std::max(seen.high, dot.ring);
      seen.scenes.insert(scene);
    }
  }
  for (const auto& [place, seen] : places) {
    const bool often = 2 * seen.pixel.scans >= scans;
    if (often && seen.high - seen.low >= kMinChange && seen.scenes.size() >= kMinScenes) keep(seen.pixel);
  }
}

void StuckPixels::keep(const StuckPixel& pixel) {
  const auto known = x_pixels.find(place_of(pixel.x, pixel.y));
  if (known == x_pixels.end()) {
    if (x_pixels.size() < kMaxPixels) x_pixels.emplace(place_of(pixel.x, pixel.y), pixel);
    return;
  }
  StuckPixel& to = known->second;
  if (pixel.first_index < to.first_index) {
    to.first_index = pixel.first_index;
    to.start = pixel.start;
  }
  if (pixel.last_index > to.last_index) {
    to.last_index = pixel.last_index;
    to.end = pixel.end;
  }
  to.scans += pixel.scans;
}

std::vector<StuckPixel> StuckPixels::finish() {
  close(x_head);
  close(x_open);
  x_head = x_open = {};
  std::vector<StuckPixel> pixels;
  for (const auto& [place, pixel] : x_pixels) pixels.push_back(pixel);
  return pixels;
}

json::value StuckPixels::save() const {
  const auto window = [](const Window& w) {
    json::array scans;
    for (const Scan& scan : w.scans) scans.push_back(save_scan(scan));
    return json::object{{"number", w.number}, {"scans", std::move(scans)}};
  };
  json::array pixels;
  for (const auto& [place, p] : x_pixels) {
    pixels.push_back(json::array{p.x, p.y, p.first_index, p.last_index, p.start, p.end, p.scans});
  }
  return json::object{{"head", window(x_head)}, {"open", window(x_open)}, {"pixels", std::move(pixels)}};
}

Result<void> StuckPixels::load(const json::value& state) {
  const auto window = [](const json::value& from) -> Result<Window> {
    PIER_TRY(const json::object* object, as_object(from, "saved window"));
    Window w;
    PIER_TRY(w.number, get_int(*object, "number"));
    PIER_TRY(const json::array scans, get_array(*object, "scans"));
    if (scans.size() > static_cast<size_t>(kScans)) return bad_scan();
    for (const json::value& item : scans) {
      PIER_TRY(Scan scan, load_scan(item));
      w.scans.push_back(std::move(scan));
    }
    return w;
  };
  StuckPixels loaded;
  PIER_TRY(loaded.x_head, window(member(state, "head")));
  PIER_TRY(loaded.x_open, window(member(state, "open")));
  PIER_TRY(const json::object* object, as_object(state, "saved stuck pixels"));
  PIER_TRY(const json::array pixels, get_array(*object, "pixels"));
  for (const json::value& item : pixels) {
    PIER_TRY(const auto v, integers(item, 7));
    loaded.keep({static_cast<int>(v[0]), static_cast<int>(v[1]), v[2], v[3], v[4], v[5], v[6]});
  }
  *this = std::move(loaded);
  return {};
}

Result<void> StuckPixels::merge(const json::value& later) {
  StuckPixels next;
  PIER_CHECK(next.load(later));
  for (const Scan& scan : next.x_head.scans) take(scan);
  if (next.x_open.number >= 0) {
    close(x_open);
    x_open = std::move(next.x_open);
  }
  for (const auto& [place, pixel] : next.x_pixels) keep(pixel);
  return {};
}

}  // namespace pier::analysis::impl
