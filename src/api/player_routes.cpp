#include <charconv>

#include <pier/core/file.hpp>
#include <pier/core/id.hpp>
#include <pier/net/byte_range.hpp>

#include "body.hpp"
#include "routes.hpp"

namespace pier::api::impl {
namespace {

struct WebType {
  std::string_view suffix, type;
};
constexpr WebType kWebTypes[] = {{".js", "text/javascript; charset=utf-8"},
                                 {".css", "text/css; charset=utf-8"},
                                 {".html", "text/html; charset=utf-8"},
                                 {".svg", "image/svg+xml"}};

constexpr std::string_view kPolicy =
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'";

/// "zh" or "en", by RFC 9110 section 12.5.4; the first of equal weight wins.
std::string_view choose_language(std::string_view header) {
  std::string_view best = "en";
  double best_weight = 0;
  while (!header.empty()) {
    const size_t comma = header.find(',');
    std::string_view item = header.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    double weight = 1;
    const size_t q = item.find("q=");
    if (q != std::string_view::npos) std::from_chars(item.data() + q + 2, item.data() + item.size(), weight);
    const std::string_view language = item.substr(0, 2);
    if ((language == "zh" || language == "en") && weight > best_weight) {
      best = language;
      best_weight = weight;
    }
    if (comma == std::string_view::npos) break;
    header.remove_prefix(comma + 1);
  }
  return best;
}

Result<std::string> read_web(const Context& context, std::string_view name) {
  auto text = read_file(context.options.web + "/" + std::string(name), 8U << 20U);
  if (!text && text.error().code == ErrorCode::kNotFound) {
    return fail(ErrorCode::kNotFound, "there is no page " + std::string(name) + " in this installation");
  }
  return text;
}

Result<net::Response> page(const net::Request& request, const Context& context, std::string_view name) {
  PIER_TRY(std::string text, read_web(context, name));
  const std::string_view language = choose_language(request.header("accept-language").value_or(""));
  constexpr std::string_view kMark = "<html lang=\"en\">";
  const size_t at = text.find(kMark);
  if (at != std::string::npos && language == "zh") text.replace(at, kMark.size(), "<html lang=\"zh-Hans\">");
  net::Response response = net::text_response(200, "text/html; charset=utf-8", std::move(text));
  response.group = "web";
  response.set("Content-Language", language);
  response.set("Vary", "Accept-Language");
  response.set("Cache-Control", "no-cache");
  response.set("Content-Security-Policy", kPolicy);
  response.set("Referrer-Policy", "no-referrer");
  return response;
}

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > 80 || name.front() == '.') return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string_view::npos;
}

}  // namespace

Result<net::Response> show_start_page(const net::Request& request, const Context& context) {
  return page(request, context, "index.html");
}

Result<net::Response> show_player_page(const net::Request& request, const Context& context) {
  if (!is_id("ast", context.id)) return fail(ErrorCode::kNotFound, "there is no such asset");
  return page(request, context, "play.html");
}

Result<net::Response> show_web_file(const net::Request& request, const Context& context) {
  for (const auto& [suffix, type] : kWebTypes) {
    if (!is_plain_name(context.id) || !context.id.ends_with(suffix)) continue;
    PIER_TRY(std::string text, read_web(context, context.id));
    const std::string etag = '"' + to_hex(sha256(as_bytes(text))).substr(0, 32) + '"';
    net::Response response = net::text_response(200, type, std::move(text));
    response.group = "web";
    response.set("Cache-Control", "no-cache");
    return net::apply_conditions(request, std::move(response), etag);
  }
  return fail(ErrorCode::kNotFound, "there is no such file");
}

}  // namespace pier::api::impl
