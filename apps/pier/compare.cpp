#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>

#include <pier/core/file.hpp>
#include <pier/reports/comparison.hpp>
#include <pier/workflows/local.hpp>

#include "commands.hpp"

namespace pier::app {
namespace {

constexpr size_t kWorstShown = 4;

struct Options {
  workflows::CompareFilesRequest request;
  std::vector<std::string> at_least, at_most;
  std::string per_frame, html;
};

// ---- limits

/// "xpsnr=38", "xpsnr:min=35": a figure, how it is pooled, what it is held against.
struct Limit {
  std::string text, series, pooling = "mean";
  double value = 0;
  bool at_least = true;
};

Result<Limit> parse_limit(const std::string& text, bool at_least) {
  Limit limit{text, {}, "mean", 0, at_least};
  const size_t equals = text.find('=');
  const std::string number = equals == std::string::npos ? "" : text.substr(equals + 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), limit.value);
  if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(limit.value)) {
    return fail(ErrorCode::kInvalidArgument, "\"" + text + "\" is no limit; give one as xpsnr=38 or xpsnr:min=35");
  }
  limit.series = text.substr(0, equals);
  if (limit.series == "ssim") limit.series = "ssim_block";
  if (const size_t colon = limit.series.find(':'); colon != std::string::npos) {
    limit.pooling = limit.series.substr(colon + 1);
    limit.series.resize(colon);
  }
  return limit;
}

Result<std::vector<Limit>> limits_of(const Options& options) {
  std::vector<Limit> limits;
  for (const bool at_least : {true, false}) {
    for (const std::string& text : at_least ? options.at_least : options.at_most) {
      PIER_TRY(Limit limit, parse_limit(text, at_least));
      limits.push_back(std::move(limit));
    }
  }
  return limits;
}

std::string keys_of(const json::object& object, bool numbers_only) {
  std::string keys;
  for (const auto& [key, value] : object) {
    if (!numbers_only || value.is_number()) keys += (keys.empty() ? "" : ", ") + std::string(key);
  }
  return keys;
}

/// One member of "limits" each: {"limit", "value", "holds"}.
Result<json::array> judge(const std::vector<Limit>& limits, const json::object& found) {
  PIER_TRY(const json::object figures, get_object(found, "figures"));
  json::array judged;
  for (const Limit& limit : limits) {
    const auto pooled = get_object(figures, limit.series);
    if (!pooled) {
      return fail(ErrorCode::kInvalidArgument, "nothing named \"" + limit.series + "\" was measured; there are " +
                                                   keys_of(figures, false) + " (see --metrics)");
    }
    const auto value = get_double(*pooled, limit.pooling);
    if (!value) {
      return fail(ErrorCode::kInvalidArgument,
                  limit.series + " is not pooled as \"" + limit.pooling + "\"; there are " + keys_of(*pooled, true));
    }
    judged.push_back(json::object{{"limit", limit.text},
                                  {"kind", limit.at_least ? "at_least" : "at_most"},
                                  {"value", *value},
                                  {"holds", limit.at_least ? *value >= limit.value : *value <= limit.value}});
  }
  return judged;
}

bool all_hold(const json::array& judged) {
  return std::ranges::all_of(judged, [](const json::value& one) { return bool_or(one.as_object(), "holds", false); });
}

// ---- files

std::string csv_of(const json::object& found) {
  std::string text = "reference,test,seconds";
  for (const json::value& name : found.at("series").as_array()) text += "," + std::string(name.as_string());
  text += "\n";
  for (const json::value& value : found.at("pictures").as_array()) {
    const json::array& picture = value.as_array();
    char line[64];
    std::snprintf(line, sizeof line, "%lld,%lld,%.6f", static_cast<long long>(picture[0].to_number<int64_t>()),
                  static_cast<long long>(picture[1].to_number<int64_t>()), picture[2].to_number<double>());
    text += line;
    for (const json::value& figure : picture[3].as_array()) {
      std::snprintf(line, sizeof line, ",%.6f", figure.to_number<double>());
      text += line;
    }
    text += "\n";
  }
  return text;
}

// ---- for people

std::string number_text(const json::object& pooled, const char* key, std::string_view unit) {
  if (!pooled.contains(key)) return "-";
  char text[32];
  std::snprintf(text, sizeof text, unit == "dB" ? "%.2f" : "%.5f", double_or(pooled, key, 0));
  return text;
}

void print_figures(const json::object& figures) {
  std::printf("%-16s %10s %10s %10s %10s %10s\n", "", "mean", "harmonic", "5 %", "worst", "overall");
  for (const auto& [name, value] : figures) {
    const json::object& pooled = value.as_object();
    const std::string unit = string_or(pooled, "unit", "");
    const bool higher = bool_or(pooled, "higher_is_better", true);
    const auto text = [&](const char* key) { return number_text(pooled, key, unit); };
    std::printf("%-16s %10s %10s %10s %10s %10s %s\n", std::string(name).c_str(), text("mean").c_str(),
                text("harmonic_mean").c_str(), text(higher ? "p5" : "p95").c_str(),
                text(higher ? "min" : "max").c_str(), text("overall").c_str(), unit.c_str());
  }
}

void print_alignment(const json::object& alignment) {
  const double offset = double_or(alignment, "offset_seconds", 0);
  if (offset != 0 || bool_or(alignment, "given", false)) {
    std::printf("offset   time 0 of REF is %.3f s of TEST (%s)\n", offset,
                bool_or(alignment, "given", false) ? "as given" : "found by trying");
  }
  const auto count = [&](const char* key) { return static_cast<long long>(int_or(alignment, key, 0)); };
  if (count("reference_only") > 0)
    std::printf("alone    %lld pictures of REF have no partner\n", count("reference_only"));
  if (count("test_only") > 0) std::printf("alone    %lld pictures of TEST have no partner\n", count("test_only"));
  if (count("repeated") > 0) std::printf("rates    %lld times a picture of TEST was taken again\n", count("repeated"));
  if (count("apart") > 0) std::printf("rates    %lld pairs are of different moments\n", count("apart"));
  if (bool_or(alignment, "doubtful", false))
    std::printf("DOUBT    the alignment is doubtful: %s\n", string_or(alignment, "doubt", "").c_str());
}

void print_found(const json::object& found, const json::array& judged) {
  std::printf("compared %lld pictures at %s%s\n", static_cast<long long>(int_or(found, "compared", 0)),
              string_or(found, "measured_at", "").c_str(),
              bool_or(found, "other_raster", false) ? ", TEST scaled to the raster of REF" : "");
  for (const char* side : {"reference_way", "test_way"}) {
    const std::string way = string_or(found, side, "");
    if (way != "as they are") std::printf("%-8s %s\n", side[0] == 'r' ? "REF" : "TEST", way.c_str());
  }
  if (const auto alignment = get_object(found, "alignment")) print_alignment(*alignment);
  for (const json::value& note : found.at("notes").as_array()) std::printf("note     %s\n", note.as_string().c_str());
  if (const auto figures = get_object(found, "figures")) print_figures(*figures);
  for (const json::value& value : judged) {
    const json::object& one = value.as_object();
    std::printf("%-8s %s %s: %.4f\n", bool_or(one, "holds", false) ? "holds" : "FAILS",
                string_or(one, "kind", "") == "at_least" ? "at least" : "at most", string_or(one, "limit", "").c_str(),
                double_or(one, "value", 0));
  }
}

struct Outcome {
  json::object found;
  json::array limits;
};

Result<Outcome> compare(const Options& options, const workflows::LocalProgress& progress) {
  PIER_TRY(const std::vector<Limit> limits, limits_of(options));
  PIER_TRY(json::object found, workflows::compare_files(options.request, progress));
  PIER_TRY(json::array judged, judge(limits, found));
  if (!options.per_frame.empty()) {
    PIER_CHECK(replace_file(options.per_frame, as_bytes(csv_of(found))));
  }
  if (!options.html.empty()) {
    PIER_CHECK(replace_file(options.html, as_bytes(reports::render_comparison(found))));
  }
  return Outcome{std::move(found), std::move(judged)};
}

int run_compare(const Options& options, const Globals& globals) {
  ProgressBar bar("compare", globals.json);
  const auto started = std::chrono::steady_clock::now();
  const auto progress = [&](double fraction, int64_t) {
    if (std::chrono::steady_clock::now() - started > std::chrono::seconds(2)) bar.update(fraction, "");
  };
  Result<Outcome> outcome = compare(options, progress);
  bar.finish();
  if (!outcome) return report(outcome.error(), globals);
  const bool good = all_hold(outcome->limits);
  if (globals.json) {
    outcome->found["limits"] = std::move(outcome->limits);
    outcome->found.erase("worst");
    print_json(outcome->found);
  } else {
    print_found(outcome->found, outcome->limits);
  }
  return good ? 0 : 1;
}

}  // namespace

void add_compare(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("compare", "Figures of quality of a file against its reference");
  command->add_option("REF", options->request.reference, "The reference: a media file or an IMF package")->required();
  command->add_option("TEST", options->request.test, "What is measured against it")->required();
  command
      ->add_option("--metrics", options->request.metrics,
                   "psnr, ssim (in blocks), ms_ssim, xpsnr, pu21_ssim (HDR), de_itp; default: xpsnr, psnr, ssim, of "
                   "HDR pu21_ssim")
      ->delimiter(',');
  command->add_option("--offset", options->request.offset,
                      "Time of TEST in seconds that is time 0 of REF; found by trying when absent");
  command->add_option("--at-least", options->at_least,
                      "Exit 1 when a figure is lower: xpsnr=38, psnr_y:min=30 (mean, harmonic_mean, p5, min, overall)");
  command->add_option("--at-most", options->at_most,
                      "Exit 1 when a difference is greater: de_itp=1, de_itp_p999:max=5");
  command->add_option("--per-frame", options->per_frame, "Write the figures of every picture to this CSV file")
      ->type_name("FILE");
  command
      ->add_option("--html", options->html,
                   "Write a page with a plot of each metric and the worst pictures side by side to this file")
      ->type_name("FILE");
  command->footer("Exit codes: 0 done, 1 a figure is beyond its limit, 2 could not be done.");
  add_globals(*command, globals, false);
  command->callback([options, &globals, &run] {
    options->request.worst = options->html.empty() ? 0 : kWorstShown;
    run = [options, &globals] { return run_compare(*options, globals); };
  });
}

}  // namespace pier::app
