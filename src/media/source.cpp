#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pier/media/source.hpp>

#include "container/imf_xml.hpp"

namespace pier::media {
namespace {

constexpr size_t kMaxXml = 16U << 20U;
constexpr size_t kHashChunk = 1U << 20U;

// Name beneath the open folder: neither "..", nor an absolute path, nor a link leads out of it.
Result<UniqueFd> open_beneath(int folder, const std::string& name) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how);
  if (fd >= 0) return UniqueFd(static_cast<int>(fd));
  if (errno != ENOSYS && errno != EPERM) return Failure(errno_error(errno, "cannot open " + display_text(name)));
  // Kernels and filters without openat2: no link at the end, and the name itself was checked for "..".
  UniqueFd plain(::openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW));
  if (!plain) return Failure(errno_error(errno, "cannot open " + display_text(name)));
  return plain;
}

Result<SourceFile> source_file(std::string name, UniqueFd fd) {
  PIER_TRY(const FileState state, file_state(fd.get()));
  if (!state.regular) {
    return fail(ErrorCode::kInvalidArgument,
                display_text(name) + " is not a regular file; give a media file or an IMF folder");
  }
  return SourceFile{std::move(name), std::move(fd), state};
}

Result<SourceFile> file_beneath(int folder, const std::string& name) {
  PIER_TRY(UniqueFd fd, open_beneath(folder, name));
  return source_file(name, std::move(fd));
}

Result<std::string> read_xml(const SourceFile& file) {
  if (file.state.size > kMaxXml)
    return fail(ErrorCode::kTooLarge, display_text(file.name) + " is too large for a package document");
  std::string text(static_cast<size_t>(file.state.size), '\0');
  PIER_TRY(const size_t got, read_at(file.fd.get(), 0, std::as_writable_bytes(std::span(text))));
  text.resize(got);
  return text;
}

bool has_xml_name(std::string_view path) {
  const size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return false;
  std::string extension(path.substr(dot));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return extension == ".xml";
}

struct Folder {
  UniqueFd fd;
  std::string path;
};

struct Composition {
  size_t index = 0;  // in Source::files
  impl::ImfComposition playlist;
};

// Opens what the asset map lists; a file that is not there is left to be missed when the playlist needs it.
Result<std::vector<impl::ImfAsset>> open_assets(const Folder& folder, Source& source) {
  std::string map_name = "ASSETMAP.xml";
  auto map = file_beneath(folder.fd.get(), map_name);
  if (!map) {
    map_name = "ASSETMAP";
    map = file_beneath(folder.fd.get(), map_name);
  }
  if (!map) {
    return fail(ErrorCode::kInvalidArgument,
                display_text(folder.path) +
                    " is a folder without ASSETMAP.xml, so no IMF package; give a media file or an IMF folder");
  }
  PIER_TRY(const std::string text, read_xml(*map));
  source.files.push_back(std::move(*map));
  auto assets = impl::parse_asset_map(text);
  if (!assets) return fail_in(display_text(folder.path + "/" + map_name), assets.error());
  for (const auto& asset : *assets) {
    const bool known = std::any_of(source.files.begin(), source.files.end(),
                                   [&](const SourceFile& file) { return file.name == asset.path; });
    if (known) continue;
    auto file = file_beneath(folder.fd.get(), asset.path);
    if (file) {
      source.files.push_back(std::move(*file));
    } else if (file.error().code != ErrorCode::kNotFound) {
      return fail_in(display_text(folder.path), file.error());
    }
  }
  return assets;
}

Result<std::vector<Composition>> read_compositions(const Source& source) {
  std::vector<Composition> found;
  for (size_t index = 0; index < source.files.size(); ++index) {
    const SourceFile& file = source.files[index];
    if (!has_xml_name(file.name)) continue;
    PIER_TRY(const std::string text, read_xml(file));
    if (impl::imf_document_kind(text) != impl::ImfDocument::kComposition) continue;
    auto playlist = impl::parse_composition(text);
    if (!playlist) return fail_in(display_text(file.name), playlist.error());
    found.push_back({index, std::move(*playlist)});
  }
  return found;
}

Result<void> check_essence(const Source& source, const std::vector<impl::ImfAsset>& assets, const Composition& chosen) {
  for (const std::string& id : chosen.playlist.track_files) {
    const auto asset = std::find_if(assets.begin(), assets.end(), [&](const auto& entry) { return entry.id == id; });
    const std::string& playlist = source.files[chosen.index].name;
    if (asset == assets.end()) {
      return fail(ErrorCode::kInputDamaged,
                  display_text(source.path) + ": " + display_text(playlist) + " needs track file " + id +
                      ", which the asset map does not list; a supplemental package must lie beside its original");
    }
    const bool there = std::any_of(source.files.begin(), source.files.end(),
                                   [&](const SourceFile& file) { return file.name == asset->path; });
    if (!there) {
      return fail(ErrorCode::kNotFound,
                  display_text(source.path) + ": " + display_text(asset->path) + " is missing from the package");
    }
  }
  return {};
}

// `wanted` is the playlist's name, empty for the first one.
Result<Source> open_package(const std::string& path, Folder folder, const std::string& wanted) {
  Source source;
  source.path = path;
  source.package = true;
  PIER_TRY(const auto assets, open_assets(folder, source));
  PIER_TRY(const auto compositions, read_compositions(source));
  const auto chosen = std::find_if(compositions.begin(), compositions.end(), [&](const Composition& composition) {
    return wanted.empty() || source.files[composition.index].name == wanted;
  });
  if (chosen == compositions.end()) {
    return fail(ErrorCode::kInputDamaged, display_text(path) + ": the asset map lists no composition playlist" +
                                              (wanted.empty() ? "" : " of that name"));
  }
  PIER_CHECK(check_essence(source, assets, *chosen));
  source.primary = chosen->index;
  return source;
}

Result<Folder> open_folder(const std::string& path) {
  PIER_TRY(UniqueFd fd, open_read(path));
  return Folder{std::move(fd), path};
}

// A playlist that was named itself: its folder is the package.
Result<Source> open_playlist(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  PIER_TRY(Folder folder, open_folder(parent));
  return open_package(path, std::move(folder), slash == std::string::npos ? path : path.substr(slash + 1));
}

json::object state_to_json(const FileState& state) {
  return {{"size", state.size}, {"mtime_ns", state.mtime_ns}};
}

// The bytes of one file into both digests; every chunk is reported.
Result<void> hash_file(const SourceFile& file, Sha256Stream& digest, uint64_t& done,
                       const std::function<bool(uint64_t)>& on_progress) {
  Bytes buffer(kHashChunk);
  uint64_t at = 0;
  while (at < file.state.size) {
    const size_t want = static_cast<size_t>(std::min<uint64_t>(kHashChunk, file.state.size - at));
    PIER_TRY(const size_t got, read_at(file.fd.get(), at, std::span(buffer).first(want)));
    if (got == 0) return fail(ErrorCode::kInputChanged, display_text(file.name) + " shrank while it was read");
    digest.update(ByteView(buffer).first(got));
    at += got;
    done += got;
    if (on_progress && !on_progress(done))
      return fail(ErrorCode::kCancelled, "reading " + display_text(file.name) + " was cancelled");
  }
  PIER_TRY(const FileState now, file_state(file.fd.get()));
  if (now != file.state) {
    return fail(ErrorCode::kInputChanged,
                display_text(file.name) + " changed while it was read; wait until it is complete and try again");
  }
  return {};
}

// The path still leads to the same file: a master that was deleted or replaced meanwhile is not the one that was read.
Result<void> check_still_there(const Source& source) {
  if (source.package || source.files.empty()) return {};
  const auto fd = open_read(source.path);
  // A confined process may open nothing; who reopens the reference checks there.
  if (!fd && fd.error().code == ErrorCode::kPermission) return {};
  if (!fd) return fail(ErrorCode::kInputChanged, display_text(source.path) + " vanished while it was read");
  PIER_TRY(const FileState now, file_state(fd->get()));
  if (now.inode != source.files.front().state.inode) {
    return fail(ErrorCode::kInputChanged, display_text(source.path) + " was replaced while it was read");
  }
  return {};
}

Result<Sha256> hash_picture(const PictureSequence& sequence, size_t index, uint64_t& done,
                            const std::function<bool(uint64_t)>& on_progress) {
  constexpr size_t kPictureChunk = 4U << 20U;
  const auto& [number, size] = sequence.pictures[index];
  Sha256Stream digest;
  Bytes buffer(static_cast<size_t>(std::min<uint64_t>(size, kPictureChunk)));
  for (uint64_t at = 0; at < size;) {
    const auto want = static_cast<size_t>(std::min<uint64_t>(buffer.size(), size - at));
    PIER_TRY(const size_t got, sequence.files->read(index, at, std::span(buffer).first(want)));
    if (got == 0) {
      return fail(ErrorCode::kInputChanged,
                  "picture " + std::to_string(number) + " of " + display_text(sequence.pattern()) + " shrank");
    }
    digest.update(ByteView(buffer).first(got));
    at += got;
    done += got;
    if (on_progress && !on_progress(done)) return fail(ErrorCode::kCancelled, "reading the sequence was cancelled");
  }
  return digest.finish();
}

Result<SourceReference> identify_sequence(const Source& source, const std::function<bool(uint64_t)>& on_progress) {
  const PictureSequence& sequence = *source.sequence;
  Sha256Stream all;
  uint64_t done = 0;
  for (size_t i = 0; i < sequence.pictures.size(); ++i) {
    PIER_TRY(const Sha256 sum, hash_picture(sequence, i, done, on_progress));
    ByteWriter number;
    number.u64(static_cast<uint64_t>(sequence.pictures[i].number));
    all.update(number.view());
    all.update(sum);
  }
  SourceReference reference;
  reference.path = source.path;
  reference.sha256 = all.finish();
  FileState state;
  state.size = done;
  reference.files.push_back({sequence.pattern(), state, reference.sha256});
  return reference;
}

Failure changed(const std::string& name, const std::string& what) {
  return fail(ErrorCode::kInputChanged, display_text(name) + " is not the master that was taken in: " + what);
}

Result<Sha256> digest_from(const json::object& object, std::string_view key) {
  PIER_TRY(const std::string text, get_string(object, key));
  PIER_TRY(const Bytes bytes, from_hex(text));
  if (bytes.size() != Sha256{}.size()) return fail(ErrorCode::kInvalidArgument, std::string(key) + " is not a SHA-256");
  Sha256 digest;
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

}  // namespace

uint64_t Source::total_bytes() const {
  uint64_t total = 0;
  for (const SourceFile& file : files) total += file.state.size;
  if (sequence) {
    for (const PictureSequence::Picture& picture : sequence->pictures) total += picture.size;
  }
  return total;
}

Result<Source> open_source(const std::string& path) {
  PIER_TRY(UniqueFd fd, open_read(path));
  PIER_TRY(const FileState state, file_state(fd.get()));
  if (state.directory) return open_package(path, Folder{std::move(fd), path}, "");
  const size_t slash = path.rfind('/');
  PIER_TRY(SourceFile file, source_file(slash == std::string::npos ? path : path.substr(slash + 1), std::move(fd)));
  if (has_xml_name(file.name) && file.state.size <= kMaxXml) {
    PIER_TRY(const std::string text, read_xml(file));
    if (impl::imf_document_kind(text) == impl::ImfDocument::kComposition) return open_playlist(path);
  }
  Source source;
  source.path = path;
  source.files.push_back(std::move(file));
  return source;
}

Result<SourceReference> identify(const Source& source, const std::function<bool(uint64_t)>& on_progress) {
  if (source.sequence) return identify_sequence(source, on_progress);
  SourceReference reference;
  reference.path = source.path;
  uint64_t done = 0;
  Sha256Stream all;
  for (const SourceFile& file : source.files) {
    Sha256Stream digest;
    PIER_CHECK(hash_file(file, digest, done, on_progress));
    const Sha256 sum = digest.finish();
    all.update(sum);
    reference.files.push_back({file.name, file.state, sum});
  }
  PIER_CHECK(check_still_there(source));
  reference.sha256 = source.package || reference.files.size() != 1 ? all.finish() : reference.files.front().sha256;
  return reference;
}

json::value to_json(const SourceReference& reference) {
  json::object object;
  put_path(object, "path", reference.path);
  object["sha256"] = to_hex(reference.sha256);
  json::array files;
  for (const auto& file : reference.files) {
    json::object entry = state_to_json(file.state);
    put_path(entry, "name", file.name);
    entry["sha256"] = to_hex(file.sha256);
    files.push_back(std::move(entry));
  }
  object["files"] = std::move(files);
  return object;
}

Result<SourceReference> reference_from_json(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInvalidArgument, "a source reference must be a JSON object");
  const json::object& object = value.get_object();
  SourceReference reference;
  // get_path and friends name the key that is missing.
  PIER_TRY(reference.path, get_path(object, "path"));
  PIER_TRY(reference.sha256, digest_from(object, "sha256"));
  PIER_TRY(const json::array files, get_array(object, "files"));
  for (const json::value& entry : files) {
    if (!entry.is_object()) return fail(ErrorCode::kInvalidArgument, "files must hold JSON objects");
    SourceReference::File file;
    PIER_TRY(file.name, get_path(entry.get_object(), "name"));
    PIER_TRY(const int64_t size, get_int(entry.get_object(), "size"));
    PIER_TRY(file.state.mtime_ns, get_int(entry.get_object(), "mtime_ns"));
    PIER_TRY(file.sha256, digest_from(entry.get_object(), "sha256"));
    if (size < 0) return fail(ErrorCode::kInvalidArgument, "size must not be negative");
    file.state.size = static_cast<uint64_t>(size);
    file.state.regular = true;
    reference.files.push_back(std::move(file));
  }
  if (reference.files.empty())
    return fail(ErrorCode::kInvalidArgument, "a source reference must list at least one file");
  return reference;
}

Result<Source> reopen(const SourceReference& reference) {
  auto source = open_source(reference.path);
  if (!source) {
    if (source.error().code == ErrorCode::kNotFound) return changed(reference.path, "it is gone");
    return Failure(source.error());
  }
  for (const auto& expected : reference.files) {
    const auto file = std::find_if(source->files.begin(), source->files.end(),
                                   [&](const SourceFile& entry) { return entry.name == expected.name; });
    if (file == source->files.end()) return changed(expected.name, "it is gone");
    if (file->state.size != expected.state.size) {
      return changed(expected.name, "its size is " + std::to_string(file->state.size) + " bytes instead of " +
                                        std::to_string(expected.state.size));
    }
    if (file->state.mtime_ns != expected.state.mtime_ns) return changed(expected.name, "it was modified since");
  }
  if (source->files.size() != reference.files.size())
    return changed(reference.path, "the package holds other files now");
  return source;
}

}  // namespace pier::media
