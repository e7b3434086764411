#pragma once
// From a wish and the facts of a master to what exactly is written.

#include <optional>
#include <string>
#include <vector>

#include <pier/colour/convert.hpp>
#include <pier/deliver/burn.hpp>
#include <pier/deliver/scan.hpp>
#include <pier/deliver/wish.hpp>
#include <pier/media/facts.hpp>
#include <pier/transcode/sound.hpp>

namespace pier::deliver {

/// A tag of the source that was set by hand, for the log.
struct Repair {
  std::string field, said, given;
};

/// One sound track of the file: which channels of the source it is made of, and how.
struct SoundTrack {
  std::string layout;  // of what is written: "mono", "stereo", "5.1", "7.1"
  std::vector<transcode::SourceChannel> channels;
  std::vector<std::vector<double>> mix;  // a row for each channel that is written, a column for each of `channels`
};

struct Programme {
  std::optional<Rational> in, out;  // seconds from the first picture
  SourceScan scan = {};             // whether frames are two fields, and in which order
};

struct Plan {
  media::FileConfig file;
  int stream_index = 0;
  int rotation = 0;  // degrees clockwise that bring the source upright
  ColourInfo source_colour;
  colour::ConversionOptions conversion;
  Rational time_base;
  Rational frame_rate;                 // of the pictures that are converted: of interlaced masters two for each frame
  Scan scan = Scan::kNotLooked;        // of the source
  bool weave = false;                  // two pictures become a frame of the file, else each is one
  bool smooth = false;                 // with `weave`: without detail that flickers
  int64_t first_pts = 0, end_pts = 0;  // ticks of the source, end excluded
  Rational start;                      // of the first picture, seconds on the source's timeline
  int64_t pictures = 0;                // that are expected
  std::vector<SoundTrack> sounds;      // one for each of file.sounds
  std::optional<LoudnessWish> loudness;
  Rational into;             // from the first picture of the master to the first of the programme, seconds
  std::optional<Burn> burn;  // not planned: put in by who has the files open
  std::vector<Repair> repairs;
  std::vector<std::string> notes;
};

/// Errors: kInvalidArgument for words that do not fit this master, kInputUnsupported for a master without pictures that
/// can be decoded; a master that does not say its transfer or primaries is refused until `tags` says them.
Result<Plan> plan_delivery(const media::Facts& facts, const Wish& wish, const Programme& programme);

/// "transfer=hlg,primaries=bt2020,matrix=bt2020nc,range=tv" in place of what `colour` says; also "bt709", "hlg" or "pq"
/// for a whole set.
Result<std::vector<Repair>> repair_colour(const std::string& tags, ColourInfo& colour);
Result<MasteringDisplay> parse_mastering_display(const std::string& text);
Result<ContentLight> parse_content_light(const std::string& text);

}  // namespace pier::deliver
