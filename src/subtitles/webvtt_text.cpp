#include <array>

#include "characters.hpp"
#include "colours.hpp"
#include "webvtt_parts.hpp"

namespace pier::subtitles::impl {
namespace {

struct Entity {
  std::string_view name;
  std::string_view text;
};
constexpr std::array kEntities = {Entity{"amp", "&"},
                                  Entity{"lt", "<"},
                                  Entity{"gt", ">"},
                                  Entity{"quot", "\""},
                                  Entity{"apos", "'"},
                                  Entity{"nbsp", "\xC2\xA0"},
                                  Entity{"lrm", "\xE2\x80\x8E"},
                                  Entity{"rlm", "\xE2\x80\x8F"}};

/// Text of "&...;" without these two, or nothing.
std::optional<std::string> entity(std::string_view name) {
  for (const Entity& known : kEntities) {
    if (known.name == name) return std::string(known.text);
  }
  if (!name.starts_with('#')) return std::nullopt;
  name.remove_prefix(1);
  char32_t value = 0;
  const bool hexadecimal = name.starts_with('x') || name.starts_with('X');
  if (hexadecimal) name.remove_prefix(1);
  if (name.empty() || name.size() > 7) return std::nullopt;
  for (const char c : lower_case(name)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && !(hexadecimal && c >= 'a' && c <= 'f')) return std::nullopt;
    value = value * (hexadecimal ? 16 : 10) + static_cast<char32_t>(digit ? c - '0' : c - 'a' + 10);
  }
  std::string text;
  append(text, value == 0 ? 0xFFFD : value);
  return text;
}

std::string without_entities(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const size_t at = text.find('&');
    plain += text.substr(0, at);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    const size_t end = text.substr(0, 12).find(';');
    const auto known = end == std::string_view::npos ? std::nullopt : entity(text.substr(1, end - 1));
    plain += known ? *known : "&";
    text.remove_prefix(known ? end + 1 : 1);
  }
  return plain;
}

}  // namespace

WebVttClasses::WebVttClasses() {
  for (const char* name : {"white", "lime", "cyan", "red", "yellow", "magenta", "blue", "black"}) {
    Look text, back;
    text.style.colour = parse_colour(name);
    back.style.background = text.style.colour;
    x_looks[name] = text;
    x_looks[std::string("bg_") + name] = back;
  }
}

bool WebVttClasses::read_look(std::string_view declarations, Look& look) {
  bool all = true;
  while (!declarations.empty()) {
    const size_t end = std::min(declarations.find(';'), declarations.size());
    const std::string_view one = trimmed(declarations.substr(0, end));
    declarations.remove_prefix(std::min(end + 1, declarations.size()));
    if (one.empty()) continue;
    const size_t colon = std::min(one.find(':'), one.size());
    const std::string name = lower_case(trimmed(one.substr(0, colon)));
    const std::string value = lower_case(trimmed(one.substr(std::min(colon + 1, one.size()))));
    if (name == "color" && parse_colour(value)) {
      look.style.colour = parse_colour(value);
    } else if ((name == "background-color" || name == "background") && parse_colour(value)) {
      look.style.background = parse_colour(value);
    } else if (name == "font-style") {
      look.sets_italic = true;
      look.style.italic = value != "normal";
    } else if (name == "font-weight") {
      look.sets_bold = true;
      look.style.bold = value == "bold" || digits(value) >= 600;
    } else if (name == "text-decoration") {
      look.sets_underline = true;
      look.style.underline = value.find("underline") != std::string::npos;
    } else {
      all = false;
    }
  }
  return all;
}

bool WebVttClasses::add_sheet(std::string_view css) {
  constexpr size_t kMaxLooks = 1000;
  constexpr std::string_view kSelector = "::cue(.";
  bool all = true;
  while (!trimmed(css).empty()) {
    const size_t open = css.find('{'), close = css.find('}');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) return false;
    const std::string_view selector = trimmed(css.substr(0, open));
    const std::string_view body = css.substr(open + 1, close - open - 1);
    css.remove_prefix(close + 1);
    const bool ours = selector.starts_with(kSelector) && selector.ends_with(')');
    const std::string name(ours ? selector.substr(kSelector.size(), selector.size() - kSelector.size() - 1) : "");
    if (!ours || name.find_first_of(" .:#>[(,") != std::string::npos || x_looks.size() >= kMaxLooks) {
      all = false;
      continue;
    }
    all = read_look(body, x_looks[name]) && all;
  }
  return all;
}

bool WebVttClasses::apply(const std::string& name, Style& style) const {
  const auto found = x_looks.find(name);
  if (found == x_looks.end()) return false;
  const Look& look = found->second;
  if (look.style.colour) style.colour = look.style.colour;
  if (look.style.background) style.background = look.style.background;
  if (look.sets_italic) style.italic = look.style.italic;
  if (look.sets_bold) style.bold = look.style.bold;
  if (look.sets_underline) style.underline = look.style.underline;
  return true;
}

void WebVttText::parse(std::string_view text) {
  while (!text.empty()) {
    const size_t special = text.find('<');
    put(text.substr(0, special));
    if (special == std::string_view::npos) break;
    text.remove_prefix(special + 1);
    const size_t end = text.find('>');
    tag(text.substr(0, end));
    if (end == std::string_view::npos) {
      note("a tag without its end");
      break;
    }
    text.remove_prefix(end + 1);
  }
  if (x_in_annotation || !x_annotation.empty()) end_ruby();
  if (x_lines.dropped()) note("control characters left out");
  x_found.cue.lines = x_lines.take();
}

void WebVttText::put(std::string_view text) {
  const std::string plain = without_entities(text);
  if (x_in_annotation) {
    x_annotation += plain;
  } else {
    x_lines.text(plain, x_style, x_language);
  }
}

void WebVttText::tag(std::string_view inside) {
  const bool closing = inside.starts_with('/');
  if (closing) inside.remove_prefix(1);
  if (!closing && !inside.empty() && digits(inside.substr(0, 1)) >= 0) {
    if (!parse_clock(inside)) note("tag <" + display_text(inside.substr(0, 40)) + "> left out");
    return;  // text that appears bit by bit is shown as a whole
  }
  size_t end = 0;
  while (end < inside.size() && !is_blank(inside[end])) ++end;
  const std::string_view annotation = trimmed(inside.substr(end));
  const std::string_view head = inside.substr(0, end);
  const size_t dot = std::min(head.find('.'), head.size());
  const std::string name(head.substr(0, dot));
  if (closing) {
    close(name);
  } else {
    open(name, head.substr(std::min(dot + 1, head.size())), annotation);
  }
}

void WebVttText::open(const std::string& name, std::string_view classes, std::string_view annotation) {
  if (x_open.size() >= 32) return note("tags nested more than 32 deep left out");
  x_open.push_back({name, x_style, x_language});
  if (name == "i") {
    x_style.italic = true;
  } else if (name == "b") {
    x_style.bold = true;
  } else if (name == "u") {
    x_style.underline = true;
  } else if (name == "lang") {
    x_language = annotation.size() <= 64 ? without_entities(annotation) : std::string();
  } else if (name == "ruby") {
    x_lines.begin_ruby();
    x_annotation.clear();
  } else if (name == "rt") {
    x_in_annotation = true;
  } else if (name == "v") {
    if (!annotation.empty()) note("voice \"" + display_text(annotation.substr(0, 40)) + "\" left out, its text kept");
  } else if (name != "c") {
    note("tag <" + display_text(name.substr(0, 40)) + "> left out, its text kept");
  }
  while (!classes.empty()) {
    const size_t end = std::min(classes.find('.'), classes.size());
    const std::string one(classes.substr(0, end));
    classes.remove_prefix(std::min(end + 1, classes.size()));
    if (!one.empty() && !x_classes.apply(one, x_style))
      note("class " + display_text(one.substr(0, 40)) + " is not defined");
  }
}

void WebVttText::close(const std::string& name) {
  for (size_t i = x_open.size(); i-- > 0;) {
    if (x_open[i].tag != name && !(name == "ruby" && x_open[i].tag == "rt")) continue;
    if (x_open[i].tag == "rt") end_ruby();
    x_style = x_open[i].style;
    x_language = x_open[i].language;
    const bool done = x_open[i].tag == name;
    x_open.resize(i);
    if (name == "rt") x_lines.begin_ruby();
    if (name == "ruby") x_lines.end_ruby({});
    if (done) return;
  }
  note("closing tag </" + display_text(name.substr(0, 40)) + "> without its opening");
}

void WebVttText::end_ruby() {
  x_lines.end_ruby(std::string(trimmed(x_annotation)));
  x_annotation.clear();
  x_in_annotation = false;
}

}  // namespace pier::subtitles::impl
