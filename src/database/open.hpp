#pragma once
// The engines behind Database::open.

#include <memory>
#include <string>

#include <pier/database/database.hpp>

namespace pier::database::impl {

Result<std::unique_ptr<Database>> open_sqlite(const std::string& path, const OpenOptions& options);
Result<std::unique_ptr<Database>> open_postgres(const std::string& url, const OpenOptions& options);

}  // namespace pier::database::impl
