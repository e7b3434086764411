// Waivers from hostile TOML or JSON: an error with a message, or complete waivers.

#include <cstdlib>
#include <string_view>

#include <pier/analysis/waiver.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto waivers = pier::analysis::parse_waivers(text, "fuzz.toml");
  if (!waivers) {
    if (waivers.error().message.empty()) std::abort();
    return 0;
  }
  for (const auto& waiver : waivers->list) {
    if (waiver.rule.empty() == waiver.finding.empty() || waiver.who.empty() || waiver.until.size() != 10) std::abort();
  }
  return 0;
}
