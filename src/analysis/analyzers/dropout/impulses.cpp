#include "analyzers/dropout/impulses.hpp"

#include <algorithm>
#include <cstdlib>

#include <pier/analysis/analyse.hpp>

#include "json_io.hpp"

namespace pier::analysis::impl {

namespace {

constexpr int kNear = 8;  // samples by which the edges of a block may differ when it goes

bool same_place(const Patch& a, const Patch& b) {
  const int near = a.line ? 1 : kNear;
  const auto alike = [near](int one, int other) { return std::abs(one - other) <= near; };
  return a.line == b.line && alike(a.region.x, b.region.x) && alike(a.region.y, b.region.y) &&
         alike(a.region.x + a.region.width, b.region.x + b.region.width) &&
         alike(a.region.y + a.region.height, b.region.y + b.region.height);
}

/// Leaves out a sort of patches of which some appear and some vanish.
void drop_moving(std::vector<Patch>& patches) {
  for (const bool line : {true, false}) {
    const auto any = [&](bool appears) {
      return std::ranges::any_of(patches, [&](const Patch& p) { return p.line == line && p.appears == appears; });
    };
    if (any(true) && any(false)) std::erase_if(patches, [line](const Patch& p) { return p.line == line; });
  }
}

constexpr size_t kNumbers = 9;

}  // namespace

void Impulses::take(const FrameTime& time, std::vector<Patch> patches) {
  if (!x_first) x_first = time.index;
  drop_moving(patches);
  if (patches.empty()) return;
  const Record record{time, std::move(patches)};
  settle(record);
  if (time.index < *x_first + kLongest) x_head.push_back(record);
  x_pending.push_back(record);
  std::erase_if(x_pending.back().patches, [](const Patch& p) { return !p.appears; });
  forget(time.index);
}

void Impulses::settle(const Record& record) {
  for (const Record& earlier : x_pending) {
    if (earlier.time.index >= record.time.index || earlier.time.index + kLongest < record.time.index) continue;
    for (const Patch& patch : earlier.patches) {
      const bool gone =
          std::ranges::any_of(record.patches, [&](const Patch& now) { return !now.appears && same_place(patch, now); });
      if (gone)
        add({patch.line, patch.region, earlier.time.index, record.time.index - 1, earlier.time.pts, record.time.pts});
    }
  }
}

void Impulses::forget(int64_t index) {
  std::erase_if(x_pending, [index](const Record& r) { return r.time.index + kLongest < index || r.patches.empty(); });
}

void Impulses::add(const Impulse& impulse) {
  int64_t& count = impulse.line ? x_found.lines : x_found.blocks;
  if (count++ < static_cast<int64_t>(kMaxFindings)) x_found.listed.push_back(impulse);
}

json::value Impulses::save() const {
  const auto records = [](const std::vector<Record>& from) {
    json::array out;
    for (const Record& record : from) {
      for (const Patch& p : record.patches) {
        out.push_back(json::array{record.time.index, record.time.pts, record.time.duration, p.region.x, p.region.y,
                                  p.region.width, p.region.height, p.line ? 1 : 0, p.appears ? 1 : 0});
      }
    }
    return out;
  };
  json::array listed;
  for (const Impulse& i : x_found.listed) {
    listed.push_back(json::array{i.line ? 1 : 0, i.region.x, i.region.y, i.region.width, i.region.height, i.first,
                                 i.last, i.start, i.end});
  }
  return json::object{{"first", x_first.value_or(-1)},
                      {"head", records(x_head)},
                      {"pending", records(x_pending)},
                      {"listed", std::move(listed)},
                      {"counts", json::array{x_found.lines, x_found.blocks}}};
}

Result<void> Impulses::load(const json::value& state) {
  PIER_TRY(const json::object* object, as_object(state, "saved dropouts"));
  const auto region = [](const std::vector<int64_t>& v, size_t at) {
    return Region{static_cast<int>(v[at]), static_cast<int>(v[at + 1]), static_cast<int>(v[at + 2]),
                  static_cast<int>(v[at + 3])};
  };
  const auto records = [&](std::string_view key, std::vector<Record>& to) -> Result<void> {
    PIER_TRY(const json::array items, get_array(*object, key));
    for (const json::value& item : items) {
      PIER_TRY(const auto v, integers(item, kNumbers));
      if (to.empty() || to.back().time.index != v[0]) {
        to.push_back({.time = {.index = v[0], .pts = v[1], .duration = v[2]}, .patches = {}});
      }
      to.back().patches.push_back({region(v, 3), v[7] != 0, v[8] != 0});
    }
    return {};
  };
  Impulses loaded;
  PIER_TRY(const int64_t first, get_int(*object, "first"));
  if (first >= 0) loaded.x_first = first;
  PIER_CHECK(records("head", loaded.x_head));
  PIER_CHECK(records("pending", loaded.x_pending));
  PIER_TRY(const json::array listed, get_array(*object, "listed"));
  if (listed.size() > 2 * kMaxFindings) return fail(ErrorCode::kInputDamaged, "saved dropouts are more than are kept");
  for (const json::value& item : listed) {
    PIER_TRY(const auto v, integers(item, kNumbers));
    loaded.x_found.listed.push_back({v[0] != 0, region(v, 1), v[5], v[6], v[7], v[8]});
  }
  PIER_TRY(const auto counts, integers(member(state, "counts"), 2));
  loaded.x_found.lines = counts[0];
  loaded.x_found.blocks = counts[1];
  *this = std::move(loaded);
  return {};
}

Result<void> Impulses::merge(const json::value& later) {
  Impulses next;
  PIER_CHECK(next.load(later));
  if (!next.x_first) return {};
  if (!x_first) {
    *this = std::move(next);
    return {};
  }
  for (const Record& record : next.x_head) {
    settle(record);
    if (record.time.index < *x_first + kLongest) x_head.push_back(record);
  }
  const auto kept = [](const std::vector<Impulse>& list, bool line) {
    return std::ranges::count_if(list, [line](const Impulse& i) { return i.line == line; });
  };
  for (const Impulse& impulse : next.x_found.listed) {
    if (kept(x_found.listed, impulse.line) < static_cast<int64_t>(kMaxFindings)) x_found.listed.push_back(impulse);
  }
  x_found.lines += next.x_found.lines;
  x_found.blocks += next.x_found.blocks;
  x_pending.insert(x_pending.end(), next.x_pending.begin(), next.x_pending.end());
  if (!x_pending.empty()) forget(x_pending.back().time.index);
  return {};
}

}  // namespace pier::analysis::impl
