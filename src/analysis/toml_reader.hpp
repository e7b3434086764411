#pragma once
// Reading TOML (and JSON brought into its form) of ours strictly: nothing unknown is passed over, and every mistake is
// told with line and key.

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include <pier/analysis/profile.hpp>

namespace pier::analysis::impl {

/// The one error of a text that is no TOML: "file:line: what".
Result<toml::table> parse_toml(std::string_view text, std::string_view name);

/// Reads one table; remembers where it is for messages. Borrows all it is given.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string where, std::string_view file)
      : x_table(table), x_where(std::move(where)), x_file(file) {}

  Failure mistake(std::string_view key, std::string_view what) const {
    const toml::node* node = x_table.get(key);
    const auto line = node != nullptr ? node->source().begin.line : x_table.source().begin.line;
    const std::string place = line > 0 ? ":" + std::to_string(line) : std::string();  // none where JSON was read
    return fail(ErrorCode::kInvalidArgument,
                x_file + place + ": " + x_where + "key '" + std::string(key) + "' " + std::string(what));
  }

  Result<void> only(const std::set<std::string_view>& keys) const {
    for (const auto& [key, node] : x_table) {
      if (!keys.contains(key.str())) return mistake(key.str(), "is not known here");
    }
    return {};
  }

  bool has(std::string_view key) const { return x_table.contains(key); }

  Result<std::string> text(std::string_view key) const {
    const toml::node* node = x_table.get(key);
    if (node == nullptr) return mistake(key, "is missing");
    const auto* value = node->as_string();
    if (value == nullptr) return mistake(key, "must be a text");
    if (value->get().empty()) return mistake(key, "must not be empty");
    if (!is_utf8(value->get())) return mistake(key, "is not UTF-8");
    return value->get();
  }

  Result<std::string> text_or_empty(std::string_view key) const { return has(key) ? text(key) : std::string(); }

  Result<Text> both_languages(std::string_view key) const {
    const toml::node* node = x_table.get(key);
    if (node == nullptr) return mistake(key, "is missing");
    if (!node->is_table()) return mistake(key, "must have the members en and zh");
    const TableReader inner(*node->as_table(), x_where + std::string(key) + ": ", x_file);
    PIER_CHECK(inner.only({"en", "zh"}));
    Text both;
    PIER_TRY(both.en, inner.text("en"));
    PIER_TRY(both.zh, inner.text("zh"));
    return both;
  }

  Result<std::optional<double>> number(std::string_view key) const {
    const toml::node* node = x_table.get(key);
    if (node == nullptr) return std::optional<double>();
    if (!node->is_number()) return mistake(key, "must be a number");
    const auto value = node->value<double>();
    if (!value || !(*value >= -1e15 && *value <= 1e15)) return mistake(key, "is out of range");
    return value;
  }

  Result<RuleValue> value_of(std::string_view key, const toml::node& node) const {
    if (const auto* v = node.as_boolean()) return RuleValue(v->get());
    if (const auto* v = node.as_integer()) return RuleValue(v->get());
    if (const auto* v = node.as_floating_point()) return RuleValue(v->get());
    if (const auto* v = node.as_string()) return RuleValue(v->get());
    return mistake(key, "must be a text, a number or true/false");
  }

  Result<RuleValue> value(std::string_view key) const { return value_of(key, *x_table.get(key)); }

  Result<std::vector<RuleValue>> values(std::string_view key) const {
    const toml::array* array = x_table.get(key)->as_array();
    if (array == nullptr || array->empty()) return mistake(key, "must be a list of values");
    std::vector<RuleValue> list;
    for (const toml::node& node : *array) {
      PIER_TRY(RuleValue item, value_of(key, node));
      list.push_back(std::move(item));
    }
    return list;
  }

  template <typename E>
  Result<E> one_of(std::string_view key, std::initializer_list<E> values) const {
    PIER_TRY(const std::string word, text(key));
    std::string known;
    for (const E value : values) {
      if (to_string(value) == word) return value;
      known += (known.empty() ? "" : ", ") + std::string(to_string(value));
    }
    return mistake(key, "is '" + word + "', but must be one of: " + known);
  }

  /// The tables of a list `[[key]]`; none when the key is absent.
  Result<std::vector<const toml::table*>> tables(std::string_view key) const {
    std::vector<const toml::table*> list;
    const toml::node* node = x_table.get(key);
    if (node == nullptr) return list;
    const toml::array* array = node->as_array();
    if (array == nullptr) return mistake(key, "must be a list of tables: [[" + std::string(key) + "]]");
    for (const toml::node& item : *array) {
      if (!item.is_table()) return mistake(key, "must be a list of tables: [[" + std::string(key) + "]]");
      list.push_back(item.as_table());
    }
    return list;
  }

  const toml::table& table() const { return x_table; }

 private:
  const toml::table& x_table;
  std::string x_where;
  std::string x_file;
};

/// The check of a rule from the keys of its table (fact, absent, measure and what belongs to each). Keys that belong to
/// no check must be among `others`.
Result<Check> read_check(const TableReader& in, const std::set<std::string_view>& others);
/// The keys of a check, as read_check would read them.
toml::table table_of(const Check& check);

}  // namespace pier::analysis::impl
