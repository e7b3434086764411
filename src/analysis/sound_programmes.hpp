#pragma once
// Which channels of which sound streams belong together, and their samples on one timeline. Masters carry a stereo or
// 5.1 programme as one stream or as tracks of one channel each; whoever looks at pairs or at a programme needs both.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/analysis/analyzer.hpp>

namespace pier::analysis::impl {

/// How the layout is known.
enum class LayoutBasis : uint8_t {
  kLabels,      // the file names the channels
  kCount,       // one, two or six channels without names: mono, stereo, 5.1
  kMonoTracks,  // tracks of one channel: exactly six are 5.1, else each two in order are stereo, one left over is mono
  kPairs,       // another number of channels without names: each two in order are stereo, one left over is mono
};
std::string_view to_string(LayoutBasis basis);  // "labels", "count", "mono_tracks", "pairs"

struct SoundChannel {
  int stream_index = -1;
  int channel = 0;  // from 0
  friend bool operator==(const SoundChannel&, const SoundChannel&) = default;
};

struct SoundProgramme {
  std::vector<SoundChannel> channels;
  int sample_rate = 0;
  uint64_t mask = 0;  // WAVE bits, as many as channels
  LayoutBasis basis = LayoutBasis::kLabels;

  bool in_one_stream() const;
  bool is_5_1() const { return mask == 0x3F || mask == 0x60F; }
  /// Index of the channel with this WAVE bit.
  std::optional<size_t> index_of(uint64_t bit) const;
};

/// In the order of their first streams. Streams without rate or channels are left out.
std::vector<SoundProgramme> sound_programmes(const std::vector<AudioContext>& streams);

/// Samples of all channels of a programme at one time; pointers live during the call only.
struct SoundPiece {
  int64_t pts = 0;  // samples
  size_t samples = 0;
  std::vector<const float*> channels;
};

/// Takes blocks of single streams and gives pieces of the programme, in order, gaps possible. Where a track has no
/// sound and another has, it is silent. A track that lags by more than kMaxSkewSeconds is taken to be silent until it
/// catches up. Not a number and infinity become 0.
class ProgrammeJoiner {
 public:
  static constexpr int64_t kMaxSkewSeconds = 5;
  using Sink = std::function<void(const SoundPiece&)>;

  explicit ProgrammeJoiner(SoundProgramme programme);
  const SoundProgramme& programme() const { return x_programme; }
  /// Blocks of another shape than the programme's streams have are ignored.
  void hear(int stream_index, const media::AudioBlock& block, const Sink& sink);
  /// What is still held back.
  void finish(const Sink& sink);

 private:
  struct Track {
    int64_t first = 0;  // time of samples.front()
    std::deque<float> samples;
    bool heard = false;
    int64_t end() const { return first + static_cast<int64_t>(samples.size()); }
  };
  void pass_on(const media::AudioBlock& block, const Sink& sink);
  void append(Track& track, const std::vector<float>& samples, int64_t pts);
  void emit_until(int64_t end, const Sink& sink);

  SoundProgramme x_programme;
  bool x_direct = false;  // one stream: nothing to wait for
  std::vector<Track> x_tracks;
  std::optional<int64_t> x_cursor;  // everything before was given out
  std::vector<std::vector<float>> x_piece;
};

/// One listener per programme. A listener has a constructor from `const SoundProgramme&` and `add(const SoundPiece&)`.
/// Where the first block of a stream shows another rate or number of channels than its header said, the block is right.
template <typename Listener>
class ProgrammeListeners {
 public:
  struct Entry {
    ProgrammeJoiner joiner;
    Listener listener;
    explicit Entry(const SoundProgramme& programme) : joiner(programme), listener(programme) {}
  };

  explicit ProgrammeListeners(const std::vector<AudioContext>& streams) {
    for (const AudioContext& stream : streams) x_streams[stream.stream_index] = {stream, false};
    for (const SoundProgramme& programme : sound_programmes(streams)) x_entries.emplace_back(programme);
  }

  void hear(int stream_index, const media::AudioBlock& block) {
    const auto known = x_streams.find(stream_index);
    if (known == x_streams.end() || block.samples() == 0) return;
    if (!known->second.heard) {
      known->second.heard = true;
      refit(known->second.context, block);
    }
    for (Entry& entry : x_entries) {
      entry.joiner.hear(stream_index, block, [&entry](const SoundPiece& piece) { entry.listener.add(piece); });
    }
  }

  void finish() {
    for (Entry& entry : x_entries) {
      entry.joiner.finish([&entry](const SoundPiece& piece) { entry.listener.add(piece); });
    }
  }

  std::deque<Entry>& entries() { return x_entries; }

 private:
  struct Stream {
    AudioContext context;
    bool heard = false;
  };

  void refit(AudioContext& context, const media::AudioBlock& block) {
    const auto channels = static_cast<int>(block.channels.size());
    if (context.sample_rate == block.sample_rate && context.channels == channels) return;
    if (context.channels == 1 && channels == 1) return;  // may stand in a programme of several tracks
    std::erase_if(x_entries, [&](const Entry& entry) {
      const SoundProgramme& programme = entry.joiner.programme();
      return programme.in_one_stream() && programme.channels.front().stream_index == context.stream_index;
    });
    context.sample_rate = block.sample_rate;
    context.channels = channels;
    if (block.channel_mask != 0) context.channel_mask = block.channel_mask;
    for (const SoundProgramme& programme : sound_programmes({context})) x_entries.emplace_back(programme);
  }

  std::map<int, Stream> x_streams;
  std::deque<Entry> x_entries;
};

/// The WAVE mask of so many channels without names: mono, stereo, 5.1; else 0.
uint64_t assumed_mask(int channels);

/// "1:1+1:2": streams and channels, counted from 1, for people and for ids.
std::string place_text(const std::vector<SoundChannel>& channels);

}  // namespace pier::analysis::impl
