#pragma once
// The pass: decodes pictures and sound of a master once and feeds every analyzer.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/analysis/finding.hpp>
#include <pier/analysis/frame_table.hpp>
#include <pier/analysis/packet_table.hpp>
#include <pier/core/json.hpp>
#include <pier/media/facts.hpp>
#include <pier/media/source.hpp>

namespace pier::analysis {

/// Raised by hand when findings or measures of the same input change.
inline constexpr std::string_view kEngineVersion = "analysis-6";

/// CPU time (of the threads that did it) that one analyzer or shared view took; never part of a result.
struct AnalysisCost {
  std::string name;  // of an analyzer, or "view." and what the analyzers share
  int64_t frames = 0;
  int64_t cpu_ns = 0;
};

struct AnalysisOptions {
  int threads = 2;                       // decoding and measuring each use this many; the answer does not depend on it
  std::optional<int> video_stream = {};  // demuxer index; default: Facts::main_video
  std::optional<std::vector<int>> audio_streams = {};  // demuxer indices; default: all that can be decoded
  /// Programme range in ticks of the video stream, in included, out excluded. Analyzers see only what lies inside;
  /// the frame table holds every frame. Sound is cut to the sample nearest to the same times.
  std::optional<int64_t> in_pts = {}, out_pts = {};
  /// Fills FrameRecord::fingerprint; else 0. Who only asks for findings saves a walk over every sample.
  bool fingerprints = true;
  /// Fills AnalysisResult::packets.
  bool packets = false;
  /// Reads every file of an IMF package once more and compares it with the packing lists ("package.hash"). What else
  /// there is to check of a package is always checked.
  bool package_hashes = false;
  /// Share of the source read (0...1) and frames decoded, a few times a second; false cancels.
  std::function<bool(double fraction, int64_t frames)> on_progress = {};
  /// When set: what each analyzer cost is measured and told once, at the end.
  std::function<void(const std::vector<AnalysisCost>& costs)> on_costs = {};
};

/// Exact extent of one sound stream, in its own samples; `programme_*` is the part inside the programme range (all of
/// it without a range).
struct AudioExtent {
  int stream_index = -1;
  int sample_rate = 0;
  int channels = 0;
  uint64_t channel_mask = 0;
  int64_t first_pts = 0;  // in samples
  int64_t samples = 0;    // decoded
  int64_t programme_first_pts = 0;
  int64_t programme_samples = 0;
  int64_t gap_samples = 0;  // missing between blocks
};

struct AnalysisResult {
  std::string engine{kEngineVersion};
  int video_stream = -1;  // -1: no picture was analysed
  /// Kinds of findings the analyzers that ran look for (finding_kinds.cpp): absent from here is not "none found". Empty
  /// in results of engines that did not tell.
  std::vector<std::string> looked_for;
  std::vector<Finding> findings;  // sorted; at most kMaxFindings of one kind and stream
  /// Member per analyzer, e.g. measures["luminance"]["max_cll_nits"],
  /// measures["loudness"]["streams"][0]["integrated_lufs"]. measures["findings"][kind] = {"count", "seconds",
  /// "listed"}: the true numbers also when the list was capped.
  json::object measures;
  FrameTable frames;
  PacketTable packets;  // when asked for
  std::vector<AudioExtent> audio;
  int64_t programme_frames = 0;  // frames handed to the analyzers, damaged ones included
  int64_t damaged_frames = 0;    // in the frame table
  int64_t damaged_packets = 0;   // access units the decoder complained about
  std::vector<std::string> warnings;
};

inline constexpr size_t kMaxFindings = 500;

/// Thread-safe. Memory is bounded by a few frames per thread and 32 bytes a frame of the table.
/// Errors: kInputUnsupported (a stream that was asked for cannot be decoded, nothing to analyse), kInputDamaged (not
/// one frame came out), kInvalidArgument (range or stream index), kCancelled.
Result<AnalysisResult> analyse(const media::Source& source, const media::Facts& facts,
                               const AnalysisOptions& options = {});

/// Without the tables of frames and packets, which have their own binary forms.
json::object to_json(const AnalysisResult& result);
Result<AnalysisResult> analysis_result_from_json(const json::value& value);

}  // namespace pier::analysis
