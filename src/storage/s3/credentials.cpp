#include "s3/credentials.hpp"

#include <algorithm>
#include <cstdlib>

#include <pier/core/file.hpp>

namespace pier::storage::impl {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// They go into request headers: nothing but visible ASCII.
Result<Credentials> checked(Credentials found, const std::string& where) {
  if (found.access_key.empty() || found.secret_key.empty()) {
    return fail(ErrorCode::kUnauthenticated, "no S3 credentials in " + where +
                                                 "; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file "
                                                 "with them in AWS_SHARED_CREDENTIALS_FILE");
  }
  for (const std::string* text : {&found.access_key, &found.secret_key, &found.session_token}) {
    if (!std::ranges::all_of(*text, [](char c) { return c > ' ' && c < 0x7f; })) {
      return fail(ErrorCode::kUnauthenticated,
                  "the S3 credentials in " + where + " hold a blank or a control character");
    }
  }
  return found;
}

}  // namespace

Result<Credentials> parse_credentials(std::string_view text, std::string_view profile) {
  Credentials found;
  bool inside = false;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      inside = line.back() == ']' && trim(line.substr(1, line.size() - 2)) == profile;
      continue;
    }
    const size_t equals = line.find('=');
    if (!inside || equals == std::string_view::npos) continue;
    const std::string_view name = trim(line.substr(0, equals));
    const std::string value(trim(line.substr(equals + 1)));
    if (name == "aws_access_key_id") found.access_key = value;
    if (name == "aws_secret_access_key") found.secret_key = value;
    if (name == "aws_session_token") found.session_token = value;
  }
  return checked(std::move(found), "profile " + display_text(profile) + " of the credentials file");
}

Result<Credentials> find_credentials() {
  Credentials found{variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"), variable("AWS_SESSION_TOKEN")};
  if (!found.access_key.empty() || !found.secret_key.empty()) return checked(std::move(found), "the environment");
  std::string path = variable("AWS_SHARED_CREDENTIALS_FILE");
  const bool named = !path.empty();
  if (!named && !variable("HOME").empty()) path = variable("HOME") + "/.aws/credentials";
  if (path.empty()) return checked({}, "the environment");
  const auto text = read_file(path, 1U << 20U);
  if (!text && (named || text.error().code != ErrorCode::kNotFound)) {
    return fail_in("S3 credentials file", text.error());
  }
  if (!text) return checked({}, "the environment, and no file " + display_text(path));
  std::string profile = variable("AWS_PROFILE");
  if (profile.empty()) profile = "default";
  auto parsed = parse_credentials(*text, profile);
  if (!parsed) return fail_in(display_text(path), parsed.error());
  return parsed;
}

}  // namespace pier::storage::impl
