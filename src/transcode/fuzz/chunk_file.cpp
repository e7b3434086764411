#include <sys/mman.h>

#include <pier/transcode/chunk.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier;
  const UniqueFd fd(::memfd_create("chunk", MFD_CLOEXEC));
  if (!fd || !write_all(fd.get(), std::as_bytes(std::span(data, size)))) return 0;
  auto reader = transcode::ChunkReader::open(fd.get());
  while (reader) {
    const auto sample = reader->next();
    if (!sample || !*sample) break;
  }
  return 0;
}
