#include "open.hpp"

#include "postgres_address.hpp"

namespace pier::database {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

bool is_file(std::string_view path) {
  return !path.empty() && path.back() != '/' && path.find('\0') == std::string_view::npos && !path.starts_with(":");
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::string& url, const OpenOptions& options) {
  if (is_server_url(url)) return impl::open_postgres(url, options);
  if (url.starts_with(kSqlite) && is_file(std::string_view(url).substr(kSqlite.size()))) {
    return impl::open_sqlite(url.substr(kSqlite.size()), options);
  }
  return fail(ErrorCode::kInvalidArgument,
              "\"" + display_text(impl::without_password(url)) +
                  "\" is no address of records; write sqlite:/path/pier.db or postgresql://user@host:port/name");
}

}  // namespace pier::database
