#include "spool.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

namespace pier::storage::impl {

Error spool_error(const std::string& directory, Error error) {
  error.message = "spool directory " + display_text(directory) + ": " + error.message;
  if (error.code == ErrorCode::kNoSpace) error.message += "; free space there";
  return error;
}

Result<UniqueFd> nameless_file(const std::string& directory) {
  UniqueFd file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  if (errno != EOPNOTSUPP && errno != EISDIR) {
    return Failure(spool_error(directory, errno_error(errno, "cannot make a file")));
  }
  std::string name = directory + "/pier-spool-XXXXXX";  // a file system that has none: named for a moment
  file.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (!file || ::unlink(name.c_str()) != 0) {
    return Failure(spool_error(directory, errno_error(errno, "cannot make a file")));
  }
  return file;
}

}  // namespace pier::storage::impl
