#pragma once
// One file a subcommand. Each adds itself to the command line and sets `run` when it was called.

#include <functional>

#include <CLI/CLI.hpp>

#include "console.hpp"

namespace pier::app {

using Run = std::function<int()>;

void add_probe(CLI::App& app, Globals& globals, Run& run);
void add_check(CLI::App& app, Globals& globals, Run& run);
void add_compare(CLI::App& app, Globals& globals, Run& run);
void add_convert(CLI::App& app, Globals& globals, Run& run);
void add_deliver(CLI::App& app, Globals& globals, Run& run);
void add_diff(CLI::App& app, Globals& globals, Run& run);
void add_edit(CLI::App& app, Globals& globals, Run& run);
void add_hdr10plus(CLI::App& app, Globals& globals, Run& run);
void add_imf(CLI::App& app, Globals& globals, Run& run);
void add_subtitles(CLI::App& app, Globals& globals, Run& run);
void add_lut(CLI::App& app, Globals& globals, Run& run);
void add_report(CLI::App& app, Globals& globals, Run& run);
void add_finding(CLI::App& app, Globals& globals, Run& run);
void add_publish(CLI::App& app, Globals& globals, Run& run);
void add_estimate(CLI::App& app, Globals& globals, Run& run);
void add_serve(CLI::App& app, Globals& globals, Run& run);
void add_assets(CLI::App& app, Globals& globals, Run& run);
void add_jobs(CLI::App& app, Globals& globals, Run& run);
void add_workers(CLI::App& app, Globals& globals, Run& run);
void add_profiles(CLI::App& app, Globals& globals, Run& run);
void add_migrate(CLI::App& app, Globals& globals, Run& run);
void add_verify(CLI::App& app, Globals& globals, Run& run);

/// Of commands that look at one input.
inline constexpr const char* kInputHelp =
    "A media file, the folder or CPL of an IMF package, or an image sequence (DPX, EXR, TIFF): its folder, its first "
    "picture or a pattern such as name.%06d.dpx";
inline constexpr const char* kRateHelp = "Pictures a second of an image sequence; as its headers say when absent";

/// --data, --server (where a server can be asked) and --json, the same words everywhere.
void add_globals(CLI::App& command, Globals& globals, bool with_data = true);

}  // namespace pier::app
