#include <algorithm>
#include <map>
#include <optional>

#include <pier/media/package.hpp>

#include "container/byte_source.hpp"
#include "container/imf_xml.hpp"
#include "container/mxf.hpp"
#include "container/sha1.hpp"

namespace pier::media {

using namespace impl;

namespace {

constexpr size_t kMaxXml = 16U << 20U;
constexpr size_t kChunk = 1U << 20U;

std::string seconds_text(Rational seconds) {
  return seconds.to_string() + " s";
}

class PackageCheck {
 public:
  PackageCheck(const Source& source, const PackageOptions& options) : x_source(source), x_options(options) {}
  Result<PackageReport> run();

 private:
  Result<std::string> read(const SourceFile& file) const;
  const SourceFile* file_of(const std::string& id) const;
  std::string name_of(const std::string& id) const;
  void issue(std::string kind, std::string file, std::string expected, std::string found);
  void find_assets();
  Result<void> read_document(const SourceFile& file);
  void check_listed(const ImfListed& asset);
  Result<void> check_hashes();
  Result<bool> check_hash(const ImfListed& asset, const SourceFile& file);
  Result<bool> digest(const SourceFile& file, bool sha256, Bytes& out);
  void check_composition(const ImfComposition& composition);
  void check_resource(const ImfResource& resource, const ImfComposition& composition);
  void check_picture(const std::string& file, const PictureDescriptor& said, const PictureDescriptor& is);
  void check_tracks(const ImfComposition& composition);
  const std::optional<MxfFile>& essence(const SourceFile& file);

  const Source& x_source;
  const PackageOptions& x_options;
  PackageReport x_report;
  std::vector<ImfAsset> x_assets;
  std::map<std::string, const SourceFile*> x_files;  // by asset id
  std::map<std::string, std::string> x_paths;        // by asset id
  std::map<std::string, ImfListed> x_listed;
  std::map<const SourceFile*, std::optional<MxfFile>> x_essence;
  uint64_t x_done = 0, x_total = 0;
};

Result<std::string> PackageCheck::read(const SourceFile& file) const {
  if (file.state.size > kMaxXml) return fail(ErrorCode::kTooLarge, display_text(file.name) + " is too large");
  std::string text(static_cast<size_t>(file.state.size), '\0');
  PIER_TRY(const size_t got, read_at(file.fd.get(), 0, std::as_writable_bytes(std::span(text))));
  text.resize(got);
  return text;
}

const SourceFile* PackageCheck::file_of(const std::string& id) const {
  const auto found = x_files.find(id);
  return found == x_files.end() ? nullptr : found->second;
}

std::string PackageCheck::name_of(const std::string& id) const {
  const auto found = x_paths.find(id);
  return display_text(found == x_paths.end() ? id : found->second);
}

void PackageCheck::issue(std::string kind, std::string file, std::string expected, std::string found) {
  ++x_report.issue_count;
  if (x_report.issues.size() >= kMaxPackageIssues) return;
  x_report.issues.push_back({std::move(kind), std::move(file), std::move(expected), std::move(found)});
}

void PackageCheck::check_listed(const ImfListed& asset) {
  if (!x_paths.contains(asset.id)) return issue("unmapped", display_text(asset.id), "in the asset map", "not there");
  const SourceFile* file = file_of(asset.id);
  if (file == nullptr) return;  // named as missing
  if (asset.size != file->state.size) {
    issue("size", name_of(asset.id), std::to_string(asset.size) + " bytes",
          std::to_string(file->state.size) + " bytes");
  }
}

Result<bool> PackageCheck::digest(const SourceFile& file, bool sha256, Bytes& out) {
  Sha1Stream sha1;
  Sha256Stream sha2;
  Bytes buffer(kChunk);
  for (uint64_t at = 0; at < file.state.size;) {
    const size_t want = static_cast<size_t>(std::min<uint64_t>(kChunk, file.state.size - at));
    PIER_TRY(const size_t got, read_at(file.fd.get(), at, std::span(buffer).first(want)));
    if (got == 0) return false;
    const ByteView piece = ByteView(buffer).first(got);
    if (sha256) {
      sha2.update(piece);
    } else {
      sha1.update(piece);
    }
    at += got;
    x_done += got;
    const double share = x_total > 0 ? static_cast<double>(x_done) / static_cast<double>(x_total) : 1.0;
    if (x_options.on_progress && !x_options.on_progress(std::min(share, 1.0)))
      return fail(ErrorCode::kCancelled, "reading " + display_text(file.name) + " was cancelled");
  }
  if (sha256) {
    const Sha256 sum = sha2.finish();
    out.assign(sum.begin(), sum.end());
  } else {
    const Sha1 sum = sha1.finish();
    out.assign(sum.begin(), sum.end());
  }
  return true;
}

Result<bool> PackageCheck::check_hash(const ImfListed& asset, const SourceFile& file) {
  if (!asset.known_algorithm || asset.digest.empty()) {
    issue("hash_unknown", name_of(asset.id), "an SHA-1 or SHA-256 digest", "none that can be read");
    return false;
  }
  Bytes sum;
  PIER_TRY(const bool whole, digest(file, asset.sha256, sum));
  if (!whole || sum != asset.digest)
    issue("hash", name_of(asset.id), to_hex(ByteView(asset.digest)), whole ? to_hex(ByteView(sum)) : "the file shrank");
  return whole;
}

Result<void> PackageCheck::check_hashes() {
  std::vector<std::pair<const ImfListed*, const SourceFile*>> work;
  for (const auto& [id, asset] : x_listed) {
    const SourceFile* file = file_of(id);
    if (file == nullptr) continue;
    work.emplace_back(&asset, file);
    x_total += file->state.size;
  }
  for (const auto& [asset, file] : work) {
    PIER_TRY(const bool done, check_hash(*asset, *file));
    x_report.hashed_assets += done ? 1 : 0;
  }
  x_report.hashes_checked = true;
  return {};
}

const std::optional<MxfFile>& PackageCheck::essence(const SourceFile& file) {
  auto [found, fresh] = x_essence.try_emplace(&file);
  if (fresh) found->second = read_mxf(ByteSource(file.fd.get(), file.state.size));
  return found->second;
}

void PackageCheck::check_picture(const std::string& file, const PictureDescriptor& said, const PictureDescriptor& is) {
  const auto compare = [&](const char* what, const std::string& a, const std::string& b) {
    if (a != b) issue("descriptor", file, std::string(what) + " " + a, std::string(what) + " " + b);
  };
  const auto raster = [](const PictureDescriptor& d) {
    return std::to_string(d.width) + "x" + std::to_string(d.height);
  };
  compare("raster", raster(said), raster(is));
  compare("depth", std::to_string(said.depth), std::to_string(is.depth));
  compare("rate", said.rate.to_string(), is.rate.to_string());
  compare("primaries", to_string(said.colour.primaries), to_string(is.colour.primaries));
  compare("transfer", to_string(said.colour.transfer), to_string(is.colour.transfer));
  compare("matrix", to_string(said.colour.matrix), to_string(is.colour.matrix));
  compare("mastering display", said.mastering_display == is.mastering_display ? "as in the file" : "declared",
          said.mastering_display == is.mastering_display ? "as in the file" : "another or none");
}

template <typename Descriptor>
const Descriptor* described(const std::vector<Descriptor>& list, const std::vector<std::string>& ids,
                            const std::string& id) {
  for (size_t i = 0; i < std::min(list.size(), ids.size()); ++i) {
    if (ids[i] == id) return &list[i];
  }
  return nullptr;
}

void PackageCheck::check_resource(const ImfResource& resource, const ImfComposition& composition) {
  const std::string name = name_of(resource.track_file);
  if (resource.entry + resource.frames > resource.intrinsic) {
    issue("range", name, "at most " + std::to_string(resource.intrinsic) + " edit units",
          std::to_string(resource.entry) + " + " + std::to_string(resource.frames));
  }
  const SourceFile* file = file_of(resource.track_file);
  if (file == nullptr) return;
  const std::optional<MxfFile>& mxf = essence(*file);
  if (!mxf) return;
  if (resource.sequence == "MainImageSequence" && !mxf->pictures.empty()) {
    const PictureDescriptor& is = mxf->pictures.front();
    if (is.length > 0 && is.length != resource.intrinsic)
      issue("duration", name, std::to_string(resource.intrinsic) + " frames", std::to_string(is.length) + " frames");
    if (is.rate.num > 0 && is.rate != resource.edit_rate)
      issue("edit_rate", name, resource.edit_rate.to_string(), is.rate.to_string());
    if (const auto* said = described(composition.pictures, composition.picture_ids, resource.encoding))
      check_picture(name, *said, is);
  }
  if (resource.sequence == "MainAudioSequence" && !mxf->sounds.empty()) {
    const SoundDescriptor& is = mxf->sounds.front();
    const auto* said = described(composition.sounds, composition.sound_ids, resource.encoding);
    if (said == nullptr) return;
    const auto text = [](const SoundDescriptor& d) {
      return std::to_string(d.channels) + " channels, " + std::to_string(d.sample_rate) + " Hz, " +
             std::to_string(d.bits) + " bits";
    };
    if (text(*said) != text(is)) issue("descriptor", name, text(*said), text(is));
  }
}

// ST 2067-3, 6.9: all tracks of a segment have one duration, so all tracks of the composition have.
void PackageCheck::check_tracks(const ImfComposition& composition) {
  std::map<std::string, std::pair<std::string, Rational>> lengths;  // track -> sequence, seconds
  for (const ImfResource& resource : composition.resources) {
    if (resource.edit_rate.num <= 0 || resource.track.empty()) continue;
    auto& [sequence, seconds] = lengths[resource.track];
    sequence = resource.sequence;
    seconds = seconds + Rational(resource.frames * resource.repeats) / resource.edit_rate;
  }
  for (const auto& [track, length] : lengths) {
    if (length.second != composition.duration && composition.duration.num > 0 && length.first != "MarkerSequence") {
      issue("track_length", display_text(length.first + " " + track), seconds_text(composition.duration),
            seconds_text(length.second));
    }
  }
}

void PackageCheck::check_composition(const ImfComposition& composition) {
  for (const ImfResource& resource : composition.resources) {
    if (!resource.track_file.empty()) check_resource(resource, composition);
  }
  check_tracks(composition);
}

void PackageCheck::find_assets() {
  std::map<std::string_view, const SourceFile*> by_name;
  for (const SourceFile& file : x_source.files) by_name.emplace(file.name, &file);
  for (const ImfAsset& asset : x_assets) {
    x_paths.emplace(asset.id, asset.path);
    if (const auto file = by_name.find(asset.path); file != by_name.end()) {
      x_files.emplace(asset.id, file->second);
    } else {
      issue("missing", display_text(asset.path), "a file", "nothing of that name");
    }
  }
}

// Lists are XML; essence is not, and is not read as text.
Result<void> PackageCheck::read_document(const SourceFile& file) {
  const Bytes head = ByteSource(file.fd.get(), file.state.size).read(0, 64);
  if (file.state.size > kMaxXml || as_text(head).find('<') == std::string_view::npos) return {};
  PIER_TRY(const std::string text, read(file));
  const ImfDocument kind = imf_document_kind(text);
  if (kind == ImfDocument::kPackingList) {
    ++x_report.packing_lists;
    PIER_TRY(const std::vector<ImfListed> listed, parse_packing_list(text));
    for (const ImfListed& entry : listed) x_listed.emplace(entry.id, entry);
  } else if (kind == ImfDocument::kComposition) {
    PIER_TRY(const ImfComposition composition, parse_composition(text));
    const bool chosen = &file == &x_source.files[x_source.primary];
    x_report.compositions.push_back({display_text(file.name), composition.id, composition.title, composition.edit_rate,
                                     composition.duration, chosen});
    if (chosen) check_composition(composition);
  }
  return {};
}

Result<PackageReport> PackageCheck::run() {
  const auto is_map = [](const SourceFile& file) { return file.name == "ASSETMAP.xml" || file.name == "ASSETMAP"; };
  const auto map = std::find_if(x_source.files.begin(), x_source.files.end(), is_map);
  if (!x_source.package || map == x_source.files.end())
    return fail(ErrorCode::kInvalidArgument, display_text(x_source.path) + " is no IMF package");
  PIER_TRY(const std::string map_text, read(*map));
  PIER_TRY(x_assets, parse_asset_map(map_text));
  x_report.assets = static_cast<int64_t>(x_assets.size());
  find_assets();
  for (const ImfAsset& asset : x_assets) {
    if (const SourceFile* file = file_of(asset.id)) PIER_CHECK(read_document(*file));
  }
  for (const auto& [id, asset] : x_listed) check_listed(asset);
  for (const ImfAsset& asset : x_assets) {
    if (!asset.packing_list && file_of(asset.id) != nullptr && !x_listed.contains(asset.id))
      issue("unlisted", display_text(asset.path), "in a packing list", "in none");
  }
  if (x_options.hashes) PIER_CHECK(check_hashes());
  return std::move(x_report);
}

}  // namespace

Result<PackageReport> check_package(const Source& source, const PackageOptions& options) {
  return PackageCheck(source, options).run();
}

Result<Bytes> packing_digest(int fd, const std::function<bool(uint64_t)>& on_progress) {
  Sha1Stream sha1;
  Bytes buffer(kChunk);
  for (uint64_t at = 0;;) {
    PIER_TRY(const size_t got, read_at(fd, at, buffer));
    if (got == 0) break;
    sha1.update(ByteView(buffer).first(got));
    at += got;
    if (on_progress && !on_progress(at)) return fail(ErrorCode::kCancelled, "taking a digest was cancelled");
  }
  const Sha1 sum = sha1.finish();
  return Bytes(sum.begin(), sum.end());
}

}  // namespace pier::media
