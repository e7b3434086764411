#include <cstdlib>

#include <pier/timeline/otio.hpp>
#include <pier/timeline/settings.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier;
  const auto timeline = timeline::read_otio({reinterpret_cast<const char*>(data), size});
  if (!timeline) return 0;
  for (const timeline::Track& track : timeline->tracks) {
    for (const timeline::Item& item : track.items) (void)timeline::settings_of(item);
  }
  if (!timeline::read_otio(timeline::write_otio(*timeline))) std::abort();
  return 0;
}
