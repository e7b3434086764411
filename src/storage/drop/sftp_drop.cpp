// libcurl's SFTP (libssh2). A file goes to ".NAME.DIGEST.part", is read back, and gets its name by a rename, which
// OpenSSH refuses where the name is taken.

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include <curl/curl.h>

#include <pier/core/bytes.hpp>
#include <pier/core/file.hpp>
#include <pier/core/log.hpp>

#include "drop/drops.hpp"

namespace pier::storage::impl {
namespace {

constexpr long kConnectSeconds = 15, kStallSeconds = 30, kStallBytes = 1;
constexpr int kTries = 6;
constexpr std::chrono::seconds kFirstPause{1};
constexpr size_t kDigestLetters = 16;

struct FreeCurl {
  void operator()(CURL* curl) const { ::curl_easy_cleanup(curl); }
};
struct FreeList {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};

struct Sending {
  int fd = -1;
  uint64_t at = 0;
  bool failed = false;
};

size_t on_send(char* out, size_t size, size_t count, void* user) {
  auto& sending = *static_cast<Sending*>(user);
  const auto got = pier::read_at(sending.fd, sending.at, std::span(reinterpret_cast<std::byte*>(out), size * count));
  if (!got) {
    sending.failed = true;
    return CURL_READFUNC_ABORT;
  }
  sending.at += *got;
  return *got;
}

int on_seek(void* user, curl_off_t offset, int origin) {
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Sending*>(user)->at = static_cast<uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

struct Receiving {
  Sha256Stream digest;
  uint64_t bytes = 0;
};

size_t on_receive(char* data, size_t size, size_t count, void* user) {
  auto& receiving = *static_cast<Receiving*>(user);
  receiving.digest.update(as_bytes(std::string_view(data, size * count)));
  receiving.bytes += size * count;
  return size * count;
}

/// Ends the transfer: only the size was wanted.
size_t on_first_byte(char*, size_t, size_t, void*) {
  return 0;
}

size_t on_nothing(char*, size_t size, size_t count, void*) {
  return size * count;
}

/// What known_hosts says of the key a server shows.
int on_host_key(CURL*, const curl_khkey*, const curl_khkey*, curl_khmatch match, void* user) {
  *static_cast<curl_khmatch*>(user) = match;
  return match == CURLKHMATCH_OK ? CURLKHSTAT_FINE : CURLKHSTAT_REJECT;
}

std::string first_line(std::string text) {
  text.resize(std::min(text.find_first_of("\r\n"), text.size()));
  return text;
}

/// A path as libcurl's commands take it.
std::string quoted(const std::string& path) {
  std::string out = "\"";
  for (const char c : path) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

bool may_be_tried_again(CURLcode code) {
  return code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT || code == CURLE_SEND_ERROR ||
         code == CURLE_RECV_ERROR || code == CURLE_SSH || code == CURLE_UPLOAD_FAILED || code == CURLE_AGAIN;
}

class SftpDrop final : public FileDrop {
 public:
  SftpDrop(SftpPlace place, DropOptions options, std::string password)
      : x_place(std::move(place)), x_options(std::move(options)), x_password(std::move(password)) {}

  Result<std::optional<uint64_t>> size_of(const std::string& name) override;
  Result<void> put(const DroppedFile& file, bool replace) override;
  std::string place_of(const std::string& name) const override {
    const std::string port = x_place.port == 22 ? "" : ":" + std::to_string(x_place.port);
    return "sftp://" + x_place.user + "@" + x_place.host + port + x_place.folder + "/" + name;
  }

 private:
  Result<void> prepare(const std::string& path);
  template <typename T>
  void set(CURLoption option, T value) {
    ::curl_easy_setopt(x_curl.get(), option, value);
  }
  Result<CURLcode> perform(const std::string& path, const std::function<void()>& what, const std::string& name);
  Error error_of(CURLcode code, const std::string& name) const;
  Result<void> command(const std::vector<std::string>& commands, const std::string& name);
  Result<void> send(const DroppedFile& file, const std::string& part);
  Result<bool> is_whole(const DroppedFile& file, const std::string& part);
  std::string path_of(const std::string& name) const { return x_place.folder + "/" + name; }

  const SftpPlace x_place;
  const DropOptions x_options;
  const std::string x_password;
  std::unique_ptr<CURL, FreeCurl> x_curl;
  curl_khmatch x_host = CURLKHMATCH_OK;
  std::array<char, CURL_ERROR_SIZE> x_words{};
};

Result<void> SftpDrop::prepare(const std::string& path) {
  if (!x_curl) x_curl.reset(::curl_easy_init());
  if (!x_curl) return fail(ErrorCode::kInternal, "libcurl cannot begin");
  ::curl_easy_reset(x_curl.get());  // keeps the connection
  x_words.fill('\0');
  x_host = CURLKHMATCH_OK;
  set(CURLOPT_URL, x_place.url(path).c_str());
  set(CURLOPT_PROTOCOLS_STR, "sftp");
  set(CURLOPT_USERNAME, x_place.user.c_str());
  set(CURLOPT_ERRORBUFFER, x_words.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  set(CURLOPT_LOW_SPEED_LIMIT, kStallBytes);
  set(CURLOPT_LOW_SPEED_TIME, kStallSeconds);
  set(CURLOPT_SSH_KNOWNHOSTS, x_options.known_hosts.c_str());
  set(CURLOPT_SSH_KEYFUNCTION, on_host_key);
  set(CURLOPT_SSH_KEYDATA, &x_host);
  set(CURLOPT_WRITEFUNCTION, on_nothing);
  if (x_options.key_file.empty()) {
    set(CURLOPT_SSH_AUTH_TYPES, static_cast<long>(CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD));
    set(CURLOPT_PASSWORD, x_password.c_str());
  } else {
    set(CURLOPT_SSH_AUTH_TYPES, static_cast<long>(CURLSSH_AUTH_PUBLICKEY));
    set(CURLOPT_SSH_PRIVATE_KEYFILE, x_options.key_file.c_str());
  }
  return {};
}

/// One operation, begun anew after a break. The code of one that came to its end.
Result<CURLcode> SftpDrop::perform(const std::string& path, const std::function<void()>& what,
                                   const std::string& name) {
  auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(kFirstPause);
  for (int attempt = 1;; ++attempt, pause *= 2) {
    PIER_CHECK(prepare(path));
    what();
    const CURLcode code = ::curl_easy_perform(x_curl.get());
    if (attempt == kTries || !may_be_tried_again(code)) return code;
    log::warn("tried again", {{"place", place_of(name)}, {"why", display_text(x_words.data())}});
    x_curl.reset();
    std::this_thread::sleep_for(pause);
  }
}

Error SftpDrop::error_of(CURLcode code, const std::string& name) const {
  const std::string place = place_of(name);
  const std::string words = display_text(x_words[0] != '\0' ? x_words.data() : ::curl_easy_strerror(code));
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
      return {ErrorCode::kPermission,
              place + ": " +
                  (x_host == CURLKHMATCH_MISMATCH ? "the server shows another key than " + x_options.known_hosts +
                                                        " has for it: it is another machine, or "
                                                        "someone stands between; ask its owner"
                                                  : "its host key is not in " + x_options.known_hosts +
                                                        "; ask its owner for the key and add the line"),
              words};
    case CURLE_LOGIN_DENIED:
      return {ErrorCode::kUnauthenticated, place + ": the server does not accept this user with this key or password",
              words};
    case CURLE_REMOTE_ACCESS_DENIED:
      return {ErrorCode::kPermission, place + ": the server refuses access: " + words, {}};
    case CURLE_REMOTE_FILE_NOT_FOUND:
      return {ErrorCode::kNotFound, place + " is not there", words};
    case CURLE_REMOTE_DISK_FULL:
      return {ErrorCode::kNoSpace, place + ": the server's disk is full", words};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ErrorCode::kNotFound, place + ": there is no host of this name", words};
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::kTimeout, place + ": the server does not answer", words};
    default:
      return {ErrorCode::kIo, place + ": " + words, {}};
  }
}

Result<std::optional<uint64_t>> SftpDrop::size_of(const std::string& name) {
  PIER_TRY(const CURLcode code, perform(path_of(name), [&] { set(CURLOPT_WRITEFUNCTION, on_first_byte); }, name));
  if (code == CURLE_REMOTE_FILE_NOT_FOUND) return std::nullopt;
  if (code != CURLE_OK && code != CURLE_WRITE_ERROR) return Failure(error_of(code, name));
  curl_off_t size = -1;
  ::curl_easy_getinfo(x_curl.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
  return static_cast<uint64_t>(std::max<curl_off_t>(0, size));
}

Result<void> SftpDrop::command(const std::vector<std::string>& commands, const std::string& name) {
  std::unique_ptr<curl_slist, FreeList> list;
  for (const std::string& text : commands) {
    curl_slist* begun = list.release();
    curl_slist* longer = ::curl_slist_append(begun, text.c_str());
    list.reset(longer != nullptr ? longer : begun);
    if (longer == nullptr) return fail(ErrorCode::kTooLarge, "no memory for an SFTP command");
  }
  // Once: a command whose answer was lost may have been done.
  PIER_CHECK(prepare(x_place.folder + "/"));
  set(CURLOPT_NOBODY, 1L);
  set(CURLOPT_QUOTE, list.get());
  const CURLcode code = ::curl_easy_perform(x_curl.get());
  return code == CURLE_OK ? Result<void>() : Failure(error_of(code, name));
}

Result<void> SftpDrop::send(const DroppedFile& file, const std::string& part) {
  Sending sending;
  const auto upload = [&] {
    sending = {file.fd, 0, false};
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_FTP_CREATE_MISSING_DIRS, 1L);
    set(CURLOPT_READFUNCTION, on_send);
    set(CURLOPT_READDATA, &sending);
    set(CURLOPT_SEEKFUNCTION, on_seek);
    set(CURLOPT_SEEKDATA, &sending);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(file.size));
    set(CURLOPT_RESUME_FROM_LARGE, curl_off_t{-1});  // from as much as is there
  };
  PIER_TRY(const CURLcode code, perform(path_of(part), upload, file.name));
  if (sending.failed) return fail(ErrorCode::kIo, "the file became unreadable while it was sent");
  return code == CURLE_OK ? Result<void>() : Failure(error_of(code, file.name));
}

/// Reads it back: SFTP knows no digest.
Result<bool> SftpDrop::is_whole(const DroppedFile& file, const std::string& part) {
  Receiving receiving;
  const auto download = [&] {
    receiving = Receiving();
    set(CURLOPT_WRITEFUNCTION, on_receive);
    set(CURLOPT_WRITEDATA, &receiving);
  };
  PIER_TRY(const CURLcode code, perform(path_of(part), download, file.name));
  if (code == CURLE_REMOTE_FILE_NOT_FOUND) return false;
  if (code != CURLE_OK) return Failure(error_of(code, file.name));
  return receiving.bytes == file.size && to_hex(receiving.digest.finish()) == file.sha256;
}

Result<void> SftpDrop::put(const DroppedFile& file, bool replace) {
  PIER_TRY(const std::optional<uint64_t> there, size_of(file.name));
  if (there && *there == file.size) {
    PIER_TRY(const bool same, is_whole(file, file.name));
    if (same) return {};
  }
  if (there && !replace)
    return fail(ErrorCode::kAlreadyExists, place_of(file.name) + " is there already; it stays as it is");
  const std::string part = "." + file.name + "." + file.sha256.substr(0, kDigestLetters) + ".part";
  const std::string remove_part = "*rm " + quoted(path_of(part));
  PIER_TRY(const std::optional<uint64_t> begun, size_of(part));
  if (begun && *begun > file.size) PIER_CHECK(command({remove_part}, file.name));
  PIER_CHECK(send(file, part));
  PIER_TRY(bool whole, is_whole(file, part));
  if (!whole) {
    // What was taken up again may have been damaged before: once more, from its beginning.
    PIER_CHECK(command({remove_part}, file.name));
    PIER_CHECK(send(file, part));
    PIER_TRY(whole, is_whole(file, part));
  }
  if (!whole) {
    PIER_CHECK(command({remove_part}, file.name));
    return fail(ErrorCode::kVerifyFailed, place_of(file.name) + ": what the server gives back is not what was sent");
  }
  std::vector<std::string> commands{"rename " + quoted(path_of(part)) + " " + quoted(path_of(file.name))};
  if (replace) commands.insert(commands.begin(), "*rm " + quoted(path_of(file.name)));
  const auto named = command(commands, file.name);
  if (named) return {};
  PIER_TRY(const bool done, is_whole(file, file.name));
  return done ? Result<void>() : Failure(named.error());
}

}  // namespace

Result<std::unique_ptr<FileDrop>> open_sftp_drop(const std::string& url, const DropOptions& given) {
  PIER_TRY(SftpPlace place, parse_sftp_url(url));
  DropOptions options = given;
  const char* home = std::getenv("HOME");
  if (options.known_hosts.empty()) options.known_hosts = std::string(home == nullptr ? "" : home) + "/.ssh/known_hosts";
  PIER_CHECK(read_file(options.known_hosts));
  if (options.key_file.empty() == options.password_file.empty())
    return fail(ErrorCode::kInvalidArgument,
                "give either --key-file or --password-file for " + place.user + "@" + place.host);
  std::string password;
  if (!options.password_file.empty()) {
    PIER_TRY(password, read_file(options.password_file));
    password = first_line(std::move(password));
  } else {
    PIER_CHECK(open_read(options.key_file));
  }
  return std::make_unique<SftpDrop>(std::move(place), std::move(options), std::move(password));
}

}  // namespace pier::storage::impl
