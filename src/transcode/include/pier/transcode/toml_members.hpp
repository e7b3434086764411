#pragma once
// Reading data files (ladders, recipes, codecs), table by table.

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include <pier/core/result.hpp>

namespace toml {
inline namespace v3 {
class node;
class table;
}  // namespace v3
}  // namespace toml

namespace pier::transcode {

/// Takes the members of one TOML table; the first that is unknown or mistyped is named with its line. The table
/// outlives this.
class TomlMembers {
 public:
  TomlMembers(const toml::table& table, std::string where) : x_table(table), x_where(std::move(where)) {}

  /// A member that is not there leaves the value as it is.
  void read(const char* key, std::string& value, bool needed = false);
  void read(const char* key, int64_t& value, bool needed = false);
  void read(const char* key, double& value, bool needed = false);
  void read(const char* key, bool& value, bool needed = false);
  const toml::node* find(const char* key);
  void note(const toml::node& node, const std::string& what);
  void note(const std::string& what);
  /// kInputDamaged: "where, line 7: what".
  Result<void> finish();

 private:
  template <typename T>
  void read_as(const char* key, T& value, bool needed);

  const toml::table& x_table;
  std::string x_where, x_error;
  std::set<std::string> x_known;
};

}  // namespace pier::transcode
