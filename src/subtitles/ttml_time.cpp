#include <cstdlib>

#include "characters.hpp"
#include "ttml_parts.hpp"

namespace pier::subtitles::impl {
namespace {

constexpr int64_t kMaxRate = 1'000'000'000;

/// "12" or "12.345"; at most nine digits on each side.
std::optional<Rational> decimal(std::string_view text) {
  const size_t point = text.find('.');
  const int64_t whole = digits(text.substr(0, point));
  if (whole < 0) return std::nullopt;
  if (point == std::string_view::npos) return Rational(whole);
  const std::string_view part = text.substr(point + 1, 9);
  const int64_t value = digits(part);
  if (value < 0 || text.find_first_not_of("0123456789", point + 1) != std::string_view::npos) return std::nullopt;
  int64_t unit = 1;
  for (size_t i = 0; i < part.size(); ++i) unit *= 10;
  return Rational(whole) + Rational(value, unit);
}

}  // namespace

std::string_view local_name(std::string_view qualified) {
  const size_t colon = qualified.find(':');
  return colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
}

const char* attribute(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_attribute one : node.attributes()) {
    if (local_name(one.name()) == name && !std::string_view(one.name()).starts_with("xmlns")) return one.value();
  }
  return nullptr;
}

Result<TtmlClock> TtmlClock::from(const pugi::xml_node& tt) {
  TtmlClock clock;
  const auto wrong = [](const char* name, const char* value) {
    return fail(ErrorCode::kInputDamaged,
                std::string("ttp:") + name + " \"" + display_text(value) + "\" is no number of use");
  };
  if (const char* rate = attribute(tt, "frameRate")) {
    const int64_t value = digits(trimmed(rate));
    if (value <= 0 || value > 1000) return wrong("frameRate", rate);
    clock.nominal_rate = static_cast<int>(value);
    clock.frame_rate = Rational(value);
  }
  if (const char* text = attribute(tt, "frameRateMultiplier")) {
    const std::string_view multiplier = trimmed(text);
    const size_t cut = multiplier.find_first_of(" :");
    const int64_t num = digits(multiplier.substr(0, cut));
    const int64_t den = cut == std::string_view::npos ? 1 : digits(trimmed(multiplier.substr(cut + 1)));
    if (num <= 0 || den <= 0) return wrong("frameRateMultiplier", text);
    clock.frame_rate = clock.frame_rate * Rational(num, den);
  }
  if (const char* rate = attribute(tt, "subFrameRate")) {
    const int64_t value = digits(trimmed(rate));
    if (value <= 0 || value > 1000) return wrong("subFrameRate", rate);
    clock.sub_frame_rate = static_cast<int>(value);
  }
  if (const char* rate = attribute(tt, "tickRate")) {
    char* end = nullptr;
    const int64_t value = std::strtoll(rate, &end, 10);
    if (value <= 0 || value > kMaxRate || *end != '\0') return wrong("tickRate", rate);
    clock.tick_rate = Rational(value);
  } else if (attribute(tt, "frameRate") != nullptr) {
    clock.tick_rate = clock.frame_rate * Rational(clock.sub_frame_rate);
  }
  const char* base = attribute(tt, "timeBase");
  const char* drop = attribute(tt, "dropMode");
  clock.smpte = base != nullptr && std::string_view(base) == "smpte";
  clock.drop_ntsc = drop != nullptr && std::string_view(drop) == "dropNTSC";
  clock.drop_pal = drop != nullptr && std::string_view(drop) == "dropPAL";
  return clock;
}

std::optional<Rational> TtmlClock::parse(std::string_view expression) const {
  expression = trimmed(expression);
  return expression.find(':') == std::string_view::npos ? parse_offset(expression) : parse_clock_time(expression);
}

std::optional<Rational> TtmlClock::parse_clock_time(std::string_view text) const {
  std::string_view parts[4];
  size_t count = 0;
  for (bool more = true; more; ++count) {
    const size_t colon = text.find_first_of(":;");
    more = colon != std::string_view::npos;
    if (count == 4) return std::nullopt;
    parts[count] = text.substr(0, colon);
    if (more) text.remove_prefix(colon + 1);
  }
  if (count < 3) return std::nullopt;
  const int64_t hours = digits(parts[0]), minutes = digits(parts[1]);
  if (hours < 0 || minutes < 0 || minutes > 59) return std::nullopt;
  if (count == 3) {
    const auto seconds = decimal(parts[2]);
    if (!seconds || *seconds > Rational(60)) return std::nullopt;
    return Rational(hours * 3600 + minutes * 60) + *seconds;
  }
  const int64_t seconds = digits(parts[2]);
  const size_t point = parts[3].find('.');
  const int64_t frames = digits(parts[3].substr(0, point));
  const int64_t sub = point == std::string_view::npos ? 0 : digits(parts[3].substr(point + 1));
  if (seconds < 0 || seconds > 60 || frames < 0 || sub < 0 || frames >= nominal_rate) return std::nullopt;
  const Rational in_frames = Rational(frames) + Rational(sub, sub_frame_rate);
  const int64_t whole = hours * 3600 + minutes * 60 + seconds;
  if (!smpte) return Rational(whole) + in_frames / frame_rate;
  // Counted in frames, without the numbers that the drop mode leaves out.
  const int64_t all_minutes = hours * 60 + minutes;
  int64_t dropped = 0;
  if (drop_ntsc) dropped = 2 * (all_minutes - all_minutes / 10) * (nominal_rate / 30);
  if (drop_pal) dropped = 4 * (all_minutes / 2 - all_minutes / 20);
  return (Rational(whole * nominal_rate - dropped) + in_frames) / frame_rate;
}

std::optional<Rational> TtmlClock::parse_offset(std::string_view text) const {
  const size_t unit_at = text.find_first_not_of("0123456789.");
  if (unit_at == std::string_view::npos) return std::nullopt;
  const std::string_view unit = text.substr(unit_at);
  std::string_view number = text.substr(0, unit_at);
  std::optional<Rational> value;
  if (unit == "t" && number.size() > 9 && number.size() <= 18 && number.find('.') == std::string_view::npos) {
    const int64_t high = digits(number.substr(0, number.size() - 9)), low = digits(number.substr(number.size() - 9));
    value = Rational(high * 1'000'000'000 + low);
  } else {
    value = decimal(number);
  }
  if (!value) return std::nullopt;
  if (unit == "h") return *value * Rational(3600);
  if (unit == "m") return *value * Rational(60);
  if (unit == "s") return value;
  if (unit == "ms") return *value / Rational(1000);
  if (unit == "f") return *value / frame_rate;
  if (unit == "t") return *value / tick_rate;
  return std::nullopt;
}

}  // namespace pier::subtitles::impl
