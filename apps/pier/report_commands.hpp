#pragma once
// Commands below `pier report`.

#include "commands.hpp"

namespace pier::app {

/// `pier report ASSET [--profile P]`: options and callback of the group itself.
void add_report_asset(CLI::App& command, Globals& globals, Run& run);

}  // namespace pier::app
