#pragma once
// A master as track files of Application 2E: what each of them will be (from facts alone), and the writing of one.
// Pictures are decoded and coded again; nothing is tone-mapped, scaled or guessed: 4:2:0 becomes 4:2:2, 8 bits become
// 10, other ranges narrow; colour, raster and rate stay or are refused with the clause.

#include <functional>

#include <pier/imf/track_file.hpp>
#include <pier/media/facts.hpp>
#include <pier/media/source.hpp>

namespace pier::imf {

struct MasteringOptions {
  std::string title;
  int64_t bitrate = 0;   // of pictures, bit/s, at most; 0: by raster and rate
  std::string language;  // RFC 5646, of sound that says none
  std::string colour;    // of pictures that say none: "bt709", "bt2020", "bt2020-pq", "bt2020-hlg", "p3d65-pq"
  bool pictures = true, sound = true;
};

struct PicturePlan {
  size_t video = 0;  // index in Facts::video
  ColourInfo source_colour;
  PictureTrack track;
  int64_t bitrate = 0;
};

struct SoundPlan {
  size_t audio = 0;  // index in Facts::audio
  SoundTrack track;
  std::vector<int> order;  // channel of the source for each of the track
};

struct MasteringPlan {
  std::optional<PicturePlan> picture;
  std::vector<SoundPlan> sound;
  Rational edit_rate;  // of the composition
  std::optional<ContentLight> content_light;
  std::vector<std::string> notes;  // what is changed or taken as said, for people
};

/// kInputUnsupported and kInvalidArgument name what Application 2E has no place for, the clause, and what to do.
Result<MasteringPlan> plan_mastering(const media::Facts& facts, const MasteringOptions& options);

/// False cancels.
using MasteringProgress = std::function<bool(double fraction, int64_t pictures)>;

/// Decodes the pictures of the source once and writes them to `fd`; codes on `threads` threads, in bounded memory. The
/// same source and identity give the same bytes with any number of threads. kInputDamaged at the first picture that
/// the decoder calls damaged: a master is not made of those.
Result<TrackFile> write_picture_track(const media::Source& source, const media::Facts& facts, const PicturePlan& plan,
                                      const TrackIdentity& identity, int fd, int threads,
                                      const MasteringProgress& progress);

/// Sound from the first picture on, as long as the pictures: silence where the source has none.
Result<TrackFile> write_sound_track(const media::Source& source, const media::Facts& facts, const SoundPlan& plan,
                                    const TrackIdentity& identity, int fd, const MasteringProgress& progress);

}  // namespace pier::imf
