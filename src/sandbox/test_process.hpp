#pragma once
// Starting the test child, for the tests of this module.

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <pier/core/file.hpp>
#include <pier/sandbox/spawn.hpp>

namespace pier::sandbox {

using std::chrono::milliseconds;
using std::chrono::seconds;

#ifdef PIER_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

inline Spawner& spawner() {
  static Spawner instance;
  return instance;
}

inline ChildSpec test_child(std::vector<std::string> arguments) {
  ChildSpec spec;
  spec.program = PIER_TEST_CHILD;
  spec.arguments = std::move(arguments);
  return spec;
}

inline ChildExit run_spec(const ChildSpec& spec) {
  auto child = spawner().start(spec);
  if (!child) {
    ADD_FAILURE() << child.error().message;
    return {};
  }
  auto exit = child->wait(seconds(20));
  if (!exit) {
    ADD_FAILURE() << exit.error().message;
    return {};
  }
  return *exit;
}

inline ChildExit run_child(std::vector<std::string> arguments) {
  return run_spec(test_child(std::move(arguments)));
}

struct Pipe {
  UniqueFd read_end, write_end;
  Pipe() {
    std::array<int, 2> fds{};
    EXPECT_EQ(pipe2(fds.data(), O_CLOEXEC), 0);
    read_end = UniqueFd(fds[0]);
    write_end = UniqueFd(fds[1]);
  }
  /// What the child wrote, up to its end. Call after the child has started.
  std::string all() {
    write_end.reset();
    std::string text;
    std::array<char, 4096> block;
    ssize_t count = 0;
    while ((count = read(read_end.get(), block.data(), block.size())) > 0) {
      text.append(block.data(), static_cast<size_t>(count));
    }
    return text;
  }
};

/// Runs the child and gives what it wrote to descriptor 4.
inline std::string output_of(ChildSpec spec) {
  Pipe pipe;
  spec.descriptors.push_back({pipe.write_end.get(), 4});
  const ChildExit exit = run_spec(spec);
  EXPECT_EQ(exit.exit_code, 0) << exit.stderr_tail;
  return pipe.all();
}

}  // namespace pier::sandbox
