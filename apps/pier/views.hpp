#pragma once
// Assets, jobs and verdicts as text and exit codes.

#include <string>
#include <vector>

#include <pier/analysis/report.hpp>
#include <pier/core/json.hpp>

#include "console.hpp"

namespace pier::app {

/// The whole of GET /v1/assets/ID: verdict, tracks with sizes and quality figures, addresses.
void print_asset(const json::object& view);

/// The whole of GET /v1/jobs/ID: how far it is, what it waits for, why it failed.
void print_job(const json::object& view);

/// "a worker that offers 8k, since ...": why steps of this job are not started; empty when nothing is in their way.
std::string waits_text(const json::object& view);

/// The member "forecast" of a job or an estimate as lines of text; none when it is absent.
std::vector<std::string> forecast_lines(const json::object& view);
/// Of a job's forecast.
TimeLeft time_left(const json::object& view);
/// "partly published: avc-720, aac-stereo; hevc-2160 at 42 % (job_...)" of an asset or a job whose first rendition is
/// out; empty when all is, or nothing.
std::string partly_text(const json::object& view);

/// 0: conform, 1: a deciding rule is broken, 2: not judged.
int exit_of(analysis::Verdict verdict);

/// A profile of one's own as the server can find it: an absolute path; a name stays as it is.
std::string absolute_profile(const std::string& profile);

}  // namespace pier::app
