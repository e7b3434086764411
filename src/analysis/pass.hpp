#pragma once
// The heart of the pass, without a container: frames and sound go in, in order; measuring runs on a pool, observing
// in presentation order on the caller's thread.

#include <deque>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <pier/analysis/analyse.hpp>
#include <pier/analysis/analyzer.hpp>
#include <pier/core/concurrency.hpp>

#include "costs.hpp"
#include "runs.hpp"

namespace pier::analysis {

struct PassOptions {
  AnalyzerContext context;
  ColourInfo colour;  // of the container and headers: fills what a frame leaves unspecified
  std::optional<int64_t> in_pts, out_pts;
  int threads = 2;
  bool costs = false;  // measure what each analyzer costs
};

/// Not thread-safe.
class Pass {
 public:
  explicit Pass(PassOptions options);
  ~Pass();

  /// Blocks while too many frames are in flight.
  void add_frame(media::Frame frame);
  void add_audio(int stream_index, media::AudioBlock block);
  void add_packet(const media::Packet& packet);
  int64_t frames() const { return static_cast<int64_t>(x_result.frames.frames.size()); }
  /// Once. kInternal when an analyzer failed.
  Result<AnalysisResult> finish();
  /// After finish(), with PassOptions::costs; else empty.
  std::vector<AnalysisCost> costs() const;

 private:
  struct Slot;
  FrameTime place(const media::Frame& frame) const;
  bool judged(const media::Frame& frame, bool inside);
  std::shared_ptr<const Signal> signal_of(const media::Frame& frame, const FrameTime& time);
  void measure(Slot& slot) const;
  void build_views(const FrameViews& views) const;
  bool due(size_t analyzer, const FrameTime& time) const;
  void retire();
  media::AudioBlock trimmed(media::AudioBlock block, int64_t first, int64_t end) const;

  PassOptions x_options;
  std::vector<std::unique_ptr<Analyzer>> x_analyzers;
  std::vector<Needs> x_needs;
  bool x_need_previous = false;
  AnalysisResult x_result;
  impl::RunCollector x_damaged;
  int64_t x_suspect_left = 0;  // frames that may still refer to damaged ones
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
