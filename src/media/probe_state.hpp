#pragma once
// What probe() gathers for each stream while it reads.

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <pier/media/facts.hpp>

#include "carriers.hpp"
#include "container/isobmff.hpp"
#include "essence_scan.hpp"

namespace pier::media::impl {

/// What the container says about a picture stream, in our words.
struct ContainerVideo {
  int width = 0, height = 0;
  ColourInfo colour;
  std::optional<PixelFormat> format;  // as far as a descriptor or FFmpeg tells
  std::optional<MasteringDisplay> mastering_display;
  std::optional<ContentLight> content_light;
  std::optional<DolbyVision> dolby_vision;
  std::optional<Rational> sample_aspect;
  std::vector<Rational> rates;  // declared, the more trusted first
  bool hdr_vivid = false;
  std::optional<bool> interlaced;
  bool open_ended = false;  // a capture that can begin and end anywhere, as of a transport stream
};

/// Times of one stream, in ticks of its time base.
struct Timeline {
  std::vector<std::vector<int64_t>> runs{1};  // presentation times; a seek starts a new run
  int64_t first = INT64_MAX, end = INT64_MIN;
  int64_t units = 0, untimed = 0, damaged = 0;
  int64_t hidden = 0;  // outside the edit list
  int64_t bytes = 0;
  int64_t last_pts = INT64_MIN, last_duration = 0;
};

struct VideoState {
  VideoState(int stream, Codec codec) : scan(codec, log) {
    facts.stream_index = stream;
    facts.codec = codec;
  }
  VideoFacts facts;
  CarrierLog log;
  EssenceScan scan;
  ContainerVideo container;
  Timeline timeline;
  std::optional<int64_t> first_access;  // index of the first random access unit
};

struct AudioState {
  AudioFacts facts;
  Timeline timeline;
  Rational time_base;
};

struct ProbeState {
  Facts facts;
  std::deque<VideoState> video;  // VideoState stays where it is: its scan refers to its log
  std::deque<AudioState> audio;
  std::optional<DeclaredProgramme> declared;  // by the container, not held against what is stored
  std::vector<int> slots;                     // stream index -> index + 1 in video, -(index + 1) in audio, 0 neither
};

/// Container statements beyond FFmpeg's: boxes, descriptors, playlists. Errors: kTruncated, kInputDamaged.
Result<void> read_container(const Source& source, Demuxer& demuxer, ProbeState& state);

/// What can be told before any demuxer is asked; kTruncated and kInputUnsupported name what the file looks like.
Result<void> check_recognisable(const Source& source, ByteView head);
/// "plain text", "a PNG picture", ...; empty when nothing is recognised.
std::string looks_like(ByteView head);

/// Turns what was gathered into facts, disagreements and warnings.
void finish_video(VideoState& video, const ProbeOptions& options, std::vector<std::string>& warnings);
void finish_audio(AudioState& audio);
/// Facts::programme from what the container declares, when that is less than what is stored. After the pictures.
void finish_programme(const DeclaredProgramme& declared, Facts& facts);

/// AVS2 and AVS3 elementary streams, which FFmpeg frames but tells nothing about.
/// Ticks of an elementary stream, as FFmpeg counts them.
inline const Rational kElementaryTimeBase(1, 1'200'000);
/// Says which codec program decodes it where nothing here does: among the warnings, so that facts and all that is named
/// after them differ with another program.
void note_decoder(VideoFacts& facts, std::vector<std::string>& warnings);
Result<Facts> probe_avs(const Source& source, AvsGeneration generation, const ProbeOptions& options);

}  // namespace pier::media::impl
