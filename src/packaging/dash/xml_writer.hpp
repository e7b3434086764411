#pragma once
// Writes indented XML 1.0: every text and attribute is escaped, characters XML cannot hold become blanks.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pier::packaging::impl {

std::string xml_escape(std::string_view utf8);

using XmlAttributes = std::vector<std::pair<std::string_view, std::string>>;

class XmlWriter {
 public:
  XmlWriter() : x_out("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}
  void open(std::string_view name, const XmlAttributes& attributes = {});
  void close();
  void empty(std::string_view name, const XmlAttributes& attributes);
  void text(std::string_view name, std::string_view content);
  std::string take() { return std::move(x_out); }

 private:
  void start(std::string_view name, const XmlAttributes& attributes);
  std::string x_out;
  std::vector<std::string> x_open;
};

}  // namespace pier::packaging::impl
