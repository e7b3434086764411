#include <pier/core/file.hpp>
#include <pier/jobs/view.hpp>

#include "body.hpp"
#include "job_events.hpp"
#include "routes.hpp"

namespace pier::api::impl {
namespace {

Failure invalid(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

Result<std::string> text_member(const json::object& object, std::string_view key, std::string_view where) {
  const json::value* value = object.if_contains(json::string_view(key.data(), key.size()));
  if (value == nullptr || !value->is_string() || value->as_string().empty()) {
    return invalid(std::string(where) + "." + std::string(key) + " must be a text that is not empty");
  }
  return std::string(value->as_string());
}

/// {"root": NAME, "path": relative} or with "path_bytes".
Result<std::string> input_path(const json::object& input, const Context& context, const std::string& where) {
  PIER_CHECK(refuse_unknown(input, {"root", "path", "path_bytes"}, where));
  PIER_TRY(const std::string root, text_member(input, "root", where));
  auto relative = get_path(input, "path");
  if (!relative) return invalid(where + ".path: " + relative.error().message);
  return resolve_beneath(context.engine.options().roots, root, *relative);
}

/// Puts an absolute "path" in place of "input" of `wish`, which stands at `where`.
Result<void> settle_path(const net::Request& request, json::object& wish, const Context& context,
                         const std::string& where) {
  const bool named = wish.contains("path") || wish.contains("path_bytes");
  if (const auto input = get_object(wish, "input")) {
    if (named) return invalid(where + " has both input and path; give one");
    PIER_TRY(const std::string path, input_path(*input, context, where + ".input"));
    wish.erase("input");
    put_path(wish, "path", path);
    return {};
  }
  if (!named) return invalid(where + ".input is missing: {\"root\": NAME, \"path\": relative path}");
  if (!request.over_unix_socket) {
    return fail(ErrorCode::kPermission,
                where + ".path is taken only over the socket in the data directory; over the network give " + where +
                    ".input {\"root\", \"path\"} below a root of the server (pier serve --root NAME=PATH)");
  }
  auto path = get_path(wish, "path");
  if (!path) return invalid(where + ".path: " + path.error().message);
  return path->starts_with('/') ? Result<void>() : invalid(where + ".path must be absolute");
}

Result<void> settle_subtitles(const net::Request& request, json::object& wish, const Context& context) {
  const auto list = get_array(wish, "subtitles");
  if (!list) return {};
  json::array settled;
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string where = "request.subtitles[" + std::to_string(i) + "]";
    if (!(*list)[i].is_object()) return invalid(where + " must be an object");
    json::object one = (*list)[i].as_object();
    PIER_CHECK(refuse_unknown(one,
                              {"input", "path", "path_bytes", "from", "service", "language", "name", "encoding",
                               "offset", "forced", "default"},
                              where));
    for (const char* key : {"path", "path_bytes", "from", "language", "name", "encoding", "offset"})
      PIER_CHECK(check_member(one, key, Kind::kText, where));
    for (const char* key : {"forced", "default"}) PIER_CHECK(check_member(one, key, Kind::kBoolean, where));
    if (const json::value* service = one.if_contains("service"); service != nullptr && !service->is_int64())
      return invalid(where + ".service must be a whole number");
    const bool captions = !string_or(one, "from", "").empty();
    if (captions && (one.contains("input") || one.contains("path") || one.contains("path_bytes")))
      return invalid(where + " has a file and \"from\", which is for captions of the master; leave one out");
    if (!captions) PIER_CHECK(settle_path(request, one, context, where));
    settled.emplace_back(std::move(one));
  }
  wish["subtitles"] = std::move(settled);
  return {};
}

Result<void> settle_hdr10_plus(const net::Request& request, json::object& wish, const Context& context) {
  const auto given = get_object(wish, "hdr10_plus");
  if (!given) return {};
  json::object file = *given;
  const std::string where = "request.hdr10_plus";
  PIER_CHECK(refuse_unknown(file, {"input", "path", "path_bytes"}, where));
  for (const char* key : {"path", "path_bytes"}) PIER_CHECK(check_member(file, key, Kind::kText, where));
  PIER_CHECK(settle_path(request, file, context, where));
  wish["hdr10_plus"] = std::move(file);
  return {};
}

Result<void> check_publish_members(const json::object& wish) {
  PIER_CHECK(refuse_unknown(
      wish,
      {"input", "path", "path_bytes", "organisation", "title", "ladder", "rungs", "profile", "policy", "first", "in",
       "out", "audio_map", "keep", "content_light", "mastering_display", "tags", "subtitles", "hdr10_plus"},
      "request"));
  for (const char* key : {"path", "path_bytes", "organisation", "title", "ladder", "profile", "policy", "first", "in",
                          "out", "audio_map", "keep"}) {
    PIER_CHECK(check_member(wish, key, Kind::kText, "request"));
  }
  for (const char* key : {"input", "content_light", "mastering_display", "hdr10_plus"}) {
    PIER_CHECK(check_member(wish, key, Kind::kObject, "request"));
  }
  for (const char* key : {"tags", "subtitles"}) PIER_CHECK(check_member(wish, key, Kind::kArray, "request"));
  return check_member(wish, "rungs", Kind::kArray, "request");
}

Result<workflows::PublishRequest> read_publish(const net::Request& request, json::object wish, const Context& context) {
  PIER_CHECK(check_publish_members(wish));
  const std::string organisation = string_or(wish, "organisation", context.options.organisation);
  if (organisation != context.options.organisation) {
    return fail(ErrorCode::kPermission,
                "request.organisation: you may publish for \"" + context.options.organisation + "\" only");
  }
  PIER_CHECK(check_profile_name(string_or(wish, "profile", ""), request, "request"));
  PIER_CHECK(settle_path(request, wish, context, "request"));
  PIER_CHECK(settle_subtitles(request, wish, context));
  PIER_CHECK(settle_hdr10_plus(request, wish, context));
  auto parsed = workflows::publish_request_from_json(wish);
  if (!parsed) return invalid("request: " + parsed.error().message);
  return parsed;
}

Result<std::string> idempotency_key(const net::Request& request) {
  const std::string key(request.header("idempotency-key").value_or(""));
  if (key.size() > 255) return invalid("Idempotency-Key must have at most 255 characters");
  return key;
}

/// The request of a body {"kind": "publish", "request": {...}}.
Result<workflows::PublishRequest> read_publication(const net::Request& request, const json::object& body,
                                                   const Context& context) {
  PIER_CHECK(refuse_unknown(body, {"kind", "request"}, "body"));
  const json::value* wish = body.if_contains("request");
  if (wish == nullptr || !wish->is_object()) return invalid("body.request must be an object");
  return read_publish(request, wish->as_object(), context);
}

Result<workflows::Submitted> submit(const net::Request& request, const json::object& body, const Context& context) {
  PIER_TRY(const std::string kind, text_member(body, "kind", "body"));
  if (kind == "publish") {
    PIER_TRY(workflows::PublishRequest wanted, read_publication(request, body, context));
    PIER_TRY(wanted.idempotency_key, idempotency_key(request));
    return context.engine.publish(wanted);
  }
  if (kind == "verify") {
    PIER_CHECK(refuse_unknown(body, {"kind", "asset"}, "body"));
    PIER_CHECK(check_member(body, "asset", Kind::kText, "body"));
    return context.engine.verify(context.options.organisation, string_or(body, "asset", ""));
  }
  return invalid("body.kind must be \"publish\" or \"verify\"");
}

}  // namespace

Result<net::Response> list_jobs(const net::Request& request, const Context& context) {
  PIER_CHECK(refuse_unknown_parameters(request, {"limit", "cursor", "state", "kind"}));
  PIER_TRY(const size_t limit, read_limit(request));
  jobs::JobFilter filter;
  if (const auto state = request.parameter("state")) {
    PIER_TRY(filter.state, jobs::job_state_from(*state));
  }
  filter.kind = request.parameter("kind").value_or("");
  PIER_TRY(database::Snapshot snapshot, context.engine.database().read());
  PIER_TRY(const jobs::JobPage page, jobs::list_jobs(snapshot, context.options.organisation, filter, limit,
                                                     request.parameter("cursor").value_or("")));
  json::array list;
  for (const jobs::JobRow& job : page.jobs) list.emplace_back(jobs::to_json(job));
  json::object answer{{"jobs", std::move(list)}};
  if (!page.next.empty()) answer["next"] = page.next;
  return json_response(200, answer);
}

Result<net::Response> create_job(const net::Request& request, const Context& context) {
  PIER_TRY(const json::object body, read_object(request));
  PIER_TRY(const workflows::Submitted submitted, submit(request, body, context));
  PIER_TRY(json::object view, context.engine.job_view(context.options.organisation, submitted.job_id));
  net::Response response = json_response(201, std::move(view));
  response.set("Location", "/v1/jobs/" + submitted.job_id);
  return response;
}

Result<net::Response> create_estimate(const net::Request& request, const Context& context) {
  PIER_TRY(const json::object body, read_object(request));
  PIER_TRY(const std::string kind, text_member(body, "kind", "body"));
  if (kind != "publish") return invalid("body.kind must be \"publish\"");
  PIER_TRY(const workflows::PublishRequest wanted, read_publication(request, body, context));
  PIER_TRY(json::object estimate, context.engine.estimate(wanted));
  return json_response(200, std::move(estimate));
}

Result<net::Response> show_job(const net::Request&, const Context& context) {
  PIER_TRY(json::object view, context.engine.job_view(context.options.organisation, std::string(context.id)));
  return json_response(200, std::move(view));
}

Result<net::Response> follow_job(const net::Request& request, const Context& context) {
  const std::string id(context.id), last(request.header("last-event-id").value_or(""));
  PIER_TRY(const json::object view, context.engine.job_view(context.options.organisation, id));
  net::Response response;
  response.group = "events";
  response.set("Cache-Control", "no-store");
  if (has_seen_end(view, last)) {
    response.status = 204;  // tells a browser's EventSource to stop coming back
    return response;
  }
  response.set("Content-Type", "text/event-stream");
  response.set("X-Accel-Buffering", "no");
  auto events = std::make_shared<JobEvents>(context.engine, context.options.organisation, id, last);
  response.body = net::EventStream{[events] { return events->poll(); }, std::chrono::milliseconds(250)};
  return response;
}

Result<net::Response> cancel_job(const net::Request& request, const Context& context) {
  PIER_CHECK(refuse_members(request));
  PIER_CHECK(context.engine.cancel(context.options.organisation, std::string(context.id)));
  return show_job(request, context);
}

Result<net::Response> retry_job(const net::Request& request, const Context& context) {
  PIER_CHECK(refuse_members(request));
  PIER_CHECK(context.engine.retry(context.options.organisation, std::string(context.id)));
  return show_job(request, context);
}

}  // namespace pier::api::impl
