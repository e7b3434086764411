#pragma once
// pier check --feed: a transport stream without end.

#include <string>

#include <pier/workflows/local.hpp>

#include "commands.hpp"

namespace pier::app {

struct FeedOptions {
  workflows::FeedRequest request;
  std::string period = "1h";
  std::string events;   // file, "-" or empty: lines for people on a terminal, else JSON
  std::string reports;  // directory; empty: none are written
  std::string language = "en";
};

void add_feed_options(CLI::App& command, bool& feed, FeedOptions& options);
int check_feed(FeedOptions options, const Globals& globals);

}  // namespace pier::app
