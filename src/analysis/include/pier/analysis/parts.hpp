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
  std::optional<int64_t> frames = {};        // how many there are; none: not known
  std::optional<int64_t> previous_pts = {};  // of the frame before, which is only looked back at; none at the start
  std::optional<int64_t> first_pts = {};     // none: from the start
  std::optional<int64_t> end_pts = {};       // excluded; none: to the end
};

/// State of the analyzers after one part.
struct AnalysisPart {
  json::object state;
  FrameTable frames;    // of pictures
  PacketTable packets;  // of analyse_rest(), when asked for
};

/// Ranges of `frames` frames, each ending before the next random access point: number and place of the others stay when
/// pictures of one are replaced. One range when time stamps do not allow more.
std::vector<PartRange> plan_parts(const PacketTable& packets, int64_t frames);

/// The coded packets that a range depends on (coded_digest).
Sha256 coded_digest(const PacketTable& packets, const PartRange& range);

/// The picture analyzers over one range, as in a whole run. Errors as analyse(); kInputDamaged also where a picture is
/// damaged or their number is not the planned one: analyse such a source in one piece.
Result<AnalysisPart> analyse_part(const media::Source& source, const media::Facts& facts,
                                  const AnalysisOptions& options, const PartRange& range);

/// Sound and packets of the whole source, whose pictures are not decoded.
Result<AnalysisPart> analyse_rest(const media::Source& source, const media::Facts& facts,
                                  const AnalysisOptions& options);

/// Byte for byte what analyse() gives with the same options. `parts` in order and without a gap. kInputDamaged when a
/// part saw damage, after which frames are not judged until the next access point: analyse such a source in one piece.
Result<AnalysisResult> merge_parts(const std::vector<AnalysisPart>& parts, const AnalysisPart& rest);

/// As workers hand it on; without the table of packets, which has its own form.
json::object to_json(const AnalysisPart& part);
Result<AnalysisPart> analysis_part_from_json(const json::value& value);
json::object to_json(const PartRange& range);
Result<PartRange> part_range_from_json(const json::value& value);

}  // namespace pier::analysis
