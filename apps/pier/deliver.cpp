#include <memory>

#include <pier/core/file.hpp>
#include <pier/workflows/deliveries.hpp>
#include <pier/workflows/engine.hpp>

#include "commands.hpp"
#include "deliver_assets.hpp"
#include "file_words.hpp"
#include "version.hpp"

namespace pier::app {
namespace {

struct Options {
  std::vector<std::string> masters;
  std::string recipe, list, title;
  workflows::DeliverRequest request;
};

Result<std::vector<deliver::Episode>> episodes_of(const Options& options) {
  std::vector<deliver::Episode> episodes;
  for (const std::string& master : options.masters) {
    deliver::Episode& episode = episodes.emplace_back(deliver::Episode{0, master, {}});
    if (!options.title.empty()) episode.words["title"] = options.title;
    episode.words["episode"] = std::to_string(episodes.size());
  }
  if (options.list.empty()) return episodes;
  PIER_TRY(const std::string text, read_file(options.list));
  const size_t slash = options.list.rfind('/');
  auto listed = deliver::parse_episodes(text, slash == std::string::npos ? "" : options.list.substr(0, slash));
  if (!listed) return fail_in(display_text(options.list), std::move(listed).error());
  for (deliver::Episode& episode : *listed) episodes.push_back(std::move(episode));
  return episodes;
}

void print_episode(const json::object& episode) {
  const std::string state = text_of(episode, "state");
  std::printf("%-8s %s", state.c_str(), text_of(episode, state == "failed" ? "master" : "name").c_str());
  if (const auto error = get_object(episode, "error")) std::printf(": %s", text_of(*error, "message").c_str());
  std::printf("\n");
  print_notes(episode, "         ");
  std::fflush(stdout);
}

Result<json::object> deliver_list(Options& options, const Globals& globals, const workflows::DeliverEvents& events) {
  PIER_TRY(options.request.recipe, deliver::load_recipe(workflows::share_directory() + "/deliveries", options.recipe));
  PIER_TRY(options.request.episodes, episodes_of(options));
  PIER_CHECK(resolve_assets(globals, options.request.recipe, options.request.episodes));
  return workflows::deliver_all(options.request, events);
}

int run_deliver(Options& options, const Globals& globals) {
  ProgressBar bar("deliver", globals.json);
  workflows::DeliverEvents events;
  events.on_progress = [&](size_t number, double fraction) {
    const auto all = static_cast<double>(options.request.episodes.size());
    bar.update((static_cast<double>(number) + fraction) / all,
               std::to_string(number + 1) + "/" + std::to_string(options.request.episodes.size()));
  };
  events.on_episode = [&](const json::object& episode) {
    if (globals.json) return;
    bar.finish();
    print_episode(episode);
  };
  const Result<json::object> done = deliver_list(options, globals, events);
  bar.finish();
  if (!done) return report(done.error(), globals);
  const auto count = [&](const char* key) { return static_cast<long long>(int_or(*done, key, 0)); };
  if (globals.json)
    print_json(*done);
  else
    std::printf("%lld made, %lld there already, %lld planned, %lld failed\n", count("made"), count("there"),
                count("planned"), count("failed"));
  return count("failed") > 0 ? 2 : 0;
}

}  // namespace

void add_deliver(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "deliver", "Many masters as one recipient wants them: files, names, sidecars and receipts by a recipe");
  command->add_option("MASTERS", options->masters, std::string("Ids of published assets, or: ") + kInputHelp);
  command->add_option("--recipe", options->recipe, "A name of deliveries/*.toml, or a TOML file")->required();
  command
      ->add_option("--csv", options->list,
                   "More masters: a list whose first row names its columns, \"master\" among them")
      ->type_name("FILE");
  command
      ->add_option("--into", options->request.folder,
                   "Where they go: a folder, s3://BUCKET/PREFIX?endpoint=URL, or sftp://USER@HOST/FOLDER")
      ->required()
      ->type_name("PLACE");
  storage::DropOptions& access = options->request.access;
  command->add_option("--key-file", access.key_file, "SFTP: the private key, without a passphrase")->type_name("FILE");
  command->add_option("--password-file", access.password_file, "SFTP: a file whose first line is the password")
      ->type_name("FILE");
  command
      ->add_option("--known-hosts", access.known_hosts,
                   "SFTP: the keys of hosts (~/.ssh/known_hosts); others are refused")
      ->type_name("FILE");
  command->add_option("--receipts", options->request.receipts, "The folder of receipts (DIR/receipts)")
      ->type_name("DIR");
  command->add_option("--title", options->title, "{title} of MASTERS; else the name of the file");
  command->add_flag("--dry-run", options->request.dry_run, "Say what would be made, and write nothing");
  command->add_flag("--replace", options->request.replace, "Put files in place of those that no receipt is about");
  command->footer("Exit codes: 0 all are there, 2 some could not be made.");
  add_globals(*command, globals);
  options->request.program = kVersion;
  command->callback(
      [options, &globals, &run] { run = [options, &globals] { return run_deliver(*options, globals); }; });
}

}  // namespace pier::app
