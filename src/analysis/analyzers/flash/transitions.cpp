#include "analyzers/flash/transitions.hpp"

#include <algorithm>
#include <cstdlib>

#include <pier/core/bytes.hpp>

#include "json_io.hpp"

namespace pier::analysis::impl {

namespace {

constexpr int kDark = 160 * FlashFrame::kPerNit;  // BT.1702-3: above, contrast counts
constexpr int kStep = 20 * FlashFrame::kPerNit;
constexpr int kRedStep = 20 * FlashFrame::kPerRed;

/// -1, 0, 1: what going from `before` to `now` is.
int8_t light_step(int before, int now) {
  const int low = std::min(before, now);
  const int high = std::max(before, now);
  const bool harmful = low < kDark ? high - low >= kStep : (high - low) * 17 >= high + low;
  return static_cast<int8_t>(harmful ? (now > before ? 1 : -1) : 0);
}

int8_t red_step(int before, int now) {
  return static_cast<int8_t>(now - before >= kRedStep ? 1 : before - now >= kRedStep ? -1 : 0);
}

/// The values before from which going to a value is no harmful step: the further away, the more harmful.
struct Harmless {
  uint16_t least = 0, most = 0;
};

template <typename Step>
Harmless harmless_to(int now, Step step) {
  const auto outermost = [&](int harmful, int harmless) {  // the first may turn out to be harmless too
    if (step(harmful, now) == 0) return harmful;
    while (harmful + 1 < harmless || harmless + 1 < harmful) {
      const int middle = (harmful + harmless) / 2;
      (step(middle, now) == 0 ? harmless : harmful) = middle;
    }
    return harmless;
  };
  return {static_cast<uint16_t>(outermost(0, now)), static_cast<uint16_t>(outermost(UINT16_MAX, now))};
}

template <typename Step>
std::vector<Harmless> harmless_table(Step step) {
  std::vector<Harmless> table(UINT16_MAX + 1);
  for (int now = 0; now <= UINT16_MAX; ++now) table[static_cast<size_t>(now)] = harmless_to(now, step);
  return table;
}

bool same_tendency(int64_t a, int64_t b) {
  return (a <= 0 && b <= 0) || (a >= 0 && b >= 0);
}

}  // namespace

FlashSpans FlashSpans::of(Rational time_base) {
  const auto ticks = [time_base](int64_t milliseconds) {
    return std::max<int64_t>(1, rescale(milliseconds, Rational(1, 1000), time_base));
  };
  return {.second = ticks(1000), .step = ticks(334), .hold = ticks(4000), .window = ticks(5000)};
}

// ---- cells

void CellTracker::forget() {
  x_past.clear();
  x_past_empty = true;
  x_cells.clear();
  x_turned = 0;
  x_whole = {};
  x_whole_area = 0;
}

/// For every cell the direction against the newest frame that differs harmfully.
void CellTracker::directions(const std::vector<uint16_t>& values, std::vector<int16_t>& moving) const {
  static const std::vector<Harmless> light = harmless_table(light_step);
  static const std::vector<Harmless> red = harmless_table(red_step);
  const std::vector<Harmless>& table = x_quantity == Quantity::kLight ? light : red;
  std::vector<uint16_t> least, most;
  least.reserve(values.size());
  most.reserve(values.size());
  for (const uint16_t value : values) {
    least.push_back(table[value].least);
    most.push_back(table[value].most);
  }
  for (auto past = x_past.rbegin(); past != x_past.rend(); ++past) {
    const uint16_t* before = past->values.data();
    for (size_t i = 0; i < values.size(); ++i) {
      const auto step = static_cast<int16_t>((before[i] < least[i] ? 1 : 0) - (before[i] > most[i] ? 1 : 0));
      moving[i] = moving[i] != 0 ? moving[i] : step;
    }
  }
}

CellCounts CellTracker::feed(const FrameTime& time, const FlashSpans& spans, const std::vector<uint16_t>& values,
                             size_t cells) {
  if (x_cells.size() != cells) forget();
  x_cells.resize(cells);
  while (!x_past.empty() && (x_past.size() >= FlashSpans::kStepFrames || time.pts - x_past[0].time.pts >= spans.step)) {
    x_past.pop_front();
  }
  Past now{time, values};
  now.values.resize(cells);
  // Pictures without any red are the rule.
  const bool empty = values.empty();
  const bool idle = empty && x_past_empty;
  std::vector<int16_t> moving(cells, 0);
  if (!idle) directions(now.values, moving);
  turn(time, moving);
  x_past.push_back(std::move(now));
  x_past_empty = std::all_of(x_past.begin(), x_past.end(), [](const Past& past) {
    return std::all_of(past.values.begin(), past.values.end(), [](uint16_t v) { return v == 0; });
  });
  return count(time, spans);
}

void CellTracker::push(Cell& cell, int8_t direction, int64_t pts) {
  if (direction == cell.last && cell.count > 0) {
    cell.edges[(cell.next + kEdges - 1) % kEdges] = pts;
    return;
  }
  cell.last = direction;
  cell.edges[cell.next] = pts;
  cell.next = static_cast<uint8_t>((cell.next + 1) % kEdges);
  cell.count = static_cast<uint8_t>(std::min<size_t>(kEdges, cell.count + 1U));
}

void CellTracker::turn(const FrameTime& time, const std::vector<int16_t>& moving) {
  const auto all = static_cast<int64_t>(x_cells.size());
  std::vector<size_t> turned;
  int64_t balance = 0;  // up less down
  for (size_t i = 0; i < x_cells.size(); ++i) {
    balance += moving[i];
    if (moving[i] != 0 && moving[i] != x_cells[i].moving) turned.push_back(i);
    x_cells[i].moving = static_cast<int8_t>(moving[i]);
  }
  const auto count = static_cast<int64_t>(turned.size());
  if (4 * count > all && count >= 2 * x_turned) {
    for (const size_t i : turned) push(x_cells[i], x_cells[i].moving, time.pts);
  }
  x_turned = count;
  const auto direction = static_cast<int8_t>(4 * balance > all ? 1 : 4 * balance < -all ? -1 : 0);
  if (direction != 0 && direction != x_whole.moving) {
    push(x_whole, direction, time.pts);
    x_whole_area = std::abs(balance) * 1'000'000 / all;
  }
  x_whole.moving = direction;
}

/// Transitions within the last second.
size_t CellTracker::edges(const Cell& cell, const FrameTime& time, const FlashSpans& spans) {
  size_t count = 0;
  while (count < cell.count && within(time, cell.edges[(cell.next + 2 * kEdges - 1 - count) % kEdges], spans.second)) {
    ++count;
  }
  return count;
}

/// Of the last seven transitions, every second one: leading edges.
bool CellTracker::sequence(const Cell& cell, const FlashSpans& spans) {
  const auto edge = [&cell](size_t back) { return cell.edges[(cell.next + 2 * kEdges - 1 - back) % kEdges]; };
  for (size_t back = 0; back < 6; back += 2) {
    if (edge(back) - edge(back + 2) >= spans.step) return false;
  }
  return true;
}

CellCounts CellTracker::count(const FrameTime& time, const FlashSpans& spans) const {
  std::array<int64_t, kEdges + 1> cells_with{};
  int64_t sequences = 0;
  for (const Cell& cell : x_cells) {
    const size_t many = edges(cell, time, spans);
    ++cells_with[many];
    sequences += many > CountJudge::kMost && sequence(cell, spans) ? 1 : 0;
  }
  const auto all = static_cast<int64_t>(x_cells.size());
  const auto whole = static_cast<int64_t>(edges(x_whole, time, spans));
  CellCounts counts;
  counts.transitions = whole;
  counts.area_millionths = whole > 0 ? x_whole_area : 0;
  counts.sequence = sequences * 4 > all || (whole > CountJudge::kMost && sequence(x_whole, spans));
  int64_t cells = 0;
  for (auto many = static_cast<int64_t>(kEdges); many > whole; --many) {
    cells += cells_with[static_cast<size_t>(many)];
    if (cells * 4 <= all) continue;
    counts.transitions = many;
    counts.area_millionths = cells * 1'000'000 / all;
    break;
  }
  return counts;
}

json::array CellTracker::save_cell(int64_t index, const Cell& cell) {
  json::array out{index, int64_t{cell.count}, int64_t{cell.next}, int64_t{cell.last}, int64_t{cell.moving}};
  for (const int64_t edge : cell.edges) out.push_back(edge);
  return out;
}

Result<CellTracker::Cell> CellTracker::load_cell(const std::vector<int64_t>& v) {
  constexpr auto kRing = static_cast<int64_t>(kEdges);
  const bool sound =
      v[1] >= 0 && v[1] <= kRing && v[2] >= 0 && v[2] < kRing && v[3] >= -1 && v[3] <= 1 && v[4] >= -1 && v[4] <= 1;
  if (!sound) return fail(ErrorCode::kInputDamaged, "saved cells hold an impossible one");
  Cell cell;
  cell.count = static_cast<uint8_t>(v[1]);
  cell.next = static_cast<uint8_t>(v[2]);
  cell.last = static_cast<int8_t>(v[3]);
  cell.moving = static_cast<int8_t>(v[4]);
  std::copy(v.begin() + 5, v.end(), cell.edges.begin());
  return cell;
}

json::value CellTracker::save() const {
  json::array past, cells;
  for (const Past& p : x_past) {
    ByteWriter writer;
    for (const uint16_t v : p.values) writer.u16(v);
    past.push_back(json::array{p.time.index, p.time.pts, p.time.duration, x_past_empty ? "" : to_hex(writer.view())});
  }
  for (size_t i = 0; i < x_cells.size(); ++i) {
    const Cell& cell = x_cells[i];
    if (cell.count == 0 && cell.moving == 0) continue;
    cells.push_back(save_cell(static_cast<int64_t>(i), cell));
  }
  return json::object{{"size", static_cast<int64_t>(x_cells.size())},
                      {"past", std::move(past)},
                      {"cells", std::move(cells)},
                      {"turned", x_turned},
                      {"whole", save_cell(0, x_whole)},
                      {"whole_area", x_whole_area}};
}

Result<void> CellTracker::load(const json::value& state) {
  constexpr int64_t kMostCells = FlashFrame::kCells * FlashFrame::kCells;
  PIER_TRY(const json::object* object, as_object(state, "saved cells"));
  PIER_TRY(const int64_t size, get_int(*object, "size"));
  PIER_TRY(const json::array past, get_array(*object, "past"));
  PIER_TRY(const json::array cells, get_array(*object, "cells"));
  if (size < 0 || size > kMostCells || past.size() > FlashSpans::kStepFrames) {
    return fail(ErrorCode::kInputDamaged, "saved cells are more than a frame has");
  }
  CellTracker loaded(x_quantity);
  loaded.x_cells.resize(static_cast<size_t>(size));
  for (const json::value& value : past) {
    if (!value.is_array() || value.get_array().size() != 4 || !value.get_array()[3].is_string()) {
      return fail(ErrorCode::kInputDamaged, "saved cells hold something that is no frame");
    }
    json::array times = value.get_array();
    const std::string text(times[3].get_string());
    times.pop_back();
    PIER_TRY(const auto v, integers(times, 3));
    PIER_TRY(const Bytes bytes, from_hex(text));
    if (!bytes.empty() && bytes.size() != 2 * static_cast<size_t>(size)) {
      return fail(ErrorCode::kInputDamaged, "saved cells do not fill their grid");
    }
    Past p{{.index = v[0], .pts = v[1], .duration = v[2]}, std::vector<uint16_t>(static_cast<size_t>(size))};
    for (size_t i = 0; 2 * i < bytes.size(); ++i) {
      p.values[i] = static_cast<uint16_t>((std::to_integer<unsigned>(bytes[2 * i]) << 8U) |
                                          std::to_integer<unsigned>(bytes[2 * i + 1]));
      loaded.x_past_empty &= p.values[i] == 0;
    }
    loaded.x_past.push_back(std::move(p));
  }
  for (const json::value& value : cells) {
    PIER_TRY(const auto v, integers(value, 5 + kEdges));
    if (v[0] < 0 || v[0] >= size) return fail(ErrorCode::kInputDamaged, "saved cells hold one outside their grid");
    PIER_TRY(loaded.x_cells[static_cast<size_t>(v[0])], load_cell(v));
  }
  PIER_TRY(loaded.x_turned, get_int(*object, "turned"));
  PIER_TRY(loaded.x_whole_area, get_int(*object, "whole_area"));
  PIER_TRY(const auto whole, integers(member(state, "whole"), 5 + kEdges));
  PIER_TRY(loaded.x_whole, load_cell(whole));
  *this = std::move(loaded);
  return {};
}

// ---- mean

/// Sum of the changes up to now that go the same way, not older than a second.
int64_t MeanTracker::accumulated(const FrameTime& time, const FlashSpans& spans, int64_t change) const {
  int64_t sum = change;
  int64_t way = change;
  for (auto entry = x_entries.rbegin(); entry != x_entries.rend() && within(time, entry->pts, spans.second); ++entry) {
    if (way == 0) way = entry->change;
    if (!same_tendency(way, entry->change)) break;
    sum += entry->change;
  }
  return sum;
}

int64_t MeanTracker::feed(const FrameTime& time, const FlashSpans& spans, int64_t mean, bool comparable) {
  const int64_t before = x_have_mean ? x_mean : mean;
  const int64_t change = x_have_mean && comparable ? mean - before : 0;
  const int64_t sum = accumulated(time, spans, change);
  const bool recent = !x_entries.empty() && within(time, x_entries.back().pts, spans.second);
  const int64_t last_sum = recent ? x_entries.back().sum : 0;
  const bool goes_on = same_tendency(last_sum, sum) && std::abs(last_sum) >= x_rules.step;
  const bool transition = std::abs(sum) >= x_rules.step && !goes_on && std::min(before, mean) < x_rules.dark;
  x_entries.push_back({time.pts, change, sum, transition});
  x_mean = mean;
  x_have_mean = true;
  while (x_entries.size() > FlashSpans::kSecondFrames || !within(time, x_entries.front().pts, spans.second)) {
    if (x_entries.size() == 1) break;
    x_entries.pop_front();
  }
  return std::count_if(x_entries.begin(), x_entries.end(), [](const Entry& e) { return e.transition; });
}

json::value MeanTracker::save() const {
  json::array entries;
  for (const Entry& e : x_entries) entries.push_back(json::array{e.pts, e.change, e.sum, e.transition ? 1 : 0});
  return json::object{{"have", x_have_mean}, {"mean", x_mean}, {"entries", std::move(entries)}};
}

Result<void> MeanTracker::load(const json::value& state) {
  PIER_TRY(const json::object* object, as_object(state, "saved means"));
  MeanTracker loaded(x_rules);
  PIER_TRY(loaded.x_have_mean, get_bool(*object, "have"));
  PIER_TRY(loaded.x_mean, get_int(*object, "mean"));
  PIER_TRY(const json::array entries, get_array(*object, "entries"));
  for (const json::value& value : entries) {
    PIER_TRY(const auto v, integers(value, 4));
    loaded.x_entries.push_back({v[0], v[1], v[2], v[3] != 0});
  }
  *this = std::move(loaded);
  return {};
}

// ---- counts

FlashStatus CountJudge::feed(const FrameTime& time, const FlashSpans& spans, int64_t transitions) {
  x_entries.push_back({time.pts, time.duration, transitions >= kBand && transitions <= kMost});
  while (x_entries.size() > 1 &&
         (x_entries.size() > FlashSpans::kWindowFrames || !within(time, x_entries.front().pts, spans.window))) {
    x_entries.pop_front();
  }
  if (transitions > kMost) return FlashStatus::kFailure;
  int64_t held = 0;
  for (const Entry& entry : x_entries) held += entry.in_band ? entry.duration : 0;
  if (transitions >= kBand && 2 * held + time.duration >= 2 * spans.hold + (time.duration + 1) / 2) {
    return FlashStatus::kExtended;
  }
  return transitions >= x_warn_from ? FlashStatus::kWarning : FlashStatus::kNone;
}

json::value CountJudge::save() const {
  json::array entries;
  for (const Entry& e : x_entries) entries.push_back(json::array{e.pts, e.duration, e.in_band ? 1 : 0});
  return entries;
}

Result<void> CountJudge::load(const json::value& state) {
  if (!state.is_array()) return fail(ErrorCode::kInputDamaged, "saved counts are no list");
  CountJudge loaded(x_warn_from);
  for (const json::value& value : state.get_array()) {
    PIER_TRY(const auto v, integers(value, 3));
    loaded.x_entries.push_back({v[0], v[1], v[2] != 0});
  }
  *this = std::move(loaded);
  return {};
}

}  // namespace pier::analysis::impl
