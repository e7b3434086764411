#pragma once
// What is kept of a delivery, and what goes beside the file.

#include <cstdint>
#include <string>

#include <pier/core/bytes.hpp>
#include <pier/core/file.hpp>
#include <pier/core/json.hpp>
#include <pier/deliver/recipe.hpp>

namespace pier::deliver {

struct Digests {
  std::string sha256, md5;
  uint64_t bytes = 0;
};
/// Of a whole open file. MD5 as RFC 1321 has it, since recipients ask for it: a checksum, no proof.
Result<Digests> digests_of(int fd);

/// Names what was delivered: the recipe's text, the master (path, size and time) and its row. Equal ones are one
/// delivery.
std::string delivery_key(const Recipe& recipe, const Episode& episode, const FileState& master);

/// Text of the files beside NAME that the recipe asks for: "NAME.md5" (as md5sum reads it), "NAME.xml", "NAME.csv".
struct Sidecar {
  std::string name, text;
};
std::vector<Sidecar> sidecars_of(const Recipe& recipe, const Episode& episode, const std::string& name,
                                 const Digests& digests);

}  // namespace pier::deliver
