#include <charconv>
#include <cmath>

#include <pier/quality/compare.hpp>

namespace pier::quality {
namespace {

json::array numbers(const std::vector<double>& values) {
  json::array array;
  for (const double value : values) array.emplace_back(value);
  return array;
}

json::object pooled_figures(const Comparison& comparison) {
  json::object figures;
  for (size_t s = 0; s < comparison.series.size(); ++s) {
    std::vector<double> values;
    values.reserve(comparison.pictures.size());
    for (const ComparedPicture& picture : comparison.pictures) values.push_back(picture.values[s]);
    const Series& series = comparison.series[s];
    json::object pooled = to_json(pool(values, series), series);
    pooled["metric"] = to_string(series.metric);
    pooled["unit"] = series.unit;
    pooled["higher_is_better"] = series.higher_is_better;
    figures[series.name] = std::move(pooled);
  }
  return figures;
}

json::object to_json(const Alignment& alignment) {
  return {{"offset_seconds", alignment.offset.value()},
          {"given", alignment.given},
          {"doubtful", alignment.doubtful},
          {"doubt", alignment.doubt},
          {"reference_only", alignment.reference_only},
          {"test_only", alignment.test_only},
          {"repeated", alignment.repeated},
          {"apart", alignment.apart}};
}

}  // namespace

Result<Rational> parse_offset(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || !(std::abs(seconds) <= 86'400)) {
    return fail(ErrorCode::kInvalidArgument,
                "--offset \"" + std::string(text) + "\" is no time; give seconds, such as 0.48 or -2");
  }
  return Rational(std::llround(seconds * 1e6), 1'000'000);
}

json::object to_json(const Comparison& comparison) {
  json::array series, pictures, shots, worst, notes;
  for (const Series& one : comparison.series) series.emplace_back(one.name);
  for (const ComparedPicture& one : comparison.pictures)
    pictures.push_back(json::array{one.reference, one.test, one.time.value(), numbers(one.values)});
  for (const ComparedShot& one : comparison.shots) {
    shots.push_back(json::object{{"first", one.first},
                                 {"last", one.last},
                                 {"start_seconds", comparison.pictures[one.first].time.value()},
                                 {"means", numbers(one.means)}});
  }
  for (const WorstPicture& one : comparison.worst) {
    worst.push_back(json::object{{"picture", one.picture},
                                 {"width", one.width},
                                 {"height", one.height},
                                 {"reference_jpeg", to_base64(one.reference)},
                                 {"test_jpeg", to_base64(one.test)}});
  }
  for (const std::string& note : comparison.notes) notes.emplace_back(note);
  return {{"compared", comparison.pictures.size()},
          {"measured_at", comparison.measured_at},
          {"reference_way", comparison.reference_way},
          {"test_way", comparison.test_way},
          {"other_raster", comparison.other_raster},
          {"alignment", to_json(comparison.alignment)},
          {"figures", pooled_figures(comparison)},
          {"series", std::move(series)},
          {"shots", std::move(shots)},
          {"pictures", std::move(pictures)},
          {"worst", std::move(worst)},
          {"notes", std::move(notes)}};
}

}  // namespace pier::quality
