#include "body.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <vector>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pier/core/file.hpp>

namespace pier::api::impl {
namespace {

Failure invalid(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

bool is_json_type(std::string_view type) {
  std::string lower(type.substr(0, type.find(';')));
  while (!lower.empty() && lower.back() == ' ') lower.pop_back();
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower == "application/json";
}

std::string in_quotes(std::string_view text) {
  return "\"" + display_text(text.substr(0, 80)) + "\"";
}

std::string list_of(std::initializer_list<std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

}  // namespace

Result<json::object> read_object(const net::Request& request) {
  const auto type = request.header("content-type");
  if (!type || !is_json_type(*type)) return invalid("the request needs a JSON body and Content-Type: application/json");
  auto value = parse_json(request.body);
  if (!value) return invalid("the body is no JSON: " + value.error().message);
  if (!value->is_object()) return invalid("the body must be a JSON object");
  return std::move(value->as_object());
}

Result<void> refuse_unknown(const json::object& object, std::initializer_list<std::string_view> known,
                            std::string_view where) {
  for (const auto& member : object) {
    const std::string_view key(member.key().data(), member.key().size());
    if (std::ranges::find(known, key) == known.end()) {
      return invalid(in_quotes(key) + " is no member of " + std::string(where) + "; it may have: " + list_of(known));
    }
  }
  return {};
}

Result<void> check_member(const json::object& object, std::string_view key, Kind kind, std::string_view where) {
  const json::value* value = object.if_contains(json::string_view(key.data(), key.size()));
  if (value == nullptr || value->is_null() || kind == Kind::kAny) return {};
  const bool fits = kind == Kind::kText      ? value->is_string()
                    : kind == Kind::kObject  ? value->is_object()
                    : kind == Kind::kBoolean ? value->is_bool()
                                             : value->is_array();
  if (fits) return {};
  const char* wanted = kind == Kind::kText      ? "a text"
                       : kind == Kind::kObject  ? "an object"
                       : kind == Kind::kBoolean ? "true or false"
                                                : "an array";
  return invalid(std::string(where) + "." + std::string(key) + " must be " + wanted);
}

Result<void> check_profile_name(std::string_view profile, const net::Request& request, std::string_view where) {
  if (profile.find('/') == std::string_view::npos && !profile.ends_with(".toml")) return {};
  if (!request.over_unix_socket) {
    return fail(ErrorCode::kPermission,
                std::string(where) +
                    ".profile: over the network a profile is named by its id; a file of your own "
                    "is taken only over the socket in the data directory");
  }
  if (!profile.starts_with('/'))
    return invalid(std::string(where) + ".profile: the path of a profile must be absolute");
  return {};
}

Result<size_t> read_limit(const net::Request& request) {
  const auto text = request.parameter("limit");
  if (!text) return size_t{50};
  size_t limit = 0;
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (code != std::errc() || end != text->data() + text->size() || limit < 1 || limit > 500) {
    return invalid("limit must be a number from 1 to 500");
  }
  return limit;
}

Result<void> refuse_members(const net::Request& request) {
  if (request.body.empty()) return {};
  PIER_TRY(const json::object body, read_object(request));
  return refuse_unknown(body, {}, "body");
}

Result<void> refuse_unknown_parameters(const net::Request& request, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : request.query) {
    if (std::ranges::find(known, key) == known.end()) {
      return invalid(in_quotes(key) + " is no parameter of this address; it takes: " + list_of(known));
    }
  }
  return {};
}

Result<std::string> resolve_beneath(const std::map<std::string, std::string>& roots, const std::string& root,
                                    const std::string& relative) {
  const auto found = roots.find(root);
  if (found == roots.end()) {
    return invalid("there is no root " + in_quotes(root) + "; the server was started with " +
                   std::to_string(roots.size()) + " (pier serve --root NAME=PATH)");
  }
  const UniqueFd folder(::open(found->second.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return Failure(errno_error(errno, "root " + in_quotes(root)));
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const UniqueFd file(static_cast<int>(::syscall(SYS_openat2, folder.get(), relative.c_str(), &how, sizeof(how))));
  if (!file) {
    if (errno == EXDEV || errno == ELOOP) {
      return fail(ErrorCode::kPermission, in_quotes(relative) + " leads outside of root " + in_quotes(root));
    }
    return Failure(errno_error(errno, in_quotes(relative) + " below root " + in_quotes(root)));
  }
  std::vector<char> path(1U << 16U);
  const std::string link = "/proc/self/fd/" + std::to_string(file.get());
  const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
  if (length <= 0 || static_cast<size_t>(length) == path.size())
    return Failure(errno_error(errno, "resolve " + in_quotes(relative)));
  return std::string(path.data(), static_cast<size_t>(length));
}

net::Response json_response(int status, const json::value& value) {
  net::Response response = net::text_response(status, "application/json", json::serialize(value));
  response.set("Cache-Control", "no-store");
  return response;
}

}  // namespace pier::api::impl
