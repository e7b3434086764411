#include "made_forms.hpp"

#include <cerrno>

#include <unistd.h>

namespace pier::workflows::impl {

json::array json_list(const std::vector<deliver::TagCheck>& checks) {
  json::array all;
  for (const deliver::TagCheck& check : checks) {
    all.push_back(json::object{{"field", check.field},
                               {"wanted", check.wanted},
                               {"found", check.found},
                               {"verdict", deliver::to_string(check.verdict)}});
  }
  return all;
}

json::array json_list(const std::vector<deliver::Repair>& repairs) {
  json::array all;
  for (const deliver::Repair& repair : repairs)
    all.push_back(json::object{{"field", repair.field}, {"said", repair.said}, {"given", repair.given}});
  return all;
}

Result<media::Facts> facts_of_output(int fd, media::Container container) {
  media::Source written;
  written.path = "output." + std::string(media::to_string(container));
  PIER_TRY(const FileState state, file_state(fd));
  UniqueFd again(::dup(fd));
  if (!again) return Failure(errno_error(errno, "cannot read the file that was written"));
  written.files.push_back({written.path, std::move(again), state});
  return media::probe(written);
}

Result<Bytes> read_whole(int fd, uint64_t most, const std::string& what) {
  PIER_TRY(const FileState state, file_state(fd));
  if (state.size > most)
    return fail(ErrorCode::kTooLarge, what + " has more than " + std::to_string(most >> 20U) + " MiB");
  Bytes bytes(state.size);
  PIER_TRY(const size_t count, read_at(fd, 0, bytes));
  bytes.resize(count);
  return bytes;
}

Result<void> check_written(const std::vector<deliver::TagCheck>& checks) {
  std::string wrong;
  for (const deliver::TagCheck& check : checks) {
    if (check.verdict != deliver::TagVerdict::kDiffers) continue;
    wrong += (wrong.empty() ? "" : "; ") + check.field + " should be " + check.wanted + " and is " +
             (check.found.empty() ? "not there" : check.found);
  }
  if (wrong.empty()) return {};
  return fail(ErrorCode::kVerifyFailed, "the file that was written does not say what it should: " + wrong);
}

}  // namespace pier::workflows::impl
