#pragma once
// codecs/*.toml: programs of others that decode what no library here does. docs/codecs.md says what stands in them.

#include <string>
#include <vector>

#include <pier/core/result.hpp>
#include <pier/media/decode.hpp>

namespace pier::transcode {

struct CodecFile {
  media::CodecProgram program;  // its name is that of the file
  std::string path;             // absolute
  std::vector<std::string> arguments, read_paths;
  uint64_t memory_bytes = 0;
};

/// All *.toml of a folder; none where there is no such folder. Of two for one codec the first by name counts.
/// kInputDamaged names file, line and what is wrong: programs are not left out in silence.
Result<std::vector<CodecFile>> load_codecs(const std::string& folder);
Result<CodecFile> parse_codec(const std::string& text, const std::string& name);

}  // namespace pier::transcode
