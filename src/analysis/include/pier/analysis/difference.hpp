#pragma once
// Two versions of a master, held against each other: which pictures and which sound changed, and how much. Packets that
// are equal are not decoded.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <pier/core/json.hpp>
#include <pier/core/rational.hpp>
#include <pier/core/result.hpp>
#include <pier/media/facts.hpp>
#include <pier/media/source.hpp>

namespace pier::analysis {

/// Pictures of the old version that others took the place of; one of the counts may be 0 (inserted, removed).
struct ChangedPictures {
  int64_t old_first = 0, old_count = 0;  // counted from 0 in presentation order
  int64_t new_first = 0, new_count = 0;
  Rational old_start, old_end, new_start, new_end;  // seconds from the first picture of each
  std::optional<double> least_psnr;                 // of luma, dB, when they were compared one by one
};

/// Samples of a sound stream that differ, with at most a tenth of a second of equal ones between.
struct ChangedSound {
  int stream = 0;           // which sound stream, counted from 0
  Rational start, end;      // seconds from the first picture
  double peak_dbfs = -200;  // of the difference
};

struct Difference {
  int64_t old_pictures = 0, new_pictures = 0, compared_pictures = 0;
  std::vector<ChangedPictures> pictures;
  std::vector<ChangedSound> sound;
  std::vector<std::string> notes;  // what could not be compared, and why
  bool equal() const { return pictures.empty() && sound.empty() && notes.empty(); }
};

struct CompareOptions {
  int threads = 2;
  std::function<bool(double fraction, int64_t frames)> on_progress = {};  // false cancels
};

/// Errors: kInputUnsupported, kInputDamaged (either cannot be read), kCancelled. Memory: 32 bytes a picture of both.
Result<Difference> compare(const media::Source& old_source, const media::Facts& old_facts,
                           const media::Source& new_source, const media::Facts& new_facts,
                           const CompareOptions& options = {});

/// What facts of two files say differently: {"what": "video[0].hdr", "old", "new"}; names, sizes and rates of the
/// files are left out.
json::array changed_facts(const json::object& old_facts, const json::object& new_facts);

json::object to_json(const Difference& difference);

}  // namespace pier::analysis
