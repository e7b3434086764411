#include <memory>

#include <pier/workflows/imf.hpp>

#include "commands.hpp"
#include "version.hpp"

namespace pier::app {
namespace {

struct Options {
  workflows::ImfRequest request;
  double mbps = 0;
  bool no_sound = false, check = false;
  std::string take;
};

Result<void> settle(Options& options) {
  if (options.check != options.request.folder.empty()) {
    return fail(ErrorCode::kInvalidArgument, options.check
                                                 ? "--check looks at one package and writes none; leave FOLDER out"
                                                 : "say the FOLDER that the package is written to");
  }
  imf::MasteringOptions& mastering = options.request.mastering;
  constexpr double kMost = 50000;
  if (options.mbps < 0 || options.mbps > kMost)
    return fail(ErrorCode::kInvalidArgument, "--mbps is a bit rate in Mbit/s, at most 50000");
  mastering.bitrate = static_cast<int64_t>(options.mbps * 1e6);
  mastering.sound = !options.no_sound;
  if (options.request.earlier.empty() != options.take.empty())
    return fail(ErrorCode::kInvalidArgument, "--supplement and --take go together: what of IN is new in the package");
  if (options.take.empty()) return {};
  if (options.take != "sound" && options.take != "pictures")
    return fail(ErrorCode::kInvalidArgument, "--take is sound or pictures; the rest stays with the earlier package");
  mastering.pictures = options.take == "pictures";
  mastering.sound = options.take == "sound";
  return {};
}

void print_written(const json::object& written) {
  for (const json::value& note : written.at("notes").as_array()) std::printf("note     %s\n", note.as_string().c_str());
  for (const json::value& value : written.at("tracks").as_array()) {
    const json::object& track = value.as_object();
    std::printf("%-8s %s, %lld edit units, %lld bytes\n", string_or(track, "kind", "").c_str(),
                string_or(track, "file", "").c_str(), static_cast<long long>(int_or(track, "duration", 0)),
                static_cast<long long>(int_or(track, "bytes", 0)));
  }
  for (const json::value& id : written.at("borrowed").as_array())
    std::printf("earlier  %s stays in the earlier package\n", id.as_string().c_str());
  const json::object& composition = written.at("composition").as_object();
  std::printf("package  %s: %s, %lld pictures\n", string_or(written, "folder", "").c_str(),
              string_or(composition, "file", "").c_str(), static_cast<long long>(int_or(composition, "duration", 0)));
}

int run_check(const Options& options, const Globals& globals) {
  const workflows::LocalProgress quiet;
  const Result<json::object> found = workflows::check_imf(options.request.input.path, quiet);
  if (!found) return report(found.error(), globals);
  size_t faults = 0;
  for (const json::value& value : found->at("files").as_array()) {
    const json::object& file = value.as_object();
    faults += file.at("faults").as_array().size();
    if (globals.json) continue;
    std::printf("%s: %zu clauses looked at, %zu faults\n", string_or(file, "file", "").c_str(),
                file.at("checked").as_array().size(), file.at("faults").as_array().size());
    for (const json::value& fault : file.at("faults").as_array()) {
      std::printf("  FAULT  %s: %s\n", string_or(fault.as_object(), "clause", "").c_str(),
                  string_or(fault.as_object(), "what", "").c_str());
    }
  }
  if (globals.json) print_json(*found);
  return faults == 0 ? 0 : 1;
}

int run_imf(Options& options, const Globals& globals) {
  if (const Result<void> settled = settle(options); !settled) return report(settled.error(), globals);
  if (options.check) return run_check(options, globals);
  if (options.request.mastering.title.empty()) {
    const std::string& path = options.request.input.path;
    const std::string name = path.substr(path.rfind('/') + 1);
    options.request.mastering.title = display_text(name.substr(0, name.rfind('.')));
  }
  ProgressBar bar("imf", globals.json);
  const auto progress = [&](double fraction, int64_t) { bar.update(fraction, ""); };
  const Result<json::object> written = workflows::write_imf(options.request, progress);
  bar.finish();
  if (!written) return report(written.error(), globals);
  if (globals.json) {
    print_json(*written);
  } else {
    print_written(*written);
  }
  return 0;
}

}  // namespace

void add_imf(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  workflows::ImfRequest& request = options->request;
  request.program = kVersion;
  request.issuer = "Pier";
  CLI::App* command = app.add_subcommand("imf", "Write a master as an IMF package (SMPTE ST 2067-21, Application 2E)");
  command->add_option("IN", request.input.path, kInputHelp)->required();
  command->add_option("FOLDER", request.folder, "Folder of the package; it must not be there yet");
  command->add_option("--rate", request.input.rate, kRateHelp);
  command->add_option("--title", request.mastering.title, "Title of the content; default: the name of IN");
  command->add_option("--issuer", request.issuer, "Who issues the package")->capture_default_str();
  command->add_option("--mbps", options->mbps,
                      "Pictures have at most this rate in Mbit/s; default: about 1.7 bits a pixel");
  command->add_option("--language", request.mastering.language, "Language (RFC 5646) of sound that says none");
  command->add_option("--colour", request.mastering.colour,
                      "Colour of pictures that say none: bt709, bt2020, bt2020-pq, bt2020-hlg, p3d65-pq");
  command->add_flag("--no-sound", options->no_sound, "Pictures only");
  command
      ->add_option("--supplement", request.earlier,
                   "Write a supplemental package to this earlier one: what --take says is new, the rest is referred to")
      ->type_name("PACKAGE");
  command->add_option("--take", options->take, "With --supplement: sound or pictures of IN");
  command->add_flag("--check", options->check,
                    "Write nothing: hold the track files of the package IN against the clauses of their standards");
  command->footer("Exit codes: 0 done, 1 --check found faults, 2 could not be done; then there is no package.");
  add_globals(*command, globals, false);
  command->callback([options, &globals, &run] { run = [options, &globals] { return run_imf(*options, globals); }; });
}

}  // namespace pier::app
