#pragma once
// Two files held against each other, picture by picture. Decodes hostile media: it belongs into the confined child.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/bytes.hpp>
#include <pier/core/json.hpp>
#include <pier/core/rational.hpp>
#include <pier/core/result.hpp>
#include <pier/media/facts.hpp>
#include <pier/media/source.hpp>
#include <pier/quality/metric.hpp>
#include <pier/quality/pooling.hpp>

namespace pier::quality {

/// "0.48", "-2": seconds with at most six decimals.
Result<Rational> parse_offset(std::string_view text);

struct CompareOptions {
  std::vector<Metric> metrics;          // none twice
  std::optional<Rational> offset = {};  // time of the test that is time 0 of the reference; else found
  int threads = 2;                      // of each decoder, and of measuring
  size_t worst = 0;                     // pictures to show
  std::function<bool(double fraction, int64_t frames)> on_progress = {};  // false cancels
};

/// One picture of the reference and the one of the test that was held against it, counted from 0.
struct ComparedPicture {
  int64_t reference = 0, test = 0;
  Rational time;  // of the reference, seconds from its first picture
  std::vector<double> values;
};

struct ComparedShot {
  size_t first = 0, last = 0;  // of Comparison::pictures
  std::vector<double> means;
};

struct WorstPicture {
  size_t picture = 0;  // of Comparison::pictures
  int width = 0, height = 0;
  Bytes reference, test;  // JPEG, HDR as its SDR rendering
};

/// How the pictures came together.
struct Alignment {
  Rational offset;        // time of the test that is time 0 of the reference
  bool given = false;     // by hand
  bool doubtful = false;  // in many moving places a neighbour is nearer than the picture that was taken
  std::string doubt;      // why, and what may help
  int64_t reference_only = 0, test_only = 0;  // pictures without a partner
  int64_t repeated = 0;                       // the test's picture was taken for the one before, too
  int64_t apart = 0;  // partners of other times (more than a tenth of a picture): the rates differ
};

struct Comparison {
  std::vector<Series> series;
  std::vector<ComparedPicture> pictures;
  std::vector<ComparedShot> shots;  // of the reference
  std::vector<WorstPicture> worst;  // by the first series, of other moments each
  Alignment alignment;
  std::string measured_at;         // "3840x2160 yuv420p10"
  std::string test_way;            // how test pictures came there: "as they are", or the conversion
  std::string reference_way;       // the same of reference pictures
  bool other_raster = false;       // test pictures were scaled to the raster of the reference
  std::vector<std::string> notes;  // what was assumed, or left out
};

/// Test pictures are brought to the raster, chroma, range and colour of the reference; both to the greater depth.
/// A colour that one does not name is taken as the other's, with a note. Metrics that such pictures do not have
/// (Measurer::make) are left out with a note as long as one remains. Errors: kInputUnsupported (HDR against SDR, no way
/// from one colour to the other, no picture, a raster that changes, nothing to measure), kInvalidArgument (no two
/// pictures of one time), kInputDamaged, kCancelled.
Result<Comparison> compare(const media::Source& reference, const media::Facts& reference_facts,
                           const media::Source& test, const media::Facts& test_facts, const CompareOptions& options);

json::object to_json(const Comparison& comparison);

}  // namespace pier::quality
