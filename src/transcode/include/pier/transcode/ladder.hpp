#pragma once
// Ladders: the set of tracks a publication asks for, as data (ladders/*.toml), and their fitting to one source.

#include <optional>
#include <string>
#include <vector>

#include <pier/colour/convert.hpp>
#include <pier/core/json.hpp>
#include <pier/media/encode.hpp>
#include <pier/media/facts.hpp>
#include <pier/transcode/leaky_bucket.hpp>

namespace pier::transcode {

enum class RungKind : uint8_t { kVideo, kAudio, kImage };

/// One line of a ladder. Rates are in bit/s at 50 or 60 Hz; lower frame rates get less (see planned_rungs()).
struct Rung {
  std::string name;  // unique in its ladder, part of the track's label: "hevc-2160"
  RungKind kind = RungKind::kVideo;
  media::Codec codec = media::Codec::kUnknown;
  int height = 0;         // the short side, so that portrait works
  bool at_most = false;   // "up to": a smaller source gives its own raster instead of leaving the rung out
  bool keep_hdr = true;   // false: SDR BT.709, tone-mapped when the source is HDR
  bool hdr_only = false;  // left out for an SDR source
  int bit_depth = 10;
  std::string preset;
  double crf = 0;               // of a steered rung the best it may have
  double quality = 0;           // asked for instead of a setting: XPSNR in dB, see steering.hpp; 0: not steered
  int64_t bitrate = 0;          // label and start value
  int64_t max_bitrate = 0;      // leaky bucket
  double buffer_seconds = 1.5;  // of max_bitrate
  double buffer_start = 0.5;    // share of the buffer that is full when a chunk starts, and again when it ends
  int channels = 2;             // audio: 2 or 6
  bool kept = false;          // audio: every sound of the source that can be, as it is; codec and channels are its own
  int columns = 5, rows = 5;  // image: tiles of a sheet
};

/// What all assets of a ladder have in common, so that a channel can show any segment after any other.
struct ChannelForm {
  Rational rate = 50;                  // pictures a second of every master
  Rational shape{16, 9};               // of all rasters; what is shaped otherwise stands between black bars
  Transfer transfer = Transfer::kHlg;  // of rungs that keep HDR; kBt709: all are SDR
};

struct Ladder {
  std::string name;
  std::string title_en, title_zh;
  bool scene_peaks = false;  // SDR out of PQ makes room for the light of each scene; else for that of the programme
  std::optional<ChannelForm> channel;
  std::vector<int> rasters;  // short sides that steered rungs may have, largest first
  std::vector<Rung> rungs;
};

/// Reads ladders/NAME.toml under `directory`. kNotFound lists the names there are; kInputDamaged names line and key.
Result<Ladder> load_ladder(const std::string& directory, const std::string& name);
Result<std::vector<std::string>> ladder_names(const std::string& directory);

/// The ladder for a source when none was asked for: "uhd" from 1440 lines of short side, "hd" below.
std::string choose_ladder(const media::Facts& facts);

/// From a picture of the source on, the light to make room for.
struct PeakFrom {
  int64_t pts = 0;  // ticks of the source stream
  double nits = 0;
  friend bool operator==(const PeakFrom&, const PeakFrom&) = default;
};

/// Where in a raster the pictures of a source stand; the rest is black. Without a width they fill it.
struct Inside {
  int x = 0, y = 0, width = 0, height = 0;
  friend bool operator==(const Inside&, const Inside&) = default;
};

/// A rung that will be made, with the raster and settings for this source.
struct PlannedRung {
  Rung rung;
  uint32_t track_id = 0;        // track_ID in the file, from 1 in ladder order
  colour::PictureSpec picture;  // video and image
  Inside inside;
  std::optional<MasteringDisplay> mastering_display;
  std::optional<ContentLight> content_light;
  std::vector<media::DynamicHdr> dynamic;  // kinds taken over from the source, picture by picture
  double source_peak_nits = 1000;
  std::vector<PeakFrom> peaks;  // of a chunk's rung, the first one at its first picture; empty: source_peak_nits
  int64_t bitrate = 0;          // for this frame rate
  BucketSpec bucket;            // the same
};

/// The brightest light of a source to make room for, in cd/m2: that of the mastering display, or less where the
/// programme stays below it; 1000 of anything but PQ.
double source_peak_nits(const media::VideoFacts& video, std::optional<ContentLight> measured);

struct LeftOut {
  std::string rung;
  std::string reason;
};

struct FittedLadder {
  std::string name;
  std::vector<PlannedRung> rungs;
  std::vector<LeftOut> left_out;
  std::vector<std::string> warnings;  // dynamic HDR metadata that HDR rungs cannot carry
};

/// Fits a ladder to a source: no upscaling, each raster once, even sizes, square pixels kept as the source has them.
/// `only`: names of rungs asked for one by one; an unknown or impossible one is an error, never left out in silence.
/// A channel's ladder gives every source the same tracks instead: pictures made larger, between bars, in the channel's
/// colour; what cannot be (another rate, no sound) is an error.
/// `measured`: content light measured over the programme, written for PQ when absent, 0 or lower than measured.
/// Errors: kInputUnsupported (Dolby Vision profile 5, nothing decodable), kInvalidArgument (rung names).
Result<FittedLadder> fit_ladder(const Ladder& ladder, const media::VideoFacts& video, bool has_stereo,
                                bool has_surround, std::optional<ContentLight> measured,
                                const std::vector<std::string>& only = {});

json::object to_json(const PlannedRung& rung);
Result<PlannedRung> planned_rung_from_json(const json::object& object);

}  // namespace pier::transcode
