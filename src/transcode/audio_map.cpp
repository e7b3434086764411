#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

#include <pier/transcode/sound.hpp>

namespace pier::transcode {
namespace {

using media::AudioFacts;
using media::Facts;

int layout_channels(const std::string& layout) {
  if (layout == "mono") return 1;
  if (layout == "stereo") return 2;
  if (layout == "5.1") return 6;
  return 0;
}

/// All channels of all sound tracks, in order: what the numbers of --audio-map count.
std::vector<SourceChannel> all_channels(const Facts& facts) {
  std::vector<SourceChannel> channels;
  for (const AudioFacts& audio : facts.audio) {
    for (int i = 0; i < audio.channels; i++) channels.push_back({audio.stream_index, i});
  }
  return channels;
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return std::string(text);
}

Error bad_map(std::string_view part, const std::string& what) {
  return {ErrorCode::kInvalidArgument,
          "--audio-map \"" + std::string(part) + "\": " + what + "; write it like \"1-2 stereo, 3-8 5.1\"",
          {}};
}

struct Span {
  size_t first = 0, last = 0;
};

std::optional<Span> read_span(std::string_view text) {
  Span span;
  const char* end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, span.first);
  if (error != std::errc()) return std::nullopt;
  span.last = span.first;
  if (at != end) {
    std::string_view rest(at, static_cast<size_t>(end - at));
    if (rest.starts_with("\xe2\x80\x93"))
      rest.remove_prefix(3);  // en dash
    else if (rest.starts_with("-"))
      rest.remove_prefix(1);
    else
      return std::nullopt;
    const auto [stop, failed] = std::from_chars(rest.data(), end, span.last);
    if (failed != std::errc() || stop != end) return std::nullopt;
  }
  if (span.first == 0 || span.last < span.first) return std::nullopt;
  return span;
}

Result<SoundGroup> read_part(const std::string& part, const std::vector<SourceChannel>& channels, const Facts& facts) {
  const size_t blank = part.find_last_of(" \t");
  if (blank == std::string::npos) return Failure(bad_map(part, "layout is missing"));
  SoundGroup group;
  group.layout = part.substr(blank + 1);
  const std::optional<Span> span = read_span(trimmed(std::string_view(part).substr(0, blank)));
  if (!span) return Failure(bad_map(part, "the channels are not a number or a range"));
  const int wanted = layout_channels(group.layout);
  if (wanted == 0) return Failure(bad_map(part, "the layout is one of mono, stereo, 5.1"));
  if (span->last - span->first + 1 != static_cast<size_t>(wanted)) {
    return Failure(bad_map(part, group.layout + " has " + std::to_string(wanted) + " channels"));
  }
  if (span->last > channels.size()) {
    return Failure(bad_map(part, "the source has " + std::to_string(channels.size()) + " channels"));
  }
  group.channels.assign(channels.begin() + static_cast<ptrdiff_t>(span->first) - 1,
                        channels.begin() + static_cast<ptrdiff_t>(span->last));
  for (const AudioFacts& audio : facts.audio) {
    if (audio.stream_index == group.channels.front().stream_index) group.language = audio.language;
  }
  return group;
}

SoundGroup group_of(const std::string& layout, const std::string& language, std::vector<SourceChannel> channels) {
  return {layout, language, std::move(channels)};
}

/// One sound track whose own layout says what it is.
std::optional<SoundGroup> by_layout(const AudioFacts& audio) {
  const auto pick = [&](const std::string& layout, std::initializer_list<int> order) {
    SoundGroup group = group_of(layout, audio.language, {});
    for (const int channel : order) group.channels.push_back({audio.stream_index, channel});
    return group;
  };
  if (audio.channels == 2) return pick("stereo", {0, 1});
  if (audio.channels == 6) return pick("5.1", {0, 1, 2, 3, 4, 5});
  if (audio.channels == 8 && audio.channel_mask != 0) return pick("5.1", {0, 1, 2, 3, 4, 5});
  if (audio.channels == 1) return pick("mono", {0});
  return std::nullopt;
}

/// Channels named by their MCA labels (ST 377-4, ST 2067-2), wherever they lie.
std::optional<AudioMap> by_labels(const Facts& facts) {
  std::vector<std::pair<std::string, SourceChannel>> named;
  for (const AudioFacts& audio : facts.audio) {
    for (size_t i = 0; i < audio.mca_labels.size() && i < static_cast<size_t>(audio.channels); i++) {
      named.emplace_back(audio.mca_labels[i], SourceChannel{audio.stream_index, static_cast<int>(i)});
    }
  }
  const auto find = [&](std::initializer_list<const char*> labels) {
    std::vector<SourceChannel> channels;
    for (const char* label : labels) {
      const auto found = std::find_if(named.begin(), named.end(), [&](const auto& n) { return n.first == label; });
      if (found != named.end()) channels.push_back(found->second);
    }
    return channels.size() == labels.size() ? channels : std::vector<SourceChannel>();
  };
  AudioMap map;
  map.reason = "MCA labels";
  const std::string language = facts.audio.empty() ? "" : facts.audio.front().language;
  if (auto surround = find({"chL", "chR", "chC", "chLFE", "chLs", "chRs"}); !surround.empty()) {
    map.groups.push_back(group_of("5.1", language, surround));
  } else if (auto stereo = find({"chL", "chR"}); !stereo.empty()) {
    map.groups.push_back(group_of("stereo", language, stereo));
  }
  if (auto total = find({"chLt", "chRt"}); !total.empty()) map.groups.push_back(group_of("stereo", language, total));
  if (map.groups.empty()) return std::nullopt;
  return map;
}

/// Several mono tracks and nobody says what they are: the broadcaster's usual order, as a proposal.
AudioMap propose(const Facts& facts) {
  const std::vector<SourceChannel> channels = all_channels(facts);
  AudioMap map;
  map.proposed = true;
  const std::string language = facts.audio.front().language;
  const auto take = [&](size_t first, size_t count, const char* layout) {
    map.groups.push_back(group_of(
        layout, language,
        {channels.begin() + static_cast<ptrdiff_t>(first), channels.begin() + static_cast<ptrdiff_t>(first + count)}));
  };
  const size_t count = channels.size();
  if (count >= 8) {
    take(0, 2, "stereo");
    take(2, 6, "5.1");
    map.reason = "proposed 1-2 stereo, 3-8 5.1 because there are " + std::to_string(count) + " unlabelled mono tracks";
  } else if (count == 6) {
    take(0, 6, "5.1");
    map.reason = "proposed 1-6 5.1 because there are six unlabelled mono tracks";
  } else {
    take(0, 2, "stereo");
    map.reason = "proposed 1-2 stereo because there are " + std::to_string(count) + " unlabelled mono tracks";
  }
  return map;
}

}  // namespace

Result<AudioMap> parse_audio_map(const std::string& text, const Facts& facts) {
  const std::vector<SourceChannel> channels = all_channels(facts);
  AudioMap map;
  map.reason = "given: " + text;
  size_t start = 0;
  while (start <= text.size()) {
    const size_t comma = std::min(text.find(',', start), text.size());
    const std::string part = trimmed(std::string_view(text).substr(start, comma - start));
    if (part.empty()) return Failure(bad_map(text, "an entry is empty"));
    PIER_TRY(SoundGroup group, read_part(part, channels, facts));
    map.groups.push_back(std::move(group));
    start = comma + 1;
  }
  return map;
}

AudioMap understand_sound(const Facts& facts) {
  const int programme = facts.main_video < 0 ? 0 : facts.video[static_cast<size_t>(facts.main_video)].programme;
  std::vector<const AudioFacts*> tracks;
  for (const AudioFacts& audio : facts.audio) {
    const bool ours = audio.programme == programme || audio.programme == 0 || programme == 0;
    if (audio.decodable && audio.channels > 0 && ours) tracks.push_back(&audio);
  }
  if (tracks.empty()) return {{}, "no sound", false};
  if (std::optional<AudioMap> labelled = by_labels(facts)) return *labelled;
  const bool all_mono = std::all_of(tracks.begin(), tracks.end(), [](const AudioFacts* a) { return a->channels == 1; });
  std::set<std::string> languages;
  for (const AudioFacts* audio : tracks) languages.insert(audio->language);
  if (all_mono && tracks.size() > 1 && languages.size() == 1) return propose(facts);
  AudioMap map;
  map.reason = "container layout";
  for (const AudioFacts* audio : tracks) {
    if (std::optional<SoundGroup> group = by_layout(*audio)) map.groups.push_back(std::move(*group));
  }
  if (map.groups.empty()) {
    map = propose(facts);
    map.reason = "proposed 1-2 stereo because the layout of " + std::to_string(tracks.front()->channels) +
                 " channels is not known";
  }
  return map;
}

}  // namespace pier::transcode
