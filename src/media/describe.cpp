#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include <pier/media/facts.hpp>

#include "carriers.hpp"

namespace pier::media {
namespace {

constexpr size_t kNameWidth = 24;
constexpr size_t kMaxCarriersShown = 8;

class Page {
 public:
  void line(const std::string& text) { x_text += text + "\n"; }
  void row(std::string_view name, const std::string& value) {
    if (value.empty()) return;
    std::string padded = "  " + std::string(name);
    padded.resize(std::max(padded.size(), kNameWidth), ' ');
    x_text += padded + value + "\n";
  }
  std::string take() { return std::move(x_text); }

 private:
  std::string x_text;
};

std::string decimals(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string seconds(Rational duration) {
  const auto total = static_cast<int64_t>(std::llround(duration.value() * 1000));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%02lld:%02lld:%02lld.%03lld", static_cast<long long>(total / 3600000),
                static_cast<long long>(total / 60000 % 60), static_cast<long long>(total / 1000 % 60),
                static_cast<long long>(total % 1000));
  return text.data();
}

std::string bitrate(int64_t bits) {
  if (bits <= 0) return "";
  return bits >= 1000000 ? decimals(static_cast<double>(bits) / 1e6, 2) + " Mbit/s"
                         : decimals(static_cast<double>(bits) / 1e3, 0) + " kbit/s";
}

std::string size(uint64_t bytes) {
  static constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return decimals(value, unit == 0 ? 0 : 2) + " " + kUnits[unit];
}

std::string rate(const VideoFacts& video) {
  if (video.frame_rate.num == 0) return "unknown";
  std::string text = video.frame_rate.to_string();
  if (video.frame_rate.den != 1) text += " (" + decimals(video.frame_rate.value(), 3) + ")";
  return text + " fps, " + (video.variable_rate ? "variable" : "constant") +
         (video.interlaced ? ", interlaced" : ", progressive");
}

std::string hdr(const VideoFacts& video) {
  std::string text;
  switch (video.hdr) {
    case HdrKind::kSdr:
      text = "SDR";
      break;
    case HdrKind::kHlg:
      text = "HLG";
      break;
    case HdrKind::kPq:
      text = "PQ (no ST 2086)";
      break;
    case HdrKind::kHdr10:
      text = "HDR10";
      break;
    case HdrKind::kHdr10Plus:
      text = "HDR10+";
      break;
    case HdrKind::kHdrVivid:
      text = "HDR Vivid on " + std::string(video.colour.transfer == Transfer::kHlg ? "HLG" : "PQ");
      break;
    case HdrKind::kDolbyVision:
      text = "Dolby Vision";
      if (video.dolby_vision && video.dolby_vision->profile > 0) text += " " + impl::print(*video.dolby_vision);
      break;
  }
  if (video.hdr10_plus && video.hdr != HdrKind::kHdr10Plus) text += ", HDR10+";
  if (video.hdr_vivid && video.hdr != HdrKind::kHdrVivid) text += ", HDR Vivid";
  return text;
}

std::string colour(const ColourInfo& colour) {
  return to_string(colour.primaries) + " / " + to_string(colour.transfer) + " / " + to_string(colour.matrix) +
         " (CICP " + std::to_string(static_cast<int>(colour.primaries)) + "/" +
         std::to_string(static_cast<int>(colour.transfer)) + "/" + std::to_string(static_cast<int>(colour.matrix)) +
         "), range " + to_string(colour.range);
}

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string text;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!text.empty()) text += between;
    text += part;
  }
  return text;
}

// One row a field: every carrier with its value, the equal ones together.
void carriers(const VideoFacts& video, Page& page) {
  std::vector<std::string> fields;
  for (const CarrierFact& fact : video.carriers) {
    if (std::find(fields.begin(), fields.end(), fact.field) == fields.end()) fields.push_back(fact.field);
  }
  if (!fields.empty()) page.line("  carriers");
  for (const std::string& field : fields) {
    std::vector<std::pair<std::string, std::string>> by_value;
    for (const CarrierFact& fact : video.carriers) {
      if (fact.field != field) continue;
      const std::string who = fact.carrier + (fact.count > 1 ? " x" + std::to_string(fact.count) : "");
      const auto same =
          std::find_if(by_value.begin(), by_value.end(), [&](const auto& entry) { return entry.first == fact.value; });
      if (same == by_value.end()) {
        by_value.emplace_back(fact.value, who);
      } else {
        same->second += ", " + who;
      }
    }
    for (size_t at = 0; at < std::min(by_value.size(), kMaxCarriersShown); ++at) {
      page.row(at == 0 ? "  " + field : "  ", by_value[at].first + "  [" + by_value[at].second + "]");
    }
    if (by_value.size() > kMaxCarriersShown)
      page.row("  ", "and " + std::to_string(by_value.size() - kMaxCarriersShown) + " more values");
  }
}

void video_block(const VideoFacts& video, bool main, Page& page) {
  page.line("video stream " + std::to_string(video.stream_index) + " (id " + std::to_string(video.id) + ")" +
            (main ? ", main" : ""));
  const std::string level =
      video.level.empty() ? "" : "level " + video.level + (video.tier == "High" ? " High tier" : "");
  const std::string name = video.codec == Codec::kUnknown || video.codec == Codec::kOther
                               ? video.codec_name
                               : std::string(to_string(video.codec));
  page.row("codec", joined({name, video.profile, level, video.decodable ? "" : "not decodable here"}, ", "));
  const std::string aspect =
      video.sample_aspect == Rational(1) ? "" : "sample aspect " + video.sample_aspect.to_string();
  const std::string turned =
      video.rotation == 0 ? "" : "rotated " + std::to_string(video.rotation) + " degrees clockwise";
  page.row("raster", joined({impl::print_raster(video.width, video.height), aspect, turned}, ", "));
  page.row("format", std::to_string(video.format.bit_depth) + " bit " + impl::print_chroma(video.format));
  page.row("colour", colour(video.colour));
  page.row("dynamic range", hdr(video));
  if (video.mastering_display) page.row("mastering display", impl::print(*video.mastering_display));
  if (video.content_light) page.row("content light", impl::print(*video.content_light));
  page.row("frame rate", rate(video));
  const std::string frames = video.frames > 0 ? std::to_string(video.frames) + " frames" : "";
  page.row("length", joined({seconds(video.duration), frames, bitrate(video.bitrate)}, ", "));
  page.row("language", video.language);
  page.row("timecode", video.timecode);
  page.row("captions", joined(video.captions, ", "));
  carriers(video, page);
}

void audio_block(const AudioFacts& audio, Page& page) {
  page.line("audio stream " + std::to_string(audio.stream_index) + " (id " + std::to_string(audio.id) + ")");
  page.row("codec", joined({audio.codec_name, audio.profile, audio.decodable ? "" : "not decodable here"}, ", "));
  const std::string depth = audio.bit_depth > 0 ? std::to_string(audio.bit_depth) + " bit" : "";
  page.row("sound", joined({std::to_string(audio.sample_rate) + " Hz", std::to_string(audio.channels) + " channels",
                            audio.layout, depth},
                           ", "));
  page.row("labels", joined(audio.mca_labels, " "));
  page.row("length", joined({seconds(audio.duration), bitrate(audio.bitrate)}, ", "));
  page.row("language", audio.language);
}

}  // namespace

std::string describe(const Facts& facts) {
  Page page;
  page.line(display_text(facts.path));
  page.row("container", joined({facts.container, size(facts.bytes), seconds(facts.duration)}, ", "));
  page.row("timecode", facts.timecode);
  if (facts.programme)
    page.row("programme", facts.programme->in.to_string() + " s to " + facts.programme->out.to_string() +
                              " s, by the material package");
  if (facts.sampled) page.row("read", facts.sample_statement);
  for (size_t at = 0; at < facts.video.size(); ++at)
    video_block(facts.video[at], static_cast<int>(at) == facts.main_video, page);
  for (const AudioFacts& audio : facts.audio) audio_block(audio, page);
  for (const TextFacts& text : facts.text) {
    page.line("text stream " + std::to_string(text.stream_index));
    page.row("codec", joined({text.codec_name, text.language}, ", "));
  }
  for (const VideoFacts& video : facts.video) {
    for (const Disagreement& disagreement : video.disagreements) {
      page.line("DISAGREEMENT video stream " + std::to_string(video.stream_index) + ": " + disagreement.message);
    }
  }
  for (const std::string& warning : facts.warnings) page.line("WARNING " + warning);
  return page.take();
}

}  // namespace pier::media
