#include <toml++/toml.h>

#include <pier/transcode/toml_members.hpp>

namespace pier::transcode {

template <typename T>
void TomlMembers::read_as(const char* key, T& value, bool needed) {
  const toml::node* node = find(key);
  if (node == nullptr) {
    if (needed) note(std::string(key) + " is missing");
  } else if (auto got = node->value<T>()) {
    value = *got;
  } else {
    note(*node, std::string(key) + " has the wrong type");
  }
}

void TomlMembers::read(const char* key, std::string& value, bool needed) {
  read_as(key, value, needed);
}
void TomlMembers::read(const char* key, int64_t& value, bool needed) {
  read_as(key, value, needed);
}
void TomlMembers::read(const char* key, double& value, bool needed) {
  read_as(key, value, needed);
}
void TomlMembers::read(const char* key, bool& value, bool needed) {
  read_as(key, value, needed);
}

const toml::node* TomlMembers::find(const char* key) {
  x_known.insert(key);
  return x_table.get(key);
}

void TomlMembers::note(const toml::node& node, const std::string& what) {
  if (x_error.empty()) x_error = x_where + ", line " + std::to_string(node.source().begin.line) + ": " + what;
}
void TomlMembers::note(const std::string& what) {
  note(x_table, what);
}

Result<void> TomlMembers::finish() {
  for (const auto& [key, node] : x_table) {
    if (!x_known.contains(std::string(key.str()))) note(node, "unknown key " + std::string(key.str()));
  }
  if (x_error.empty()) return {};
  return fail(ErrorCode::kInputDamaged, x_error);
}

}  // namespace pier::transcode
