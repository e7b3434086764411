// What ./dev bench quality runs: CPU time of each metric on 4K pictures of 10 bits, or of two files through decoders
// and metrics.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <utility>

#include <pier/media/decode.hpp>
#include <pier/quality/measurer.hpp>
#include <pier/quality/pooling.hpp>

#include "test_pictures.hpp"

using namespace pier;
using namespace pier::quality;

namespace {

constexpr int kRuns = 9;

/// What there is, or the end of the program.
template <typename T>
T wanted(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(2);
}

void wanted(const Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(2);
}

double thread_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

/// Median of CPU milliseconds a picture.
void measure_pictures(const std::string& name, const std::vector<Metric>& metrics, const Picture (&pictures)[3],
                      const Picture& test) {
  const Picture& picture = pictures[2];
  const Measurer measurer = wanted(
      Measurer::make({metrics, picture.format(), picture.width(), picture.height(), picture.colour(), Rational(50)}));
  std::vector<double> times;
  double figure = 0;
  for (int run = 0; run < kRuns; ++run) {
    const double start = thread_ms();
    figure = wanted(measurer.measure(picture, test, pictures[1], pictures[0]))[0];
    times.push_back(thread_ms() - start);
  }
  std::sort(times.begin(), times.end());
  std::printf("{\"metric\":\"%s\",\"ms\":%.3f,\"figure\":%.6f}\n", name.c_str(), times[kRuns / 2], figure);
  std::fflush(stdout);
}

int run_pictures() {
  testing::Scene scene{{10, Chroma::k420}, 3840, 2160, testing::kHlg};
  Picture pictures[3];
  for (scene.frame = 0; scene.frame < 3; ++scene.frame) pictures[scene.frame] = testing::make_scene(scene);
  const Picture test = testing::coded(pictures[2], 6, 1);
  for (const Metric metric : all_metrics()) measure_pictures(std::string(to_string(metric)), {metric}, pictures, test);
  measure_pictures("psnr+ssim_block+xpsnr", {Metric::kPsnr, Metric::kSsimBlock, Metric::kXpsnr}, pictures, test);
  return 0;
}

/// One stream, picture by picture.
class Stream {
 public:
  explicit Stream(const char* path)
      : x_source(wanted(media::open_source(path))), x_demuxer(wanted(media::Demuxer::open(x_source))) {
    const int index = x_demuxer.main_video().value();
    x_demuxer.select({index});
    x_decoder.emplace(wanted(media::VideoDecoder::open(x_demuxer, index, 1)));
  }
  std::optional<media::Frame> next() {
    while (true) {
      auto frame = wanted(x_decoder->receive());
      if (frame || x_ended) return frame;
      const auto packet = wanted(x_demuxer.read());
      if (packet) {
        wanted(x_decoder->send(*packet));
      } else {
        x_ended = true;
        wanted(x_decoder->send_end());
      }
    }
  }

 private:
  media::Source x_source;
  media::Demuxer x_demuxer;
  std::optional<media::VideoDecoder> x_decoder;
  bool x_ended = false;
};

/// The caller measures this process. Without metrics it only decodes.
int run_files(const char* reference_path, const char* test_path, const std::vector<Metric>& metrics) {
  Stream references(reference_path), tests(test_path);
  std::optional<Measurer> measurer;
  Picture before, before_that;
  double sum = 0;
  int count = 0;
  for (;; ++count) {
    const auto reference = references.next(), test = tests.next();
    if (!reference || !test) break;
    const Picture& picture = reference->picture;
    if (metrics.empty()) continue;
    if (!measurer) {
      measurer.emplace(wanted(Measurer::make(
          {metrics, picture.format(), picture.width(), picture.height(), picture.colour(), Rational(50)})));
    }
    sum += wanted(measurer->measure(picture, test->picture, before, before_that))[0];
    before_that = std::exchange(before, picture);
  }
  std::printf("{\"frames\":%d,\"mean\":%.6f}\n", count, count > 0 ? sum / count : 0);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return run_pictures();
  std::vector<Metric> metrics;
  for (int i = 3; i < argc; ++i) metrics.push_back(wanted(metric_from(argv[i])));
  return run_files(argv[1], argv[2], metrics);
}
