#include "carriers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

namespace pier::media::impl {
namespace {

constexpr size_t kMaxFacts = 2000;

// Fields whose statements must be equal wherever they are made.
constexpr std::array<std::string_view, 14> kCompared = {
    "raster",   "depth",         "chroma",     "primaries",         "transfer",      "matrix",     "range",
    "rotation", "sample_aspect", "frame_rate", "mastering_display", "content_light", "interlaced", "dolby_vision"};

std::string trimmed(double value, int decimals) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  std::string result(text.data());
  if (result.find('.') == std::string::npos) return result;
  while (result.back() == '0') result.pop_back();
  if (result.back() == '.') result.pop_back();
  return result;
}

std::string print_xy(MasteringDisplay::Xy xy) {
  return "(" + trimmed(xy.x / 50000.0, 5) + "," + trimmed(xy.y / 50000.0, 5) + ")";
}

// Rates that only differ by how a container rounds its ticks are the same statement.
bool same_rate(const std::string& left, const std::string& right) {
  const auto a = parse_rational(left);
  const auto b = parse_rational(right);
  return a && b && b->num != 0 && std::abs(a->value() / b->value() - 1) < 0.0002;
}

bool same_value(std::string_view field, const std::string& left, const std::string& right) {
  if (field == "frame_rate" && same_rate(left, right)) return true;
  // Codestreams do not tell RGB from 4:4:4; descriptors do.
  const auto sampling = [&](const std::string& value) {
    return field == "chroma" && value.starts_with("rgb ") ? value.substr(4) : value;
  };
  return sampling(left) == sampling(right);
}

// SEI 147 declares what the transfer characteristic of the VUI (kept for old receivers) really is.
std::vector<CarrierFact> effective_transfers(const std::vector<CarrierFact>& facts) {
  const auto preferred = std::find_if(facts.begin(), facts.end(),
                                      [](const CarrierFact& fact) { return fact.field == "preferred_transfer"; });
  std::vector<CarrierFact> said;
  for (const CarrierFact& fact : facts) {
    const bool replaced = preferred != facts.end() && fact.carrier.ends_with(".sps") &&
                          (fact.value == to_string(Transfer::kBt2020_10) || fact.value == to_string(Transfer::kBt709));
    if (fact.field == "transfer" && !replaced) said.push_back(fact);
    if (fact.field == "preferred_transfer") said.push_back(fact);
  }
  return said;
}

std::string sentence(std::string_view field, const std::vector<CarrierFact>& said) {
  std::string text(field);
  text += ": ";
  for (size_t at = 0; at < said.size(); ++at) {
    if (at > 0) text += "; ";
    text += said[at].carrier + " says " + said[at].value;
    if (said[at].first_packet > 0) text += " (first in access unit " + std::to_string(said[at].first_packet) + ")";
  }
  return text;
}

bool is_message(const CarrierFact& fact) {
  return fact.carrier.find(".sei.") != std::string::npos || fact.carrier.find("metadata_obu") != std::string::npos ||
         fact.carrier.find(".extension.") != std::string::npos;
}

// Players decide by the first picture: metadata that starts later is missed by them.
void find_late(const std::vector<CarrierFact>& facts, int64_t first_access, std::vector<Disagreement>& found) {
  std::map<std::string, CarrierFact> earliest;
  for (const CarrierFact& fact : facts) {
    if (!is_message(fact)) continue;
    const auto [entry, fresh] = earliest.try_emplace(fact.field, fact);
    if (!fresh && fact.first_packet < entry->second.first_packet) entry->second = fact;
  }
  for (const auto& [field, fact] : earliest) {
    if (fact.first_packet <= first_access) continue;
    found.push_back({field,
                     {fact},
                     field + ": the first access unit carries none, " + fact.carrier +
                         " first comes with access unit " + std::to_string(fact.first_packet)});
  }
}

}  // namespace

std::string print_raster(int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

std::string print_chroma(PixelFormat format) {
  if (format.rgb) return "rgb 4:4:4";
  switch (format.chroma) {
    case Chroma::k400:
      return "4:0:0";
    case Chroma::k420:
      return "4:2:0";
    case Chroma::k422:
      return "4:2:2";
    case Chroma::k444:
      return "4:4:4";
  }
  return "";
}

std::string print(const MasteringDisplay& display) {
  return "R" + print_xy(display.red) + " G" + print_xy(display.green) + " B" + print_xy(display.blue) + " W" +
         print_xy(display.white) + " L(" + trimmed(display.min_luminance / 10000.0, 4) + "..." +
         trimmed(display.max_luminance / 10000.0, 4) + " cd/m2)";
}

std::string print(const ContentLight& light) {
  return "MaxCLL " + std::to_string(light.max_cll) + ", MaxFALL " + std::to_string(light.max_fall);
}

std::string print(const DolbyVision& dolby) {
  std::string text = "profile " + std::to_string(dolby.profile);
  if (dolby.profile >= 7) text += "." + std::to_string(dolby.compatibility_id);
  text += " level " + std::to_string(dolby.level);
  if (dolby.enhancement_layer) text += " with enhancement layer";
  return text;
}

void CarrierLog::say(std::string_view carrier, std::string_view field, std::string_view value, int64_t packet) {
  for (CarrierFact& fact : x_facts) {
    if (fact.field == field && fact.value == value && fact.carrier == carrier) {
      ++fact.count;
      return;
    }
  }
  // A stream whose metadata changes with every picture is cut here; what was said first and often is in.
  if (x_facts.size() >= kMaxFacts) return;
  x_facts.push_back({std::string(carrier), std::string(field), std::string(value), 1, packet});
}

void CarrierLog::say_colour(std::string_view carrier, const ColourInfo& colour, int64_t packet) {
  if (colour.primaries != Primaries::kUnspecified) say(carrier, "primaries", to_string(colour.primaries), packet);
  if (colour.transfer != Transfer::kUnspecified) say(carrier, "transfer", to_string(colour.transfer), packet);
  if (colour.matrix != Matrix::kUnspecified) say(carrier, "matrix", to_string(colour.matrix), packet);
  if (colour.range != Range::kUnspecified) say(carrier, "range", to_string(colour.range), packet);
  if (colour.chroma_site != ChromaSite::kUnspecified)
    say(carrier, "chroma_site", to_string(colour.chroma_site), packet);
}

void CarrierLog::say_header(std::string_view carrier, const SequenceHeader& header, int64_t packet) {
  say(carrier, "raster", print_raster(header.width, header.height), packet);
  say(carrier, "depth", std::to_string(header.format.bit_depth), packet);
  say(carrier, "chroma", print_chroma(header.format), packet);
  if (!header.profile.empty()) say(carrier, "profile", header.profile, packet);
  if (!header.level.empty()) say(carrier, "level", header.level + (header.tier == "High" ? " High" : ""), packet);
  if (header.sample_aspect) say(carrier, "sample_aspect", header.sample_aspect->to_string(), packet);
  if (header.frame_rate && header.frame_rate->num > 0)
    say(carrier, "frame_rate", header.frame_rate->to_string(), packet);
  say_colour(carrier, header.colour, packet);
}

void CarrierLog::say_message(std::string_view carrier, const MetadataMessage& message, int64_t packet) {
  const std::string name = std::string(carrier) + "." + message.carrier;
  if (message.mastering_display) say(name, "mastering_display", print(*message.mastering_display), packet);
  if (message.content_light) say(name, "content_light", print(*message.content_light), packet);
  if (message.preferred_transfer) say(name, "preferred_transfer", to_string(*message.preferred_transfer), packet);
  if (message.dynamic == DynamicMetadata::kHdr10Plus) say(name, "hdr10_plus", "present", packet);
  if (message.dynamic == DynamicMetadata::kHdrVivid) say(name, "hdr_vivid", "present", packet);
  if (message.dynamic == DynamicMetadata::kDolbyVision) say(name, "dolby_vision_rpu", "present", packet);
}

std::vector<Disagreement> find_disagreements(const std::vector<CarrierFact>& facts, int64_t first_access) {
  std::vector<Disagreement> found;
  for (const std::string_view field : kCompared) {
    std::vector<CarrierFact> said;
    if (field == "transfer") {
      said = effective_transfers(facts);
    } else {
      std::copy_if(facts.begin(), facts.end(), std::back_inserter(said),
                   [&](const CarrierFact& fact) { return fact.field == field; });
    }
    const bool differs = std::any_of(said.begin(), said.end(), [&](const CarrierFact& fact) {
      return !same_value(field, fact.value, said.front().value);
    });
    if (differs) found.push_back({std::string(field), said, sentence(field, said)});
  }
  find_late(facts, first_access, found);
  return found;
}

}  // namespace pier::media::impl
