#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pier/core/clock.hpp>
#include <pier/core/id.hpp>
#include <pier/imf/package.hpp>
#include <pier/media/facts.hpp>
#include <pier/media/package.hpp>
#include <pier/packaging/track.hpp>
#include <pier/workflows/imf.hpp>

#include "child.hpp"
#include "imf_forms.hpp"
#include "local_parts.hpp"

namespace pier::workflows {
namespace {

using namespace impl;

std::string new_uuid() {
  const std::string hex = new_uuid7();
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) + "-" +
         hex.substr(20);
}

/// A folder that becomes `path` in one step, or nothing.
class DraftFolder {
 public:
  static Result<DraftFolder> make(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    struct stat state{};
    if (::lstat(path.c_str(), &state) == 0) {
      return fail(
          ErrorCode::kAlreadyExists,
          display_text(path) + " is there already; a package is written into a folder of its own: give another");
    }
    const size_t slash = path.rfind('/');
    const std::string parent = slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
    DraftFolder folder(path, parent, parent + "/." + path.substr(slash + 1) + "." + new_uuid7() + ".part");
    PIER_CHECK(make_directories(parent));
    if (::mkdir(folder.x_draft.c_str(), 0777) != 0)
      return Failure(errno_error(errno, "cannot make " + display_text(folder.x_draft)));
    folder.x_made = true;
    return folder;
  }
  DraftFolder(DraftFolder&& other) noexcept
      : x_path(std::move(other.x_path)),
        x_parent(std::move(other.x_parent)),
        x_draft(std::move(other.x_draft)),
        x_made(std::exchange(other.x_made, false)) {}
  DraftFolder& operator=(DraftFolder&&) = delete;
  ~DraftFolder() {
    std::error_code ignored;
    if (x_made) std::filesystem::remove_all(x_draft, ignored);
  }

  const std::string& path() const { return x_draft; }

  Result<UniqueFd> create(const std::string& name) const {
    const std::string file = x_draft + "/" + name;
    UniqueFd fd(::open(file.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666));
    if (!fd) return Failure(errno_error(errno, "cannot write " + display_text(file)));
    return fd;
  }

  Result<void> commit() {
    PIER_CHECK(sync_directory(x_draft));
    // An empty folder that came meanwhile is replaced, anything else is not.
    if (::rename(x_draft.c_str(), x_path.c_str()) != 0)
      return Failure(errno_error(errno, "cannot move the package to " + display_text(x_path)));
    x_made = false;
    return sync_directory(x_parent);
  }

 private:
  DraftFolder(std::string path, std::string parent, std::string draft)
      : x_path(std::move(path)), x_parent(std::move(parent)), x_draft(std::move(draft)) {}
  std::string x_path, x_parent, x_draft;
  bool x_made = false;
};

class ImfWriting {
 public:
  ImfWriting(const ImfRequest& request, const LocalProgress& progress) : x_request(request), x_progress(progress) {
    x_issue = {request.issuer, "pier " + request.program, Clock::system().now()};
  }

  Result<json::object> run() {
    PIER_TRY(DraftFolder folder, DraftFolder::make(x_request.folder));
    PIER_CHECK(look());
    if (!x_request.earlier.empty()) PIER_CHECK(borrow());
    const double whole = x_composition.borrowed.empty() ? 0.85 : 0.5;
    if (x_plan.picture) {
      PIER_CHECK(write_track(folder, -1, 0.05, whole - 0.05));
      // Sound is as long as the pictures that there really were.
      x_facts.video[static_cast<size_t>(x_facts.main_video)].frames = x_composition.tracks.front().track.duration;
      x_composition.duration = x_composition.tracks.front().track.duration;
    }
    for (size_t i = 0; i < x_plan.sound.size(); ++i) {
      const double share = (0.97 - whole) / static_cast<double>(x_plan.sound.size());
      PIER_CHECK(write_track(folder, static_cast<int64_t>(i), whole + share * static_cast<double>(i), share));
    }
    PIER_CHECK(write_papers(folder));
    PIER_CHECK(folder.commit());
    return answer();
  }

 private:
  /// `progress` from `from` on, by `share`.
  LocalProgress part(double from, double share) const {
    return [this, from, share](double fraction, int64_t frames) {
      if (x_progress) x_progress(from + share * fraction, frames);
    };
  }

  Result<void> look() {
    const LocalProgress progress = part(0, 0.05);
    PIER_TRY(const json::object probed, probe_input(x_spawner, x_request.input, false, false, progress));
    PIER_TRY(const json::object facts, get_object(probed, "facts"));
    PIER_TRY(x_facts, media::facts_from_json(facts));
    // MCA labels have tags of RFC 5646, containers mostly codes of ISO 639-2.
    for (media::AudioFacts& audio : x_facts.audio) audio.language = packaging::language_tag(audio.language);
    PIER_TRY(x_plan, imf::plan_mastering(x_facts, x_request.mastering));
    x_composition.uuid = new_uuid();
    x_composition.title = x_request.mastering.title;
    x_composition.edit_rate = x_plan.edit_rate;
    x_composition.content_light = x_plan.content_light;
    x_composition.duration = x_facts.video[static_cast<size_t>(x_facts.main_video)].frames;
    return {};
  }

  Result<void> borrow() {
    Work work;
    PIER_TRY(work.source, open_local({x_request.earlier, {}}));
    work.params = {{"earlier", true}, {"options", to_json(x_request.mastering)}};
    const LocalProgress quiet;
    PIER_TRY(const json::object found, run_child(x_spawner, kImfTask, local_row(), work, beat_of(quiet), {}));
    PIER_TRY(imf::EarlierComposition earlier, earlier_composition(found));
    if (earlier.edit_rate != x_composition.edit_rate) {
      return fail(ErrorCode::kInvalidArgument,
                  "the earlier composition has another rate than the new essence; a composition has one (ST 2067-3 "
                  "clause 6.4)");
    }
    if (earlier.duration != x_composition.duration) {
      return fail(ErrorCode::kInvalidArgument,
                  "the earlier composition has " + std::to_string(earlier.duration) + " pictures, the new essence " +
                      std::to_string(x_composition.duration) +
                      "; virtual tracks of a composition are equally long (ST 2067-3 clause 6.9)");
    }
    if (!x_plan.picture) x_composition.content_light = earlier.content_light;
    x_composition.borrowed = std::move(earlier.tracks);
    return {};
  }

  /// `sound`: which; -1: the pictures.
  Result<void> write_track(const DraftFolder& folder, int64_t sound, double from, double share) {
    imf::TrackAsset asset;
    const std::string uuid = new_uuid();
    asset.file_name = (sound < 0 ? "VIDEO_" : "AUDIO_") + uuid + ".mxf";
    Work work;
    PIER_TRY(work.source, open_local(x_request.input));
    PIER_TRY(work.scratch, folder.create(asset.file_name));
    PIER_TRY(const UniqueFd written, work.scratch.duplicate());
    work.params = {{"facts", media::to_json(x_facts)},
                   {"options", to_json(x_request.mastering)},
                   {"uuid", uuid},
                   {"created", x_issue.time},
                   {"version", x_request.program},
                   {"sound", sound},
                   {"threads", local_threads()}};
    const LocalProgress progress = part(from, share);
    PIER_TRY(const json::object done, run_child(x_spawner, kImfTask, local_row(), work, beat_of(progress), {}));
    PIER_TRY(asset.track, track_file(done));
    PIER_TRY(json::array checked, get_array(done, "checked"));
    x_checked.push_back(std::move(checked));
    PIER_TRY(asset.sha1, media::packing_digest(written.get()));
    if (::fsync(written.get()) != 0) return Failure(errno_error(errno, "cannot write " + asset.file_name));
    x_assets.push_back({uuid, asset.file_name, "application/mxf", asset.track.bytes, asset.sha1});
    x_composition.tracks.push_back(std::move(asset));
    return {};
  }

  Result<imf::PackageAsset> write_paper(const DraftFolder& folder, const std::string& uuid, const std::string& name,
                                        const std::string& xml) {
    PIER_TRY(const UniqueFd fd, folder.create(name));
    PIER_CHECK(write_all(fd.get(), as_bytes(xml)));
    PIER_TRY(const Bytes sha1, media::packing_digest(fd.get()));
    if (::fsync(fd.get()) != 0) return Failure(errno_error(errno, "cannot write " + name));
    return imf::PackageAsset{uuid, name, "text/xml", xml.size(), sha1};
  }

  Result<void> write_papers(const DraftFolder& folder) {
    x_file = "CPL_" + x_composition.uuid + ".xml";
    PIER_TRY(const imf::PackageAsset playlist,
             write_paper(folder, x_composition.uuid, x_file, imf::composition_xml(x_composition, x_issue)));
    x_assets.push_back(playlist);
    const std::string list_id = new_uuid();
    PIER_TRY(const imf::PackageAsset list,
             write_paper(folder, list_id, "PKL_" + list_id + ".xml",
                         imf::packing_list_xml(list_id, x_composition.title, x_assets, x_issue)));
    PIER_CHECK(write_paper(folder, {}, "VOLINDEX.xml", imf::volume_index_xml()));
    return write_paper(folder, {}, "ASSETMAP.xml", imf::asset_map_xml(new_uuid(), list, x_assets, x_issue))
        .map([](const imf::PackageAsset&) {});
  }

  json::object answer() const {
    json::array tracks, borrowed, notes;
    for (size_t i = 0; i < x_composition.tracks.size(); ++i) {
      const imf::TrackAsset& asset = x_composition.tracks[i];
      tracks.push_back(json::object{
          {"id", "urn:uuid:" + asset.track.uuid},
          {"file", asset.file_name},
          {"kind", asset.track.picture ? "picture" : "sound"},
          {"edit_rate", json::array{asset.track.edit_rate.num, asset.track.edit_rate.den}},
          {"duration", asset.track.duration},
          {"bytes", asset.track.bytes},
          {"checked", x_checked[i]},
      });
    }
    for (const imf::BorrowedTrack& track : x_composition.borrowed) {
      for (const std::string& id : track.track_files) borrowed.emplace_back(id);
    }
    for (const std::string& note : x_plan.notes) notes.emplace_back(note);
    const Rational& rate = x_composition.edit_rate;
    json::object found{{"composition", json::object{{"id", "urn:uuid:" + x_composition.uuid},
                                                    {"file", x_file},
                                                    {"edit_rate", json::array{rate.num, rate.den}},
                                                    {"duration", x_composition.duration}}},
                       {"tracks", std::move(tracks)},
                       {"borrowed", std::move(borrowed)},
                       {"notes", std::move(notes)}};
    put_path(found, "folder", x_request.folder);
    return found;
  }

  const ImfRequest& x_request;
  const LocalProgress& x_progress;
  sandbox::Spawner x_spawner;
  imf::Issue x_issue;
  media::Facts x_facts;
  imf::MasteringPlan x_plan;
  imf::Composition x_composition;
  std::vector<imf::PackageAsset> x_assets;
  std::vector<json::array> x_checked;  // clauses, of each track
  std::string x_file;                  // of the composition
};

}  // namespace

Result<json::object> write_imf(const ImfRequest& request, const LocalProgress& progress) {
  return ImfWriting(request, progress).run();
}

Result<json::object> check_imf(const std::string& path, const LocalProgress& progress) {
  Work work;
  PIER_TRY(work.source, open_local({path, {}}));
  if (!work.source->package) return fail(ErrorCode::kInvalidArgument, display_text(path) + " is no IMF package");
  work.params = {{"check", true}};
  sandbox::Spawner spawner;
  PIER_TRY(json::object found, run_child(spawner, kImfTask, local_row(), work, beat_of(progress), {}));
  for (const char* measured : {"peak_rss", "cpu_seconds", "wall_seconds"}) found.erase(measured);
  return found;
}

}  // namespace pier::workflows
