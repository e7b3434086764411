#include <algorithm>
#include <cstdlib>
#include <limits>

#include <pier/deliver/scan.hpp>
#include <pier/media/decode.hpp>

namespace pier::deliver {
namespace {

constexpr int kMostPictures = 90, kLeastVotes = 5;
constexpr int kRowStep = 6;           // every third line of a field is enough
constexpr double kEvidence = 0.0015;  // of black to peak, mean: less is noise

/// How far the lines of one field stick out between those of another, mean of black to peak.
struct Combs {
  double within = 0;       // the two fields of this frame
  double last_bottom = 0;  // bottom lines of the frame before between top lines of this one
  double last_top = 0;     // top lines of the frame before between bottom lines of this one
};

template <typename Sample>
double comb(const Plane& around, const Plane& middle, int first) {
  int64_t sum = 0, samples = 0;
  for (int y = first; y + 1 < around.height; y += kRowStep) {
    const Sample *above = around.row<Sample>(y - 1), *below = around.row<Sample>(y + 1);
    const Sample* line = middle.row<Sample>(y);
    for (int x = 0; x < around.width; ++x) sum += std::abs(2 * line[x] - above[x] - below[x]);
    samples += around.width;
  }
  return static_cast<double>(sum) / 2 / static_cast<double>(std::max<int64_t>(samples, 1));
}

template <typename Sample>
Combs combs_of(const Plane& now, const Plane& before, double peak) {
  constexpr int kBottom = 1, kTop = 2;  // the first lines that have two neighbours
  const double within = comb<Sample>(now, now, kBottom) + comb<Sample>(now, now, kTop);
  return {within / 2 / peak, comb<Sample>(now, before, kBottom) / peak, comb<Sample>(now, before, kTop) / peak};
}

Combs combs_of(const PictureView& now, const PictureView& before) {
  const double peak = (1 << now.format.bit_depth) - 1;
  return now.format.bytes_per_sample() == 1 ? combs_of<uint8_t>(now.planes[0], before.planes[0], peak)
                                            : combs_of<uint16_t>(now.planes[0], before.planes[0], peak);
}

/// The later field of the frame before is one field away from the earlier of this one, the other two are three away.
Scan vote(const Combs& combs) {
  const double near = std::min(combs.last_bottom, combs.last_top), far = std::max(combs.last_bottom, combs.last_top);
  if (far - near >= kEvidence && far >= 1.25 * near && combs.within >= 0.7 * near)
    return combs.last_bottom < combs.last_top ? Scan::kTopFirst : Scan::kBottomFirst;
  // Both fields of one moment, and that moment another than the last.
  return near >= combs.within + kEvidence && near >= 1.5 * combs.within ? Scan::kProgressive : Scan::kNotLooked;
}

class Votes {
 public:
  void add(Scan scan) { x_counts[static_cast<size_t>(scan)]++; }
  /// What nine of ten clear pictures say.
  std::optional<Scan> clear() const {
    const int all = of(Scan::kProgressive) + of(Scan::kTopFirst) + of(Scan::kBottomFirst);
    for (const Scan scan : {Scan::kProgressive, Scan::kTopFirst, Scan::kBottomFirst}) {
      if (of(scan) >= kLeastVotes && 10 * of(scan) >= 9 * all) return scan;
    }
    return std::nullopt;
  }

 private:
  int of(Scan scan) const { return x_counts[static_cast<size_t>(scan)]; }
  int x_counts[4] = {};
};

bool alike(const Picture& a, const Picture& b) {
  return a && b && a.width() == b.width() && a.height() == b.height() && a.format() == b.format();
}

}  // namespace

std::string_view to_string(Scan scan) {
  switch (scan) {
    case Scan::kNotLooked:
      return "";
    case Scan::kProgressive:
      return "progressive";
    case Scan::kTopFirst:
      return "top field first";
    case Scan::kBottomFirst:
      return "bottom field first";
  }
  return "";
}

SourceScan scan_by_stream(const media::Facts& facts) {
  const bool fields = facts.main_video >= 0 && facts.video[static_cast<size_t>(facts.main_video)].interlaced;
  return {fields ? Scan::kTopFirst : Scan::kProgressive, {}};
}

Result<SourceScan> look_at_scan(const media::Source& source, const media::Facts& facts, Rational start, int threads) {
  SourceScan found = scan_by_stream(facts);
  if (found.scan == Scan::kProgressive) return found;
  const media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  const int64_t first = video.start_pts + rescale(1, start, video.time_base);
  PIER_TRY(media::FrameRange range, media::FrameRange::open(source, video.stream_index, first,
                                                            std::numeric_limits<int64_t>::max(), {}, threads));
  Votes votes;
  Picture before;
  for (int count = 0; count < kMostPictures; ++count) {
    PIER_TRY(const std::optional<media::Frame> frame, range.next());
    if (!frame) break;
    if (count == 0 && frame->interlaced) found.scan = frame->top_field_first ? Scan::kTopFirst : Scan::kBottomFirst;
    if (alike(frame->picture, before)) votes.add(vote(combs_of(frame->picture.view(), before.view())));
    before = frame->picture;
  }
  const std::optional<Scan> seen = votes.clear();
  if (!seen || *seen == found.scan) return found;
  found.note = "the stream says " + std::string(to_string(found.scan)) + ", its pictures are " +
               std::string(to_string(*seen)) + ", and they are believed";
  found.scan = *seen;
  return found;
}

}  // namespace pier::deliver
