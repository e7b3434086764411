#pragma once
// What `pier convert`, `pier deliver` and `pier edit` ask for and tell in the same words.

#include <string>

#include <CLI/CLI.hpp>

#include <pier/core/json.hpp>
#include <pier/deliver/wish.hpp>

namespace pier::app {

/// A member as a terminal may show it; empty when it is absent.
std::string text_of(const json::object& object, const char* key);

/// The light, raster, tags, rates and sound of the file that is written.
void add_file_options(CLI::App& command, deliver::Wish& wish);

/// "repairs" (what was set by hand) and "notes" of what was made, a line each behind `indent`.
void print_notes(const json::object& made, const char* indent = "");

}  // namespace pier::app
