#include <array>
#include <memory>

#include <openssl/evp.h>

#include <pier/core/file.hpp>
#include <pier/deliver/receipt.hpp>

namespace pier::deliver {
namespace {

constexpr size_t kPiece = size_t{1} << 20U;

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::string xml_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n') out += c;
        break;
    }
  }
  return out;
}

std::string xml_of(const Recipe& recipe, const Episode& episode, const std::string& name, const Digests& digests) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<delivery recipe=\"" + xml_text(recipe.name) +
                     "\" recipient=\"" + xml_text(recipe.recipient) + "\">\n  <file name=\"" + xml_text(name) +
                     "\" bytes=\"" + std::to_string(digests.bytes) + "\" md5=\"" + digests.md5 + "\" sha256=\"" +
                     digests.sha256 + "\"/>\n";
  for (const auto& [key, value] : episode.words) {
    if (key != "master") text += "  <word name=\"" + xml_text(key) + "\">" + xml_text(value) + "</word>\n";
  }
  return text + "</delivery>\n";
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string csv_of(const Episode& episode, const std::string& name, const Digests& digests) {
  std::string head = "file,bytes,md5,sha256";
  std::string row = csv_field(name) + "," + std::to_string(digests.bytes) + "," + digests.md5 + "," + digests.sha256;
  for (const auto& [key, value] : episode.words) {
    if (key == "master") continue;
    head += "," + csv_field(key);
    row += "," + csv_field(value);
  }
  return head + "\r\n" + row + "\r\n";
}

}  // namespace

Result<Digests> digests_of(int fd) {
  PIER_TRY(const FileState state, file_state(fd));
  Sha256Stream sha;
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> md5(EVP_MD_CTX_new());
  if (!md5 || EVP_DigestInit_ex(md5.get(), EVP_md5(), nullptr) != 1)
    return fail(ErrorCode::kInternal, "the crypto library gives no MD5; a FIPS-only configuration forbids it");
  Bytes buffer(kPiece);
  for (uint64_t at = 0; at < state.size;) {
    PIER_TRY(const size_t got, read_at(fd, at, buffer));
    if (got == 0) return fail(ErrorCode::kIo, "the file became shorter while it was read");
    const ByteView piece = ByteView(buffer).first(got);
    sha.update(piece);
    EVP_DigestUpdate(md5.get(), piece.data(), piece.size());
    at += got;
  }
  std::array<std::byte, 16> sum{};
  EVP_DigestFinal_ex(md5.get(), reinterpret_cast<unsigned char*>(sum.data()), nullptr);
  return Digests{to_hex(sha.finish()), to_hex(ByteView(sum)), state.size};
}

std::string delivery_key(const Recipe& recipe, const Episode& episode, const FileState& master) {
  json::array words;
  for (const auto& [key, value] : episode.words) words.push_back(json::array{display_text(key), display_text(value)});
  const json::array all{recipe.sha256, display_text(episode.master), master.size, master.mtime_ns, std::move(words)};
  return to_hex(sha256(as_bytes(json::serialize(all))));
}

std::vector<Sidecar> sidecars_of(const Recipe& recipe, const Episode& episode, const std::string& name,
                                 const Digests& digests) {
  std::vector<Sidecar> all;
  if (recipe.md5) all.push_back({name + ".md5", digests.md5 + "  " + name + "\n"});
  if (recipe.xml) all.push_back({name + ".xml", xml_of(recipe, episode, name, digests)});
  if (recipe.csv) all.push_back({name + ".csv", csv_of(episode, name, digests)});
  return all;
}

}  // namespace pier::deliver
