#pragma once
// The contract of every analyzer: conformity, content analysis, live monitoring and vision use this one.
//
// An analyzer opens no file, thread or database. It is handed each frame once, in two steps: measure() looks at the
// samples of one frame (and, where declared, of the frame before) and may run on several frames at once; observe()
// gets what was measured, strictly in presentation order, and keeps the state. So the findings are bit for bit the
// same at any thread count. State is integer or otherwise exact; it can be saved, loaded and merged, so that a long
// file can be split over workers.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/analysis/finding.hpp>
#include <pier/core/picture.hpp>
#include <pier/media/access_unit.hpp>
#include <pier/media/facts.hpp>
#include <pier/media/frame.hpp>

namespace pier::analysis {

class Signal;        // what the code values of a picture mean: range, black, peak, light (private)
struct PictureScan;  // what the analyzers that look at every pixel share (private)
namespace kernels {
struct PlaneChange;  // difference of two planes (private)
}

/// Place of a frame: number in presentation order, ticks of the video stream.
struct FrameTime {
  int64_t index = 0;
  int64_t pts = 0;
  int64_t duration = 0;  // ticks, never 0: nominal when the container does not say
};

/// Views of one frame, each built at most once, on first use, and shared by all analyzers. Thread-safe; immutable.
class FrameViews {
 public:
  /// `previous`: the frame before in presentation order, null at the start, after damage or after a signal change.
  FrameViews(media::Frame frame, FrameTime time, std::shared_ptr<const Signal> signal,
             std::shared_ptr<const FrameViews> previous);
  /// On its own, outside of a pass: the signal is what the picture says of itself, and nothing came before.
  FrameViews(media::Frame frame, FrameTime time);
  ~FrameViews();
  FrameViews(const FrameViews&) = delete;
  FrameViews& operator=(const FrameViews&) = delete;

  const media::Frame& frame() const { return x_frame; }
  const PictureView& picture() const { return x_frame.picture.view(); }
  const FrameTime& time() const { return x_time; }
  const Signal& signal() const { return *x_signal; }
  /// Only inside measure(), for analyzers that declare Needs::previous_frame; else null.
  const FrameViews* previous() const { return x_previous.get(); }

  /// First plane, box average of 2x2 (4x4) samples rounded half up, at native depth, as a k400 picture; rows and
  /// columns that do not fill a box are left out. A side that is shorter than a box gives an empty picture.
  const PictureView& luma_half() const;
  const PictureView& luma_quarter() const;
  /// All planes on one raster of an eighth of the luma side, as a k444 picture (k400 when there is no chroma): luma of
  /// luma_quarter() by 2x2, chroma averaged over the same area. Empty when a side is shorter than 8.
  const PictureView& eighth() const;
  /// One walk over every pixel: light, levels and gamut (picture_scan.hpp).
  const PictureScan& scan() const;

  /// luma_quarter() against that of previous(), by blocks (kernels.hpp); null when there is nothing to compare with.
  const kernels::PlaneChange* change() const;

  /// The pass calls this once the frame was measured, so that frames do not hold each other for ever.
  void release_previous() { x_previous.reset(); }

 private:
  struct Lazy;
  media::Frame x_frame;
  FrameTime x_time;
  std::shared_ptr<const Signal> x_signal;
  std::shared_ptr<const FrameViews> x_previous;
  std::unique_ptr<Lazy> x_lazy;
};

/// What an analyzer wants to be handed; the pass decodes and builds nothing that nobody declared.
struct Needs {
  bool video = false;
  bool previous_frame = false;
  bool luma_quarter = false;
  bool luma_half = false;
  bool eighth = false;
  bool scan = false;
  int every = 1;  // every n-th frame, counted from the start of the stream
  bool audio = false;
  bool packets = false;       // compressed access units, see Analyzer::read()
  bool access_units = false;  // those of the picture stream, parsed: see Analyzer::read_unit()
};

struct VideoContext {
  int stream_index = -1;
  Rational time_base;
  Rational frame_rate;  // nominal, 0 when unknown
  media::Codec codec = media::Codec::kUnknown;
  Bytes configuration = {};  // decoder configuration as the container holds it
  // What the container and headers declare, resolved (media::VideoFacts).
  std::optional<MasteringDisplay> mastering_display = {};
  std::optional<ContentLight> content_light = {};
  std::string timecode = {};  // of the start, empty when none
  std::optional<media::EditList> edits = {};
};

struct AudioContext {
  int stream_index = -1;
  int sample_rate = 0;
  int channels = 0;
  uint64_t channel_mask = 0;  // 0 when unknown
  Rational time_base = {};    // of its packets; 0 when unknown
  std::optional<media::EditList> edits = {};
};

/// The streams a pass reads.
struct AnalyzerContext {
  std::optional<VideoContext> video;
  std::vector<AudioContext> audio;
};

/// What measure() hands to observe(): numbers of one frame, small.
struct Measured {
  Measured() = default;
  Measured(const Measured&) = default;
  Measured& operator=(const Measured&) = default;
  virtual ~Measured() = default;
};

struct FindingTotals {
  int64_t count = 0;
  double seconds = 0;
};

struct Outcome {
  std::vector<Finding> findings;                // at most kMaxFindings (analyse.hpp) of one kind and stream
  std::map<std::string, FindingTotals> totals;  // by kind: all of them, also those that were not listed
  json::object measures;
  /// Kinds of this analyzer that could not be looked for in this stream; rules on them are not judged.
  std::vector<std::string> not_looked_for = {};
};

class Analyzer {
 public:
  virtual ~Analyzer() = default;
  /// Name of its folder and of its member in AnalysisResult::measures.
  virtual std::string_view name() const = 0;
  virtual Needs needs() const = 0;

  /// Pure: the same views give the same answer. Called from several threads at once.
  virtual std::unique_ptr<Measured> measure(const FrameViews& views) const;
  /// In presentation order, never at once. `measured` is what measure() gave, never null.
  virtual void observe(const FrameTime& time, const Measured& measured);
  /// Instead of measure() and observe() for a frame that was decoded damaged: its pixels are not judged.
  virtual void observe_damaged(const FrameTime& time);
  /// Blocks of one stream in order, gaps possible (see pts); blocks of several streams interleave.
  virtual void hear(int stream_index, const media::AudioBlock& block);
  /// Compressed packets of all streams that are read, in the order of the file, those outside the programme range too.
  virtual void read(const media::Packet& packet);
  /// Access units of the picture stream in decoding order; `reader` tells the parameters in use at this one.
  virtual void read_unit(const media::Packet& packet, const media::AccessUnit& unit,
                         const media::AccessUnitReader& reader);
  /// Once, after the last frame and block.
  virtual Outcome finish() = 0;

  /// Picture analyzers: state before finish() as JSON (integers and texts only); sound is analysed in one piece and
  /// answers kInvalidArgument.
  virtual Result<json::value> save() const;
  virtual Result<void> load(const json::value& state);
  /// Takes in the saved state of the part of the same stream that comes right after this one. That part was analysed
  /// with frame numbers and previous() as in a whole run.
  virtual Result<void> merge(const json::value& later);
};

/// One entry an analyzer, in the order of the reports. The list is written out in analyzers.cpp.
struct AnalyzerEntry {
  std::string_view name;
  std::unique_ptr<Analyzer> (*make)(const AnalyzerContext& context);
  /// The same state once more, to be finished while the first goes on; null where a library holds state that cannot be
  /// copied.
  std::unique_ptr<Analyzer> (*copy)(const Analyzer& analyzer) = nullptr;
};
const std::vector<AnalyzerEntry>& analyzer_registry();

}  // namespace pier::analysis
