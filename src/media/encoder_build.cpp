// Which builds of the encoder libraries are loaded: by the note that the linker leaves in each (ELF, NT_GNU_BUILD_ID).

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <string_view>

#include <elf.h>
#include <link.h>

#include <pier/core/bytes.hpp>
#include <pier/media/encode.hpp>

namespace pier::media {
namespace {

constexpr std::array<std::string_view, 5> kLibraries = {"libSvtAv1Enc.so", "libavcodec.so", "libavutil.so",
                                                        "libx264.so", "libx265.so"};
constexpr size_t kNameBytes = 8;

using BuildIds = std::map<std::string, Bytes>;  // by library

size_t padded(size_t size) {
  return (size + 3) & ~size_t{3};
}

/// Of a segment of notes: header, owner and contents, each padded to four bytes.
Bytes build_id(ByteView notes) {
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) header;
    std::memcpy(&header, notes.data(), sizeof header);
    const size_t contents = sizeof header + padded(header.n_namesz);
    const size_t end = contents + padded(header.n_descsz);
    if (end > notes.size()) break;
    const bool gnu = as_text(notes.subspan(sizeof header, header.n_namesz)) == std::string_view("GNU\0", 4);
    if (gnu && header.n_type == NT_GNU_BUILD_ID) {
      const ByteView id = notes.subspan(contents, header.n_descsz);
      return {id.begin(), id.end()};
    }
    notes = notes.subspan(end);
  }
  return {};
}

int look_at(dl_phdr_info* info, size_t, void* found) {
  const std::string_view path = info->dlpi_name;
  const std::string name(path.substr(path.rfind('/') + 1));
  if (std::ranges::none_of(kLibraries, [&](std::string_view library) { return name.starts_with(library); })) return 0;
  Bytes& id = (*static_cast<BuildIds*>(found))[name];
  for (size_t i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE || !id.empty()) continue;
    // The loader gives addresses as numbers.
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    const auto* notes = reinterpret_cast<const std::byte*>(info->dlpi_addr + segment.p_vaddr);
    id = build_id({notes, segment.p_memsz});
  }
  return 0;
}

std::string name_of_what_is_loaded() {
  BuildIds found;
  ::dl_iterate_phdr(look_at, &found);
  ByteWriter all;
  for (const auto& [library, id] : found) {
    all.text(library);
    all.u32(id.size());
    all.bytes(id);
  }
  return to_hex(ByteView(sha256(all.view())).first(kNameBytes));
}

}  // namespace

const std::string& encoder_build() {
  static const std::string name = name_of_what_is_loaded();
  return name;
}

}  // namespace pier::media
