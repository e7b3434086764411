// imf: one track file of an IMF package out of a master, written to the scratch file. One task a file.

#include <algorithm>

#include <pier/core/file.hpp>
#include <pier/imf/conformance.hpp>
#include <pier/imf/package.hpp>

#include "imf_forms.hpp"
#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

/// Of the earlier package, whose composition is its primary file: the tracks that the options leave out.
Result<json::object> read_earlier(const imf::MasteringOptions& options, const media::Source& source) {
  if (!source.package)
    return fail(ErrorCode::kInvalidArgument,
                display_text(source.path) + " is no IMF package and no composition of one");
  std::vector<std::string> kinds;
  if (!options.pictures) kinds.emplace_back("MainImageSequence");
  if (!options.sound) kinds.emplace_back("MainAudioSequence");
  const media::SourceFile& file = source.files[source.primary];
  constexpr uint64_t kMost = 16U << 20U;
  Bytes xml(std::min(file.state.size, kMost));
  PIER_TRY(const size_t got, read_at(file.fd.get(), 0, xml));
  PIER_TRY(const imf::EarlierComposition earlier, imf::read_earlier(as_text(ByteView(xml).first(got)), kinds));
  return to_json(earlier);
}

json::object to_json(const imf::Conformance& found) {
  json::array faults, checked;
  for (const imf::NotConform& fault : found.faults)
    faults.push_back(json::object{{"clause", fault.clause}, {"what", display_text(fault.what)}});
  for (const std::string& clause : found.checked) checked.emplace_back(clause);
  return {{"faults", std::move(faults)}, {"checked", std::move(checked)}};
}

/// Every track file of a package; one that is no MXF has that as its fault.
Result<json::object> check_package(const media::Source& source, const Progress& progress) {
  json::array files;
  double done = 0;
  for (const media::SourceFile& file : source.files) {
    done += 1;
    if (!file.name.ends_with(".mxf")) continue;
    if (!progress(done / static_cast<double>(source.files.size()), 0))
      return fail(ErrorCode::kCancelled, "looking at the track files was cancelled");
    auto found = imf::check_track_file(file.fd.get());
    if (!found && (found.error().code == ErrorCode::kInputDamaged || found.error().code == ErrorCode::kTooLarge))
      found = imf::Conformance{{{"ST 377-1 clause 6.3", found.error().message}}, {"ST 377-1 clause 6.3"}};
    if (!found) return Failure(found.error());
    json::object one = to_json(*found);
    one["file"] = display_text(file.name);
    files.push_back(std::move(one));
  }
  if (files.empty()) return fail(ErrorCode::kInvalidArgument, "there is no track file (.mxf) to look at");
  return json::object{{"files", std::move(files)}};
}

/// What was written is read again before it may count.
Result<json::object> proven(const imf::TrackFile& file, int fd) {
  PIER_TRY(const imf::Conformance found, imf::check_track_file(fd));
  if (!found.faults.empty()) {
    const imf::NotConform& first = found.faults.front();
    return fail(ErrorCode::kVerifyFailed, "the track file just written breaks " + first.clause + ": " + first.what);
  }
  json::object answer = impl::to_json(file);
  answer["checked"] = to_json(found)["checked"];
  return answer;
}

Result<json::object> run(const json::object& params, ChildFiles& files, const Progress& progress) {
  if (bool_or(params, "check", false)) return check_package(files.source, progress);
  PIER_TRY(const json::object options_json, get_object(params, "options"));
  const imf::MasteringOptions options = mastering_options(options_json);
  if (bool_or(params, "earlier", false)) return read_earlier(options, files.source);
  PIER_TRY(const json::object facts_json, get_object(params, "facts"));
  PIER_TRY(const media::Facts facts, media::facts_from_json(facts_json));
  PIER_TRY(const imf::MasteringPlan plan, imf::plan_mastering(facts, options));
  const imf::TrackIdentity identity{string_or(params, "uuid", ""), int_or(params, "created", 0),
                                    string_or(params, "version", "")};
  const int64_t sound = int_or(params, "sound", -1);
  if (sound < 0) {
    if (!plan.picture) return fail(ErrorCode::kInternal, "no pictures were planned");
    const int threads = static_cast<int>(std::max<int64_t>(1, int_or(params, "threads", 1)));
    PIER_TRY(const imf::TrackFile file,
             imf::write_picture_track(files.source, facts, *plan.picture, identity, files.scratch, threads, progress));
    return proven(file, files.scratch);
  }
  if (static_cast<size_t>(sound) >= plan.sound.size()) return fail(ErrorCode::kInternal, "no such sound was planned");
  PIER_TRY(const imf::TrackFile file,
           imf::write_sound_track(files.source, facts, plan.sound[static_cast<size_t>(sound)], identity, files.scratch,
                                  progress));
  return proven(file, files.scratch);
}

}  // namespace

const TaskKind kImfTask{"imf", 1, false, nullptr, run, nullptr};

}  // namespace pier::workflows::impl
