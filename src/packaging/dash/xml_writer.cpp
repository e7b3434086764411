#include "dash/xml_writer.hpp"

namespace pier::packaging::impl {

std::string xml_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      case '\xEF':
        // U+FFFE and U+FFFF are not characters of XML.
        if (text.substr(i, 3) == "\xEF\xBF\xBE" || text.substr(i, 3) == "\xEF\xBF\xBF") {
          out += ' ';
          i += 2;
        } else {
          out += c;
        }
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

void XmlWriter::start(std::string_view name, const XmlAttributes& attributes) {
  x_out.append(2 * x_open.size(), ' ').append("<").append(name);
  for (const auto& [key, value] : attributes) {
    x_out.append(" ").append(key).append("=\"").append(xml_escape(value)).append("\"");
  }
}

void XmlWriter::open(std::string_view name, const XmlAttributes& attributes) {
  start(name, attributes);
  x_out += ">\n";
  x_open.emplace_back(name);
}

void XmlWriter::close() {
  const std::string name = std::move(x_open.back());
  x_open.pop_back();
  x_out.append(2 * x_open.size(), ' ').append("</").append(name).append(">\n");
}

void XmlWriter::empty(std::string_view name, const XmlAttributes& attributes) {
  start(name, attributes);
  x_out += "/>\n";
}

void XmlWriter::text(std::string_view name, std::string_view content) {
  start(name, {});
  x_out.append(">").append(xml_escape(content)).append("</").append(name).append(">\n");
}

}  // namespace pier::packaging::impl
