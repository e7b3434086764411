#include <climits>
#include <filesystem>
#include <memory>

#include <pier/jobs/job.hpp>
#include <pier/media/facts.hpp>

#include "commands.hpp"
#include "service.hpp"
#include "views.hpp"

namespace pier::app {
namespace {

struct Options {
  std::string file;
  workflows::PublishRequest request;
  std::string keep = "place";
  std::string policy = "warn";
  std::string master_display;
  int max_cll = 0, max_fall = 0;
  std::string tags;
  bool resume = false;
};

/// "G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)" in the units of ST 2086, as encoders take it.
Result<MasteringDisplay> parse_mastering_display(const std::string& text) {
  MasteringDisplay d;
  unsigned gx = 0, gy = 0, bx = 0, by = 0, rx = 0, ry = 0, wx = 0, wy = 0, most = 0, least = 0;
  if (std::sscanf(text.c_str(), "G(%u,%u)B(%u,%u)R(%u,%u)WP(%u,%u)L(%u,%u)", &gx, &gy, &bx, &by, &rx, &ry, &wx, &wy,
                  &most, &least) != 10 ||
      std::max({gx, gy, bx, by, rx, ry, wx, wy}) > 50000 || most <= least) {
    return fail(ErrorCode::kInvalidArgument,
                "--master-display wants G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min), x and y in units of 0.00002, luminance in "
                "0.0001 cd/m2");
  }
  const auto xy = [](unsigned x, unsigned y) {
    return MasteringDisplay::Xy{static_cast<uint16_t>(x), static_cast<uint16_t>(y)};
  };
  d.red = xy(rx, ry), d.green = xy(gx, gy), d.blue = xy(bx, by), d.white = xy(wx, wy);
  d.max_luminance = most, d.min_luminance = least;
  return d;
}

Result<json::object> job_body(Options& options) {
  workflows::PublishRequest& request = options.request;
  std::error_code error;
  request.path = std::filesystem::absolute(options.file, error).native();
  request.keep_copy = options.keep == "copy";
  request.profile = absolute_profile(request.profile);
  PIER_TRY(request.tags, jobs::tags_from(options.tags));
  PIER_TRY(request.policy, workflows::policy_from(options.policy));
  if (options.max_cll > 0) {
    request.content_light =
        ContentLight{static_cast<uint16_t>(options.max_cll), static_cast<uint16_t>(options.max_fall)};
  }
  if (!options.master_display.empty()) {
    PIER_TRY(request.mastering_display, parse_mastering_display(options.master_display));
  }
  return json::object{{"kind", "publish"}, {"request", workflows::to_json(request)}};
}

/// Prints how a publish job ended; gives the exit code.
int show_end(const net::Client& client, const json::object& view, const Globals& globals) {
  const json::object& job = view.at("job").as_object();
  if (string_or(job, "state", "") != "done") {
    Error error{ErrorCode::kCancelled, "the job was cancelled", {}};
    if (const auto said = get_object(job, "error")) {
      error = {error_code_from(string_or(*said, "code", "internal")), string_or(*said, "message", ""), {}};
    }
    return report(error, globals);
  }
  Result<json::value> asset = client.get("/v1/assets/" + string_or(view, "asset_id", ""));
  if (!asset) return report(asset.error(), globals);
  if (globals.json)
    print_json(*asset);
  else
    print_asset(asset->as_object());
  return 0;
}

/// Waits for a job; with its own engine the command also finishes what others handed in meanwhile.
int follow(Connection& connection, const std::string& job_id, const Globals& globals) {
  const Result<json::object> view = follow_job(connection.client(), job_id, "publish", globals.json);
  if (!view) return report(view.error(), globals);
  const int code = show_end(connection.client(), *view, globals);
  while (connection.own() != nullptr && !interrupted() && connection.own()->engine().busy().value_or(false)) {
    sleep_interruptibly(std::chrono::milliseconds(500));
  }
  return code;
}

Result<std::vector<std::string>> unfinished(const net::Client& client) {
  std::vector<std::string> ids;
  for (const char* state : {"running", "queued"}) {
    PIER_TRY(const json::value page, client.get(std::string("/v1/jobs?kind=publish&limit=500&state=") + state));
    PIER_TRY(const json::array jobs, get_array(page.as_object(), "jobs"));
    for (const json::value& job : jobs) ids.push_back(string_or(job.as_object(), "id", ""));
  }
  return ids;
}

int resume_all(Connection& connection, const Globals& globals) {
  const Result<std::vector<std::string>> ids = unfinished(connection.client());
  if (!ids) return report(ids.error(), globals);
  if (ids->empty()) {
    if (globals.json)
      print_json(json::object{{"resumed", 0}});
    else
      std::printf("nothing to resume\n");
    return 0;
  }
  connection.start_workers();
  int code = 0;
  for (const std::string& id : *ids) code = std::max(code, follow(connection, id, globals));
  return code;
}

int run_publish(Options options, const Globals& globals) {
  catch_interrupts();
  if (options.file.empty() && !options.resume) {
    return report({ErrorCode::kInvalidArgument, "publish wants a FILE, or --resume", {}}, globals);
  }
  Result<Connection> connection = Connection::open(globals, "pier publish");
  if (!connection) return report(connection.error(), globals);
  if (options.file.empty()) return resume_all(*connection, globals);
  const Result<json::object> body = job_body(options);
  if (!body) return report(body.error(), globals);
  const Result<json::value> posted = connection->client().post("/v1/jobs", *body);
  if (!posted) return report(posted.error(), globals);
  connection->start_workers();
  const auto job = get_object(posted->as_object(), "job");
  const std::string id = job ? string_or(*job, "id", "") : string_or(posted->as_object(), "id", "");
  return follow(*connection, id, globals);
}

}  // namespace

void add_publish(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("publish", "Check, encode, verify and publish a master");
  workflows::PublishRequest& request = options->request;
  command->add_option("FILE", options->file, "The master; it is read where it lies");
  command->add_option("--ladder", request.ladder, "Ladder name; chosen by the source when absent")->type_name("NAME");
  command->add_option("--rung", request.rungs, "Only these rungs of the ladder")->type_name("NAME");
  command->add_option("--title", request.title, "Title; the file name when absent")->type_name("T");
  command->add_option("--profile", request.profile, "Profile to judge by; chosen by the source when absent")
      ->type_name("P");
  command
      ->add_option(
          "--policy", options->policy,
          "A verdict \"fail\": block stops before anything is encoded (exit code 1), warn publishes and says so, "
          "ignore publishes")
      ->check(CLI::IsMember({"block", "warn", "ignore"}));
  command
      ->add_option("--first", request.first,
                   "What is published, with the sound, before the rest is encoded: auto (long publications), no, or a "
                   "video rung")
      ->type_name("auto|no|RUNG");
  command->add_option("--in", request.in, "First picture: source time code HH:MM:SS:FF, or seconds")->type_name("TC");
  command->add_option("--out", request.out, "End, exclusive")->type_name("TC");
  command->add_option("--audio-map", request.audio_map, "What the sound channels are, e.g. \"1-2 stereo, 3-8 5.1\"")
      ->type_name("MAP");
  command->add_option("--keep", options->keep, "place: the master stays where it lies; copy: copy it into the store")
      ->check(CLI::IsMember({"place", "copy"}));
  command
      ->add_option("--tags", options->tags,
                   "Only workers that offer all these tags encode it (pier worker --tags); 8k is no tag by itself")
      ->type_name("TAG,TAG");
  command->add_option("--max-cll", options->max_cll, "Set MaxCLL by hand (cd/m2)")->check(CLI::Range(1, 65535));
  command->add_option("--max-fall", options->max_fall, "Set MaxFALL by hand (cd/m2)")->check(CLI::Range(1, 65535));
  command->add_option("--master-display", options->master_display,
                      "Set ST 2086 by hand: G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)");
  command->add_flag("--resume", options->resume, "Go on with what a lost process left");
  add_globals(*command, globals);
  command->callback(
      [options, &globals, &run] { run = [options, &globals] { return run_publish(*options, globals); }; });
}

}  // namespace pier::app
