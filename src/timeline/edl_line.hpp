#pragma once
// One event of a decision list as its line says it. Private to this module.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pier/core/rational.hpp>

namespace pier::timeline::impl {

constexpr size_t kSoundChannels = 4;

struct Channels {
  bool video = false;
  std::array<bool, kSoundChannels> sound{};
};

/// Places are pictures since 00:00:00:00.
struct Event {
  int line = 0;
  std::string number, reel;
  Channels channels;
  bool dissolve = false;
  int64_t length = 0;  // of the dissolve, pictures
  int64_t source_in = 0, source_out = 0, record_in = 0, record_out = 0;
  std::optional<Rational> speed;  // of M2: 1 is the rate of the list
  std::string from_name, to_name, file;
  std::vector<std::string> comments;  // others, without "* "
};

struct List {
  std::string title;
  bool drop = false;  // of its first events
  std::vector<Event> events;
};

/// `error` names the line.
Result<List> read_list(std::string_view text, Rational rate);

std::string channel_words(const Channels& channels);

}  // namespace pier::timeline::impl
