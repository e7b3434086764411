#pragma once
// From facts and the frame table of a master to the chunks, tracks and times of its publication.

#include <optional>
#include <string>
#include <vector>

#include <pier/analysis/analyse.hpp>
#include <pier/packaging/segment_grid.hpp>
#include <pier/transcode/chunk.hpp>
#include <pier/transcode/sound.hpp>

namespace pier::transcode {

struct PlanRequest {
  Ladder ladder;
  std::vector<std::string> only_rungs;
  std::optional<Rational> in, out;  // seconds from the first frame; out exclusive
  std::optional<AudioMap> audio_map;
  int decoder_threads = 1;
  std::vector<Bytes>
      hdr10_plus;  // ST 2094-40, one a picture of the master or of the programme; empty: the master's own
};

struct PlannedSound {
  Rung rung;
  uint32_t track_id = 0;
  SoundSpec spec;
};

struct PublishPlan {
  FittedLadder ladder;
  packaging::SegmentGrid grid;
  uint32_t timescale = 0;  // of all video tracks
  int64_t duration = 0;    // track ticks
  int64_t frames = 0;
  bool variable_rate = false;
  bool channel = false;  // see ChannelForm
  int stream_index = 0;
  std::optional<media::DolbyVision> dolby_vision;  // of the master
  std::vector<ChunkSpec> chunks;                   // whole grid segments each, cut near shot boundaries, at most 400
  std::vector<double> complexity;                  // one a chunk: how hard its pictures are, 1 is the programme's mean
  std::vector<PeakFrom> peaks;                     // of SDR out of PQ, when the ladder asks for scenes
  int64_t cut_keys = 0;                            // key pictures at hard cuts, besides those of the grid
  std::vector<PlannedSound> sounds;
  AudioMap audio_map;
  std::vector<int64_t> thumbnail_times;  // track ticks, over the whole programme
  std::vector<std::string> warnings;
};

/// Errors: kInvalidArgument (in/out outside the programme, rungs, HDR10+ for other pictures or another light),
/// kInputUnsupported, kInputDamaged (no whole frame).
Result<PublishPlan> plan_publication(const media::Facts& facts, const analysis::AnalysisResult& analysis,
                                     const PlanRequest& request);

}  // namespace pier::transcode
