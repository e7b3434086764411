// What a master should have said, set by hand.

#include <charconv>
#include <cstdio>

#include <pier/core/bytes.hpp>
#include <pier/deliver/plan.hpp>

namespace pier::deliver {
namespace {

constexpr std::string_view kForm =
    "write it as transfer=hlg,primaries=bt2020,matrix=bt2020nc,range=tv, or hlg, pq or bt709 for all of them";

/// A name as ffmpeg and the field write it, or the number of H.273.
template <typename Value>
bool read_value(std::string_view word, Value& value) {
  for (int code = 0; code < 256; ++code) {
    if (to_string(static_cast<Value>(code)) != word && std::to_string(code) != word) continue;
    value = static_cast<Value>(code);
    return value != Value::kUnspecified;
  }
  return false;
}

bool read_transfer(std::string_view word, Transfer& value) {
  if (word == "pq") word = "smpte2084";
  if (word == "hlg") word = "arib-std-b67";
  return read_value(word, value);
}

bool read_range(std::string_view word, Range& value) {
  if (word == "tv" || word == "narrow" || word == "limited") {
    value = Range::kNarrow;
  } else if (word == "pc" || word == "full") {
    value = Range::kFull;
  } else {
    return false;
  }
  return true;
}

template <typename Value>
void change(std::vector<Repair>& repairs, const char* field, Value& value, Value given) {
  if (value == given) return;
  repairs.push_back({field, to_string(value), to_string(given)});
  value = given;
}

bool read_set(std::string_view word, ColourInfo& colour) {
  if (word == "bt709") {
    colour = {Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow, colour.chroma_site};
  } else if (word == "hlg" || word == "pq") {
    colour = {Primaries::kBt2020, word == "pq" ? Transfer::kPq : Transfer::kHlg, Matrix::kBt2020Ncl, Range::kNarrow,
              colour.chroma_site};
  } else {
    return false;
  }
  return true;
}

bool read_entry(std::string_view entry, ColourInfo& colour) {
  const size_t equals = entry.find('=');
  if (equals == std::string_view::npos) return read_set(entry, colour);
  const std::string_view key = entry.substr(0, equals), word = entry.substr(equals + 1);
  if (key == "transfer") return read_transfer(word, colour.transfer);
  if (key == "primaries") return read_value(word, colour.primaries);
  if (key == "matrix") return read_value(word, colour.matrix);
  if (key == "range") return read_range(word, colour.range);
  return false;
}

}  // namespace

Result<std::vector<Repair>> repair_colour(const std::string& tags, ColourInfo& colour) {
  ColourInfo given = colour;
  for (size_t start = 0; start < tags.size();) {
    const size_t comma = std::min(tags.find(',', start), tags.size());
    const std::string_view entry = std::string_view(tags).substr(start, comma - start);
    if (!read_entry(entry, given)) {
      return fail(ErrorCode::kInvalidArgument,
                  "--tags \"" + display_text(std::string(entry)) + "\" is not understood; " + std::string(kForm));
    }
    start = comma + 1;
  }
  std::vector<Repair> repairs;
  change(repairs, "primaries", colour.primaries, given.primaries);
  change(repairs, "transfer", colour.transfer, given.transfer);
  change(repairs, "matrix", colour.matrix, given.matrix);
  change(repairs, "range", colour.range, given.range);
  return repairs;
}

Result<MasteringDisplay> parse_mastering_display(const std::string& text) {
  unsigned v[10] = {};
  int end = 0;
  const int count = std::sscanf(text.c_str(), "G(%6u,%6u)B(%6u,%6u)R(%6u,%6u)WP(%6u,%6u)L(%9u,%9u)%n", v, v + 1, v + 2,
                                v + 3, v + 4, v + 5, v + 6, v + 7, v + 8, v + 9, &end);
  bool fits = count == 10 && static_cast<size_t>(end) == text.size() && v[8] > v[9];
  for (int i = 0; i < 8; ++i) fits = fits && v[i] <= 50000;
  if (!fits) {
    return fail(
        ErrorCode::kInvalidArgument,
        "--mastering-display " + display_text(text) +
            " is not understood; write it as G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,1):"
            " chromaticities by 50000, greatest and least luminance by 10000");
  }
  const auto xy = [&](int at) {
    return MasteringDisplay::Xy{static_cast<uint16_t>(v[at]), static_cast<uint16_t>(v[at + 1])};
  };
  return MasteringDisplay{xy(4), xy(0), xy(2), xy(6), v[8], v[9]};
}

Result<ContentLight> parse_content_light(const std::string& text) {
  unsigned cll = 0, fall = 0;
  int end = 0;
  const int count = std::sscanf(text.c_str(), "%6u,%6u%n", &cll, &fall, &end);
  if (count != 2 || static_cast<size_t>(end) != text.size() || cll > 65535 || fall > cll) {
    return fail(ErrorCode::kInvalidArgument, "--content-light " + display_text(text) +
                                                 " is not understood; write MaxCLL,MaxFALL in cd/m2, such as 1000,400");
  }
  return ContentLight{static_cast<uint16_t>(cll), static_cast<uint16_t>(fall)};
}

}  // namespace pier::deliver
