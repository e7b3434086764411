#include "test_peer.hpp"

#include <cstdlib>
#include <filesystem>

namespace pier::net {
namespace {

std::string make_folder() {
  std::string name = std::filesystem::temp_directory_path() / "pier-net-XXXXXX";
  return ::mkdtemp(name.data()) == nullptr ? std::string() : name;
}

}  // namespace

TemporaryFolder::TemporaryFolder() : path(make_folder()) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code code;
  std::filesystem::remove_all(path, code);
}

}  // namespace pier::net
