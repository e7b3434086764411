// How a subtitle file and what is said of it stand in one option.

#include <array>
#include <charconv>
#include <filesystem>
#include <optional>

#include "publish_options.hpp"

namespace pier::app {
namespace {

constexpr std::array<std::string_view, 5> kValues{"lang=", "name=", "encoding=", "offset=", "service="};
constexpr std::array<std::string_view, 2> kFlags{"forced", "default"};

/// Does a word of ours stand behind this colon?
bool is_word(std::string_view after_colon) {
  for (const std::string_view key : kValues) {
    if (after_colon.starts_with(key)) return true;
  }
  for (const std::string_view flag : kFlags) {
    if (after_colon.starts_with(flag) && (after_colon.size() == flag.size() || after_colon[flag.size()] == ':'))
      return true;
  }
  return false;
}

/// Position of the next colon before a word of ours, from `at` on; the end when there is none.
size_t next_word(std::string_view text, size_t at) {
  for (size_t colon = text.find(':', at); colon != std::string_view::npos; colon = text.find(':', colon + 1)) {
    const bool escaped = colon > 0 && text[colon - 1] == '\\';
    if (!escaped && is_word(text.substr(colon + 1))) return colon;
  }
  return text.size();
}

std::string without_escapes(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ':') continue;
    out += text[i];
  }
  return out;
}

Result<void> take_word(std::string_view word, workflows::SubtitleWish& wish) {
  if (word == "forced") wish.forced = true;
  if (word == "default") wish.is_default = true;
  const size_t equals = word.find('=');
  if (equals == std::string_view::npos) return {};
  const std::string_view key = word.substr(0, equals + 1);
  const std::string value = without_escapes(word.substr(equals + 1));
  if (key == "lang=") wish.language = value;
  if (key == "name=") wish.name = value;
  if (key == "encoding=") wish.encoding = value;
  if (key == "offset=") wish.offset = value;
  if (key != "service=") return {};
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), wish.service);
  if (error == std::errc() && end == value.data() + value.size()) return {};
  return fail(ErrorCode::kInvalidArgument, "service=" + display_text(value) + " is no number");
}

/// The words behind the first part, which ends at `at`.
Result<void> take_words(std::string_view text, size_t at, workflows::SubtitleWish& wish) {
  while (at < text.size()) {
    const size_t end = next_word(text, at + 1);
    PIER_CHECK(take_word(text.substr(at + 1, end - at - 1), wish));
    at = end;
  }
  return {};
}

}  // namespace

Result<workflows::SubtitleWish> parse_subtitles(std::string_view text) {
  workflows::SubtitleWish wish;
  const size_t at = next_word(text, 0);
  const std::string file = without_escapes(text.substr(0, at));
  if (file.empty())
    return fail(ErrorCode::kInvalidArgument,
                "--subtitles " + display_text(text) + " names no file; give FILE:lang=zh-Hans:name=...");
  std::error_code error;
  wish.path = std::filesystem::absolute(file, error).native();
  PIER_CHECK(take_words(text, at, wish));
  if (wish.service == 0) return wish;
  return fail(ErrorCode::kInvalidArgument, "service= belongs to --captions, not to a file of --subtitles");
}

Result<workflows::SubtitleWish> parse_captions(std::string_view text) {
  workflows::SubtitleWish wish;
  const size_t at = next_word(text, 0);
  wish.from = text.substr(0, at);
  if (wish.from != "cea-608" && wish.from != "cea-708" && wish.from != "teletext")
    return fail(ErrorCode::kInvalidArgument,
                "--captions " + display_text(text) + " begins with cea-608, cea-708 or teletext");
  PIER_CHECK(take_words(text, at, wish));
  return wish;
}

}  // namespace pier::app
