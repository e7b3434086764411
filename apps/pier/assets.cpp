#include <memory>

#include "commands.hpp"
#include "service.hpp"
#include "views.hpp"

namespace pier::app {
namespace {

int run_list(const Globals& globals) {
  Result<Connection> connection = Connection::open(globals, "pier assets");
  if (!connection) return report(connection.error(), globals);
  json::array all;
  std::string cursor;
  do {
    const Result<json::value> page =
        connection->client().get("/v1/assets?limit=200" + (cursor.empty() ? "" : "&cursor=" + cursor));
    if (!page) return report(page.error(), globals);
    const auto assets = get_array(page->as_object(), "assets");
    if (assets) all.insert(all.end(), assets->begin(), assets->end());
    cursor = string_or(page->as_object(), "next", "");
  } while (!cursor.empty());
  if (globals.json) {
    print_json(json::object{{"assets", std::move(all)}});
    return 0;
  }
  if (all.empty()) std::printf("no assets yet; publish one: pier publish FILE\n");
  for (const json::value& value : all) {
    const json::object& asset = value.as_object();
    std::printf("%s  %-10s %s\n", string_or(asset, "id", "").c_str(), string_or(asset, "state", "").c_str(),
                string_or(asset, "title", "").c_str());
  }
  return 0;
}

int run_show(const std::string& id, const Globals& globals) {
  Result<Connection> connection = Connection::open(globals, "pier assets");
  if (!connection) return report(connection.error(), globals);
  const Result<json::value> asset = connection->client().get("/v1/assets/" + id);
  if (!asset) return report(asset.error(), globals);
  if (globals.json)
    print_json(*asset);
  else
    print_asset(asset->as_object());
  return 0;
}

int run_delete(const std::string& id, const Globals& globals) {
  Result<Connection> connection = Connection::open(globals, "pier assets");
  if (!connection) return report(connection.error(), globals);
  const Result<void> removed = connection->client().remove("/v1/assets/" + id);
  if (!removed) return report(removed.error(), globals);
  if (globals.json)
    print_json(json::object{{"deleted", id}});
  else
    std::printf("%s is deleted; its bytes go in an hour\n", id.c_str());
  return 0;
}

}  // namespace

void add_assets(CLI::App& app, Globals& globals, Run& run) {
  CLI::App* command = app.add_subcommand("assets", "List, show or delete assets");
  command->require_subcommand(1);
  CLI::App* list = command->add_subcommand("list", "All assets, newest first");
  add_globals(*list, globals);
  list->callback([&globals, &run] { run = [&globals] { return run_list(globals); }; });
  auto id = std::make_shared<std::string>();
  CLI::App* show = command->add_subcommand("show", "One asset with its tracks and report");
  show->add_option("ASSET", *id)->required();
  add_globals(*show, globals);
  show->callback([id, &globals, &run] { run = [id, &globals] { return run_show(*id, globals); }; });
  CLI::App* remove = command->add_subcommand("delete", "Delete an asset: not playable at once, its bytes go later");
  remove->add_option("ASSET", *id)->required();
  add_globals(*remove, globals);
  remove->callback([id, &globals, &run] { run = [id, &globals] { return run_delete(*id, globals); }; });
}

}  // namespace pier::app
