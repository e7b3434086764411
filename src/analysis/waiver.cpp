// Waivers from TOML or JSON.

#include <pier/analysis/waiver.hpp>
#include <pier/core/bytes.hpp>
#include <pier/core/file.hpp>
#include <pier/core/json.hpp>

#include "toml_reader.hpp"

namespace pier::analysis {

namespace {

using impl::TableReader;

bool is_day(const std::string& text) {
  const auto number = [&](size_t at, size_t count) {
    int value = 0;
    for (size_t i = at; i < at + count; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

Result<Waiver> read_waiver(const TableReader& in) {
  PIER_CHECK(in.only({"rule", "finding", "profile", "who", "why", "until"}));
  if (in.has("rule") == in.has("finding")) return in.mistake("rule", "or else 'finding' must be there, one of the two");
  Waiver waiver;
  PIER_TRY(waiver.rule, in.text_or_empty("rule"));
  PIER_TRY(waiver.finding, in.text_or_empty("finding"));
  PIER_TRY(waiver.profile, in.text_or_empty("profile"));
  PIER_TRY(waiver.who, in.text("who"));
  PIER_TRY(waiver.why, in.text("why"));
  PIER_TRY(waiver.until, in.text("until"));
  if (!is_day(waiver.until)) return in.mistake("until", "must be a day as \"2027-03-31\"");
  return waiver;
}

/// Objects and arrays of texts and whole numbers are all a waiver file holds; other values stay out and are missed.
toml::table toml_of(const json::object& object) {
  toml::table table;
  for (const auto& [key, value] : object) {
    const std::string_view name(key.data(), key.size());
    if (value.is_string()) {
      table.insert_or_assign(name, std::string(value.get_string()));
    } else if (value.is_int64()) {
      table.insert_or_assign(name, value.get_int64());
    } else if (value.is_array()) {
      toml::array list;
      for (const json::value& item : value.get_array()) {
        if (item.is_object()) {
          list.push_back(toml_of(item.get_object()));
        } else {
          list.push_back(false);
        }
      }
      table.insert_or_assign(name, std::move(list));
    } else {
      table.insert_or_assign(name, false);
    }
  }
  return table;
}

Result<toml::table> parse_either(std::string_view text, std::string_view name) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || text[first] != '{') return impl::parse_toml(text, name);
  const auto value = parse_json(text);
  if (!value) return fail_in(name, value.error());
  if (!value->is_object()) return fail(ErrorCode::kInvalidArgument, std::string(name) + ": must be a JSON object");
  return toml_of(value->get_object());
}

}  // namespace

Result<Waivers> parse_waivers(std::string_view text, std::string_view name) {
  if (!is_utf8(text)) return fail(ErrorCode::kInvalidArgument, std::string(name) + ": is not UTF-8");
  PIER_TRY(const toml::table table, parse_either(text, name));
  const TableReader root(table, "", name);
  PIER_CHECK(root.only({"format", "waiver"}));
  if (table["format"].value<int64_t>() != 1) return root.mistake("format", "must be 1");
  PIER_TRY(const auto tables, root.tables("waiver"));
  Waivers waivers;
  for (size_t i = 0; i < tables.size(); ++i) {
    PIER_TRY(Waiver waiver, read_waiver(TableReader(*tables[i], "waiver " + std::to_string(i + 1) + ": ", name)));
    waivers.list.push_back(std::move(waiver));
  }
  waivers.digest = to_hex(sha256(as_bytes(text)));
  return waivers;
}

Result<Waivers> load_waivers(const std::string& path) {
  PIER_TRY(const std::string text, read_file(path, 4U << 20U));
  return parse_waivers(text, path);
}

std::string day_of(WallTime time) {
  return to_rfc3339(time).substr(0, 10);
}

}  // namespace pier::analysis
