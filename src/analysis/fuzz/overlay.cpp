// Overlays from hostile text: an error with a message, or complete attestations that a profile can take in.

#include <cstdlib>
#include <string_view>

#include <pier/analysis/attest.hpp>

constexpr std::string_view kProfileText =
    "format = 1\nid = \"p\"\nversion = \"1\"\ntitle.en = \"t\"\ntitle.zh = \"t\"\n[[rule]]\nid = \"r\"\nclause = "
    "\"c\"\n"
    "severity = \"fail\"\napplies_to = \"video\"\nsource = \"s\"\nverified = \"no\"\nmessage.en = \"m\"\n"
    "message.zh = \"m\"\nfact = \"video.bit_depth\"\none_of = [10, 12]\n";

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto overlay = pier::analysis::parse_overlay(text, "fuzz.toml");
  if (!overlay) {
    if (overlay.error().message.empty()) std::abort();
    return 0;
  }
  for (const auto& attestation : overlay->attestations) {
    if (attestation.rule.empty() || attestation.by.empty() || attestation.date.empty()) std::abort();
  }
  static const auto kProfile = pier::analysis::parse_profile(kProfileText, "profile.toml");
  if (!kProfile) std::abort();
  overlay->profile = kProfile->id;
  if (!overlay->attestations.empty()) overlay->attestations[0].rule_digest = kProfile->rules[0].digest;
  if (!overlay->attestations.empty()) overlay->attestations[0].rule = kProfile->rules[0].id;
  if (!pier::analysis::with_overlay(*kProfile, *overlay)) std::abort();
  return 0;
}
