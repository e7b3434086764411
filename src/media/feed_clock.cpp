#include <algorithm>
#include <cstdlib>
#include <utility>

#include <pier/media/feed.hpp>

namespace pier::media {

namespace {

constexpr int64_t kWrap = int64_t{1} << 33U;
constexpr size_t kMaxStreams = 1024;

/// The time congruent to `raw` that is nearest to `near`.
int64_t unwrapped(int64_t raw, int64_t near) {
  const uint64_t ahead = (static_cast<uint64_t>(raw) - static_cast<uint64_t>(near)) & (kWrap - 1);
  return near + static_cast<int64_t>(ahead) - (ahead >= kWrap / 2 ? kWrap : 0);
}

}  // namespace

std::optional<int64_t> FeedClock::on(const Line& line, int64_t raw, const Span& span) {
  const int64_t placed = unwrapped(raw, line.last) + line.offset;
  return placed >= span.from && placed <= span.to ? std::optional(placed) : std::nullopt;
}

/// Around a jump streams change from one line to the other one by one.
int64_t FeedClock::find(int64_t stamp, const Span& span) {
  const auto now = x_begins ? std::nullopt : on(*x_line, stamp, span);
  const auto before = x_before ? on(*x_before, stamp, span) : std::nullopt;
  if (before && (!now || std::abs(*before - span.near) < std::abs(*now - span.near))) {
    x_before->last = unwrapped(stamp, x_before->last);
    return *before;
  }
  if (now) {
    x_line->last = unwrapped(stamp, x_line->last);
    return *now;
  }
  if (!x_begins) {
    x_jump = Jump{x_latest, x_line->last, stamp};
    x_before = x_line;
    ++x_segments;
  }
  x_line = Line{x_latest - stamp, stamp};
  return x_latest;
}

FeedClock::Stamps FeedClock::place(int stream, Stamps raw, int64_t duration) {
  const int64_t stamp = raw.dts != INT64_MIN ? raw.dts : raw.pts;
  if (stamp == INT64_MIN) return raw;
  const auto known = x_streams.find(stream);
  int64_t placed = stamp;
  if (!x_line) {
    x_line = Line{0, stamp};
    x_latest = stamp;
  } else if (known == x_streams.end()) {
    placed = find(stamp, {x_latest - kLongestStep, x_latest, x_latest + kLongestStep});
  } else {
    placed = find(stamp, {known->second - kLongestStepBack, known->second, x_latest + kLongestStep});
  }
  x_begins = false;
  if (known != x_streams.end() || x_streams.size() < kMaxStreams) x_streams[stream] = placed;
  x_latest = std::max(x_latest, placed + std::clamp<int64_t>(duration, 0, kLongestStep));
  Stamps out{raw.pts, raw.dts == INT64_MIN ? INT64_MIN : placed};
  if (raw.pts != INT64_MIN) {
    const int64_t ahead = unwrapped(raw.pts, stamp) - stamp;
    out.pts = placed + (std::abs(ahead) <= kLongestStep ? ahead : 0);
  }
  return out;
}

void FeedClock::begin_session() {
  x_streams.clear();
  x_before.reset();
  x_begins = x_line.has_value();
}

std::optional<FeedClock::Jump> FeedClock::take_jump() {
  return std::exchange(x_jump, std::nullopt);
}

}  // namespace pier::media
