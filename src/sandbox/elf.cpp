#include "elf.hpp"

#include <array>
#include <cstring>
#include <span>

#include <elf.h>

#include <pier/core/file.hpp>

namespace pier::sandbox::impl {
namespace {

constexpr size_t kMostSegments = 256, kLongestPath = 4096;

template <typename T>
Result<T> read_struct(int fd, uint64_t offset) {
  std::array<std::byte, sizeof(T)> bytes{};
  PIER_TRY(const size_t got, read_at(fd, offset, bytes));
  if (got != bytes.size()) return fail(ErrorCode::kInputUnsupported, "it ends inside its own header");
  T value{};
  std::memcpy(&value, bytes.data(), bytes.size());
  return value;
}

}  // namespace

Result<std::optional<std::string>> loader_of(int program) {
  std::array<std::byte, 2> start{};
  PIER_TRY(const size_t got, read_at(program, 0, start));
  if (got == 2 && start[0] == std::byte{'#'} && start[1] == std::byte{'!'}) {
    return fail(ErrorCode::kInputUnsupported,
                "it is a script, whose interpreter would be a second program; name a compiled program");
  }
  PIER_TRY(const auto header, read_struct<Elf64_Ehdr>(program, 0));
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      (header.e_type != ET_EXEC && header.e_type != ET_DYN) || header.e_phentsize != sizeof(Elf64_Phdr) ||
      header.e_phnum > kMostSegments) {
    return fail(ErrorCode::kInputUnsupported, "it is no 64-bit ELF program");
  }
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    PIER_TRY(const auto segment, read_struct<Elf64_Phdr>(program, header.e_phoff + i * sizeof(Elf64_Phdr)));
    if (segment.p_type != PT_INTERP) continue;
    if (segment.p_filesz < 2 || segment.p_filesz > kLongestPath)
      return fail(ErrorCode::kInputUnsupported, "the name of its loader has an absurd length");
    std::string path(segment.p_filesz - 1, '\0');
    PIER_TRY(const size_t read,
             read_at(program, segment.p_offset, std::as_writable_bytes(std::span(path.data(), path.size()))));
    if (read != path.size()) return fail(ErrorCode::kInputUnsupported, "it ends before the name of its loader");
    return path;
  }
  return std::nullopt;
}

}  // namespace pier::sandbox::impl
