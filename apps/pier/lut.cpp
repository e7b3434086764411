// Look-up tables: any conversion as a .cube file, and what stands in one.

#include <cstdio>
#include <map>
#include <memory>

#include <pier/colour/reference.hpp>
#include <pier/core/file.hpp>

#include "commands.hpp"

namespace pier::app {
namespace {

using colour::ConversionOptions;
using colour::Cube;

constexpr size_t kLargestFile = size_t{256} << 20;

struct Options {
  std::string file, from, to, title;
  std::string tone = "bt2446a";
  bool inverse = false;
  int size = 33;
  ConversionOptions conversion;
};

const std::map<std::string, ColourInfo>& colours() {
  static const std::map<std::string, ColourInfo> all{
      {"hlg", {Primaries::kBt2020, Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow}},
      {"pq", {Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow}},
      {"pq-p3", {Primaries::kP3D65, Transfer::kPq, Matrix::kBt2020Ncl, Range::kNarrow}},
      {"bt709", {Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow}},
      {"bt2020", {Primaries::kBt2020, Transfer::kBt2020_10, Matrix::kBt2020Ncl, Range::kNarrow}},
      {"srgb", {Primaries::kBt709, Transfer::kSrgb, Matrix::kBt709, Range::kFull}}};
  return all;
}

const std::map<std::string, colour::ToneMap>& tones() {
  static const std::map<std::string, colour::ToneMap> all{{"bt2446a", colour::ToneMap::kBt2446A},
                                                          {"bt2446c", colour::ToneMap::kBt2446C},
                                                          {"bt2390", colour::ToneMap::kBt2390}};
  return all;
}

Result<colour::Reference> conversion(const Options& options) {
  ConversionOptions wanted = options.conversion;
  wanted.tone_map = tones().at(options.tone);
  if (options.inverse) wanted.placement = colour::SdrPlacement::kInverseBt2446A;
  return colour::Reference::make(colours().at(options.from), colours().at(options.to), wanted);
}

json::object describe(const Cube::Table& table) {
  json::object object{{"size", table.size}};
  object["low"] = json::array(table.low.begin(), table.low.end());
  object["high"] = json::array(table.high.begin(), table.high.end());
  return object;
}

void add_accuracy(json::object& found, const Cube& cube, const colour::Reference& reference, const Options& options) {
  const colour::CubeAccuracy accuracy = colour::accuracy(cube, reference);
  found["from"] = options.from;
  found["to"] = options.to;
  found["de_itp_mean"] = accuracy.mean;
  found["de_itp_999"] = accuracy.p999;
}

void print_accuracy(const json::object& found, const Options& options) {
  std::printf("beside Pier's conversion of %s to %s: dE-ITP %.3f in the mean, 99.9 %% below %.2f\n",
              options.from.c_str(), options.to.c_str(), double_or(found, "de_itp_mean", 0),
              double_or(found, "de_itp_999", 0));
}

Result<json::object> write(const Options& options) {
  PIER_TRY(const colour::Reference reference, conversion(options));
  const std::string title = options.title.empty() ? options.from + " to " + options.to : options.title;
  PIER_TRY(const Cube cube, colour::make_cube(reference, options.size, title));
  const std::string text = colour::write_cube(cube);
  PIER_CHECK(replace_file(options.file, std::as_bytes(std::span(text))));
  json::object found{{"file", options.file}, {"title", cube.title}, {"lattice", describe(cube.lattice)}};
  add_accuracy(found, cube, reference, options);
  return found;
}

Result<json::object> show(const Options& options) {
  PIER_TRY(const std::string text, read_file(options.file, kLargestFile));
  PIER_TRY(const Cube cube, colour::parse_cube(text));
  json::object found{{"file", options.file}, {"title", cube.title}};
  if (cube.curves.size != 0) found["curves"] = describe(cube.curves);
  if (cube.lattice.size != 0) found["lattice"] = describe(cube.lattice);
  if (options.from.empty()) return found;
  PIER_TRY(const colour::Reference reference, conversion(options));
  add_accuracy(found, cube, reference, options);
  return found;
}

void print_table(const json::object& found, const char* key, const char* what) {
  const auto table = get_object(found, key);
  if (!table) return;
  const auto shown = [&](const char* end) {
    std::string text;
    for (const json::value& value : table->at(end).as_array()) {
      char number[32];
      std::snprintf(number, sizeof number, "%s%g", text.empty() ? "" : " ", value.as_double());
      text += number;
    }
    return text;
  };
  std::printf("%s of %lld nodes, input from %s to %s\n", what, static_cast<long long>(int_or(*table, "size", 0)),
              shown("low").c_str(), shown("high").c_str());
}

int finish(const Result<json::object>& found, const Options& options, const Globals& globals) {
  if (!found) return report(found.error(), globals);
  if (globals.json) {
    print_json(*found);
    return 0;
  }
  std::printf("%s: \"%s\"\n", options.file.c_str(), string_or(*found, "title", "").c_str());
  print_table(*found, "curves", "1D table");
  print_table(*found, "lattice", "3D table");
  if (found->contains("de_itp_mean")) print_accuracy(*found, options);
  return 0;
}

std::vector<std::string> names(const auto& map) {
  std::vector<std::string> all;
  for (const auto& [name, value] : map) all.push_back(name);
  return all;
}

void add_conversion(CLI::App& command, Options& options, bool required) {
  CLI::Option* const from = command.add_option("--from", options.from, "What goes into the table")
                                ->check(CLI::IsMember(names(colours())))
                                ->required(required);
  CLI::Option* const to = command.add_option("--to", options.to, "What comes out of it")
                              ->check(CLI::IsMember(names(colours())))
                              ->required(required);
  from->needs(to);
  to->needs(from);
  command.add_option("--tone", options.tone, "HDR to SDR")->check(CLI::IsMember(names(tones())))->capture_default_str();
  command.add_flag("--inverse", options.inverse, "SDR to HDR by the inverse of BT.2446 A, not with white at 203 cd/m2");
  command.add_option("--peak", options.conversion.peak_nits, "Nominal peak of the HDR source, cd/m2")
      ->capture_default_str();
  command.add_option("--hlg-peak", options.conversion.hlg_peak_nits, "Nominal peak of the display of an HLG target")
      ->capture_default_str();
  command.add_option("--hlg-gamma", options.conversion.hlg_gamma, "System gamma of HLG; 0: as BT.2100 gives it")
      ->capture_default_str();
}

}  // namespace

void add_lut(CLI::App& app, Globals& globals, Run& run) {
  CLI::App* const command = app.add_subcommand("lut", "Look-up tables: conversions as .cube files");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* const writing = command->add_subcommand("write", "Write a conversion as a 3D table");
  writing->add_option("OUT", options->file, "The .cube file")->required();
  add_conversion(*writing, *options, true);
  writing->add_option("--size", options->size, "Nodes an axis, 2 to 129")->capture_default_str();
  writing->add_option("--title", options->title, "In the file (default: FROM to TO)");
  CLI::App* const showing =
      command->add_subcommand("show", "What stands in a .cube file, and how near a conversion it is");
  showing->add_option("FILE", options->file, "The .cube file")->required();
  add_conversion(*showing, *options, false);
  add_globals(*writing, globals, false);
  add_globals(*showing, globals, false);
  writing->callback(
      [options, &globals, &run] { run = [options, &globals] { return finish(write(*options), *options, globals); }; });
  showing->callback(
      [options, &globals, &run] { run = [options, &globals] { return finish(show(*options), *options, globals); }; });
}

}  // namespace pier::app
