// The text of .cube files.

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include <pier/colour/cube.hpp>

namespace pier::colour {
namespace {

constexpr size_t kLongestLine = 1000;
constexpr double kLargestNumber = 65504.0;
constexpr size_t kShortestRow = 6;  // "0 0 0" and the end of the line

std::string shown(std::string_view word) {
  std::string text = "'";
  for (const char c : word.substr(0, 40)) text += c >= ' ' && c < '\x7f' ? c : '?';
  return text + (word.size() > 40 ? "...'" : "'");
}

/// Words of a line, without comment.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t at = 0;;) {
    at = line.find_first_not_of(" \t", at);
    if (at == std::string_view::npos || line[at] == '#') return words;
    const size_t end = std::min(line.find_first_of(" \t", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
}

std::optional<double> number(std::string_view word) {
  if (word.starts_with('+')) word.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return std::isfinite(value) && std::abs(value) <= kLargestNumber ? std::optional(value) : std::nullopt;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : x_text(text) {
    if (x_text.starts_with("\xef\xbb\xbf")) x_text.remove_prefix(3);
    x_bytes = x_text.size();
  }

  Result<Cube> run() {
    while (!x_text.empty()) {
      const size_t end = std::min(x_text.find('\n'), x_text.size());
      std::string_view line = x_text.substr(0, end);
      x_text.remove_prefix(std::min(end + 1, x_text.size()));
      ++x_line;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.size() > kLongestLine) return wrong("is longer than " + std::to_string(kLongestLine) + " characters");
      PIER_CHECK(take(line));
    }
    PIER_CHECK(finish());
    return std::move(x_cube);
  }

 private:
  Failure wrong(const std::string& what) const {
    return fail(ErrorCode::kInputDamaged, ".cube file, line " + std::to_string(x_line) + ": " + what);
  }

  Result<void> take(std::string_view line) {
    const auto words = words_of(line);
    if (words.empty()) return {};
    const char first = words[0][0];
    if ((first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.') return take_row(words);
    if (x_rows > 0) return wrong(shown(words[0]) + " comes behind the first values; keywords stand before them");
    if (words[0] == "TITLE") return take_title(line);
    if (words[0] == "LUT_1D_SIZE") return take_size(words, x_cube.curves, kLongestCurve);
    if (words[0] == "LUT_3D_SIZE") return take_size(words, x_cube.lattice, kLargestLattice);
    if (words[0] == "DOMAIN_MIN") return take_domain(words, x_low);
    if (words[0] == "DOMAIN_MAX") return take_domain(words, x_high);
    if (words[0] == "LUT_1D_INPUT_RANGE") return take_range(words, x_curve_range);
    if (words[0] == "LUT_3D_INPUT_RANGE") return take_range(words, x_lattice_range);
    return wrong(
        shown(words[0]) +
        " is neither a number nor a keyword known here (TITLE, LUT_1D_SIZE, LUT_3D_SIZE, DOMAIN_MIN, DOMAIN_MAX, "
        "LUT_1D_INPUT_RANGE, LUT_3D_INPUT_RANGE)");
  }

  Result<void> take_title(std::string_view line) {
    const size_t open = line.find('"'), close = line.rfind('"');
    if (open == std::string_view::npos || close == open) return wrong("TITLE wants its text in double quotes");
    x_cube.title = line.substr(open + 1, close - open - 1);
    return {};
  }

  Result<void> take_size(const std::vector<std::string_view>& words, Cube::Table& table, int largest) {
    const auto size = words.size() == 2 ? number(words[1]) : std::nullopt;
    if (!size || *size != std::floor(*size) || *size < 2 || *size > largest)
      return wrong(std::string(words[0]) + " wants a whole number from 2 to " + std::to_string(largest));
    if (table.size != 0) return wrong(std::string(words[0]) + " stands there twice");
    table.size = static_cast<int>(*size);
    return {};
  }

  Result<void> take_domain(const std::vector<std::string_view>& words, std::optional<Rgb>& domain) {
    if (domain) return wrong(std::string(words[0]) + " stands there twice");
    PIER_TRY(domain, triple(words, 1));
    return {};
  }

  Result<void> take_range(const std::vector<std::string_view>& words, std::optional<std::array<double, 2>>& range) {
    if (range) return wrong(std::string(words[0]) + " stands there twice");
    const auto low = words.size() == 3 ? number(words[1]) : std::nullopt;
    const auto high = words.size() == 3 ? number(words[2]) : std::nullopt;
    if (!low || !high) return wrong(std::string(words[0]) + " wants two numbers");
    range = {*low, *high};
    return {};
  }

  Result<Rgb> triple(const std::vector<std::string_view>& words, size_t first) const {
    if (words.size() != first + 3)
      return wrong("three numbers are wanted here, not " + std::to_string(words.size() - first));
    Rgb values{};
    for (size_t c = 0; c < 3; ++c) {
      const auto value = number(words[first + c]);
      if (!value) return wrong(shown(words[first + c]) + " is no number from -65504 to 65504");
      values[c] = *value;
    }
    return values;
  }

  static size_t rows_of(const Cube& cube) {
    const auto side = static_cast<size_t>(cube.lattice.size);
    return static_cast<size_t>(cube.curves.size) + side * side * side;
  }

  Result<void> take_row(const std::vector<std::string_view>& words) {
    PIER_TRY(const Rgb values, triple(words, 0));
    if (x_rows == 0) PIER_CHECK(begin_rows());
    if (x_rows == x_wanted)
      return wrong("the table is full after " + std::to_string(x_wanted) + " lines of values, as its size says");
    const bool curve = x_rows < static_cast<size_t>(x_cube.curves.size);
    Cube::Table& table = curve ? x_cube.curves : x_cube.lattice;
    for (size_t c = 0; c < 3; ++c) table.values[c].push_back(static_cast<float>(values[c]));
    ++x_rows;
    return {};
  }

  /// All keywords are known now.
  Result<void> begin_rows() {
    x_wanted = rows_of(x_cube);
    if (x_wanted == 0) return wrong("values come before LUT_1D_SIZE or LUT_3D_SIZE said how many");
    // Before memory is taken for what a hostile size asks.
    if (x_wanted > x_bytes / kShortestRow + 1)
      return wrong("the size asks for " + std::to_string(x_wanted) + " lines of values, more than the file can hold");
    const bool both = x_cube.curves.size != 0 && x_cube.lattice.size != 0;
    if (both && (x_low || x_high))
      return wrong(
          "DOMAIN_MIN and DOMAIN_MAX are not defined for a 1D table before a 3D one; take LUT_1D_INPUT_RANGE "
          "and LUT_3D_INPUT_RANGE");
    PIER_CHECK(set_domain(x_cube.curves, x_curve_range, "LUT_1D_INPUT_RANGE"));
    PIER_CHECK(set_domain(x_cube.lattice, x_lattice_range, "LUT_3D_INPUT_RANGE"));
    for (Cube::Table* const table : {&x_cube.curves, &x_cube.lattice}) {
      const size_t count = table == &x_cube.curves ? static_cast<size_t>(table->size)
                                                   : x_wanted - static_cast<size_t>(x_cube.curves.size);
      for (auto& values : table->values) values.reserve(count);
    }
    return {};
  }

  Result<void> set_domain(Cube::Table& table, const std::optional<std::array<double, 2>>& range, const char* name) {
    if (range && table.size == 0) return wrong(std::string(name) + " is for a table that is not there");
    if (table.size == 0) return {};
    if (range && (x_low || x_high))
      return wrong(std::string(name) + " and DOMAIN_MIN or DOMAIN_MAX exclude each other");
    if (x_low) table.low = *x_low;
    if (x_high) table.high = *x_high;
    if (range) {
      table.low.fill((*range)[0]);
      table.high.fill((*range)[1]);
    }
    for (size_t c = 0; c < 3; ++c)
      if (!(table.high[c] - table.low[c] >= 1e-6))
        return wrong("the domain ends where it begins or before; its end must be larger");
    return {};
  }

  Result<void> finish() {
    if (x_rows > 0 && x_rows == x_wanted) return {};
    if (x_rows == 0 && rows_of(x_cube) == 0)
      return fail(ErrorCode::kInputDamaged, ".cube file: neither LUT_1D_SIZE nor LUT_3D_SIZE; is this a .cube file?");
    return fail(ErrorCode::kInputDamaged, ".cube file ends at line " + std::to_string(x_line) + " after " +
                                              std::to_string(x_rows) + " lines of values; its size asks for " +
                                              std::to_string(rows_of(x_cube)));
  }

  std::string_view x_text;
  size_t x_bytes = 0, x_line = 0, x_rows = 0, x_wanted = 0;
  std::optional<Rgb> x_low, x_high;
  std::optional<std::array<double, 2>> x_curve_range, x_lattice_range;
  Cube x_cube;
};

template <typename Number>
void add(std::string& text, Number value) {
  char digits[400];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed).ptr;
  text.append(digits, end);
}

void add_keyword(std::string& text, const char* keyword, auto&&... values) {
  text += keyword;
  ((text += ' ', add(text, values)), ...);
  text += '\n';
}

}  // namespace

Result<Cube> parse_cube(std::string_view text) {
  return Parser(text).run();
}

std::string write_cube(const Cube& cube) {
  std::string text;
  if (!cube.title.empty()) text += "TITLE \"" + cube.title + "\"\n";
  const bool both = cube.curves.size != 0 && cube.lattice.size != 0;
  for (const Cube::Table* const table : {&cube.curves, &cube.lattice}) {
    if (table->size == 0) continue;
    const bool curve = table == &cube.curves;
    text += (curve ? "LUT_1D_SIZE " : "LUT_3D_SIZE ") + std::to_string(table->size) + "\n";
    if (both) {
      add_keyword(text, curve ? "LUT_1D_INPUT_RANGE" : "LUT_3D_INPUT_RANGE", table->low[0], table->high[0]);
    } else {
      add_keyword(text, "DOMAIN_MIN", table->low[0], table->low[1], table->low[2]);
      add_keyword(text, "DOMAIN_MAX", table->high[0], table->high[1], table->high[2]);
    }
  }
  for (const Cube::Table* const table : {&cube.curves, &cube.lattice})
    for (size_t i = 0; i < table->values[0].size(); ++i) {
      add(text, table->values[0][i]);
      for (size_t c = 1; c < 3; ++c) {
        text += ' ';
        add(text, table->values[c][i]);
      }
      text += '\n';
    }
  return text;
}

}  // namespace pier::colour
