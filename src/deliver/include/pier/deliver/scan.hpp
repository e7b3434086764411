#pragma once
// In which order the fields of a master were taken: by its stream, and by its pictures, since streams are often wrong.

#include <optional>
#include <string>

#include <pier/core/rational.hpp>
#include <pier/media/facts.hpp>
#include <pier/media/source.hpp>

namespace pier::deliver {

/// kNotLooked: whoever asks does not take fields apart or together, so interlaced masters and files are refused.
enum class Scan : uint8_t { kNotLooked, kProgressive, kTopFirst, kBottomFirst };
std::string_view to_string(Scan scan);  // "", "progressive", "top field first", "bottom field first"

struct SourceScan {
  Scan scan = Scan::kNotLooked;
  std::string note;  // where the pictures say something else than the stream; empty otherwise
};

/// As the stream says, nothing is decoded: for forecasts. Fields of unknown order count as top first.
SourceScan scan_by_stream(const media::Facts& facts);

/// Up to three seconds of pictures from `start` (seconds from the first picture) on are compared field by field. Their
/// word counts where it is clear, else that of the stream. Masters that are progressive by their stream are not looked
/// at. Belongs into the confined child. Errors: as of decoding.
Result<SourceScan> look_at_scan(const media::Source& source, const media::Facts& facts, Rational start, int threads);

}  // namespace pier::deliver
