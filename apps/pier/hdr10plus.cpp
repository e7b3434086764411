#include <memory>

#include <pier/workflows/local.hpp>

#include "commands.hpp"

namespace pier::app {
namespace {

struct Options {
  workflows::LocalInput input;
  std::string output;
};

int run_hdr10plus(const Options& options, const Globals& globals) {
  const Result<json::object> found = workflows::write_hdr10_plus(options.input, options.output, {});
  if (!found) return report(found.error(), globals);
  if (globals.json) {
    print_json(*found);
    return 0;
  }
  if (const auto unplaced = get_object(*found, "unplaced")) {
    for (const auto& [name, pictures] : *unplaced)
      std::printf("lost     %s of %lld pictures: the JSON has no place for it\n", std::string(name).c_str(),
                  static_cast<long long>(pictures.as_int64()));
  }
  std::printf("HDR10+ metadata of %lld pictures (profile %s, %lld scenes) written to %s\n",
              static_cast<long long>(int_or(*found, "pictures", 0)), string_or(*found, "profile", "").c_str(),
              static_cast<long long>(int_or(*found, "scenes", 0)), display_text(options.output).c_str());
  return 0;
}

}  // namespace

void add_hdr10plus(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("hdr10plus", "Write the HDR10+ metadata of a file as JSON");
  command->add_option("IN", options->input.path, "A media file of HEVC or AV1")->required();
  command->add_option("OUT", options->output, "The JSON that is written")->required();
  add_globals(*command, globals, false);
  command->callback(
      [options, &globals, &run] { run = [options, &globals] { return run_hdr10plus(*options, globals); }; });
}

}  // namespace pier::app
