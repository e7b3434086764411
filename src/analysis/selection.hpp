#pragma once
// Which streams of a source a pass reads, with what headers and facts say about them.

#include <optional>
#include <vector>

#include <pier/analysis/analyse.hpp>
#include <pier/media/demux.hpp>

#include "pass.hpp"

namespace pier::analysis::impl {

struct Selection {
  std::optional<int> video;
  std::vector<int> audio;
  PassOptions pass;  // context and colour

  bool hevc() const { return pass.context.video && pass.context.video->codec == media::Codec::kHevc; }
};

/// Errors: kInvalidArgument (a stream that was asked for is not there), kInputDamaged, kInputUnsupported.
Result<Selection> select_streams(const media::Demuxer& demuxer, const media::Facts& facts,
                                 const AnalysisOptions& options);

}  // namespace pier::analysis::impl
