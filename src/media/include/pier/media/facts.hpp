#pragma once
// What a file says about itself, from every carrier: container boxes and descriptors, parameter sets, SEI and OBUs.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/media/demux.hpp>

namespace pier::media {

enum class HdrKind : uint8_t {
  kSdr,
  kHlg,
  kPq,
  kHdr10,
  kHdr10Plus,
  kHdrVivid,
  kDolbyVision
};  // kPq: PQ without ST 2086
std::string_view to_string(HdrKind kind);  // "sdr", "hlg", "pq", "hdr10", "hdr10plus", "hdr_vivid", "dolby_vision"

/// One statement of one carrier about one thing; values are printable and comparable.
struct CarrierFact {
  std::string
      carrier;  // "container.colr", "hevc.sps", "hevc.sei.137", "av1.metadata_obu", "mxf.descriptor", "imf.cpl", ...
  std::string field;  // "raster", "primaries", "transfer", "matrix", "range", "mastering_display", "content_light", ...
  std::string value;
  int64_t count = 1;  // how often it was said
  int64_t first_packet = 0;
};

/// Two carriers, or one carrier at two places, say different things about `field`.
struct Disagreement {
  std::string field;
  std::vector<CarrierFact> said;
  std::string message;
};

struct DolbyVision {
  int profile = 0, level = 0;
  int compatibility_id = 0;  // bl_signal_compatibility_id
  bool enhancement_layer = false, rpu = false, base_layer = true;
};

/// Edit list of a track (ISO/IEC 14496-12, 8.6.6): what of its media is presented, and when. Seconds.
struct EditList {
  int edits = 0;            // entries, empty ones included
  Rational delay;           // nothing is shown so long at the start (empty edit)
  Rational cut_start;       // media before the first that is presented
  Rational cut_end;         // media after the last that is presented
  bool rearranged = false;  // more than one stretch of media
  bool dwell = false;       // one picture is held
  friend bool operator==(const EditList&, const EditList&) = default;
};

struct VideoFacts {
  int stream_index = 0;
  int programme = 0;  // of a transport stream; 0: none
  int64_t id = 0;
  Codec codec = Codec::kUnknown;
  std::string codec_name;            // of unknown codecs, as the container names it
  std::string profile, tier, level;  // "Main 10", "Main", "5.1"
  bool decodable = true;             // can this build decode it?
  int width = 0, height = 0;         // coded, before rotation
  Rational sample_aspect = 1;
  PixelFormat format;
  ColourInfo colour;  // resolved: bitstream first, then container
  HdrKind hdr = HdrKind::kSdr;
  std::optional<MasteringDisplay> mastering_display;
  std::optional<ContentLight> content_light;
  std::optional<DolbyVision> dolby_vision;
  bool hdr10_plus = false, hdr_vivid = false;
  Rational time_base;
  Rational frame_rate;         // nominal; 0 unknown
  bool variable_rate = false;  // frame distances differ by more than rounding
  bool interlaced = false;
  int64_t frames = 0;  // access units seen; 0 when sampled and unknown
  int64_t start_pts = 0;
  Rational duration;  // seconds
  int rotation = 0;   // degrees clockwise to show it upright: 0, 90, 180, 270
  int64_t bitrate = 0;
  std::string language, timecode;
  std::vector<std::string> captions;  // inside of the pictures: "cea-608", "cea-708"
  std::optional<EditList> edits;
  std::vector<CarrierFact> carriers;
  std::vector<Disagreement> disagreements;
};

struct AudioFacts {
  int stream_index = 0;
  int programme = 0;  // as of pictures
  int64_t id = 0;
  Codec codec = Codec::kUnknown;
  std::string codec_name, profile, layout, language;
  bool decodable = true;
  int sample_rate = 0, channels = 0, bit_depth = 0;
  uint64_t channel_mask = 0;
  std::vector<std::string> mca_labels;  // ST 377-4 tag symbols per channel ("chL", "chR"), empty when not labelled
  Rational duration;
  int64_t bitrate = 0;
  std::optional<EditList> edits;
};

struct TextFacts {
  int stream_index = 0;
  std::string codec_name, language;
};

/// What of the stored pictures a file declares to be its programme, seconds from the first picture, out excluded.
struct DeclaredProgramme {
  Rational in, out;
};

struct Facts {
  std::string path;
  std::string container;
  uint64_t bytes = 0;
  Rational duration;
  std::string timecode;                        // of the programme start, empty when none
  std::optional<DeclaredProgramme> programme;  // of an MXF material package; nullopt: all that is stored
  bool sampled = false;                        // --quick: carriers inside the essence were read only in part
  std::string sample_statement;                // "first 10 s and last 2 s of 3 h" when sampled
  std::vector<VideoFacts> video;
  std::vector<AudioFacts> audio;
  std::vector<TextFacts> text;
  std::vector<std::string> warnings;
  int main_video = -1;  // index into `video`
};

struct ProbeOptions {
  bool quick = false;
  std::function<bool(double)> on_progress;  // 0...1; false cancels
};

/// Reads the whole source once (with quick: a stated sample). Errors: kInputDamaged, kTruncated, kInputUnsupported
/// (nothing recognisable: says what it looks like), kCancelled.
Result<Facts> probe(const Source& source, const ProbeOptions& options = {});

/// For people, as `pier probe` prints it: lines ending in '\n', the container, each stream as an aligned table with
/// what its carriers say side by side, then disagreements and warnings. UTF-8, no terminal control codes.
std::string describe(const Facts& facts);

json::object to_json(const Facts& facts);
Result<Facts> facts_from_json(const json::value& value);

}  // namespace pier::media
