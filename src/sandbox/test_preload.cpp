// Loaded into the ffmpeg program by the tests: confines it before main, so that real codecs run behind the filter.

#include <cstdio>

#include <unistd.h>

#include <pier/sandbox/confine.hpp>

namespace {

__attribute__((constructor)) void confine_before_main() {
  const auto report = pier::sandbox::confine();
  if (report) {
    std::fprintf(stderr, "confined: %s\n", report->to_string().c_str());
    return;
  }
  std::fprintf(stderr, "not confined: %s\n", report.error().message.c_str());
  _exit(99);
}

}  // namespace
