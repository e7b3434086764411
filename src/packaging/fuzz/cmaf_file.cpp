// Any bytes as a track's file: index_of_file() and, where it gives an index, the reader over it.

#include <cstdint>

#include <sys/mman.h>

#include <pier/core/file.hpp>
#include <pier/packaging/cmaf_reader.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier::packaging;
  const pier::UniqueFd fd(::memfd_create("fuzz", MFD_CLOEXEC));
  if (!pier::write_all(fd.get(), {reinterpret_cast<const std::byte*>(data), size})) return 0;
  const auto index = index_of_file(fd.get());
  if (!index) return 0;
  const pier::Bytes stored = index->serialize();
  const auto view = TrackIndexView::open(stored);
  if (!view) return 0;
  auto reader = CmafReader::open(fd.get(), *view);
  if (!reader) return 0;
  for (size_t number = 0; number < reader->segment_count(); ++number) (void)reader->read_segment(number);
  return 0;
}
