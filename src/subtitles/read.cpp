#include <algorithm>
#include <array>

#include <pier/subtitles/reading.hpp>

#include "characters.hpp"
#include "parsed.hpp"

namespace pier::subtitles {
namespace {

using namespace impl;

struct Name {
  std::string_view name;
  Format format;
};
constexpr std::array kNames = {
    Name{"srt", Format::kSrt},        Name{"webvtt", Format::kWebVtt}, Name{"imsc", Format::kTtml},
    Name{"ebu-stl", Format::kEbuStl}, Name{"vtt", Format::kWebVtt},    Name{"ttml", Format::kTtml},
    Name{"imsc1", Format::kTtml},     Name{"dfxp", Format::kTtml},     Name{"xml", Format::kTtml},
    Name{"itt", Format::kTtml},       Name{"stl", Format::kEbuStl}};

/// What XML says of itself where it is told nothing else: encoding="..." of its first line.
std::string xml_encoding(ByteView bytes) {
  const std::string_view front = as_text(bytes.first(std::min<size_t>(bytes.size(), 200)));
  if (!front.starts_with("<?xml")) return {};
  const std::string_view declaration = front.substr(0, front.find("?>"));
  const size_t at = declaration.find("encoding");
  if (at == std::string_view::npos) return {};
  const size_t quote = declaration.find_first_of("\"'", at);
  if (quote == std::string_view::npos) return {};
  const std::string_view value = declaration.substr(quote + 1);
  const std::string name = lower_case(value.substr(0, value.find(declaration[quote])));
  return name.starts_with("utf-16") ? std::string() : name;
}

Result<Format> format_of(std::string_view text) {
  const std::string_view front = trimmed(text.substr(0, 4096));
  if (front.starts_with("WEBVTT")) return Format::kWebVtt;
  if (front.starts_with('<')) return Format::kTtml;
  if (text.find("-->") != std::string_view::npos) return Format::kSrt;
  return fail(ErrorCode::kInputUnsupported,
              "this is no SRT, WebVTT, IMSC/TTML or EBU-STL file; say which it is with --from if it is one");
}

Result<Parsed> parse_text(const Reading& reading, const std::string& text, Notes& notes) {
  switch (reading.format) {
    case Format::kSrt:
      return parse_srt(text, notes);
    case Format::kWebVtt:
      if (!reading.encoding.starts_with("utf-8"))
        notes.add(0, 0, "WebVTT is UTF-8 by its standard; taken as " + reading.encoding);
      return parse_webvtt(text, notes);
    case Format::kTtml:
      return parse_ttml(text, notes);
    case Format::kEbuStl:
      break;
  }
  return fail(ErrorCode::kInputDamaged, "no EBU-STL file: STL25.01 or STL30.01 does not stand at byte 3");
}

Result<Parsed> parse(ByteView bytes, const ReadOptions& options, Reading& reading, Notes& notes) {
  if ((!options.format || *options.format == Format::kEbuStl) && is_ebu_stl(bytes)) {
    reading.format = Format::kEbuStl;
    reading.encoding_source = EncodingSource::kContent;
    return parse_ebu_stl(bytes, notes, reading.encoding);
  }
  const bool told = !options.encoding.empty();
  PIER_TRY(const DecodedText decoded, decode_text(bytes, told ? options.encoding : xml_encoding(bytes)));
  reading.encoding = decoded.encoding;
  reading.encoding_source =
      decoded.source == EncodingSource::kTold && !told ? EncodingSource::kContent : decoded.source;
  reading.encoding_confidence = decoded.confidence;
  if (options.format) {
    reading.format = *options.format;
  } else {
    PIER_TRY(reading.format, format_of(decoded.text));
  }
  return parse_text(reading, decoded.text, notes);
}

}  // namespace

std::string_view to_string(Format format) {
  return kNames[static_cast<size_t>(format)].name;
}

Result<Format> format_from(std::string_view name) {
  const std::string lower = lower_case(name);
  for (const Name& known : kNames) {
    if (known.name == lower) return known.format;
  }
  return fail(ErrorCode::kInvalidArgument,
              "no subtitle format is called " + display_text(name) + "; there are srt, webvtt, imsc, ebu-stl");
}

std::optional<Format> format_of_name(std::string_view path) {
  const size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto format = format_from(path.substr(dot + 1));
  return format ? std::optional(*format) : std::nullopt;
}

Result<Reading> read(ByteView bytes, const ReadOptions& options) {
  if (bytes.size() > kMaxInput)
    return fail(ErrorCode::kTooLarge, "a subtitle file of more than " + std::to_string(kMaxInput >> 20U) + " MiB");
  if (bytes.empty()) return fail(ErrorCode::kTruncated, "the file is empty");
  Reading reading;
  Notes notes;
  PIER_TRY(Parsed parsed, parse(bytes, options, reading, notes));
  const size_t found = parsed.cues.size();
  for (const Found& one : parsed.cues) {
    if (plain_text(one.cue).size() > kMaxCueText)
      return fail(ErrorCode::kTooLarge, "cue " + std::to_string(one.number) + " (line " + std::to_string(one.line) +
                                            ") holds more than " + std::to_string(kMaxCueText) + " bytes of text");
  }
  reading.document = std::move(parsed.document);
  if (options.as_written) {
    for (Found& one : parsed.cues) reading.document.cues.push_back(std::move(one.cue));
  } else {
    reading.document.cues = mend(std::move(parsed.cues), notes);
  }
  if (!options.language.empty()) reading.document.language = options.language;
  reading.notes = notes.take();
  if (reading.document.cues.empty() && !options.as_written)
    return fail(ErrorCode::kInputDamaged,
                found == 0 ? "there is no cue in it"
                           : "none of its " + std::to_string(found) + " cues can be shown" +
                                 (reading.notes.empty() ? "" : "; the first: " + reading.notes.front().what));
  return reading;
}

}  // namespace pier::subtitles
