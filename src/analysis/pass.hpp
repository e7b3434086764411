#pragma once
// The heart of the pass, without a container: frames and sound go in, in order; measuring runs on a pool, observing
// in presentation order on the caller's thread.

#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <pier/analysis/analyse.hpp>
#include <pier/analysis/analyzer.hpp>
#include <pier/analysis/parts.hpp>
#include <pier/core/concurrency.hpp>

#include "costs.hpp"
#include "damage.hpp"
#include "runs.hpp"

namespace pier::analysis {

/// Which analyzers a pass runs: of a source that is analysed in parts, pictures and the rest go different ways.
enum class PassRole : uint8_t { kAll, kPictures, kRest };

struct PassOptions {
  AnalyzerContext context;
  ColourInfo colour;  // of the container and headers: fills what a frame leaves unspecified
  std::optional<int64_t> in_pts, out_pts;
  int threads = 2;
  bool costs = false;        // measure what each analyzer costs
  bool fingerprints = true;  // of the records of frames
  bool frame_table = true;   // keep a record of every frame; without it memory stays bounded for ever
  PassRole role = PassRole::kAll;
  int64_t first_frame = 0;  // number of the first frame, of a part
};

/// Not thread-safe.
class Pass {
 public:
  explicit Pass(PassOptions options);
  ~Pass();

  /// Blocks while too many frames are in flight.
  void add_frame(media::Frame frame);
  /// Of a part, before all others: the frame before its first. It is looked back at and not observed.
  void add_frame_before(media::Frame frame);
  void add_audio(int stream_index, media::AudioBlock block);
  void add_packet(const media::Packet& packet);
  /// The decoder reported an error without giving a picture: those that follow may refer to it.
  void suspect() { x_suspect_left = kSuspectFrames; }
  /// Before finish(), once.
  void set_lost(std::vector<impl::LostPicture> lost);

  int64_t frames() const { return x_frames; }
  /// Time of the last frame that was observed: its end. INT64_MIN before.
  int64_t observed_until() const { return x_observed; }
  /// What finish() would find now in the frames and sound that were observed, pictures that never came out left out;
  /// only of analyzers that `wanted` names ("pass": damage and changes). Nothing is disturbed.
  std::vector<Finding> peek(const std::function<bool(std::string_view analyzer)>& wanted) const;
  /// Once. kInternal when an analyzer failed.
  Result<AnalysisResult> finish();

  /// Instead of finish(), of a part: state and frames. kInputDamaged when damage was seen.
  Result<AnalysisPart> save();
  /// Into a pass that saw no frame: the first part, each later one, and the sound.
  Result<void> load(const AnalysisPart& part);
  Result<void> merge(const AnalysisPart& part);
  Result<void> load_rest(const AnalysisPart& rest);
  /// After finish(), with PassOptions::costs; else empty.
  std::vector<AnalysisCost> costs() const;

 private:
  // Without a random access point a damaged picture is taken to spoil this many that follow (streams with gradual
  // refresh have only one).
  static constexpr int64_t kSuspectFrames = 300;

  struct Slot;
  FrameTime place(const media::Frame& frame) const;
  bool judged(const media::Frame& frame, bool inside);
  std::shared_ptr<const Signal> signal_of(const media::Frame& frame, const FrameTime& time);
  void measure(Slot& slot) const;
  void build_views(const FrameViews& views) const;
  bool due(size_t analyzer, const FrameTime& time) const;
  void retire();
  media::AudioBlock trimmed(media::AudioBlock block, int64_t first, int64_t end) const;
  bool inside(int64_t pts) const;
  bool pictures(size_t analyzer) const { return x_needs[analyzer].video && x_options.role != PassRole::kRest; }
  Result<void> drain();
  std::vector<Outcome> finish_analyzers();
  Result<void> take_in(const json::object& state, bool first);

  PassOptions x_options;
  std::vector<std::unique_ptr<Analyzer>> x_analyzers;
  std::vector<std::unique_ptr<Analyzer> (*)(const Analyzer&)> x_copies;
  std::vector<Needs> x_needs;
  bool x_need_previous = false;
  std::optional<media::AccessUnitReader> x_units;  // when an analyzer asks for access units
  AnalysisResult x_result;
  impl::RunCollector x_damaged;
  int64_t x_suspect_left = 0;  // frames that may still refer to damaged ones
  int64_t x_frames = 0;
  int64_t x_observed = INT64_MIN;
  std::vector<impl::LostPicture> x_lost;
  std::vector<std::optional<Outcome>> x_outcomes;  // of analyzers that another pass ran
  std::vector<Finding> x_changes;
  int64_t x_change_count = 0;

  struct KnownSignal {
    PixelFormat format;
    ColourInfo colour;
    int width = 0, height = 0;
    std::shared_ptr<const Signal> signal;
  };
  std::optional<KnownSignal> x_signal;
  std::shared_ptr<const FrameViews> x_previous;
  std::deque<std::unique_ptr<Slot>> x_in_flight;
  std::map<int, int64_t> x_next_sample;  // by sound stream
  bool x_failed = false;
  std::unique_ptr<impl::Costs> x_costs;
  size_t x_first_cost = 0;  // entry of the first analyzer
  ThreadPool x_pool;        // last: its threads end before anything they use
};

}  // namespace pier::analysis
