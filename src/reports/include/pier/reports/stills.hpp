#pragma once
// Pictures for a report: which ones, and making them. Making decodes hostile media: it belongs into the confined child.

#include <functional>
#include <string>
#include <vector>

#include <pier/media/source.hpp>
#include <pier/reports/document.hpp>

namespace pier::reports {

inline constexpr size_t kMaxStills = 12;
inline constexpr int kStillWidth = 480;

struct StillRequest {
  std::string rule, finding;  // as in Still
  Rational time;              // on the stream's timeline
  int64_t frame = -1;
};

/// The first picture of every broken rule's first finding (of a limit on light: the brightest picture), then of its
/// longest, then the key frames of shots; at most kMaxStills, none twice. Damaged pictures are never asked for.
/// With `result.frames` times are exact, else by the nominal rate.
std::vector<StillRequest> plan_stills(const media::Facts& facts, const analysis::AnalysisResult& result,
                                      const analysis::Report& report);

struct Stills {
  std::vector<Still> made;
  std::vector<std::string> left_out;  // why, one sentence a picture
};

/// kStillWidth wide in display aspect, upright, SDR. A picture that cannot be had is left out with a reason; after a
/// minute of work the rest is left out too. `on_progress` gets the share done; false cancels. kCancelled.
Result<Stills> make_stills(const media::Source& source, const media::Facts& facts,
                           const std::vector<StillRequest>& requests, int threads,
                           const std::function<bool(double)>& on_progress = {});

json::array to_json(const std::vector<StillRequest>& requests);
Result<std::vector<StillRequest>> requests_from_json(const json::array& array);
json::object to_json(const Stills& stills);
Result<Stills> stills_from_json(const json::value& value);

}  // namespace pier::reports
