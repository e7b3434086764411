#pragma once
// From a timeline, the facts of its media and a wish to what every picture and sample of the output is made of.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <pier/deliver/mix.hpp>
#include <pier/deliver/plan.hpp>
#include <pier/timeline/settings.hpp>

namespace pier::edit {

/// How pictures of one rate become pictures of another: the one that is on the screen at the time, so that pictures are
/// repeated or left out; or a mean of those that are, by how long (faster) or how near (slower) they are.
enum class Retime : uint8_t { kNearest, kBlend };
/// Of sound, where a transition joins two clips: sine and cosine, for sounds that have nothing to do with each other;
/// or straight lines, for equal ones.
enum class Crossfade : uint8_t { kEqualPower, kLinear };

/// A PNG or SVG over the whole programme.
struct Logo {
  std::string path;
  timeline::Place place;
};

struct EditWish {
  deliver::Wish file;
  Rational rate;  // of the output; 0: of the first source
  Retime retime = Retime::kNearest;
  Crossfade crossfade = Crossfade::kEqualPower;
  std::optional<Logo> logo;
  std::map<std::string, std::string> tags;  // by path or file name: what a source should have said
};
json::object to_json(const EditWish& wish);
Result<EditWish> wish_from_json(const json::object& object);

/// A file that the timeline refers to; its path is the `target` of the media that do.
struct Input {
  std::string path;
  std::optional<media::Facts> facts;  // none: a PNG or SVG
};

/// When a clip is on its track, transitions included, seconds of the programme.
struct Span {
  Rational begin, end;               // end excluded
  Rational ramp_in, ramp_out;        // lengths of its transitions
  Rational clip_begin, clip_length;  // without transitions
  double weight(Rational at) const;  // 0 to 1, straight
  bool covers(Rational at) const { return begin <= at && at < end; }
};

/// One clip or gap of a picture track.
struct PicturePiece {
  enum class Kind : uint8_t { kGap, kPictures, kImage, kText };
  Kind kind = Kind::kGap;
  std::string name;  // for people: "clip 3 of V1"
  Span span;
  size_t input = 0;       // kPictures, kImage
  Rational source_start;  // kPictures: seconds from the first picture of the source, at span.clip_begin
  Rational speed = 1;
  timeline::Place place;  // kImage, kText
  timeline::Text text;    // kText
  bool graphic() const { return kind == Kind::kImage || kind == Kind::kText; }
};

/// One clip of a sound track.
struct SoundPiece {
  std::string name;
  Span span;
  size_t input = 0, sound = 0;  // source, track of the output
  std::vector<transcode::SourceChannel> channels;
  deliver::Mix mix;
  int rate = 48000;       // of the source
  Rational source_start;  // seconds on the source's timeline, at span.clip_begin
  Rational speed = 1;
  timeline::Levels levels;
  double gain = 1;  // of the track
};

/// How the pictures of an input come to be those of the output.
struct SourcePlan {
  deliver::Plan plan;         // colour, light, rotation, times
  int64_t pictures = 0;       // that it has
  bool uneven = false;        // its rate varies
  int x = 0, y = 0;           // where they stand in the output, the rest is black
  bool copied = false;        // its pictures go into the output as they are coded, where nothing is done to them
  int width = 0, height = 0;  // as large as they are there
};

struct EditPlan {
  deliver::Plan file;
  Retime retime = Retime::kNearest;
  Crossfade crossfade = Crossfade::kEqualPower;
  std::vector<std::optional<SourcePlan>> sources;   // by input
  std::vector<std::vector<PicturePiece>> pictures;  // by track, the lowest first
  std::vector<SoundPiece> sounds;
};

/// Errors name the clip and its file: kInvalidArgument, kInputUnsupported; a source that does not say its transfer or
/// primaries is refused until it is said.
Result<EditPlan> plan_edit(const timeline::Timeline& timeline, const std::vector<Input>& inputs, const EditWish& wish);

/// What would be done, for people and machines: sources with their conversions, clips with their pictures.
json::object describe(const EditPlan& plan, const std::vector<Input>& inputs);

}  // namespace pier::edit
