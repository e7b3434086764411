#include <pier/core/bytes.hpp>
#include <pier/net/target.hpp>

namespace pier::net {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Failure refuse(std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, "the request's address has " + std::string(what));
}

bool has_control(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return true;
  }
  return false;
}

Result<std::string> decode_segment(std::string_view raw) {
  PIER_TRY(std::string segment, percent_decode(raw));
  if (segment == "." || segment == "..") return refuse("a segment \"" + segment + "\"");
  if (segment.find_first_of("/\\") != std::string::npos) return refuse("a slash or backslash inside a segment");
  return segment;
}

Result<std::vector<std::string>> split_path(std::string_view path) {
  std::vector<std::string> segments;
  if (path == "/") return segments;
  path.remove_prefix(1);
  while (true) {
    const size_t end = path.find('/');
    if (end == 0) return refuse("an empty segment");
    PIER_TRY(std::string segment, decode_segment(path.substr(0, end)));
    segments.push_back(std::move(segment));
    if (end == std::string_view::npos) return segments;
    path.remove_prefix(end + 1);
    if (path.empty()) {
      segments.emplace_back();
      return segments;
    }
  }
}

Result<std::vector<std::pair<std::string, std::string>>> split_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    if (!pair.empty()) {
      const size_t equals = pair.find('=');
      PIER_TRY(std::string key, percent_decode(pair.substr(0, equals), true));
      std::string value;
      if (equals != std::string_view::npos) {
        PIER_TRY(value, percent_decode(pair.substr(equals + 1), true));
      }
      pairs.emplace_back(std::move(key), std::move(value));
    }
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return pairs;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] == '+' && plus_is_blank) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      if (text.size() - i < 3) return refuse("a broken % escape");
      const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return refuse("a broken % escape");
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  if (has_control(out)) return refuse("a control character");
  if (!is_utf8(out)) return refuse("bytes that are not UTF-8");
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kDigits[byte >> 4U]);
      out.push_back(kDigits[byte & 15U]);
    }
  }
  return out;
}

Result<Target> parse_target(std::string_view target) {
  if (target == "*") return Target{};
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.starts_with(scheme)) {
      const size_t slash = target.find_first_of("/?", scheme.size());
      target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
      break;
    }
  }
  if (!target.starts_with('/')) return refuse("no leading slash");
  if (target.find('#') != std::string_view::npos) return refuse("a fragment");
  const size_t question = target.find('?');
  Target out;
  PIER_TRY(out.path, split_path(target.substr(0, question)));
  if (question != std::string_view::npos) {
    PIER_TRY(out.query, split_query(target.substr(question + 1)));
  }
  return out;
}

}  // namespace pier::net
