#pragma once
// A finding as a regression case: the pictures around it without loss, and what was found in them with which
// parameters. Writing decodes hostile media: it belongs into the confined child.

#include <functional>
#include <string>

#include <pier/media/source.hpp>
#include <pier/reports/document.hpp>

namespace pier::reports {

inline constexpr int64_t kBundleMargin = 12;  // pictures before and after the finding
inline constexpr int64_t kMostBundled = 150;  // a longer finding is cut

/// Of the pictures written: how many, and which of the master is the first.
struct BundledFrames {
  int64_t frames = 0;
  int64_t first_frame = 0;  // in the master, presentation order
  bool cut = false;         // the finding goes on after the last of them
  int64_t damaged = 0;      // pictures that did not decode whole
};

/// FFV1 in Matroska into `fd`. kInputUnsupported when the finding is one of sound, kNotFound when there is no picture
/// at its place, kCancelled.
Result<BundledFrames> write_bundle(const media::Source& source, const media::Facts& facts,
                                   const analysis::Finding& finding, int fd, int threads,
                                   const std::function<bool(double)>& on_progress = {});

/// The case beside the pictures: finding, rules that rest on it with their values, engine, digests, and where in the
/// exported pictures the finding lies.
json::object bundle_case(const Document& document, const analysis::Finding& finding, const BundledFrames& frames);

json::object to_json(const BundledFrames& frames);
BundledFrames bundled_frames_from_json(const json::object& object);

}  // namespace pier::reports
