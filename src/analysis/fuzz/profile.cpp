// Profiles from hostile text: an error with a message, or a profile whose rules are complete.

#include <cstdlib>
#include <string_view>

#include <pier/analysis/profile.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto profile = pier::analysis::parse_profile(text, "fuzz.toml");
  if (!profile) {
    if (profile.error().message.empty()) std::abort();
    return 0;
  }
  for (const auto& rule : profile->rules) {
    if (rule.id.empty() || rule.message.en.empty() || rule.message.zh.empty()) std::abort();
  }
  return 0;
}
