#include "pairing.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <pier/colour/gamut.hpp>

namespace pier::quality::impl {
namespace {

constexpr double kStill = 0.002;  // thumbnails of pictures that move differ by more
constexpr double kNearer = 0.8;   // times the distance: a neighbour is clearly nearer
constexpr double kSame = 0.0005;  // no neighbour can be nearer than this in earnest
constexpr double kBetter = 0.75;  // times the distance of the beginnings: another offset is clearly better
constexpr size_t kLeastOverlap = 10;
constexpr double kDoubtfulShare = 0.1;

template <typename T>
void add_row(const T* row, int width, double (&sums)[Thumbnail::kWide]) {
  for (int cell = 0; cell < Thumbnail::kWide; ++cell) {
    const int from = width * cell / Thumbnail::kWide, to = std::max(from + 1, width * (cell + 1) / Thumbnail::kWide);
    int64_t sum = 0;
    for (int x = from; x < to; ++x) sum += row[x];
    sums[cell] += static_cast<double>(sum) / (to - from);
  }
}

Rational step_of(const media::VideoFacts& video) {
  return video.frame_rate.num > 0 ? video.frame_rate.inverse() : Rational(1, 25);
}

Rational magnitude(Rational value) {
  return value < Rational(0) ? Rational(0) - value : value;
}

std::string seconds_text(const Rational& seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", seconds.value());
  return text;
}

std::string count_of(int64_t count, int64_t all) {
  return std::to_string(count) + " of " + std::to_string(all) + " moving pictures";
}

}  // namespace

Thumbnail thumbnail_of(const PictureView& picture, Range range) {
  Thumbnail thumbnail;
  const Plane& luma = picture.planes[0];
  const int depth = picture.format.bit_depth;
  const double black = colour::luma_code(0, depth, range), peak = colour::luma_code(1, depth, range);
  for (int cell = 0; cell < Thumbnail::kHigh; ++cell) {
    const int from = luma.height * cell / Thumbnail::kHigh;
    const int to = std::max(from + 1, luma.height * (cell + 1) / Thumbnail::kHigh);
    double sums[Thumbnail::kWide] = {};
    for (int y = from; y < to; ++y) {
      if (picture.format.bytes_per_sample() == 1) {
        add_row(luma.row<uint8_t>(y), luma.width, sums);
      } else {
        add_row(luma.row<uint16_t>(y), luma.width, sums);
      }
    }
    for (int x = 0; x < Thumbnail::kWide; ++x)
      thumbnail.cells[static_cast<size_t>(cell * Thumbnail::kWide + x)] =
          static_cast<float>((sums[x] / (to - from) - black) / (peak - black));
  }
  return thumbnail;
}

double distance(const Thumbnail& a, const Thumbnail& b) {
  double sum = 0;
  for (size_t i = 0; i < a.cells.size(); ++i) sum += std::abs(static_cast<double>(a.cells[i] - b.cells[i]));
  return sum / static_cast<double>(a.cells.size());
}

// ---- reading

PictureReader::PictureReader(std::string name, media::Demuxer demuxer, media::VideoDecoder decoder,
                             const media::VideoFacts& video)
    : x_name(std::move(name)), x_demuxer(std::move(demuxer)), x_decoder(std::move(decoder)), x_video(&video) {}

Result<PictureReader> PictureReader::open(std::string name, const media::Source& source, const media::Facts& facts,
                                          int threads) {
  if (facts.main_video < 0) return fail(ErrorCode::kInputUnsupported, name + " has no pictures");
  const media::VideoFacts& video = facts.video[static_cast<size_t>(facts.main_video)];
  if (!video.decodable) return fail(ErrorCode::kInputUnsupported, name + ": its pictures cannot be decoded here");
  PIER_TRY(auto demuxer, media::Demuxer::open(source));
  demuxer.select({video.stream_index});
  PIER_TRY(auto decoder, media::VideoDecoder::open(demuxer, video.stream_index, threads));
  return PictureReader(std::move(name), std::move(demuxer), std::move(decoder), video);
}

Result<std::optional<media::Frame>> PictureReader::decode() {
  while (true) {
    PIER_TRY(auto frame, x_decoder.receive());
    if (frame || x_ended) return frame;
    PIER_TRY(const auto packet, x_demuxer.read());
    if (packet) {
      PIER_CHECK(x_decoder.send(*packet));
    } else {
      x_ended = true;
      PIER_CHECK(x_decoder.send_end());
    }
  }
}

Result<std::optional<TimedPicture>> PictureReader::next() {
  PIER_TRY(const auto frame, decode());
  if (!frame) return std::optional<TimedPicture>();
  const Picture& picture = frame->picture;
  if (!x_first) {
    x_first = frame->pts;
    x_format = picture.format();
    x_width = picture.width();
    x_height = picture.height();
  }
  if (picture.format() != x_format || picture.width() != x_width || picture.height() != x_height) {
    return fail(ErrorCode::kInputUnsupported, x_name + ": its raster or sample format changes at picture " +
                                                  std::to_string(x_index) + "; compare the parts one by one");
  }
  x_damaged += frame->damaged ? 1 : 0;
  const Range range = picture.colour().range != Range::kUnspecified ? picture.colour().range : x_video->colour.range;
  return TimedPicture{x_index++, Rational(frame->pts - *x_first) * x_video->time_base, picture,
                      thumbnail_of(picture.view(), range)};
}

// ---- the offset

double find_offset(const Strip& reference, const Strip& test) {
  const double step = std::min(reference.step, test.step);
  const auto mean_at = [&](double offset) -> std::optional<double> {
    double sum = 0;
    size_t count = 0, near = 0;
    for (const Strip::Cell& cell : reference.cells) {
      const double wanted = cell.time + offset;
      while (near + 1 < test.cells.size() &&
             std::abs(test.cells[near + 1].time - wanted) <= std::abs(test.cells[near].time - wanted))
        ++near;
      if (test.cells.empty() || std::abs(test.cells[near].time - wanted) > 0.6 * test.step) continue;
      sum += distance(cell.thumbnail, test.cells[near].thumbnail);
      ++count;
    }
    if (count < kLeastOverlap) return std::nullopt;
    return sum / static_cast<double>(count);
  };
  const auto at_zero = mean_at(0);
  if (!at_zero) return 0;
  double best = kBetter * *at_zero - kSame, offset = 0;
  const double reach = std::max(reference.cells.back().time, test.cells.back().time);
  for (int i = 1; i * step <= reach; ++i) {
    for (const double candidate : {i * step, -i * step}) {
      const auto mean = mean_at(candidate);
      if (!mean || *mean >= best) continue;
      best = *mean;
      offset = candidate;
    }
  }
  return offset;
}

// ---- pairs

Pairing::Pairing(PictureReader reference, PictureReader test, Rational offset)
    : x_reference(std::move(reference)),
      x_test(std::move(test)),
      x_reference_step(step_of(x_reference.video())),
      x_test_step(step_of(x_test.video())) {
  x_alignment.offset = offset;
}

Result<void> Pairing::advance_to(Rational time) {
  while (true) {
    while (!x_test_ended && x_window.size() < x_current + 2) {
      PIER_TRY(auto more, x_test.next());
      if (more) {
        ++x_tests;
        x_window.push_back(std::move(*more));
      } else {
        x_test_ended = true;
      }
    }
    if (x_window.size() < x_current + 2) return {};
    if (magnitude(x_window[x_current + 1].time - time) > magnitude(x_window[x_current].time - time)) return {};
    ++x_current;
    for (; x_current > 1; --x_current) x_window.pop_front();
  }
}

/// Whether the picture before or after the one that was taken looks more like the reference.
void Pairing::judge_neighbours(const TimedPicture& reference) {
  const Thumbnail& taken = x_window[x_current].thumbnail;
  const double own = distance(reference.thumbnail, taken);
  const TimedPicture* before = x_current > 0 ? &x_window[x_current - 1] : nullptr;
  const TimedPicture* after = x_current + 1 < x_window.size() ? &x_window[x_current + 1] : nullptr;
  const auto moves = [&](const TimedPicture* other) {
    return other != nullptr && distance(other->thumbnail, taken) > kStill;
  };
  if (!moves(before) && !moves(after)) return;
  ++x_moving;
  const auto nearer = [&](const TimedPicture* other) {
    return moves(other) && own > kSame && distance(reference.thumbnail, other->thumbnail) < kNearer * own;
  };
  const bool is_before = nearer(before), is_after = nearer(after);
  if (is_before) ++x_nearer_before;
  if (is_after && !is_before) ++x_nearer_after;
}

Result<std::optional<Pair>> Pairing::next() {
  while (true) {
    PIER_TRY(auto reference, x_reference.next());
    if (!reference) return std::optional<Pair>();
    const Rational wanted = reference->time + x_alignment.offset;
    PIER_CHECK(advance_to(wanted));
    const Rational allowed = std::max(x_reference_step, x_test_step) * Rational(3, 5);
    if (x_window.empty() || magnitude(x_window[x_current].time - wanted) > allowed) {
      ++x_alignment.reference_only;
      continue;
    }
    const TimedPicture& test = x_window[x_current];
    const bool apart = magnitude(test.time - wanted) > std::min(x_reference_step, x_test_step) * Rational(1, 10);
    if (apart) {
      ++x_alignment.apart;
    } else {
      judge_neighbours(*reference);
    }
    if (test.index == x_last_taken) {
      ++x_alignment.repeated;
    } else {
      ++x_taken;
    }
    x_last_taken = test.index;
    return Pair{std::move(*reference), test};
  }
}

Result<Alignment> Pairing::finish() {
  while (!x_test_ended) {
    PIER_TRY(const auto more, x_test.next());
    x_test_ended = !more;
    x_tests += more ? 1 : 0;
  }
  x_alignment.test_only = x_tests - x_taken;
  const int64_t worse = std::max(x_nearer_before, x_nearer_after);
  if (worse > 2 && static_cast<double>(worse) > kDoubtfulShare * static_cast<double>(x_moving)) {
    const bool later = x_nearer_after == worse;
    const Rational try_it = later ? x_alignment.offset + x_test_step : x_alignment.offset - x_test_step;
    x_alignment.doubtful = true;
    x_alignment.doubt = std::string("the picture ") + (later ? "after" : "before") + " the one taken is nearer in " +
                        count_of(worse, x_moving) + "; try --offset " + seconds_text(try_it);
  }
  return x_alignment;
}

}  // namespace pier::quality::impl
