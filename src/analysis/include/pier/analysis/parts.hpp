#pragma once
// A long source analysed by several workers: ranges of its pictures, sound and packets apart, put together again.

#include <cstdint>
#include <optional>
#include <vector>

#include <pier/analysis/analyse.hpp>

namespace pier::analysis {

/// Pictures of a source that one worker analyses: in presentation order, times in ticks of the video stream.
struct PartRange {
  int64_t first_frame = 0;                   // number of the first of them in the whole source
  std::optional<int64_t> previous_pts = {};  // of the frame before, which is only looked back at; none at the start
  std::optional<int64_t> first_pts = {};     // none: from the start
  std::optional<int64_t> end_pts = {};       // excluded; none: to the end
};

/// State of the analyzers after one part; can be carried as JSON (`state`) and as FrameTable (`frames`).
struct AnalysisPart {
  json::object state;
  FrameTable frames;
};

/// At most `count` ranges of about as many frames each, cut before random access points. Reads packets only. One range
/// when time stamps do not allow more.
Result<std::vector<PartRange>> plan_parts(const media::Source& source, const media::Facts& facts,
                                          const AnalysisOptions& options, int count);

/// The picture analyzers over one range, as in a whole run. Errors as analyse().
Result<AnalysisPart> analyse_part(const media::Source& source, const media::Facts& facts,
                                  const AnalysisOptions& options, const PartRange& range);

/// Sound and packets of the whole source, whose pictures are not decoded.
Result<AnalysisPart> analyse_rest(const media::Source& source, const media::Facts& facts,
                                  const AnalysisOptions& options);

/// Byte for byte what analyse() gives with the same options. `parts` in order and without a gap. kInputDamaged when a
/// part saw damage, after which frames are not judged until the next access point: analyse such a source in one piece.
Result<AnalysisResult> merge_parts(const std::vector<AnalysisPart>& parts, const AnalysisPart& rest);

}  // namespace pier::analysis
