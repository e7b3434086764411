#pragma once
// Sound of a publication: which channels of the source become which track, and the encoding of a whole track.

#include <optional>
#include <string>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/media/encode.hpp>
#include <pier/media/facts.hpp>
#include <pier/media/source.hpp>
#include <pier/transcode/chunk.hpp>

namespace pier::transcode {

/// One channel of the source.
struct SourceChannel {
  int stream_index = 0;
  int channel = 0;
};

/// A programme sound in the source: "stereo" or "5.1" in WAVE order (L R C LFE Ls Rs).
struct SoundGroup {
  std::string layout;  // "mono", "stereo", "5.1"
  std::string language;
  std::vector<SourceChannel> channels;
};

/// How the source's sound is understood, with the reason, shown in the report and kept with the asset.
struct AudioMap {
  std::vector<SoundGroup> groups;
  std::string reason;     // "container layout", "MCA labels", "given: 1-2 stereo, 3-8 5.1"
  bool proposed = false;  // nobody said so: several mono tracks without labels
};

/// Reads "1-2 stereo, 3-8 5.1" (channels counted over all sound tracks in order). kInvalidArgument says what is off.
Result<AudioMap> parse_audio_map(const std::string& text, const media::Facts& facts);
/// Layout of the container, else MCA labels, else a proposal with its reason.
AudioMap understand_sound(const media::Facts& facts);
json::object to_json(const AudioMap& map);
Result<AudioMap> audio_map_from_json(const json::value& value);

struct SoundSpec {
  SoundGroup group;
  bool kept = false;  // the units of the source as they are; `encoder` says then what they are
  media::AudioEncoderConfig encoder;
  int source_rate = 48000;
  Rational programme_start;       // seconds on the source's timeline where the programme's picture starts
  int64_t programme_samples = 0;  // at encoder.sample_rate

  /// What the encoder will say; encode_sound() refuses an encoder that says otherwise.
  int frame_samples() const { return encoder.codec == media::Codec::kAac ? 1024 : 1536; }
  int priming_samples() const { return encoder.codec == media::Codec::kAac ? 1024 : 256; }
};
json::object to_json(const SoundSpec& spec);
Result<SoundSpec> sound_from_json(const json::value& value);

struct SoundResult {
  int64_t samples = 0;  // coded frames
  int64_t priming = 0;
  int64_t silence_samples = 0;  // inserted where the source had none
  int64_t programme_samples = 0;
};

/// Decodes, maps (5.1 to stereo by Rec. ITU-R BS.775-4 table 2) and encodes one track into a chunk file on `output`.
Result<SoundResult> encode_sound(const media::Source& source, const SoundSpec& spec, int output,
                                 const Progress& progress);

/// Takes the coded units of the one stream of `spec.group` over into a chunk file: those the programme needs and one
/// before. kInputUnsupported: they cannot be kept without a gap or change; encode them instead.
Result<SoundResult> keep_sound(const media::Source& source, const SoundSpec& spec, int output,
                               const Progress& progress);

}  // namespace pier::transcode
