#pragma once
// Programs of others, run as filters: bytes in by descriptor 0, bytes out by descriptor 1, nothing else.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pier/core/file.hpp>
#include <pier/sandbox/confine.hpp>
#include <pier/sandbox/spawn.hpp>

namespace pier::sandbox {

/// A program's file, held open: what was checked is what runs, whatever its path names later.
struct ProgramFile {
  std::string path;
  UniqueFd fd;
};
/// `sha256`: of the file, lower-case hex; empty: not checked. Errors: kInvalidArgument (no absolute path), kNotFound,
/// kPermission (not executable by everyone, or writable by everyone), kInputUnsupported (a script or no program of
/// this machine), kInputChanged (another digest).
Result<ProgramFile> open_program(const std::string& path, const std::string& sha256);

struct ProgramStart {
  const ProgramFile* file = nullptr;
  std::vector<std::string> arguments;   // after argv[0]
  std::vector<std::string> read_paths;  // files and folders it may read besides libraries
  int input = -1, output = -1;          // its descriptors 0 and 1; the caller keeps and closes its own
  uint64_t memory_limit_bytes = 0;
  std::string launcher = "/proc/self/exe";  // the program whose `launch_word` leads to run_launched_program()
};
inline constexpr const char* kLaunchWord = "codec-program";

/// Starts it by way of a process of our own that confines itself first.
Result<Child> start_program(Spawner& spawner, const ProgramStart& start);

/// What `<launcher> codec-program ...` does: confine_and_become() with the words start_program() gave. Comes back only
/// with an exit code, after it has told the reason by standard error.
int run_launched_program(const std::vector<std::string>& words);

/// As confine(), then becomes the program open as `program`. The kernel lets this one exec through: when it is done, no
/// one is left to allow another, so execveat gives ENOSYS, and execve kills as in every task. Threads can be made,
/// processes cannot. Under sanitizers only no_new_privs is set. Comes back with the reason why it could not.
Error confine_and_become(const Confinement& confinement, int program, const std::vector<std::string>& words);

}  // namespace pier::sandbox
