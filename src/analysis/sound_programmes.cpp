#include "sound_programmes.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pier::analysis::impl {

namespace {

constexpr uint64_t kMono = 0x4, kStereo = 0x3, kSurround = 0x3F;
constexpr int kMaxChannels = 64;
constexpr int64_t kChunk = 1 << 16;  // samples of a piece put together from tracks
constexpr int64_t kFarthest = INT64_MAX / 4;

/// Each two channels in order as stereo, one left over as mono.
void add_pairs(const std::vector<SoundChannel>& channels, int sample_rate, LayoutBasis basis,
               std::vector<SoundProgramme>& out) {
  for (size_t i = 0; i < channels.size(); i += 2) {
    const bool pair = i + 1 < channels.size();
    SoundProgramme programme{.channels = {channels[i]}, .sample_rate = sample_rate, .mask = kMono, .basis = basis};
    if (pair) {
      programme.channels.push_back(channels[i + 1]);
      programme.mask = kStereo;
    }
    out.push_back(std::move(programme));
  }
}

void add_stream(const AudioContext& stream, std::vector<SoundProgramme>& out) {
  std::vector<SoundChannel> channels;
  for (int c = 0; c < stream.channels; ++c) channels.push_back({stream.stream_index, c});
  const bool labelled = std::popcount(stream.channel_mask) == stream.channels;
  const uint64_t mask = labelled ? stream.channel_mask : assumed_mask(stream.channels);
  if (mask == 0) return add_pairs(channels, stream.sample_rate, LayoutBasis::kPairs, out);
  out.push_back({std::move(channels), stream.sample_rate, mask, labelled ? LayoutBasis::kLabels : LayoutBasis::kCount});
}

void add_tracks(const std::vector<const AudioContext*>& tracks, std::vector<SoundProgramme>& out) {
  if (tracks.size() == 1) return add_stream(*tracks.front(), out);
  std::vector<SoundChannel> channels;
  for (const AudioContext* track : tracks) channels.push_back({track->stream_index, 0});
  const int rate = tracks.front()->sample_rate;
  if (channels.size() == 6) {
    out.push_back({std::move(channels), rate, kSurround, LayoutBasis::kMonoTracks});
  } else {
    add_pairs(channels, rate, LayoutBasis::kMonoTracks, out);
  }
}

}  // namespace

std::string_view to_string(LayoutBasis basis) {
  switch (basis) {
    case LayoutBasis::kLabels:
      return "labels";
    case LayoutBasis::kCount:
      return "count";
    case LayoutBasis::kMonoTracks:
      return "mono_tracks";
    case LayoutBasis::kPairs:
      return "pairs";
  }
  return "labels";
}

uint64_t assumed_mask(int channels) {
  switch (channels) {
    case 1:
      return kMono;
    case 2:
      return kStereo;
    case 6:
      return kSurround;
    default:
      return 0;
  }
}

std::string place_text(const std::vector<SoundChannel>& channels) {
  std::string text;
  for (const SoundChannel& channel : channels) {
    text +=
        (text.empty() ? "" : "+") + std::to_string(channel.stream_index) + ":" + std::to_string(channel.channel + 1);
  }
  return text;
}

bool SoundProgramme::in_one_stream() const {
  return std::ranges::all_of(channels,
                             [this](const SoundChannel& c) { return c.stream_index == channels.front().stream_index; });
}

std::optional<size_t> SoundProgramme::index_of(uint64_t bit) const {
  if ((mask & bit) == 0) return std::nullopt;
  const auto index = static_cast<size_t>(std::popcount(mask & (bit - 1)));
  return index < channels.size() ? std::optional(index) : std::nullopt;
}

std::vector<SoundProgramme> sound_programmes(const std::vector<AudioContext>& streams) {
  std::vector<SoundProgramme> programmes;
  std::vector<int> joined_rates;
  for (const AudioContext& stream : streams) {
    if (stream.sample_rate <= 0 || stream.channels < 1 || stream.channels > kMaxChannels) continue;
    if (stream.channels > 1) {
      add_stream(stream, programmes);
      continue;
    }
    // Tracks of one channel stand together, at the place of the first of their rate.
    if (std::ranges::count(joined_rates, stream.sample_rate) > 0) continue;
    joined_rates.push_back(stream.sample_rate);
    std::vector<const AudioContext*> tracks;
    for (const AudioContext& other : streams) {
      if (other.channels == 1 && other.sample_rate == stream.sample_rate) tracks.push_back(&other);
    }
    add_tracks(tracks, programmes);
  }
  return programmes;
}

ProgrammeJoiner::ProgrammeJoiner(SoundProgramme programme)
    : x_programme(std::move(programme)),
      x_direct(x_programme.in_one_stream()),
      x_tracks(x_direct ? 0 : x_programme.channels.size()),
      x_piece(x_programme.channels.size()) {}

void ProgrammeJoiner::hear(int stream_index, const media::AudioBlock& block, const Sink& sink) {
  if (block.samples() == 0 || block.sample_rate != x_programme.sample_rate) return;
  if (block.pts < -kFarthest || block.pts > kFarthest) return;
  if (x_direct) {
    if (stream_index == x_programme.channels.front().stream_index) pass_on(block, sink);
    return;
  }
  for (size_t i = 0; i < x_tracks.size(); ++i) {
    if (x_programme.channels[i].stream_index != stream_index || block.channels.size() != 1) continue;
    Track& track = x_tracks[i];
    // A track that leaps ahead: what the others have up to here is given out first.
    const int64_t limit = kMaxSkewSeconds * x_programme.sample_rate;
    if (track.heard && block.pts - track.end() > limit) {
      emit_until(track.end(), sink);
      track.samples.clear();
      track.first = block.pts;
    }
    append(track, block.channels.front(), block.pts);
    int64_t ready = track.end(), furthest = track.end();
    for (const Track& other : x_tracks) {
      ready = std::min(ready, other.heard ? other.end() : INT64_MIN);
      furthest = std::max(furthest, other.heard ? other.end() : INT64_MIN);
    }
    emit_until(std::max(ready, furthest - limit), sink);
  }
}

void ProgrammeJoiner::pass_on(const media::AudioBlock& block, const Sink& sink) {
  SoundPiece piece{.pts = block.pts, .samples = block.samples(), .channels = {}};
  for (size_t i = 0; i < x_piece.size(); ++i) {
    const auto channel = static_cast<size_t>(x_programme.channels[i].channel);
    if (channel >= block.channels.size()) return;
    const std::vector<float>& from = block.channels[channel];
    if (std::ranges::all_of(from, [](float v) { return std::isfinite(v); })) {
      piece.channels.push_back(from.data());
      continue;
    }
    x_piece[i] = from;
    std::ranges::replace_if(x_piece[i], [](float v) { return !std::isfinite(v); }, 0.0F);
    piece.channels.push_back(x_piece[i].data());
  }
  sink(piece);
}

void ProgrammeJoiner::append(Track& track, const std::vector<float>& samples, int64_t pts) {
  if (!track.heard || track.samples.empty()) {
    track.first = track.heard ? std::max(track.first, pts) : pts;
    track.heard = true;
  }
  if (x_cursor) track.first = track.samples.empty() ? std::max(track.first, *x_cursor) : track.first;
  for (int64_t missing = pts - track.end(); missing > 0; --missing) track.samples.push_back(0.0F);
  const int64_t skip = std::clamp<int64_t>(track.end() - pts, 0, static_cast<int64_t>(samples.size()));
  for (auto it = samples.begin() + skip; it != samples.end(); ++it) {
    track.samples.push_back(std::isfinite(*it) ? *it : 0.0F);
  }
}

void ProgrammeJoiner::emit_until(int64_t end, const Sink& sink) {
  for (;;) {
    int64_t begin = INT64_MAX;  // the first time anybody has something to say
    for (const Track& track : x_tracks) {
      if (!track.samples.empty()) begin = std::min(begin, track.first);
    }
    if (x_cursor) begin = std::max(begin, *x_cursor);
    if (begin >= end) return;
    const int64_t stop = std::min(end, begin + kChunk);
    SoundPiece piece{.pts = begin, .samples = static_cast<size_t>(stop - begin), .channels = {}};
    for (size_t i = 0; i < x_tracks.size(); ++i) {
      Track& track = x_tracks[i];
      x_piece[i].assign(piece.samples, 0.0F);
      while (!track.samples.empty() && track.first < stop) {
        if (track.first >= begin) x_piece[i][static_cast<size_t>(track.first - begin)] = track.samples.front();
        track.samples.pop_front();
        ++track.first;
      }
      piece.channels.push_back(x_piece[i].data());
    }
    x_cursor = stop;
    sink(piece);
  }
}

void ProgrammeJoiner::finish(const Sink& sink) {
  int64_t end = INT64_MIN;
  for (const Track& track : x_tracks) {
    if (!track.samples.empty()) end = std::max(end, track.end());
  }
  emit_until(end, sink);
}

}  // namespace pier::analysis::impl
