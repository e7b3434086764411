#include "lost_pictures.hpp"

#include <algorithm>

namespace pier::analysis::impl {

void LostPictures::sent(int64_t pts, int64_t duration, bool key) {
  if (pts == INT64_MIN) return;
  if (!x_started) {
    if (!key) return;
    x_started = true;
    x_start = pts;
  }
  if (pts < x_start) return;
  if (key) x_key = pts;
  x_waiting[pts] = {duration, pts < x_key, false};
  if (x_waiting.size() > kMaxWaiting) prune();
}

bool LostPictures::came_out(int64_t pts, int64_t duration) {
  x_waiting.erase(pts);
  if (duration > 0) {
    // The second field of a frame may come as a packet of its own.
    x_waiting.erase(x_waiting.upper_bound(pts), x_waiting.upper_bound(pts + duration / 4 * 3));
  }
  bool lost = false;
  for (auto it = x_waiting.begin(); x_silent && it != x_waiting.end() && it->first < pts; ++it) {
    lost |= !it->second.passed && !it->second.leads && x_first_out && it->first > *x_first_out;
    it->second.passed = true;
  }
  if (!x_first_out) x_first_out = pts;
  x_latest = std::max(x_latest, pts);
  x_recent.push_back(pts);
  if (x_recent.size() > kReach) x_recent.pop_front();
  if (x_window_left > 0) {
    --x_window_left;
    if (x_window_left == 0) x_windows.back().last = x_latest;
  }
  return lost;
}

void LostPictures::complaint() {
  if (x_window_left == 0 && x_windows.size() < kMaxWindows) {
    const bool near_start = x_recent.size() < kReach;
    x_windows.push_back({near_start ? INT64_MIN : *std::min_element(x_recent.begin(), x_recent.end()), INT64_MAX});
  }
  if (!x_windows.empty() && x_windows.back().last == INT64_MAX) x_window_left = kReach;
}

bool LostPictures::suspicious(int64_t pts, const Waiting& picture) const {
  if (x_silent && !picture.leads && x_first_out && pts > *x_first_out && pts < x_latest) return true;
  return std::any_of(x_windows.begin(), x_windows.end(),
                     [pts](const Window& window) { return pts >= window.first && pts <= window.last; });
}

/// Forgets what will not be asked for any more.
void LostPictures::prune() {
  const int64_t oldest = x_recent.empty() ? INT64_MIN : *std::min_element(x_recent.begin(), x_recent.end());
  std::erase_if(x_waiting,
                [&](const auto& entry) { return entry.first < oldest && !suspicious(entry.first, entry.second); });
  while (x_waiting.size() > kMaxWaiting) x_waiting.erase(x_waiting.begin());
}

std::vector<LostPicture> LostPictures::pictures() const {
  std::vector<LostPicture> lost;
  for (const auto& [pts, picture] : x_waiting) {
    if (suspicious(pts, picture)) lost.push_back({pts, picture.duration});
  }
  return lost;
}

}  // namespace pier::analysis::impl
