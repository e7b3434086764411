#include "event_text.hpp"

namespace pier::net::impl {
namespace {

void read_line(std::string_view line, ServerEvent& event, bool& has_data) {
  const size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "id") event.id = value;
  if (field == "event") event.name = value;
  if (field != "data") return;
  if (has_data) event.data += '\n';
  event.data += value;
  has_data = true;
}

}  // namespace

std::string write_event(const ServerEvent& event) {
  std::string out;
  if (!event.id.empty()) out += "id: " + event.id + "\n";
  if (!event.name.empty()) out += "event: " + event.name + "\n";
  std::string_view data = event.data;
  while (true) {
    const size_t end = data.find('\n');
    out += "data: ";
    for (const char c : data.substr(0, end)) {
      if (c != '\r') out += c;  // would end the line
    }
    out += '\n';
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + 1);
  }
  out += '\n';
  return out;
}

std::optional<ServerEvent> EventReader::next() {
  while (true) {
    const size_t end = x_text.find("\n\n");
    if (end == std::string::npos) return std::nullopt;
    ServerEvent event;
    bool has_data = false;
    std::string_view block = std::string_view(x_text).substr(0, end + 1);
    while (!block.empty()) {
      const size_t line_end = block.find('\n');
      read_line(block.substr(0, line_end), event, has_data);
      block.remove_prefix(line_end + 1);
    }
    x_text.erase(0, end + 2);
    if (has_data) return event;
  }
}

}  // namespace pier::net::impl
