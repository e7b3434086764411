#pragma once
// `pier edit`: a timeline rendered without a data directory.

#include <string>
#include <vector>

#include <pier/edit/plan.hpp>
#include <pier/workflows/local.hpp>

namespace pier::workflows {

struct EditRequest {
  std::string timeline;            // OpenTimelineIO JSON or a CMX 3600 list, by content
  std::string output;              // a path; its end names the container
  std::vector<std::string> media;  // folders where media are looked for, besides that of the timeline
  std::string list_rate,
      rate;  // pictures a second of a list's time codes, of the output; empty: 25, the first source's
  std::vector<std::string> tags;             // "NAME=bt709", deliver::repair_colour
  std::string logo, logo_place, logo_width;  // PNG or SVG over the programme; timeline::stand; part of the width
  std::string font;                          // for texts, before the declared ones; empty: none
  edit::EditWish wish;                       // its container, rate, logo and tags are set here
  bool check = false;                        // only says what would be done
  bool replace = false;
};

/// {"timeline", "plan": edit::describe, "repairs", "notes"} and, where it was rendered, {"output", "format",
/// "container", "bytes", "sha256", "md5", "pictures", "copied", "mixed", "drawn", "damaged", "clipped_samples",
/// "conversions", "tags"}. Errors as timeline::read_otio and read_edl, edit::find_media, plan_edit and render;
/// kVerifyFailed when the file, read again, says something else than it was made with, kAlreadyExists. `output` is then
/// what it was.
Result<json::object> edit_file(const EditRequest& request, const LocalProgress& progress);

/// The timeline as `output` by its end: ".otio" or ".edl"; gives what a list has no words for.
Result<std::vector<std::string>> save_timeline(const EditRequest& request, const std::string& output);

}  // namespace pier::workflows
