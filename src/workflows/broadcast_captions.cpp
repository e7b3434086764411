#include "broadcast_captions.hpp"

#include <algorithm>

#include <pier/media/access_unit.hpp>
#include <pier/media/demux.hpp>

namespace pier::workflows::impl {
namespace {

using subtitles::CaptionData;

constexpr size_t kMostBytes = size_t{256} << 20U;  // of captions of a file
constexpr size_t kBetweenBeats = 512;              // packets

/// What of the file is read: the pictures, and of teletext its packets too.
class Collecting {
 public:
  Collecting(media::Demuxer& demuxer, const media::StreamInfo& video, const media::StreamInfo* teletext)
      : x_demuxer(demuxer), x_video(video), x_teletext(teletext), x_reader(video.codec, video.configuration) {}

  Result<void> run(const Progress& progress) {
    std::vector<int> wanted{x_video.index};
    if (x_teletext != nullptr) wanted.push_back(x_teletext->index);
    x_demuxer.select(wanted);
    for (size_t count = 1;; ++count) {
      PIER_TRY(const std::optional<media::Packet> packet, x_demuxer.read());
      if (!packet) break;
      if (packet->pts != INT64_MIN) take(*packet);
      if (x_bytes > kMostBytes) return fail(ErrorCode::kTooLarge, "the file has more than 256 MiB of captions");
      if (count % kBetweenBeats == 0 && progress && !progress(0, 0)) return fail(ErrorCode::kCancelled, "stopped");
    }
    if (!x_first) return fail(ErrorCode::kInputDamaged, "the file has no pictures with times");
    for (CaptionData& one : x_found) one.time = std::max(Rational(0), one.time - *x_first);
    std::ranges::stable_sort(x_found, {}, &CaptionData::time);
    return {};
  }
  const std::vector<CaptionData>& found() const { return x_found; }
  Rational end() const { return std::max(Rational(1), x_end - *x_first); }

 private:
  void take(const media::Packet& packet) {
    const bool pictures = packet.stream_index == x_video.index;
    const Rational base = pictures ? x_video.time_base : x_teletext->time_base;
    const Rational time = Rational(packet.pts) * base;
    if (pictures) {
      x_first = std::min(x_first.value_or(time), time);
      x_end = std::max(x_end, time + Rational(std::max<int64_t>(packet.duration, 1)) * base);
    }
    Bytes bytes;
    if (pictures && x_teletext == nullptr) bytes = x_reader.read(packet.data());
    if (!pictures) bytes.assign(packet.data().begin(), packet.data().end());
    if (bytes.empty()) return;
    x_bytes += bytes.size();
    x_found.push_back({time, std::move(bytes)});
  }

  media::Demuxer& x_demuxer;
  const media::StreamInfo& x_video;
  const media::StreamInfo* x_teletext;
  media::CaptionReader x_reader;
  std::vector<CaptionData> x_found;
  size_t x_bytes = 0;
  std::optional<Rational> x_first;
  Rational x_end;
};

std::string list_of(const std::vector<int>& numbers) {
  std::string text;
  for (const int number : numbers) text += (text.empty() ? "" : ", ") + std::to_string(number);
  return text;
}

Result<void> check_found(const subtitles::Captions& captions, const std::string& from) {
  if (!captions.document.cues.empty()) return {};
  const std::string what = from == "teletext" ? "subtitle pages of teletext" : "captions of " + from;
  if (captions.present.empty())
    return fail(ErrorCode::kNotFound, "there are no " + what + " in this file; see pier probe for what it has");
  return fail(ErrorCode::kNotFound,
              "there is no text there; this file has " + what + " under --service " + list_of(captions.present));
}

}  // namespace

bool is_broadcast(std::string_view from) {
  return from == "cea-608" || from == "cea-708" || from == "teletext";
}

Result<void> check_service(std::string_view from, int64_t service) {
  const auto within = [&](int64_t least, int64_t most) -> Result<void> {
    if (service == 0 || (service >= least && service <= most)) return {};
    return fail(ErrorCode::kInvalidArgument,
                "--service of " + std::string(from) + " is " + std::to_string(least) + " to " + std::to_string(most));
  };
  if (from == "teletext") return within(100, 899);
  return from == "cea-708" ? within(1, 63) : within(1, 4);
}

bool is_captions(const json::object& text) {
  return !string_or(text, "from", "").empty();
}

std::string name_of(const std::string& from, int64_t service) {
  if (service == 0) return from;
  return from +
         (from == "teletext"  ? " page "
          : from == "cea-608" ? " channel "
                              : " service ") +
         std::to_string(service);
}

Result<void> check_master_has(const media::Facts& facts, const std::string& from) {
  std::vector<std::string> there;
  if (facts.main_video >= 0) there = facts.video[static_cast<size_t>(facts.main_video)].captions;
  for (const media::TextFacts& text : facts.text) {
    if (text.codec_name == "dvb_teletext" && std::ranges::find(there, "teletext") == there.end())
      there.emplace_back("teletext");
  }
  if (std::ranges::find(there, from) != there.end()) return {};
  std::string list;
  for (const std::string& one : there) list += (list.empty() ? "" : ", ") + one;
  return fail(ErrorCode::kNotFound, "there are no captions of " + from + " in " + display_text(facts.path) +
                                        (list.empty() ? "; it has none at all" : "; it has " + list));
}

Result<subtitles::Captions> read_broadcast(const media::Source& source, const std::string& from, int service,
                                           const Progress& progress) {
  PIER_TRY(media::Demuxer demuxer, media::Demuxer::open(source));
  const std::optional<int> main = demuxer.main_video();
  if (!main) return fail(ErrorCode::kInputUnsupported, "the file has no pictures, by which captions are timed");
  const auto& streams = demuxer.streams();
  const auto of_index = [&](const media::StreamInfo& stream) { return stream.index == *main; };
  const media::StreamInfo& video = *std::ranges::find_if(streams, of_index);
  const media::StreamInfo* teletext = nullptr;
  if (from == "teletext") {
    const auto found = std::ranges::find(streams, media::Codec::kTeletext, &media::StreamInfo::codec);
    if (found == streams.end()) return fail(ErrorCode::kNotFound, "there is no teletext in this file");
    teletext = &*found;
  }
  Collecting collecting(demuxer, video, teletext);
  PIER_CHECK(collecting.run(progress));
  subtitles::Captions captions;
  if (teletext != nullptr) {
    captions = subtitles::decode_teletext(collecting.found(), service, collecting.end());
    captions.document.language = teletext->language;
  } else {
    const auto system = from == "cea-608" ? subtitles::CaptionSystem::kCea608 : subtitles::CaptionSystem::kCea708;
    captions = subtitles::decode_captions(collecting.found(), {system, std::max(1, service)}, collecting.end());
  }
  PIER_CHECK(check_found(captions, from));
  return captions;
}

}  // namespace pier::workflows::impl
