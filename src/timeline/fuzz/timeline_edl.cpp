#include <pier/timeline/edl.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pier;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Rational rate = size % 2 == 0 ? Rational(25) : Rational(30000, 1001);
  const auto timeline = timeline::read_edl(text, rate);
  if (timeline) (void)timeline::write_edl(*timeline, rate);
  return 0;
}
