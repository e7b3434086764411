#include "difference_sound.hpp"

#include <algorithm>
#include <cmath>
#include <deque>

#include <pier/media/decode.hpp>

namespace pier::analysis::impl {
namespace {

/// One stream, block by block, on the timeline that begins with the first picture.
class SoundReader {
 public:
  static Result<SoundReader> open(const Side& side, const media::AudioFacts& stream) {
    PIER_TRY(auto demuxer, media::Demuxer::open(side.source));
    demuxer.select({stream.stream_index});
    PIER_TRY(auto decoder, media::AudioDecoder::open(demuxer, stream.stream_index));
    Rational begin(0);
    if (side.facts.main_video >= 0) {
      const media::VideoFacts& video = side.facts.video[static_cast<size_t>(side.facts.main_video)];
      begin = Rational(video.start_pts) * video.time_base;
    }
    return SoundReader(std::move(demuxer), std::move(decoder), begin);
  }

  /// nullopt at the end.
  Result<std::optional<media::AudioBlock>> next() {
    while (true) {
      PIER_TRY(auto block, x_decoder.receive());
      if (block && block->samples() > 0) {
        block->pts -= static_cast<int64_t>(std::llround(x_begin.value() * block->sample_rate));
        return block;
      }
      if (block) continue;
      if (x_ended) return std::optional<media::AudioBlock>();
      PIER_TRY(const auto packet, x_demuxer.read());
      if (packet) {
        static_cast<void>(x_decoder.send(*packet));  // what cannot be decoded is missing, and found so
      } else {
        x_ended = true;
        PIER_CHECK(x_decoder.send_end());
      }
    }
  }

 private:
  SoundReader(media::Demuxer demuxer, media::AudioDecoder decoder, Rational begin)
      : x_demuxer(std::move(demuxer)), x_decoder(std::move(decoder)), x_begin(begin) {}
  media::Demuxer x_demuxer;
  media::AudioDecoder x_decoder;
  Rational x_begin;
  bool x_ended = false;
};

float peak_of(const media::AudioBlock& block, size_t first, size_t count) {
  float peak = 0;
  for (const auto& channel : block.channels) {
    for (size_t i = first; i < first + count; ++i) peak = std::max(peak, std::abs(channel[i]));
  }
  return peak;
}

/// Gathers samples that differ into ranges.
class Ranges {
 public:
  Ranges(int stream, int rate, std::vector<ChangedSound>& out) : x_stream(stream), x_rate(rate), x_out(out) {}

  void add(int64_t first, int64_t end, float peak) {
    if (x_open && first - x_end > x_rate / 10) close();
    if (!x_open) x_first = first;
    x_open = true;
    x_end = std::max(x_end, end);
    x_peak = std::max(x_peak, peak);
  }
  void close() {
    if (!x_open) return;
    const double level = x_peak > 0 ? 20 * std::log10(static_cast<double>(x_peak)) : -200;
    x_out.push_back({x_stream, Rational(x_first, x_rate), Rational(x_end, x_rate), level});
    x_open = false;
    x_end = INT64_MIN;
    x_peak = 0;
  }

 private:
  int x_stream, x_rate;
  std::vector<ChangedSound>& x_out;
  bool x_open = false;
  int64_t x_first = 0, x_end = INT64_MIN;
  float x_peak = 0;
};

/// Two streams in step. A block that reaches beyond the other's is kept for the next.
class InStep {
 public:
  InStep(SoundReader one, SoundReader two, Ranges ranges)
      : x_one{std::move(one), {}, 0}, x_two{std::move(two), {}, 0}, x_ranges(ranges) {}

  Result<void> run(double seconds, int rate, const std::function<Result<void>(double)>& tell) {
    for (int64_t rounds = 0;; ++rounds) {
      PIER_CHECK(x_one.fill());
      PIER_CHECK(x_two.fill());
      if (!x_one.block && !x_two.block) break;
      step();
      const Cursor& cursor = x_one.block ? x_one : x_two;
      if (rounds % 64 == 0 && seconds > 0 && cursor.block)
        PIER_CHECK(tell(std::clamp(static_cast<double>(cursor.begin()) / rate / seconds, 0.0, 1.0)));
    }
    x_ranges.close();
    return {};
  }

 private:
  struct Cursor {
    SoundReader reader;
    std::optional<media::AudioBlock> block;
    size_t used = 0;

    Result<void> fill() {
      if (block && used < block->samples()) return {};
      used = 0;
      PIER_TRY(block, reader.next());
      return {};
    }
    int64_t begin() const { return block->pts + static_cast<int64_t>(used); }
    int64_t end() const { return block->pts + static_cast<int64_t>(block->samples()); }
  };

  /// Only this side has these samples: silence there is no difference.
  void alone(Cursor& side, int64_t until) {
    const auto count = static_cast<size_t>(std::min(until, side.end()) - side.begin());
    const float peak = peak_of(*side.block, side.used, count);
    if (peak > 0) x_ranges.add(side.begin(), side.begin() + static_cast<int64_t>(count), peak);
    side.used += count;
  }

  void step() {
    if (!x_one.block) return alone(x_two, x_two.end());
    if (!x_two.block) return alone(x_one, x_one.end());
    if (x_one.begin() < x_two.begin()) return alone(x_one, x_two.begin());
    if (x_two.begin() < x_one.begin()) return alone(x_two, x_one.begin());
    const auto count = static_cast<size_t>(std::min(x_one.end(), x_two.end()) - x_one.begin());
    const int64_t begin = x_one.begin();
    for (size_t channel = 0; channel < x_one.block->channels.size(); ++channel) {
      const float* a = x_one.block->channels[channel].data() + x_one.used;
      const float* b = x_two.block->channels[channel].data() + x_two.used;
      if (std::equal(a, a + count, b)) continue;
      const auto last = static_cast<size_t>(count);
      size_t first = 0, end = last;
      while (a[first] == b[first]) ++first;
      while (a[end - 1] == b[end - 1]) --end;
      float peak = 0;
      for (size_t i = first; i < end; ++i) peak = std::max(peak, std::abs(a[i] - b[i]));
      x_ranges.add(begin + static_cast<int64_t>(first), begin + static_cast<int64_t>(end), peak);
    }
    x_one.used += count;
    x_two.used += count;
  }

  Cursor x_one, x_two;
  Ranges x_ranges;
};

std::vector<const media::AudioFacts*> decodable(const media::Facts& facts) {
  std::vector<const media::AudioFacts*> streams;
  for (const media::AudioFacts& stream : facts.audio) {
    if (stream.decodable) streams.push_back(&stream);
  }
  return streams;
}

}  // namespace

Result<void> compare_sound(const Side& one, const Side& two, Difference& found,
                           const std::function<Result<void>(double share)>& tell) {
  const auto olds = decodable(one.facts), news = decodable(two.facts);
  if (olds.size() != news.size()) {
    found.notes.push_back(std::to_string(olds.size()) + " sound streams became " + std::to_string(news.size()) +
                          ": those in common were compared, in their order");
  }
  const size_t count = std::min(olds.size(), news.size());
  for (size_t i = 0; i < count; ++i) {
    if (olds[i]->sample_rate != news[i]->sample_rate || olds[i]->channels != news[i]->channels) {
      found.notes.push_back("sound stream " + std::to_string(i) +
                            ": sample rate or channels differ, so it was not compared");
      continue;
    }
    PIER_TRY(auto before, SoundReader::open(one, *olds[i]));
    PIER_TRY(auto after, SoundReader::open(two, *news[i]));
    const int rate = std::max(1, olds[i]->sample_rate);
    InStep pair(std::move(before), std::move(after), Ranges(static_cast<int>(i), rate, found.sound));
    PIER_CHECK(pair.run(olds[i]->duration.value(), rate, [&](double share) {
      return tell((static_cast<double>(i) + share) / static_cast<double>(count));
    }));
  }
  return {};
}

}  // namespace pier::analysis::impl
