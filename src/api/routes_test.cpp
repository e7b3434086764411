#include <unistd.h>

#include <pier/analysis/analyse.hpp>
#include <pier/api/gateway.hpp>
#include <pier/catalogue/analysis.hpp>
#include <pier/catalogue/asset.hpp>
#include <pier/catalogue/report.hpp>
#include <pier/core/file.hpp>
#include <pier/core/id.hpp>
#include <pier/media/facts.hpp>
#include <pier/net/client.hpp>
#include <pier/net/server.hpp>

#include "api_fixture.hpp"

namespace pier::api::test {
namespace {

std::string text_of(const net::Response& response) {
  return std::get<std::string>(response.body);
}

TEST_F(ApiTest, AddressesAndMethods) {
  EXPECT_EQ(ask("GET", "/v1/nothing").status, 404);
  EXPECT_EQ(ask("GET", "/v1/jobs/").status, 404);
  EXPECT_EQ(ask("GET", "/v1").status, 404);
  const auto wrong = ask("DELETE", "/v1/jobs");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(header(wrong, "Allow"), "GET, HEAD, POST");
  EXPECT_EQ(header(wrong, "Content-Type"), "application/problem+json");
  EXPECT_EQ(ask("HEAD", "/v1/jobs").status, 200);
  EXPECT_EQ(ask("OPTIONS", "/v1/jobs").status, 405) << "no other site may ask";
}

TEST_F(ApiTest, HealthAndMetrics) {
  const json::object health = json_of(ask("GET", "/healthz"));
  EXPECT_EQ(get_string(health, "status").value(), "ok");
  EXPECT_FALSE(get_string(health, "version").value().empty());
  EXPECT_GT(get_int(health, "free_bytes").value(), 0);
  EXPECT_FALSE(get_array(health, "sandbox").value().empty());
  x_engine->metrics().counter("pier_test_total", "For this test.").add(3);
  EXPECT_NE(text_of(ask("GET", "/metrics")).find("pier_test_total 3"), std::string::npos);
}

TEST_F(ApiTest, APublishJobIsMadeAndShown) {
  const std::string path = make_file("master.mov", "x");
  const auto made = post("/v1/jobs", {{"kind", "publish"}, {"request", {{"path", path}, {"title", "Harbour"}}}});
  ASSERT_EQ(made.status, 201) << text_of(made);
  const json::object job = get_object(json_of(made), "job").value();
  const std::string id = get_string(job, "id").value();
  EXPECT_EQ(header(made, "Location"), "/v1/jobs/" + id);
  EXPECT_EQ(get_string(job, "state").value(), "queued");
  EXPECT_EQ(get_string(get_object(job, "request").value(), "title").value(), "Harbour");
  EXPECT_EQ(json_of(ask("GET", "/v1/jobs/" + id)).at("job"), job);
  EXPECT_EQ(ask("GET", "/v1/jobs/" + new_id("job")).status, 404);
}

json::value with_subtitles(const std::string& path, const json::value& subtitles) {
  return {{"kind", "publish"}, {"request", {{"path", path}, {"subtitles", json::array{subtitles}}}}};
}

TEST_F(ApiTest, BodiesThatAreWrongAreToldWhy) {
  const std::string path = make_file("master.mov", "x");
  const json::value good{{"path", path}};
  struct Case {
    json::value body;
    std::string says;
  };
  const std::vector<Case> cases{
      {json::object{}, "body.kind"},
      {{{"kind", 3}}, "body.kind"},
      {{{"kind", "bake"}}, "\"publish\" or \"verify\""},
      {{{"kind", "publish"}}, "body.request"},
      {{{"kind", "publish"}, {"request", good}, {"extra", 1}}, "\"extra\""},
      {{{"kind", "publish"}, {"request", {{"titel", "x"}}}}, "\"titel\""},
      {{{"kind", "publish"}, {"request", {{"path", path}, {"title", 3}}}}, "request.title must be a text"},
      {{{"kind", "publish"}, {"request", {{"path", path}, {"rungs", "a"}}}}, "request.rungs must be an array"},
      {{{"kind", "publish"}, {"request", {{"path", path}, {"first", 1}}}}, "request.first must be a text"},
      {{{"kind", "publish"}, {"request", {{"path", path}, {"tags", "8k"}}}}, "request.tags must be an array"},
      {{{"kind", "publish"}, {"request", {{"path", path}, {"tags", json::array{"8K"}}}}}, "\"8K\" is no tag"},
      {{{"kind", "publish"}, {"request", {{"path", path}, {"keep", "move"}}}}, "keep"},
      {{{"kind", "publish"}, {"request", {{"path", "relative.mov"}}}}, "absolute"},
      {{{"kind", "publish"}, {"request", {{"path", path}, {"policy", "stop"}}}}, "policy"},
      {{{"kind", "publish"}, {"request", {{"path", path}, {"policy", 1}}}}, "request.policy must be a text"},
      {{{"kind", "publish"}, {"request", {{"path", path}, {"profile", "own.toml"}}}}, "must be absolute"},
      {{{"kind", "publish"}, {"request", json::object{}}}, "request.input is missing"},
      {{{"kind", "publish"}, {"request", {{"path", path}, {"input", json::object{}}}}}, "both"},
      {{{"kind", "publish"}, {"request", {{"input", {{"path", "a"}}}}}}, "request.input.root"},
      {{{"kind", "publish"}, {"request", {{"input", {{"root", "masters"}}}}}}, "request.input.path"},
      {{{"kind", "publish"}, {"request", {{"input", {{"root", "no"}, {"path", "a"}}}}}}, "no root \"no\""},
      {{{"kind", "publish"}, {"request", {{"path", path}, {"subtitles", "a.srt"}}}},
       "request.subtitles must be an array"},
      {{{"kind", "publish"}, {"request", {{"path", path}, {"hdr10_plus", "a.json"}}}},
       "request.hdr10_plus must be an object"},
      {{{"kind", "publish"}, {"request", {{"path", path}, {"hdr10_plus", {{"path", "a.json"}}}}}},
       "request.hdr10_plus.path must be absolute"},
      {with_subtitles(path, "a.srt"), "request.subtitles[0] must be an object"},
      {with_subtitles(path, json::object{{"language", "en"}}), "request.subtitles[0].input is missing"},
      {with_subtitles(path, json::object{{"path", "a.srt"}}), "request.subtitles[0].path must be absolute"},
      {with_subtitles(path, json::object{{"path", path}, {"lang", "en"}}), "\"lang\""},
      {with_subtitles(path, json::object{{"path", path}, {"forced", "yes"}}),
       "subtitles[0].forced must be true or false"},
      {with_subtitles(path, json::object{{"path", path}, {"language", "chinese"}}), "no language tag"},
      {with_subtitles(path, json::object{{"path", path}, {"offset", "soon"}}), "no time to shift by"},
      {{{"kind", "verify"}, {"asset", 1}}, "body.asset"},
  };
  for (const Case& one : cases) {
    const auto response = post("/v1/jobs", one.body);
    EXPECT_EQ(response.status, 400) << json::serialize(one.body);
    EXPECT_NE(get_string(json_of(response), "detail").value().find(one.says), std::string::npos) << text_of(response);
    EXPECT_EQ(get_string(json_of(response), "code").value(), "invalid_argument");
  }
  EXPECT_EQ(ask("POST", "/v1/jobs", {"{}", {{"content-type", "text/plain"}}, false}).status, 400);
  EXPECT_EQ(ask("POST", "/v1/jobs", {"{", {{"content-type", "application/json"}}, false}).status, 400);
  EXPECT_TRUE(json_of(ask("GET", "/v1/jobs")).at("jobs").as_array().empty()) << "nothing was submitted";
}

TEST_F(ApiTest, OverTheNetworkOnlyBelowARoot) {
  const std::string outside = make_file("outside/secret.mov", "x");
  make_file("masters/deep/a.mov", "x");
  ASSERT_EQ(::symlink("../outside/secret.mov", (x_path + "/masters/link.mov").c_str()), 0);
  const auto publish = [this](const json::value& wish) {
    return post("/v1/jobs", {{"kind", "publish"}, {"request", wish}}, true);
  };
  EXPECT_EQ(publish({{"path", outside}}).status, 403);
  EXPECT_EQ(publish({{"path_bytes", to_base64(as_bytes(outside))}}).status, 403);
  for (const char* path : {"../outside/secret.mov", "link.mov", "/etc/passwd"}) {
    EXPECT_EQ(publish({{"input", {{"root", "masters"}, {"path", path}}}}).status, 403) << path;
  }
  EXPECT_EQ(publish({{"input", {{"root", "masters"}, {"path", "missing.mov"}}}}).status, 404);
  const auto with_text = [&](const json::value& text) {
    return publish({{"input", {{"root", "masters"}, {"path", "deep/a.mov"}}}, {"subtitles", json::array{text}}}).status;
  };
  EXPECT_EQ(with_text({{"path", outside}}), 403);
  EXPECT_EQ(with_text({{"input", {{"root", "masters"}, {"path", "link.mov"}}}}), 403);
  EXPECT_EQ(with_text({{"input", {{"root", "masters"}, {"path", "missing.srt"}}}}), 404);
  const auto made = publish({{"input", {{"root", "masters"}, {"path", "deep/a.mov"}}}, {"title", "A"}});
  ASSERT_EQ(made.status, 201) << text_of(made);
  const json::object wish = get_object(get_object(json_of(made), "job").value(), "request").value();
  EXPECT_EQ(get_string(wish, "path").value(), x_path + "/masters/deep/a.mov");
  EXPECT_EQ(publish({{"organisation", "other"}, {"input", {{"root", "masters"}, {"path", "deep/a.mov"}}}}).status, 403);
}

TEST_F(ApiTest, NamesThatAreNotUtf8) {
  const std::string name = "\xB2\xA2\xCA\xD4.mov";
  make_file("masters/" + name, "x");
  const auto made = post(
      "/v1/jobs",
      {{"kind", "publish"}, {"request", {{"input", {{"root", "masters"}, {"path_bytes", to_base64(as_bytes(name))}}}}}},
      true);
  ASSERT_EQ(made.status, 201) << text_of(made);
  const json::object wish = get_object(get_object(json_of(made), "job").value(), "request").value();
  EXPECT_EQ(get_path(wish, "path").value(), x_path + "/masters/" + name);
}

TEST_F(ApiTest, TheSameKeyGivesTheSameJob) {
  const std::string path = make_file("master.mov", "x");
  const json::value body{{"kind", "publish"}, {"request", {{"path", path}}}};
  const auto id_of = [](const net::Response& r) {
    return get_string(get_object(json_of(r), "job").value(), "id").value();
  };
  const std::string first = id_of(post("/v1/jobs", body, false, {{"idempotency-key", "k1"}}));
  EXPECT_EQ(id_of(post("/v1/jobs", body, false, {{"idempotency-key", "k1"}})), first);
  EXPECT_NE(id_of(post("/v1/jobs", body, false, {{"idempotency-key", "k2"}})), first);
  EXPECT_NE(id_of(post("/v1/jobs", body)), first);
  const json::value other{{"kind", "publish"}, {"request", {{"path", path}, {"title", "other"}}}};
  EXPECT_EQ(post("/v1/jobs", other, false, {{"idempotency-key", "k1"}}).status, 409);
  EXPECT_EQ(post("/v1/jobs", body, false, {{"idempotency-key", std::string(256, 'x')}}).status, 400);
  EXPECT_EQ(json_of(ask("GET", "/v1/jobs")).at("jobs").as_array().size(), 3U);
}

TEST_F(ApiTest, ListsArePagedAndFiltered) {
  std::vector<std::string> made;
  for (int i = 0; i < 5; i++) made.push_back(make_job("m" + std::to_string(i) + ".mov"));
  std::vector<std::string> seen;
  std::string cursor;
  do {
    const json::object page =
        json_of(ask("GET", "/v1/jobs?limit=2&kind=publish&state=queued" + (cursor.empty() ? "" : "&cursor=" + cursor)));
    for (const json::value& job : page.at("jobs").as_array()) seen.push_back(get_string(job.as_object(), "id").value());
    cursor = string_or(page, "next", "");
  } while (!cursor.empty());
  EXPECT_EQ(seen, std::vector<std::string>(made.rbegin(), made.rend()));
  EXPECT_TRUE(json_of(ask("GET", "/v1/jobs?state=done")).at("jobs").as_array().empty());
  for (const char* query : {"limit=0", "limit=501", "limit=x", "state=lost", "cursor=zzz", "colour=red"}) {
    EXPECT_EQ(ask("GET", std::string("/v1/jobs?") + query).status, 400) << query;
  }
  EXPECT_EQ(ask("GET", "/v1/assets?state=lost").status, 400);
}

TEST_F(ApiTest, CancelAndFollowToTheEnd) {
  const std::string id = make_job();
  const auto stream = ask("GET", "/v1/jobs/" + id + "/events");
  EXPECT_EQ(header(stream, "Content-Type"), "text/event-stream");
  const auto poll = std::get<net::EventStream>(stream.body).poll;
  const auto first = poll();
  ASSERT_EQ(first.events.size(), 1U);
  EXPECT_EQ(first.events[0].name, "progress");
  EXPECT_FALSE(first.last);
  EXPECT_TRUE(poll().events.empty()) << "nothing changed";
  const auto again = ask("GET", "/v1/jobs/" + id + "/events", {{}, {{"last-event-id", first.events[0].id}}, false});
  EXPECT_TRUE(std::get<net::EventStream>(again.body).poll().events.empty());

  EXPECT_EQ(
      ask("POST", "/v1/jobs/" + id + "/cancel", {"{\"a\":1}", {{"content-type", "application/json"}}, false}).status,
      400);
  const auto cancelled = ask("POST", "/v1/jobs/" + id + "/cancel");
  ASSERT_EQ(cancelled.status, 200) << text_of(cancelled);
  EXPECT_EQ(get_string(get_object(json_of(cancelled), "job").value(), "state").value(), "cancelled");
  const auto last = poll();
  ASSERT_EQ(last.events.size(), 1U);
  EXPECT_EQ(last.events[0].name, "end");
  EXPECT_TRUE(last.last);
  EXPECT_EQ(parse_json(last.events[0].data)->at("job").at("state").as_string(), "cancelled");
  EXPECT_EQ(ask("GET", "/v1/jobs/" + id + "/events", {{}, {{"last-event-id", last.events[0].id}}, false}).status, 204);
  EXPECT_EQ(ask("GET", "/v1/jobs/" + new_id("job") + "/events").status, 404);
  EXPECT_EQ(ask("POST", "/v1/jobs/" + new_id("job") + "/cancel").status, 404);
}

TEST_F(ApiTest, AssetsAreListedShownAndDeleted) {
  const std::string id = make_asset("Harbour at night");
  const std::string other = make_asset("Bridge");
  const json::array all = json_of(ask("GET", "/v1/assets")).at("assets").as_array();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(get_string(all[0].as_object(), "id").value(), other) << "newest first";
  EXPECT_EQ(json_of(ask("GET", "/v1/assets?title=harbour")).at("assets").as_array().size(), 1U);
  EXPECT_EQ(get_string(get_object(json_of(ask("GET", "/v1/assets/" + id)), "asset").value(), "title").value(),
            "Harbour at night");
  EXPECT_EQ(ask("DELETE", "/v1/assets/" + id).status, 204);
  EXPECT_EQ(x_changed, std::vector<std::string>{id});
  EXPECT_EQ(json_of(ask("GET", "/v1/assets")).at("assets").as_array().size(), 1U);
  EXPECT_EQ(ask("DELETE", "/v1/assets/" + new_id("ast")).status, 404);
  EXPECT_EQ(ask("GET", "/v1/assets/" + new_id("ast")).status, 404);
}

/// An analysis of `frames` black pictures, each a finding of its own, as a task would have stored it.
void store_analysis(workflows::Engine& engine, const std::string& asset, int frames) {
  const auto stored = engine.database().write([&](database::Transaction& tx) -> Result<void> {
    catalogue::AnalysisRow row;
    row.asset_id = asset;
    row.engine = "analysis-1";
    row.totals = {{"black", {{"count", 9 * frames}, {"seconds", 1.0}, {"listed", frames}}}};
    analysis::AnalysisResult result;
    result.video_stream = 0;
    std::vector<catalogue::FindingRow> rows;
    for (int i = 0; i < frames; ++i) {
      analysis::Finding finding;
      finding.kind = i % 2 == 0 ? "black" : "freeze";
      finding.time = {Rational(i, 25), Rational(i + 1, 25)};
      result.findings.push_back(finding);
      catalogue::FindingRow found;
      found.kind = finding.kind;
      found.severity = "info";
      found.start = finding.time.start;
      found.end = finding.time.end;
      found.first_frame = found.last_frame = i;
      rows.push_back(found);
    }
    const std::string text = json::serialize(analysis::to_json(result));
    for (auto [key, kind] : {std::pair{&row.frames, "frames"}, std::pair{&row.result, "analysis"}}) {
      PIER_TRY(*key, storage::new_key("default", kind));
      PIER_TRY(const storage::ObjectInfo info, storage::put(engine.store(), *key, as_bytes(text)));
      PIER_CHECK(catalogue::add_object(tx, info));
    }
    return catalogue::store_analysis(tx, "default", row, rows, {{.last_frame = frames - 1, .begins_with = "start"}});
  });
  ASSERT_TRUE(stored) << stored.error().message;
}

TEST_F(ApiTest, TheNewestReport) {
  const std::string id = make_asset("Harbour");
  EXPECT_EQ(ask("GET", "/v1/assets/" + id + "/report").status, 404);
  store_analysis(*x_engine, id, 1);
  ASSERT_TRUE(x_engine->database().write([&](database::Transaction& tx) -> Result<void> {
    for (const char* profile : {"uhd", "hd"}) {
      catalogue::ReportRow report;
      report.asset_id = id;
      report.profile = profile;
      report.verdict = catalogue::Verdict::kWarn;
      report.body = {{"about", profile}};
      PIER_CHECK(catalogue::add_report(tx, "default", report));
    }
    return {};
  }));
  const json::object report = json_of(ask("GET", "/v1/assets/" + id + "/report?profile=uhd"));
  EXPECT_EQ(get_string(report, "verdict").value(), "warn");
  EXPECT_EQ(get_string(get_object(report, "body").value(), "about").value(), "uhd");
  EXPECT_EQ(get_array(report, "findings")->size(), 1U);
  EXPECT_EQ(get_string(json_of(ask("GET", "/v1/assets/" + id + "/report")), "profile").value(), "hd");
  EXPECT_EQ(ask("GET", "/v1/assets/" + id + "/report?profile=none").status, 404);
}

TEST_F(ApiTest, FindingsInPages) {
  const std::string id = make_asset("Harbour");
  EXPECT_EQ(ask("GET", "/v1/assets/" + id + "/findings").status, 404) << "not analysed yet";
  store_analysis(*x_engine, id, 7);
  const std::string address = "/v1/assets/" + id + "/findings";
  std::vector<int64_t> seen;
  std::string cursor;
  do {
    const json::object page = json_of(ask("GET", address + "?limit=3" + (cursor.empty() ? "" : "&cursor=" + cursor)));
    EXPECT_EQ(page.at("totals").at("black").at("count").as_int64(), 63) << "the true number, not the listed one";
    for (const json::value& one : page.at("findings").as_array()) {
      seen.push_back(get_int(one.as_object(), "first_frame").value());
    }
    cursor = string_or(page, "next", "");
  } while (!cursor.empty());
  EXPECT_EQ(seen, (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(json_of(ask("GET", address + "?kind=black")).at("findings").as_array().size(), 4U);
  EXPECT_TRUE(json_of(ask("GET", address + "?severity=fail")).at("findings").as_array().empty());
  for (const char* query : {"limit=0", "severity=worst", "cursor=zzz", "colour=red"}) {
    EXPECT_EQ(ask("GET", address + "?" + query).status, 400) << query;
  }
  EXPECT_EQ(ask("GET", "/v1/assets/" + new_id("ast") + "/findings").status, 404);
  const json::object shots = json_of(ask("GET", "/v1/assets/" + id + "/shots"));
  ASSERT_EQ(shots.at("shots").as_array().size(), 1U);
  EXPECT_EQ(get_int(shots.at("shots").as_array()[0].as_object(), "last_frame").value(), 6);
  EXPECT_EQ(ask("GET", "/v1/assets/" + id + "/shots?limit=0").status, 400);
  EXPECT_EQ(ask("GET", "/v1/assets/" + new_id("ast") + "/shots").status, 404);
}

TEST_F(ApiTest, AnAssetIsJudgedAgain) {
  const std::string id = make_asset("Harbour");
  const std::string address = "/v1/assets/" + id + "/reports";
  const json::value by_hand{{"profile", "screen-any"}};
  EXPECT_EQ(post(address, by_hand).status, 404) << "not analysed yet";
  store_analysis(*x_engine, id, 3);
  ASSERT_TRUE(x_engine->database().write([&](database::Transaction& tx) -> Result<void> {
    media::Facts facts;
    facts.path = "/masters/harbour.mov";
    catalogue::AssetChange change;
    change.facts = media::to_json(facts);
    PIER_CHECK(catalogue::update_asset(tx, "default", id, change));
    return {};
  }));
  const auto first = post(address, by_hand);
  ASSERT_EQ(first.status, 201) << text_of(first);
  EXPECT_EQ(get_string(json_of(first), "profile").value(), "screen-any");
  EXPECT_EQ(get_string(json_of(first), "verdict").value(), "not_judged") << "facts without a picture";
  const auto again = post(address, by_hand);
  EXPECT_EQ(again.status, 200) << "it says the same";
  EXPECT_EQ(json_of(again).at("id"), json_of(first).at("id"));
  const std::string own = make_file("own.toml", R"(format = 1
id = "own"
version = "1"
title.en = "Own"
title.zh = "自定"
[[rule]]
id = "no-black"
clause = "house rule"
severity = "fail"
applies_to = "file"
source = "us"
verified = "text"
absent = "black"
message.en = "No black."
message.zh = "无黑场。"
)");
  const auto judged = post(address, {{"profile", own}});
  ASSERT_EQ(judged.status, 201) << text_of(judged);
  EXPECT_EQ(get_string(json_of(judged), "verdict").value(), "fail");
  const json::object view = json_of(ask("GET", "/v1/assets/" + id));
  EXPECT_EQ(view.at("reports").as_array().size(), 2U);

  EXPECT_EQ(post(address, {{"profile", own}}, true).status, 403) << "no file is opened for the network";
  EXPECT_EQ(post(address, {{"profile", "own.toml"}}).status, 400);
  EXPECT_EQ(post(address, {{"profile", "nowhere"}}).status, 404);
  EXPECT_EQ(post(address, json::object{}).status, 400);
  EXPECT_EQ(post(address, {{"profile", "screen-any"}, {"x", 1}}).status, 400);
  EXPECT_EQ(post("/v1/assets/" + new_id("ast") + "/reports", by_hand).status, 404);
}

TEST_F(ApiTest, PagesInTheViewersLanguage) {
  make_file("web/play.html", "<!doctype html>\n<html lang=\"en\">x");
  make_file("web/play.js", "'use strict';");
  make_file("secret.js", "secret");
  const std::string address = "/play/" + new_id("ast");
  const auto page = [&](const char* languages) {
    return text_of(ask("GET", address, {{}, {{"accept-language", languages}}, true}));
  };
  EXPECT_NE(page("zh-CN,zh;q=0.9,en;q=0.8").find("lang=\"zh-Hans\""), std::string::npos);
  EXPECT_NE(page("en-GB,zh;q=0.9").find("lang=\"en\""), std::string::npos);
  EXPECT_NE(page("de, zh;q=0.4, en;q=0.3").find("lang=\"zh-Hans\""), std::string::npos);
  EXPECT_NE(page("").find("lang=\"en\""), std::string::npos);
  EXPECT_NE(header(ask("GET", address), "Content-Security-Policy").find("default-src 'self'"), std::string::npos);
  EXPECT_EQ(ask("GET", "/play/nothing").status, 404);
  const auto script = ask("GET", "/web/play.js");
  EXPECT_EQ(script.status, 200);
  EXPECT_EQ(ask("GET", "/web/play.js", {{}, {{"if-none-match", header(script, "ETag")}}, true}).status, 304);
  for (const char* name : {"/web/secret.js", "/web/play.txt", "/web/.play.js", "/web/none.js", "/web/play.js/x"}) {
    EXPECT_EQ(ask("GET", name).status, 404) << name;
  }
  EXPECT_EQ(ask("GET", "/").status, 404) << "index.html is not installed here";
}

TEST_F(ApiTest, BehindAServer) {
  Gateway gateway(*x_engine);
  net::ServerOptions options;
  options.endpoints = {net::Endpoint{x_path + "/pier.sock", {}, 0}, net::Endpoint{{}, "127.0.0.1", 0}};
  auto server = net::Server::start(options, gateway.handlers());
  ASSERT_TRUE(server) << server.error().message;
  const net::Client local((*server)->endpoints()[0]), remote((*server)->endpoints()[1]);
  const json::value body{{"kind", "publish"}, {"request", {{"path", make_file("m.mov", "x")}}}};
  EXPECT_EQ(remote.post("/v1/jobs", body).error().code, ErrorCode::kPermission);
  const auto made = local.post("/v1/jobs", body);
  ASSERT_TRUE(made) << made.error().message;
  const std::string id(made->at("job").at("id").as_string());
  std::vector<std::string> names;
  const auto ended = remote.events("/v1/jobs/" + id + "/events", [&](const net::ServerEvent& event) {
    names.push_back(event.name);
    if (event.name == "progress") {
      EXPECT_TRUE(local.post("/v1/jobs/" + id + "/cancel", json::object{}));
    }
    return true;
  });
  EXPECT_TRUE(ended.has_value() && *ended);
  EXPECT_EQ(names, (std::vector<std::string>{"progress", "end"}));
  EXPECT_EQ(remote.get("/media/" + new_id("ast") + "/hls.m3u8").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(remote.request("POST", "/v1/jobs", std::string(300'000, 'x'))->status, 413);
  EXPECT_EQ(remote.request("POST", "/media/x", "abc")->status, 413);
  EXPECT_TRUE(remote.get("/healthz"));
}

}  // namespace
}  // namespace pier::api::test
