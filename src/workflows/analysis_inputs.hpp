#pragma once
// What an analysis is told of its master, whole or in parts, and how parts are handed on.

#include <pier/analysis/parts.hpp>

#include "task_kind.hpp"

namespace pier::workflows::impl {

/// The picture stream that is analysed and published; there is one (the probe task refuses what has none).
const media::VideoFacts& main_video(const media::Facts& facts);

/// Of the asset and its programme range, for the child; `threads` for decoding and as many for measuring.
Result<json::object> analysis_params(const catalogue::AssetRow& asset, int threads);

/// The same, read again in the child.
struct AnalysisInputs {
  media::Facts facts;
  analysis::AnalysisOptions options;
};
Result<AnalysisInputs> analysis_inputs(const json::object& params, const Progress& progress);

/// Of open files, in the child.
Result<void> write_part(int output, const analysis::AnalysisPart& part);
Result<analysis::AnalysisPart> read_part(int input);
Result<analysis::PacketTable> read_packets(int input);

/// What a part task gave; false: the master is to be analysed in one piece.
bool whole_part(const json::value& result);

/// Pictures from which on a master is analysed in parts, and how many a part has: 0 where it is analysed in one piece
/// (short ones, image sequences, packages).
int64_t frames_of_a_part(const media::Facts& facts);
/// What one worker holds that decodes and measures.
uint64_t analysis_memory(const media::Facts& facts);

}  // namespace pier::workflows::impl
