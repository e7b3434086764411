#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pier/core/file.hpp>
#include <pier/reports/signature.hpp>

namespace pier::reports {
namespace {

constexpr size_t kKeyBytes = 32, kSignatureBytes = 64;
constexpr size_t kSmallFile = 64U << 10U;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Bio = std::unique_ptr<BIO, Free>;

const unsigned char* octets(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Bio memory(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Bytes raw_public(EVP_PKEY* key) {
  Bytes bytes(kKeyBytes);
  size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(bytes.data()), &size) != 1 || size != kKeyBytes)
    bytes.clear();
  return bytes;
}

Bytes raw_private(EVP_PKEY* key) {
  Bytes bytes(kKeyBytes);
  size_t size = bytes.size();
  if (EVP_PKEY_get_raw_private_key(key, reinterpret_cast<unsigned char*>(bytes.data()), &size) != 1 ||
      size != kKeyBytes)
    bytes.clear();
  return bytes;
}

Result<std::string> new_key_text() {
  EVP_PKEY* made = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  const Key key(made);
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!key || !bio || PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return fail(ErrorCode::kInternal, "cannot make a key for signing reports");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

/// Written beside, then linked into place: never half a key, and the first of two makers wins.
Result<void> make_key_file(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/'));
  PIER_CHECK(make_directories(folder));
  PIER_TRY(const std::string text, new_key_text());
  std::string draft = folder + "/.report-signing-XXXXXX";
  const UniqueFd fd(::mkostemp(draft.data(), O_CLOEXEC));  // mode 0600
  if (!fd) return Failure(errno_error(errno, "cannot write a key into " + display_text(folder)));
  Result<void> written = write_all(fd.get(), as_bytes(text));
  if (written && ::fsync(fd.get()) != 0) written = Failure(errno_error(errno, "cannot write " + display_text(draft)));
  if (written && ::link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST)
    written = Failure(errno_error(errno, "cannot write " + display_text(path)));
  (void)::unlink(draft.c_str());
  PIER_CHECK(written);
  return sync_directory(folder);
}

Result<void> check_mode(const std::string& path) {
  struct stat state{};
  if (::stat(path.c_str(), &state) != 0) return Failure(errno_error(errno, "cannot look at " + display_text(path)));
  if ((state.st_mode & 077U) != 0) {
    return fail(ErrorCode::kPermission, "the signing key " + display_text(path) +
                                            " can be read by others; chmod 600 it, or move it away to get a new one");
  }
  return {};
}

}  // namespace

std::string fingerprint(ByteView public_key) {
  return to_hex(sha256(public_key)).substr(0, 16);
}

std::string signature_path(const std::string& report_path) {
  return report_path + ".sig";
}

std::string signing_key_path(const std::string& data_directory) {
  return data_directory + "/keys/report-signing.pem";
}

Result<SigningKey> SigningKey::open_or_make(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) PIER_CHECK(make_key_file(path));
  PIER_CHECK(check_mode(path));
  PIER_TRY(const std::string text, read_file(path, kSmallFile));
  const Bio bio = memory(text);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key || EVP_PKEY_is_a(key.get(), "ED25519") != 1) {
    return fail(ErrorCode::kInputDamaged,
                display_text(path) + " holds no Ed25519 key; move it away to get a new one, or put the old one back");
  }
  SigningKey signing;
  signing.x_private = raw_private(key.get());
  signing.x_public = raw_public(key.get());
  if (signing.x_private.empty() || signing.x_public.empty())
    return fail(ErrorCode::kInternal, "cannot read the key in " + display_text(path));
  return signing;
}

Result<Signature> SigningKey::sign(ByteView bytes) const {
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets(x_private), x_private.size()));
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  Signature signature;
  signature.public_key = x_public;
  signature.value.resize(kSignatureBytes);
  size_t size = signature.value.size();
  const bool done = key && context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.value.data()), &size,
                                   octets(bytes), bytes.size()) == 1 &&
                    size == kSignatureBytes;
  if (!done) return fail(ErrorCode::kInternal, "cannot sign the report");
  signature.sha256 = to_hex(sha256(bytes));
  return signature;
}

bool verifies(const Signature& signature, ByteView bytes) {
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(signature.public_key),
                                            signature.public_key.size()));
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  return key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), octets(signature.value), signature.value.size(), octets(bytes),
                          bytes.size()) == 1;
}

Result<Bytes> read_public_key(const std::string& path_or_text) {
  for (const auto& decoded : {from_base64(path_or_text), from_hex(path_or_text)}) {
    if (decoded && decoded->size() == kKeyBytes) return *decoded;
  }
  PIER_TRY(const std::string text, read_file(path_or_text, kSmallFile));
  if (text.starts_with("{")) {
    PIER_TRY(const Signature signature, read_signature(path_or_text));
    return signature.public_key;
  }
  const Bio bio = memory(text);
  Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  Bytes bytes = key ? raw_public(key.get()) : Bytes();
  if (bytes.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                display_text(path_or_text) +
                    " is no Ed25519 public key; give a PEM file, a .sig file, or 32 bytes in base64 or hexadecimal");
  }
  return bytes;
}

json::object to_json(const Signature& signature) {
  return {{"format", 1},
          {"algorithm", "Ed25519"},
          {"signed", "the bytes of the report file"},
          {"sha256", signature.sha256},
          {"public_key", to_base64(signature.public_key)},
          {"fingerprint", fingerprint(signature.public_key)},
          {"signature", to_base64(signature.value)},
          {"made", signature.made}};
}

Result<Signature> signature_from_json(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInputDamaged, "a signature document is a JSON object");
  const json::object& object = value.get_object();
  if (int_or(object, "format", 0) != 1 || string_or(object, "algorithm", "") != "Ed25519")
    return fail(ErrorCode::kInputUnsupported, "this is no signature document this program reads");
  Signature signature;
  PIER_TRY(const std::string key, get_string(object, "public_key"));
  PIER_TRY(signature.public_key, from_base64(key));
  PIER_TRY(const std::string text, get_string(object, "signature"));
  PIER_TRY(signature.value, from_base64(text));
  if (signature.public_key.size() != kKeyBytes || signature.value.size() != kSignatureBytes)
    return fail(ErrorCode::kInputDamaged, "the key or the signature has a wrong length");
  signature.sha256 = string_or(object, "sha256", "");
  signature.made = string_or(object, "made", "");
  return signature;
}

Result<Signature> read_signature(const std::string& path) {
  PIER_TRY(const std::string text, read_file(path, kSmallFile));
  const auto parsed = parse_json(text);
  if (!parsed) return fail_in(display_text(path), parsed.error());
  auto signature = signature_from_json(*parsed);
  if (!signature) return fail_in(display_text(path), signature.error());
  return signature;
}

}  // namespace pier::reports
