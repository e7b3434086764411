#include <climits>
#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

#include <pier/workflows/engine.hpp>

namespace pier::workflows {
namespace {

bool is_directory(const std::string& path) {
  struct stat state{};
  return ::stat(path.c_str(), &state) == 0 && S_ISDIR(state.st_mode);
}

}  // namespace

std::string share_directory() {
  if (const char* given = std::getenv("PIER_SHARE"); given != nullptr && *given != 0) return given;
  std::string program(PATH_MAX, '\0');
  const ssize_t length = ::readlink("/proc/self/exe", program.data(), program.size());
  if (length > 0) {
    program.resize(static_cast<size_t>(length));
    const std::string beside = program.substr(0, program.rfind('/')) + "/../share/pier";
    if (is_directory(beside + "/ladders")) return beside;
  }
  return PIER_SOURCE_DIR;
}

}  // namespace pier::workflows
