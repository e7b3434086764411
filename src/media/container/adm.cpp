#include "container/adm.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include <pugixml.hpp>

namespace pier::media::impl {
namespace {

constexpr int kMostChunks = 1000;
constexpr size_t kMostXml = size_t{16} << 20U, kMostNames = 64, kMostTable = 1000;
constexpr uint32_t kInTable = 0xFFFFFFFF;  // BS.2088: the size stands in `ds64`

uint64_t little(ByteView bytes, size_t at, size_t count) {
  uint64_t value = 0;
  for (size_t i = count; i-- > 0;) value = value << 8U | std::to_integer<uint64_t>(bytes[at + i]);
  return value;
}

struct Chunk {
  uint64_t offset = 0, size = 0;
};
using Chunks = std::map<std::string, Chunk, std::less<>>;

/// Sizes of 64 bits: of `data` and of those in the table.
std::map<std::string, uint64_t, std::less<>> read_sizes(const ByteSource& bytes, const Chunk& chunk) {
  std::map<std::string, uint64_t, std::less<>> sizes;
  const Bytes head = bytes.read(chunk.offset, 28);
  if (head.size() < 28) return sizes;
  sizes["data"] = little(head, 8, 8);
  const size_t rows = std::min<uint64_t>(little(head, 24, 4), kMostTable);
  const Bytes table = bytes.read(chunk.offset + 28, rows * 12);
  for (size_t at = 0; at + 12 <= table.size(); at += 12)
    sizes[std::string(as_text(ByteView(table).subspan(at, 4)))] = little(table, at + 4, 8);
  return sizes;
}

/// The first chunk of each name.
Chunks read_chunks(const ByteSource& bytes) {
  Chunks chunks;
  const Bytes form = bytes.read(0, 12);
  if (form.size() < 12) return chunks;
  const std::string_view kind = as_text(ByteView(form).first(4));
  if ((kind != "RIFF" && kind != "RF64" && kind != "BW64") || as_text(ByteView(form).subspan(8)) != "WAVE")
    return chunks;
  std::map<std::string, uint64_t, std::less<>> sizes;
  uint64_t at = 12;
  for (int count = 0; count < kMostChunks && at + 8 <= bytes.size(); ++count) {
    const Bytes head = bytes.read(at, 8);
    if (head.size() < 8) break;
    const std::string name(as_text(ByteView(head).first(4)));
    Chunk chunk{at + 8, little(head, 4, 4)};
    if (const auto known = sizes.find(name); chunk.size == kInTable && known != sizes.end()) chunk.size = known->second;
    if (name == "ds64") sizes = read_sizes(bytes, chunk);
    chunks.try_emplace(name, chunk);
    if (chunk.size > bytes.size() - chunk.offset) break;
    at = chunk.offset + chunk.size + chunk.size % 2;
  }
  return chunks;
}

/// Names of programmes and objects wherever they stand: EBU Core and other wrappers differ.
class Names : public pugi::xml_tree_walker {
 public:
  explicit Names(AdmFile& adm) : x_adm(adm) {}
  bool for_each(pugi::xml_node& node) override {
    std::string_view name = node.name();
    name.remove_prefix(name.find(':') == std::string_view::npos ? 0 : name.find(':') + 1);
    if (name == "audioProgramme") take(node, "audioProgrammeName", x_adm.programme_count, x_adm.programmes);
    if (name == "audioObject") take(node, "audioObjectName", x_adm.object_count, x_adm.objects);
    return true;
  }

 private:
  static void take(const pugi::xml_node& node, const char* attribute, int& count, std::vector<std::string>& names) {
    ++count;
    if (names.size() < kMostNames) names.push_back(display_text(node.attribute(attribute).value()));
  }
  AdmFile& x_adm;
};

void read_xml(const ByteSource& bytes, const Chunk& chunk, AdmFile& adm) {
  if (chunk.size > kMostXml) return;
  const Bytes text = bytes.read(chunk.offset, chunk.size);
  pugi::xml_document document;
  if (text.size() != chunk.size || !document.load_buffer(text.data(), text.size())) return;
  adm.readable = true;
  Names names(adm);
  document.traverse(names);
}

std::string counted(int count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string named(const std::vector<std::string>& names, int count) {
  constexpr size_t kShown = 8;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? " (\"" : ", \"") + names[i] + "\"";
  if (text.empty()) return text;
  return text + (static_cast<size_t>(count) > kShown ? ", …)" : ")");
}

}  // namespace

std::optional<AdmFile> read_adm(const ByteSource& bytes) {
  const Chunks chunks = read_chunks(bytes);
  const auto tracks = chunks.find("chna"), xml = chunks.find("axml");
  if (tracks == chunks.end() && xml == chunks.end()) return std::nullopt;
  AdmFile adm;
  if (tracks != chunks.end()) {
    const Bytes head = bytes.read(tracks->second.offset, 4);
    if (head.size() == 4) adm.tracks = static_cast<int>(little(head, 0, 2));
    if (head.size() == 4) adm.track_uids = static_cast<int>(little(head, 2, 2));
  }
  if (xml != chunks.end()) read_xml(bytes, xml->second, adm);
  if (tracks == chunks.end() && adm.programme_count + adm.object_count == 0) return std::nullopt;
  return adm;
}

std::string print(const AdmFile& adm) {
  if (!adm.readable) return "ADM without readable axml, " + counted(adm.tracks, "track");
  return "ADM, " + counted(adm.programme_count, "programme") + named(adm.programmes, adm.programme_count) + ", " +
         counted(adm.object_count, "object") + named(adm.objects, adm.object_count) + ", " +
         counted(adm.tracks, "track");
}

}  // namespace pier::media::impl
