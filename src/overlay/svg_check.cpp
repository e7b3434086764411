#include "svg_check.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include <pugixml.hpp>

#include <pier/core/json.hpp>
#include <pier/overlay/image.hpp>

namespace pier::overlay::impl {
namespace {

/// SVG 1.1 chapters 10 (text), 5.7 and 15.18 (pictures), 18 (scripts), 23 (foreign content); XInclude.
constexpr std::array<std::string_view, 14> kRefused{
    "image",  "feImage",       "text",    "tspan",         "tref",          "textPath", "altGlyph",
    "script", "foreignObject", "include", "font-face-uri", "color-profile", "iframe",   "video"};
constexpr int kDeepest = 256;

std::string_view local_name(std::string_view name) {
  return name.substr(name.find(':') == std::string_view::npos ? 0 : name.find(':') + 1);
}

Failure refuse(const std::string& what) {
  return fail(ErrorCode::kInputUnsupported, "the SVG has " + what);
}

/// Style sheets and presentation attributes: url() may name a part of this file only.
Result<void> check_style(std::string_view text, const std::string& where) {
  if (text.find('\\') != std::string_view::npos) return refuse("an escape in the style of " + where + "; write it out");
  std::string low(text);
  std::ranges::transform(low, low.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (low.find("@import") != std::string::npos) return refuse("a style sheet of another file; put it into the SVG");
  for (size_t at = low.find("url"); at != std::string::npos; at = low.find("url", at + 3)) {
    const size_t open = low.find_first_not_of(" \t\r\n", at + 3);
    if (open == std::string::npos || low[open] != '(') continue;
    const size_t target = low.find_first_not_of(" \t\r\n'\"", open + 1);
    if (target == std::string::npos || low[target] != '#')
      return refuse("a reference to something outside of itself at " + where + "; put it into the SVG");
  }
  return {};
}

Result<void> check_element(const pugi::xml_node& node) {
  const std::string_view name = local_name(node.name());
  const std::string where = "<" + display_text(std::string(name)) + ">";
  if (std::ranges::find(kRefused, name) != kRefused.end()) {
    return refuse(where + ", which is not drawn" +
                  (name.starts_with("t") ? "; turn text into outlines" : "; leave it out or draw it as paths"));
  }
  if (name == "style") PIER_CHECK(check_style(node.text().get(), where));
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    const std::string_view key = local_name(attribute.name()), value = attribute.value();
    if (key == "href" && !value.starts_with('#'))
      return refuse("a reference to something outside of itself at " + where + "; put it into the SVG");
    if (key == "base") return refuse("an xml:base at " + where + "; leave it out");
    if (key.starts_with("on")) return refuse("a script at " + where + "; leave it out");
    if (value.find("url") != std::string_view::npos || key == "style") PIER_CHECK(check_style(value, where));
  }
  return {};
}

Result<void> check_node(const pugi::xml_node& node) {
  switch (node.type()) {
    case pugi::node_element:
      return check_element(node);
    case pugi::node_doctype:
      // An internal subset can define entities, which grow without end, and name files.
      if (std::string_view(node.value()).find('[') != std::string_view::npos)
        return refuse("a document type with definitions of its own; leave the DOCTYPE out");
      return {};
    case pugi::node_pi:
      return refuse("a processing instruction; leave <?" + display_text(node.name()) + " ...?> out");
    case pugi::node_declaration: {
      const std::string_view encoding = node.attribute("encoding").value();
      if (encoding.empty() || encoding == "UTF-8" || encoding == "utf-8") return {};
      return refuse("the encoding " + display_text(std::string(encoding)) + "; write it in UTF-8");
    }
    default:
      return {};
  }
}

/// All nodes in the order of the file, without recursion.
Result<void> walk(const pugi::xml_document& document) {
  size_t elements = 0;
  int depth = 0;
  pugi::xml_node node = document.first_child();
  while (node) {
    PIER_CHECK(check_node(node));
    if (node.type() == pugi::node_element && ++elements > kMaxSvgElements)
      return fail(ErrorCode::kTooLarge, "the SVG has more than " + std::to_string(kMaxSvgElements) + " elements");
    if (node.first_child()) {
      node = node.first_child();
      if (++depth > kDeepest) return fail(ErrorCode::kTooLarge, "the SVG is nested more than 256 deep");
      continue;
    }
    while (node && !node.next_sibling()) {
      node = node.parent();
      --depth;
    }
    if (node) node = node.next_sibling();
  }
  return {};
}

/// How many elements are drawn when every `use` is replaced by what it names: some tens of them can name billions.
class Expansion {
 public:
  explicit Expansion(const pugi::xml_document& document) {
    struct Names : pugi::xml_tree_walker {
      std::map<std::string, pugi::xml_node, std::less<>> by_name;
      bool for_each(pugi::xml_node& node) override {
        if (const pugi::xml_attribute id = node.attribute("id")) by_name.emplace(id.value(), node);
        return true;
      }
    } names;
    pugi::xml_node root = document.document_element();
    root.traverse(names);
    x_by_name = std::move(names.by_name);
  }

  Result<size_t> count(const pugi::xml_node& node) {
    if (const auto known = x_known.find(node); known != x_known.end()) return known->second;
    if (++x_depth > kDeepest) return fail(ErrorCode::kTooLarge, "the SVG uses parts of itself in circles or too deep");
    size_t sum = 1;
    for (const pugi::xml_node& child : node.children()) {
      PIER_TRY(const size_t part, count(child));
      sum += part;
    }
    if (local_name(node.name()) == "use") {
      PIER_TRY(const size_t used, count(target(node)));
      sum += used;
    }
    --x_depth;
    if (sum > kMaxSvgElements)
      return fail(ErrorCode::kTooLarge, "the SVG draws more than " + std::to_string(kMaxSvgElements) + " elements");
    x_known.emplace(node, sum);
    return sum;
  }

 private:
  pugi::xml_node target(const pugi::xml_node& node) const {
    for (const pugi::xml_attribute& attribute : node.attributes()) {
      if (local_name(attribute.name()) != "href") continue;
      const auto found = x_by_name.find(std::string_view(attribute.value()).substr(1));
      if (found != x_by_name.end()) return found->second;
    }
    return {};
  }

  std::map<std::string, pugi::xml_node, std::less<>> x_by_name;
  std::map<pugi::xml_node, size_t> x_known;
  int x_depth = 0;
};

}  // namespace

Result<void> check_svg(ByteView bytes) {
  pugi::xml_document document;
  const auto parsed =
      document.load_buffer(bytes.data(), bytes.size(), pugi::parse_full & ~pugi::parse_comments, pugi::encoding_utf8);
  if (!parsed) {
    return fail(ErrorCode::kInputDamaged, "the SVG is no XML: " + std::string(parsed.description()) + " at byte " +
                                              std::to_string(parsed.offset));
  }
  if (local_name(document.document_element().name()) != "svg")
    return fail(ErrorCode::kInputDamaged, "the file is XML, but no SVG");
  PIER_CHECK(walk(document));
  PIER_CHECK(Expansion(document).count(document.document_element()));
  return {};
}

}  // namespace pier::overlay::impl
