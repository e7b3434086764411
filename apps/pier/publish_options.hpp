#pragma once
// What `pier publish` and `pier estimate` ask for in the same words.

#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include <pier/core/json.hpp>
#include <pier/workflows/engine.hpp>

namespace pier::app {

struct PublishOptions {
  std::string file;
  workflows::PublishRequest request;
  std::string keep = "place";
  std::string policy = "warn";
  std::string master_display;
  int max_cll = 0, max_fall = 0;
  std::string tags;
  std::vector<std::string> subtitles;  // parse_subtitles()
  std::vector<std::string> captions;   // parse_captions()
  std::string hdr10_plus;
  bool resume = false;
};

/// "FILE[:lang=TAG][:name=TEXT][:encoding=NAME][:offset=TIME][:forced][:default]". What looks like one of these in the
/// name of the file itself is written with "\:" for its colon. The path becomes absolute. kInvalidArgument.
Result<workflows::SubtitleWish> parse_subtitles(std::string_view text);

/// "cea-608|cea-708|teletext[:service=N]" and the rest of the same words: captions of the master. kInvalidArgument.
Result<workflows::SubtitleWish> parse_captions(std::string_view text);

/// FILE and all that says how it is published.
void add_publish_options(CLI::App& command, PublishOptions& options);

/// What POST /v1/jobs and /v1/estimates take. kInvalidArgument names the option that cannot be read.
Result<json::object> publish_body(PublishOptions& options);

}  // namespace pier::app
