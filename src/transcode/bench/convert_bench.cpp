// Time of decoding the pictures of one file, alone, with a copy of each (the limit of memory) or converted to 10-bit
// SDR: one JSON object. See tools/bench/convert.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <thread>

#include <pier/colour/convert.hpp>
#include <pier/core/concurrency.hpp>
#include <pier/core/json.hpp>
#include <pier/media/decode.hpp>
#include <pier/media/facts.hpp>

using namespace pier;

namespace {

double process_cpu() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// What is done to every picture; called from several threads.
class Work {
 public:
  static Result<Work> make(const std::string& mode, const Picture& first) {
    Work made;
    made.x_copy = mode == "copy";
    if (made.x_copy) return made;
    constexpr ColourInfo kSdr{Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, Range::kNarrow};
    colour::PictureSpec from{first.format(), first.width(), first.height(), first.colour()};
    from.colour.transfer = mode == "pq" ? Transfer::kPq : Transfer::kHlg;
    const colour::PictureSpec to{{10, first.format().chroma}, first.width(), first.height(), kSdr};
    PIER_TRY(made.x_converter, colour::Converter::make(from, to));
    return made;
  }

  Result<void> run(const Picture& picture) const {
    if (!x_copy) {
      PIER_TRY(const Picture out, x_converter->run(picture));
      return {};
    }
    Picture out = Picture::allocate(picture.format(), picture.width(), picture.height(), picture.colour());
    const MutablePictureView to = out.writable();
    for (size_t p = 0; p < 3; ++p)
      for (int y = 0; y < to.planes[p].height; ++y)
        std::memcpy(to.planes[p].row<uint16_t>(y), picture.view().planes[p].row<uint16_t>(y),
                    static_cast<size_t>(to.planes[p].width) * sizeof(uint16_t));
    return {};
  }
  std::string describe() const { return x_copy ? "copy" : x_converter->describe(); }

 private:
  bool x_copy = false;
  std::optional<colour::Converter> x_converter;
};

/// As many threads as decode take pictures from the decoder's thread.
class Crew {
 public:
  Crew(const std::string& mode, int threads) : x_mode(mode), x_threads(threads), x_queue(2) {}
  ~Crew() { finish(); }

  Result<void> take(Picture picture) {
    if (x_mode == "decode") return {};
    if (!x_work) {
      PIER_TRY(x_work, Work::make(x_mode, picture));
      for (int i = 0; i < x_threads; ++i) x_crew.emplace_back([this] { work(); });
    }
    x_queue.push(std::move(picture));
    return {};
  }
  void finish() {
    x_queue.close();
    x_crew.clear();
  }
  std::string describe() const { return x_work ? x_work->describe() : "decode"; }

 private:
  void work() {
    while (const auto picture = x_queue.pop())
      if (const auto done = x_work->run(*picture); !done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
  }

  std::string x_mode;
  int x_threads;
  BoundedQueue<Picture> x_queue;
  std::optional<Work> x_work;
  std::vector<std::jthread> x_crew;
};

Result<int64_t> decode(const media::Source& source, const media::Facts& facts, int threads, Crew& crew) {
  PIER_TRY(auto demuxer, media::Demuxer::open(source));
  const int video = facts.video.at(static_cast<size_t>(facts.main_video)).stream_index;
  PIER_TRY(auto decoder, media::VideoDecoder::open(demuxer, video, threads));
  demuxer.select(std::vector<int>{video});
  int64_t frames = 0;
  const auto receive = [&]() -> Result<void> {
    for (;;) {
      PIER_TRY(auto frame, decoder.receive());
      if (!frame) return {};
      ++frames;
      PIER_CHECK(crew.take(std::move(frame->picture)));
    }
  };
  for (;;) {
    PIER_TRY(const auto packet, demuxer.read());
    if (!packet) break;
    PIER_CHECK(decoder.send(*packet));
    PIER_CHECK(receive());
  }
  PIER_CHECK(decoder.send_end());
  PIER_CHECK(receive());
  crew.finish();
  return frames;
}

Result<json::object> run(const std::string& mode, const std::string& file, int threads) {
  PIER_TRY(const auto source, media::open_source(file));
  PIER_TRY(const auto facts, media::probe(source));
  if (facts.main_video < 0) return fail(ErrorCode::kInvalidArgument, file + " has no pictures");
  const auto start = std::chrono::steady_clock::now();
  const double cpu = process_cpu();
  Crew crew(mode, threads);
  PIER_TRY(const int64_t frames, decode(source, facts, threads, crew));
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return json::object{{"mode", mode}, {"way", crew.describe()},     {"threads", threads},
                      {"wall", wall}, {"cpu", process_cpu() - cpu}, {"frames", frames}};
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc == 4 ? argv[1] : "";
  if (mode != "decode" && mode != "copy" && mode != "hlg" && mode != "pq") {
    std::fprintf(stderr, "usage: %s decode|copy|hlg|pq FILE THREADS\n", argv[0]);
    return 2;
  }
  const auto line = run(mode, argv[2], std::max(1, std::atoi(argv[3])));
  if (!line) {
    std::fprintf(stderr, "%s\n", line.error().message.c_str());
    return 2;
  }
  std::printf("%s\n", json::serialize(*line).c_str());
  return 0;
}
