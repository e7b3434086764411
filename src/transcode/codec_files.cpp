#include <algorithm>
#include <filesystem>

#include <toml++/toml.h>

#include <pier/core/file.hpp>
#include <pier/media/frame.hpp>
#include <pier/transcode/codec_files.hpp>
#include <pier/transcode/toml_members.hpp>

namespace pier::transcode {
namespace {

constexpr int64_t kMemoryMegabytes = 4096, kPatienceSeconds = 120;
constexpr size_t kLargestFile = 64U << 10U;

std::vector<std::string> read_words(TomlMembers& members, const char* key) {
  std::vector<std::string> words;
  const toml::node* node = members.find(key);
  if (node == nullptr) return words;
  const toml::array* list = node->as_array();
  for (size_t i = 0; list != nullptr && i < list->size(); ++i) {
    if (const auto word = (*list)[i].value<std::string>()) words.push_back(*word);
  }
  if (list == nullptr || words.size() != list->size()) members.note(*node, std::string(key) + " is a list of texts");
  return words;
}

Result<void> read_decoder(const toml::table& table, const std::string& where, CodecFile& file) {
  TomlMembers members(table, where);
  int64_t memory = kMemoryMegabytes, patience = kPatienceSeconds;
  members.read("program", file.path, true);
  members.read("sha256", file.program.sha256, true);
  members.read("memory_mb", memory);
  members.read("patience_seconds", patience);
  file.arguments = read_words(members, "arguments");
  file.read_paths = read_words(members, "read");
  if (!file.path.starts_with('/')) members.note("program is an absolute path");
  const auto digest = from_hex(file.program.sha256);
  if (!digest || digest->size() != sizeof(Sha256)) members.note("sha256 is 64 hexadecimal digits, as sha256sum says");
  for (const std::string& path : file.read_paths) {
    if (!path.starts_with('/')) members.note("read names absolute paths");
  }
  if (memory < 16 || memory > (1 << 20)) members.note("memory_mb is 16 to 1048576");
  if (patience < 1 || patience > 3600) members.note("patience_seconds is 1 to 3600");
  PIER_CHECK(members.finish());
  file.program.sha256 = to_hex(ByteView(*digest));
  file.program.patience = std::chrono::seconds(patience);
  file.memory_bytes = static_cast<uint64_t>(memory) << 20U;
  return {};
}

}  // namespace

Result<CodecFile> parse_codec(const std::string& text, const std::string& name) {
  try {
    const toml::table table = toml::parse(text, name);
    CodecFile file;
    file.program.name = name;
    TomlMembers members(table, name);
    members.read("codec", file.program.codec, true);
    const toml::node* decoder = members.find("decoder");
    if (media::codec_from(file.program.codec) == media::Codec::kUnknown)
      members.note("codec is one that pier probe names: avs2, avs3, vvc");
    if (decoder == nullptr || !decoder->is_table()) members.note("[decoder] is missing");
    PIER_CHECK(members.finish());
    PIER_CHECK(read_decoder(*decoder->as_table(), name + ", [decoder]", file));
    return file;
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::kInputDamaged,
                name + ", line " + std::to_string(error.source().begin.line) + ": " + std::string(error.description()));
  }
}

Result<std::vector<CodecFile>> load_codecs(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".toml") paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  std::vector<CodecFile> files;
  for (const std::string& path : paths) {
    PIER_TRY(const std::string text, read_file(path, kLargestFile));
    PIER_TRY(CodecFile file, parse_codec(text, std::filesystem::path(path).stem().string()));
    const auto same = [&](const CodecFile& other) { return other.program.codec == file.program.codec; };
    if (std::ranges::none_of(files, same)) files.push_back(std::move(file));
  }
  return files;
}

}  // namespace pier::transcode
