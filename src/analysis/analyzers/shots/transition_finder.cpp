#include "analyzers/shots/transition_finder.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "json_io.hpp"

namespace pier::analysis::impl {

namespace {

constexpr std::array<size_t, 6> kHalves{4, 8, 12, 16, 24, 32};  // half lengths of gradual transitions, frames
constexpr int64_t kCutStep = 60;                                // thousandths
constexpr size_t kCutNeighbours = 4;
constexpr size_t kFlashReach = 8;  // a change that is undone within so many frames is a flash

int64_t sum_of_differences(const uint8_t* a, const uint8_t* b, size_t count) {
  uint32_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += static_cast<uint32_t>(std::abs(a[i] - b[i]));
  return sum;
}

/// How different two pictures are, in thousandths: place by place, in colour, and in what light there is at all.
int64_t distance(const ShotFrame& a, const ShotFrame& b) {
  if (a.damaged || b.damaged) return 0;
  constexpr auto kLuma = static_cast<int64_t>(ShotFrame::kLuma);
  constexpr auto kChroma = static_cast<int64_t>(2 * ShotFrame::kChroma);
  const int64_t luma = sum_of_differences(a.thumbnail.data(), b.thumbnail.data(), ShotFrame::kLuma);
  const int64_t chroma = sum_of_differences(a.thumbnail.data() + ShotFrame::kLuma,
                                            b.thumbnail.data() + ShotFrame::kLuma, 2 * ShotFrame::kChroma);
  int64_t bins = 0;
  for (size_t i = 0; i < ShotFrame::kBins; ++i) bins += std::abs(a.histogram[i] - b.histogram[i]);
  return luma * 1000 / (kLuma * 255) + 2 * chroma * 1000 / (kChroma * 255) + bins / 80;
}

/// Luma of the thumbnails of the two ends of a gradual transition.
struct Ends {
  int64_t sum_a = 0, sum_b = 0, sum_aa = 0, sum_bb = 0, sum_ab = 0;

  Ends(const ShotFrame& a, const ShotFrame& b) {
    for (size_t i = 0; i < ShotFrame::kLuma; ++i) {
      const int64_t va = a.thumbnail[i];
      const int64_t vb = b.thumbnail[i];
      sum_a += va;
      sum_b += vb;
      sum_aa += va * va;
      sum_bb += vb * vb;
      sum_ab += va * vb;
    }
  }

  static constexpr auto kCount = static_cast<int64_t>(ShotFrame::kLuma);
  /// Dark (2 % of the signal) and flat (standard deviation of 3/255).
  static bool black(int64_t sum, int64_t squares) {
    return sum <= 5 * kCount && squares * kCount - sum * sum <= 9 * kCount * kCount;
  }
  bool black_a() const { return black(sum_a, sum_aa); }
  bool black_b() const { return black(sum_b, sum_bb); }
  /// Correlation of 0.7 and more: the same picture in other light.
  bool alike() const {
    const int64_t both = sum_ab - sum_a * sum_b / kCount;
    const int64_t one = sum_aa - sum_a * sum_a / kCount;
    const int64_t other = sum_bb - sum_b * sum_b / kCount;
    return both > 0 && both * both / 49 >= one * other / 100;
  }
};

/// Sum of |whole * middle - (whole - part) * a - part * b|.
int64_t deviation(const ShotFrame& a, const ShotFrame& b, const ShotFrame& middle, int whole, int part) {
  uint32_t sum = 0;
  for (size_t i = 0; i < ShotFrame::kLuma; ++i) {
    sum += static_cast<uint32_t>(
        std::abs(whole * middle.thumbnail[i] - (whole - part) * a.thumbnail[i] - part * b.thumbnail[i]));
  }
  return sum;
}

bool gradual(ShotStart start) {
  return start != ShotStart::kStream && start != ShotStart::kCut;
}

}  // namespace

bool TransitionFinder::feed(const ShotFrame& frame, Decision& decision) {
  x_steps.push_back(x_frames.empty() ? 0 : distance(x_frames.back(), frame));
  x_frames.push_back(frame);
  while (x_candidates.size() + kReach < x_frames.size()) compare_at(x_candidates.size());
  if (x_decided + kLag >= x_frames.size()) return false;
  return decide(x_decided++, decision);
}

bool TransitionFinder::drain(Decision& decision) {
  while (x_candidates.size() < x_frames.size()) compare_at(x_candidates.size());
  if (x_decided >= x_frames.size()) return false;
  return decide(x_decided++, decision);
}

void TransitionFinder::compare_at(size_t place) {
  const ShotFrame& frame = x_frames[place];
  Candidate candidate;
  candidate.decision = {frame.time, frame.damaged ? -1 : frame.sharpness, frame.light};
  if (is_cut(place)) {
    candidate.decision.start = ShotStart::kCut;
  } else {
    find_gradual(place, candidate);
  }
  x_candidates.push_back(candidate);
}

/// A step far above its neighbours that is not undone.
bool TransitionFinder::is_cut(size_t place) const {
  const int64_t step = x_steps[place];
  if (place == 0 || step < kCutStep) return false;
  const size_t first = place - std::min(place, kCutNeighbours);
  const size_t last = std::min(x_steps.size() - 1, place + kCutNeighbours);
  for (size_t i = first; i <= last; ++i) {
    if (i != place && 2 * step < 5 * x_steps[i]) return false;
  }
  return !comes_back(place, step);
}

bool TransitionFinder::comes_back(size_t place, int64_t step) const {
  const size_t first = place - std::min(place, kFlashReach);
  const size_t last = std::min(x_frames.size() - 1, place + kFlashReach);
  for (size_t a = first; a < place; ++a) {
    for (size_t b = place; b <= last; ++b) {
      if (x_frames[a].damaged || x_frames[b].damaged || b - a == 1) continue;
      if (5 * distance(x_frames[a], x_frames[b]) < 2 * step) return true;
    }
  }
  return false;
}

/// A mixture: the frames between two ends are their weighted means, and the ends are different pictures.
void TransitionFinder::find_gradual(size_t place, Candidate& candidate) const {
  constexpr int64_t kLeast = static_cast<int64_t>(ShotFrame::kLuma) * 255 / 20;
  for (const size_t half : kHalves) {
    if (place < half || place + half >= x_frames.size()) break;
    const ShotFrame& a = x_frames[place - half];
    const ShotFrame& early = x_frames[place - half / 2];
    const ShotFrame& middle = x_frames[place];
    const ShotFrame& late = x_frames[place + half / 2];
    const ShotFrame& b = x_frames[place + half];
    if (a.damaged || early.damaged || middle.damaged || late.damaged || b.damaged) continue;
    const int64_t difference = sum_of_differences(a.thumbnail.data(), b.thumbnail.data(), ShotFrame::kLuma);
    if (difference < kLeast || difference <= candidate.difference) continue;
    if (5 * deviation(a, b, middle, 2, 1) > 2 * difference || 5 * deviation(a, b, early, 4, 1) > 4 * difference ||
        5 * deviation(a, b, late, 4, 3) > 4 * difference) {
      continue;
    }
    // A pan goes on before and after; a transition has two ends.
    const ShotFrame& outer_a = x_frames[place - std::min(place, 2 * half)];
    const ShotFrame& outer_b = x_frames[std::min(x_frames.size() - 1, place + 2 * half)];
    const int64_t outside =
        std::max(sum_of_differences(outer_a.thumbnail.data(), a.thumbnail.data(), ShotFrame::kLuma),
                 sum_of_differences(b.thumbnail.data(), outer_b.thumbnail.data(), ShotFrame::kLuma));
    if (outer_a.damaged || outer_b.damaged || 2 * outside > difference) continue;
    // Two pictures laid over each other lose half of the energy of their edges; a picture that moves keeps it.
    if (8 * middle.sharpness > 3 * (a.sharpness + b.sharpness)) continue;
    const Ends ends(a, b);
    const bool whole = place >= 2 * half && place + 2 * half < x_frames.size();
    if (ends.black_a() == ends.black_b() && (ends.alike() || !whole)) continue;
    candidate.difference = difference;
    candidate.decision.length = static_cast<int64_t>(2 * half);
    candidate.decision.start = ends.black_a() == ends.black_b() ? ShotStart::kDissolve
                               : ends.black_a()                 ? ShotStart::kFadeIn
                                                                : ShotStart::kFadeOut;
  }
}

/// Gives the candidate unless a better one is near; forgets what is not needed again.
bool TransitionFinder::decide(size_t place, Decision& decision) {
  const Candidate& mine = x_candidates[place];
  decision = mine.decision;
  if (gradual(mine.decision.start)) {
    const size_t first = place - std::min(place, kHalves.back());
    const size_t last = std::min(x_candidates.size() - 1, place + kHalves.back());
    for (size_t i = first; i <= last; ++i) {
      const Candidate& other = x_candidates[i];
      const bool better = other.difference > mine.difference || (other.difference == mine.difference && i < place);
      if (i == place || other.decision.start == ShotStart::kStream) continue;
      if (other.decision.start != ShotStart::kCut && !better) continue;
      // Inside of what it is weighed against: its own span, or that of the better one.
      const auto span = static_cast<size_t>(std::max(mine.decision.length, other.decision.length) / 2);
      if ((i < place ? place - i : i - place) > span) continue;
      decision.start = ShotStart::kStream;
      decision.length = 0;
    }
  }
  while (x_decided > kReach + 1) {
    x_frames.pop_front();
    x_steps.pop_front();
    x_candidates.pop_front();
    --x_decided;
  }
  return true;
}

json::value TransitionFinder::save() const {
  json::array frames, steps, candidates;
  for (const ShotFrame& frame : x_frames) frames.push_back(frame.save());
  for (const int64_t step : x_steps) steps.emplace_back(step);
  for (const Candidate& c : x_candidates) {
    candidates.push_back(json::array{static_cast<int64_t>(c.decision.start), c.decision.length, c.difference});
  }
  return json::object{{"frames", std::move(frames)},
                      {"steps", std::move(steps)},
                      {"candidates", std::move(candidates)},
                      {"decided", static_cast<int64_t>(x_decided)}};
}

Result<void> TransitionFinder::load(const json::value& state) {
  PIER_TRY(const json::object* object, as_object(state, "saved transitions"));
  PIER_TRY(const json::array frames, get_array(*object, "frames"));
  PIER_TRY(const json::array candidates, get_array(*object, "candidates"));
  PIER_TRY(const int64_t decided, get_int(*object, "decided"));
  PIER_TRY(const auto steps, integers(member(state, "steps"), frames.size()));
  const auto size = static_cast<int64_t>(frames.size());
  if (candidates.size() > frames.size() || decided < 0 || decided > size) {
    return fail(ErrorCode::kInputDamaged, "saved transitions do not fit their frames");
  }
  TransitionFinder loaded;
  loaded.x_steps.assign(steps.begin(), steps.end());
  loaded.x_decided = static_cast<size_t>(decided);
  for (const json::value& value : frames) {
    PIER_TRY(ShotFrame frame, ShotFrame::load(value));
    loaded.x_frames.push_back(frame);
  }
  for (const json::value& value : candidates) {
    PIER_TRY(const auto v, integers(value, 3));
    if (v[0] < 0 || v[0] > static_cast<int64_t>(ShotStart::kFadeIn) || v[1] < 0 || v[1] > 2 * int64_t{kReach}) {
      return fail(ErrorCode::kInputDamaged, "saved transitions hold an unknown one");
    }
    const ShotFrame& frame = loaded.x_frames[loaded.x_candidates.size()];
    loaded.x_candidates.push_back(
        {{frame.time, frame.damaged ? -1 : frame.sharpness, frame.light, static_cast<ShotStart>(v[0]), v[1]}, v[2]});
  }
  *this = std::move(loaded);
  return {};
}

}  // namespace pier::analysis::impl
