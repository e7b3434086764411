#pragma once
// What tasks that make files for others say of them.

#include <vector>

#include <pier/core/json.hpp>
#include <pier/deliver/make.hpp>
#include <pier/media/facts.hpp>

namespace pier::workflows::impl {

json::array json_list(const std::vector<deliver::TagCheck>& checks);
json::array json_list(const std::vector<deliver::Repair>& repairs);

/// Reads a file that was written to a descriptor.
Result<media::Facts> facts_of_output(int fd, media::Container container);
/// A descriptor's whole content; kTooLarge over `most` bytes.
Result<Bytes> read_whole(int fd, uint64_t most, const std::string& what);
/// kVerifyFailed names every tag that differs.
Result<void> check_written(const std::vector<deliver::TagCheck>& checks);

}  // namespace pier::workflows::impl
