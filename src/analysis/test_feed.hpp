#pragma once
// Tests: transport streams made by ffmpeg, changed packet by packet, and fed by a real pipe.

#include <string>
#include <vector>

#include <pier/analysis/feed.hpp>

namespace pier::analysis::test {

/// Pictures of 64x64 at 25 a second and sound, `seconds` long, a key frame every second. `video` and `audio` are
/// filters; empty when ffmpeg fails.
Bytes make_feed(int seconds, const std::string& video, const std::string& audio, const std::string& options = "");

/// `times` copies one after the other whose clocks and counters go on. `length` in ticks of 90 kHz.
Bytes looped(const Bytes& stream, int times, int64_t length);

struct Fed {
  std::vector<FeedPeriod> periods;
  std::vector<json::object> events;
  std::string error;

  std::vector<json::object> of(std::string_view event, std::string_view kind = "") const;
};
/// Through a pipe, to its end. `on_bytes` is called with the bytes written so far.
Fed feed(const Bytes& stream, FeedOptions options, const std::function<void(size_t)>& on_bytes = {});

}  // namespace pier::analysis::test
