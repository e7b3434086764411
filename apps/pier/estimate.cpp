#include <memory>

#include "commands.hpp"
#include "publish_options.hpp"
#include "service.hpp"
#include "views.hpp"

namespace pier::app {
namespace {

void print_estimate(const json::object& estimate) {
  std::printf("ladder %s: %ld tracks, %ld pictures in %ld chunks, %s\n", string_or(estimate, "ladder", "").c_str(),
              static_cast<long>(get_array(estimate, "rungs").value_or(json::array()).size()),
              static_cast<long>(int_or(estimate, "pictures", 0)), static_cast<long>(int_or(estimate, "chunks", 0)),
              duration_text(double_or(estimate, "seconds", 0)).c_str());
  for (const std::string& line : forecast_lines(estimate)) std::printf("%s\n", line.c_str());
}

int run_estimate(PublishOptions options, const Globals& globals) {
  Result<Connection> connection = Connection::open(globals, "pier estimate");
  if (!connection) return report(connection.error(), globals);
  const Result<json::object> body = publish_body(options);
  if (!body) return report(body.error(), globals);
  const Result<json::value> estimate = connection->client().post("/v1/estimates", *body);
  if (!estimate) return report(estimate.error(), globals);
  if (globals.json)
    print_json(*estimate);
  else
    print_estimate(estimate->as_object());
  return 0;
}

}  // namespace

void add_estimate(CLI::App& app, Globals& globals, Run& run) {
  auto options = std::make_shared<PublishOptions>();
  CLI::App* command =
      app.add_subcommand("estimate", "What publishing a master would take, and when it would be finished");
  add_publish_options(*command, *options);
  command->get_option("FILE")->required();
  add_globals(*command, globals);
  command->callback(
      [options, &globals, &run] { run = [options, &globals] { return run_estimate(*options, globals); }; });
}

}  // namespace pier::app
