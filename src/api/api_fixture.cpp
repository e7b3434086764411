#include "api_fixture.hpp"

#include <cstdlib>
#include <filesystem>

#include <pier/catalogue/asset.hpp>
#include <pier/core/file.hpp>
#include <pier/net/target.hpp>

namespace pier::api::test {

void ApiTest::SetUp() {
  std::string pattern = (std::filesystem::temp_directory_path() / "pier-api-XXXXXX").string();
  x_path = ::mkdtemp(pattern.data());
  for (const char* folder : {"/masters/deep", "/outside", "/web"}) ASSERT_TRUE(make_directories(x_path + folder));
  workflows::EngineOptions options;
  options.data = x_path + "/data";
  options.purpose = "test";
  options.roots["masters"] = x_path + "/masters";
  auto engine = workflows::Engine::open(options);
  ASSERT_TRUE(engine) << engine.error().message << " " << engine.error().detail;
  x_engine = std::move(*engine);
  RouterOptions router;
  router.web = x_path + "/web";
  router.on_asset_changed = [this](std::string_view id) { x_changed.emplace_back(id); };
  x_router = std::make_unique<Router>(*x_engine, router);
}

void ApiTest::TearDown() {
  x_router.reset();
  x_engine.reset();
  std::error_code ignored;
  std::filesystem::remove_all(x_path, ignored);
}

net::Response ApiTest::ask(const std::string& method, const std::string& target, Ask more) {
  net::Request request;
  request.method = method;
  request.target = target;
  auto parsed = net::parse_target(target);
  EXPECT_TRUE(parsed) << target;
  if (parsed) {
    request.path = std::move(parsed->path);
    request.query = std::move(parsed->query);
  }
  request.headers = std::move(more.headers);
  request.body = std::move(more.body);
  request.over_unix_socket = !more.network;
  return x_router->handle(request);
}

net::Response ApiTest::post(const std::string& target, const json::value& body, bool network, net::Headers headers) {
  headers.emplace_back("content-type", "application/json");
  return ask("POST", target, {json::serialize(body), std::move(headers), network});
}

json::object ApiTest::json_of(const net::Response& response) {
  const auto value = parse_json(std::get<std::string>(response.body), 64);
  EXPECT_TRUE(value && value->is_object()) << std::get<std::string>(response.body);
  return value && value->is_object() ? value->as_object() : json::object();
}

std::string ApiTest::header(const net::Response& response, std::string_view name) {
  return std::string(net::find_header(response.headers, name).value_or(""));
}

std::string ApiTest::make_file(const std::string& name, std::string_view content) {
  const std::string path = x_path + "/" + name;
  EXPECT_TRUE(replace_file(path, as_bytes(content)));
  return path;
}

std::string ApiTest::make_job(const std::string& name) {
  const std::string path = make_file(name, "not really a master");
  const auto response = post("/v1/jobs", {{"kind", "publish"}, {"request", {{"path", path}}}});
  EXPECT_EQ(response.status, 201) << std::get<std::string>(response.body);
  return get_string(get_object(json_of(response), "job").value(), "id").value();
}

std::string ApiTest::make_asset(const std::string& title) {
  std::string id;
  const auto made = x_engine->database().write([&](database::Transaction& tx) -> Result<void> {
    catalogue::NewAsset asset;
    asset.organisation = "default";
    asset.title = title;
    PIER_TRY(const catalogue::AssetRow row, catalogue::create_asset(tx, asset));
    id = row.id;
    return {};
  });
  EXPECT_TRUE(made) << made.error().message;
  return id;
}

}  // namespace pier::api::test
