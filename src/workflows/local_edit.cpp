#include <algorithm>
#include <cerrno>
#include <optional>

#include <unistd.h>

#include <pier/deliver/output_file.hpp>
#include <pier/deliver/receipt.hpp>
#include <pier/edit/media_files.hpp>
#include <pier/overlay/font.hpp>
#include <pier/timeline/edl.hpp>
#include <pier/timeline/otio.hpp>
#include <pier/workflows/edit.hpp>

#include "local_parts.hpp"

namespace pier::workflows {
namespace {

using namespace impl;

constexpr size_t kMostBytes = 32U << 20U;

Result<Rational> rate_of(const std::string& option, const std::string& text, Rational otherwise) {
  if (text.empty()) return otherwise;
  const auto rate = parse_rational(text);
  if (rate && *rate >= Rational(1) && *rate <= Rational(240)) return *rate;
  return fail(ErrorCode::kInvalidArgument,
              option + " " + display_text(text) + " is no frame rate; give it as 25, 50 or 29.97");
}

Result<timeline::Timeline> read_timeline(const EditRequest& request) {
  PIER_TRY(const std::string text, read_file(request.timeline, kMostBytes));
  PIER_TRY(const Rational rate, rate_of("--list-rate", request.list_rate, 25));
  const size_t first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  const bool otio = first != std::string::npos && text[first] == '{';
  auto found = otio ? timeline::read_otio(std::string_view(text).substr(first)) : timeline::read_edl(text, rate);
  if (!found) return fail_in(display_text(request.timeline), found.error());
  return found;
}

/// "NAME=LIST"
Result<void> read_tags(const EditRequest& request, const std::vector<edit::MediaFile>& files, edit::EditWish& wish) {
  for (const std::string& text : request.tags) {
    const size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const bool known = std::ranges::any_of(
        files, [&](const edit::MediaFile& file) { return file.path == name || file.path.ends_with("/" + name); });
    if (equals == std::string::npos || !known) {
      return fail(ErrorCode::kInvalidArgument,
                  "--tags " + display_text(text) +
                      " names no file of the timeline; write it as NAME=bt709, NAME=hlg or "
                      "NAME=transfer=pq,primaries=bt2020");
    }
    wish.tags[name] = text.substr(equals + 1);
  }
  return {};
}

/// Names the logo among the files, and how it stands.
Result<void> read_logo(const EditRequest& request, std::vector<edit::MediaFile>& files, edit::EditWish& wish) {
  if (request.logo.empty()) {
    if (request.logo_place.empty() && request.logo_width.empty()) return {};
    return fail(ErrorCode::kInvalidArgument, "--logo-place and --logo-width belong to --logo; give it too");
  }
  if (!edit::is_graphic(request.logo) || !is_utf8(request.logo))
    return fail(ErrorCode::kInvalidArgument, "--logo " + display_text(request.logo) + " is no .png or .svg");
  edit::Logo logo;
  logo.path = request.logo;
  const std::string place = request.logo_place.empty() ? "top-right" : request.logo_place;
  if (const auto stands = timeline::stand(logo.place, place); !stands) return fail_in("--logo-place", stands.error());
  if (!request.logo_width.empty()) {
    const auto width = parse_rational(request.logo_width);
    if (!width || *width < Rational(1, 1000) || *width > Rational(1))
      return fail(ErrorCode::kInvalidArgument, "--logo-width is a part of the output's width, 0.001 to 1");
    logo.place.width = width->value();
  }
  if (std::ranges::find(files, logo.path, &edit::MediaFile::path) == files.end()) files.push_back({logo.path, true});
  wish.logo = std::move(logo);
  return {};
}

bool has_text(const timeline::Timeline& timeline) {
  return std::ranges::any_of(timeline.tracks, [](const timeline::Track& track) {
    return std::ranges::any_of(track.items, [](const timeline::Item& item) {
      return item.kind == timeline::ItemKind::kClip && item.media.kind == timeline::MediaKind::kGenerator;
    });
  });
}

Result<void> add_fonts(const std::string& first, Work& work) {
  PIER_TRY(const std::vector<std::string> paths, overlay::font_paths(first));
  return add_files(paths, work);
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

struct Opened {
  json::array inputs;
  std::vector<media::Source> sources;
};

Result<Opened> open_all(sandbox::Spawner& spawner, const std::vector<edit::MediaFile>& files,
                        const LocalProgress& progress) {
  Opened opened;
  for (size_t i = 0; i < files.size(); ++i) {
    json::object input{{"facts", nullptr}};
    put_path(input, "path", files[i].path);
    if (!files[i].graphic) {
      auto probed = probe_input(spawner, {files[i].path, {}}, false, false, {});
      if (!probed) return fail_in(display_text(files[i].path), probed.error());
      input["facts"] = probed->at("facts");
    }
    PIER_TRY(media::Source source, media::open_source(files[i].path));
    opened.sources.push_back(std::move(source));
    opened.inputs.push_back(std::move(input));
    if (progress) progress(static_cast<double>(i + 1) / static_cast<double>(files.size()), 0);
  }
  return opened;
}

LocalProgress part(const LocalProgress& progress, double from, double share) {
  return [&progress, from, share](double fraction, int64_t frames) {
    if (progress) progress(from + share * fraction, frames);
  };
}

Result<json::object> run_edit(sandbox::Spawner& spawner, Work& work, const LocalProgress& progress) {
  PIER_TRY(json::object made, run_child(spawner, kEditTask, local_row(), work, beat_of(progress), {}));
  for (const char* measured : {"peak_rss", "cpu_seconds", "wall_seconds"}) made.erase(measured);
  return made;
}

Result<void> write_out(const deliver::OutputFile& output, const EditRequest& request, const edit::EditWish& wish,
                       json::object& made) {
  PIER_TRY(const deliver::Digests digests, deliver::digests_of(output.fd()));
  made["bytes"] = digests.bytes;
  made["sha256"] = digests.sha256;
  made["md5"] = digests.md5;
  made["format"] = wish.file.format;
  made["container"] = media::to_string(wish.file.container);
  put_path(made, "output", request.output);
  return {};
}

}  // namespace

Result<json::object> edit_file(const EditRequest& request, const LocalProgress& progress) {
  edit::EditWish wish = request.wish;
  PIER_CHECK(deliver::check_words(wish.file));
  PIER_TRY(wish.file.container, deliver::container_of(request.output, wish.file.format));
  PIER_TRY(wish.rate, rate_of("--rate", request.rate, 0));
  PIER_TRY(timeline::Timeline timeline, read_timeline(request));
  std::vector<std::string> folders{folder_of(request.timeline)};
  folders.insert(folders.end(), request.media.begin(), request.media.end());
  auto files = edit::find_media(timeline, folders);
  if (!files) return fail_in(display_text(request.timeline), files.error());
  PIER_CHECK(read_tags(request, *files, wish));
  PIER_CHECK(read_logo(request, *files, wish));
  const bool texts = has_text(timeline);
  if (!texts && !request.font.empty())
    return fail(ErrorCode::kInvalidArgument, "--font is for texts, and the timeline has none; leave it out");
  std::optional<deliver::OutputFile> output;
  if (!request.check) {
    PIER_TRY(deliver::OutputFile created, deliver::OutputFile::create(request.output, request.replace));
    output.emplace(std::move(created));
  }
  sandbox::Spawner spawner;
  PIER_TRY(Opened opened, open_all(spawner, *files, part(progress, 0, 0.05)));
  Work work;
  work.sources = std::move(opened.sources);
  if (texts) PIER_CHECK(add_fonts(request.font, work));
  if (output) {
    work.scratch = UniqueFd(::dup(output->fd()));
    if (!work.scratch) return Failure(errno_error(errno, "cannot write the file"));
  }
  work.params = {{"timeline", timeline::write_otio(timeline)},
                 {"wish", edit::to_json(wish)},
                 {"inputs", std::move(opened.inputs)},
                 {"check", request.check},
                 {"threads", local_threads()}};
  const LocalProgress rendering = part(progress, 0.05, 0.95);
  auto made = run_edit(spawner, work, rendering);
  if (!made) return fail_in(display_text(request.timeline), made.error());
  put_path(*made, "timeline", request.timeline);
  if (!output) return made;
  PIER_CHECK(write_out(*output, request, wish, *made));
  PIER_CHECK(output->publish());
  return made;
}

Result<std::vector<std::string>> save_timeline(const EditRequest& request, const std::string& output) {
  PIER_TRY(const timeline::Timeline timeline, read_timeline(request));
  if (output.ends_with(".otio")) {
    PIER_CHECK(replace_file(output, as_bytes(timeline::write_otio(timeline))));
    return std::vector<std::string>();
  }
  if (!output.ends_with(".edl"))
    return fail(ErrorCode::kInvalidArgument, "--save takes a name that ends in .otio or .edl");
  PIER_TRY(const Rational rate, rate_of("--list-rate", request.list_rate, 25));
  PIER_TRY(timeline::WrittenEdl list, timeline::write_edl(timeline, rate));
  PIER_CHECK(replace_file(output, as_bytes(list.text)));
  return std::move(list.lost);
}

}  // namespace pier::workflows
