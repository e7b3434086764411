#pragma once
// Makes a file for others in one pass, and reads it again to see that it says what it should. Belongs into the confined
// child: masters are hostile.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <pier/deliver/plan.hpp>
#include <pier/media/source.hpp>

namespace pier::deliver {

/// 0...1 and pictures written; false cancels.
using Progress = std::function<bool(double, int64_t)>;

/// How loud a sound track was and is.
struct LoudnessMade {
  std::optional<double> source_lufs, lufs;  // none: silence
  std::optional<double> true_peak_dbtp;
  double gain_db = 0;
  double most_limited_db = 0;  // what the limiter took away at most
};

struct Made {
  int64_t pictures = 0;
  int64_t repeated = 0, dropped = 0;   // to come to a constant rate
  int64_t damaged = 0;                 // pictures the decoder complained about
  int64_t burned = 0;                  // pictures that carry subtitles
  int64_t silence_samples = 0;         // put in where the source has no sound
  std::string conversion;              // colour::Converter::describe()
  std::vector<LoudnessMade> loudness;  // one a sound track where Plan::loudness asks for it
};

/// Decoding, conversion, sound and encoding run side by side. `output` is an empty regular file, open for reading and
/// writing. Errors: as of decoding and encoding; kInputDamaged for a hole of more than a minute between pictures.
Result<Made> make_file(const media::Source& source, const Plan& plan, int output, int threads,
                       const Progress& progress);

enum class TagVerdict : uint8_t { kEqual, kNotCarried, kDiffers };
std::string_view to_string(TagVerdict verdict);  // "equal", "not_carried", "differs"

/// A static tag that was to be written and what the file says of it.
struct TagCheck {
  std::string field, wanted, found;
  TagVerdict verdict = TagVerdict::kEqual;
};
/// `found`: the facts of the file that was written.
std::vector<TagCheck> check_tags(const Plan& plan, const Made& made, const media::Facts& found);

}  // namespace pier::deliver
