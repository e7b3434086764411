// Time of a whole analysis, or of decoding alone, of one file: one JSON object. See tools/bench/analyse.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>

#include <pier/analysis/analyse.hpp>
#include <pier/core/json.hpp>
#include <pier/media/decode.hpp>

using namespace pier;

namespace {

double process_cpu() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Pictures and sound, as the pass decodes them, thrown away.
Result<int64_t> decode_only(const media::Source& source, const media::Facts& facts, int threads) {
  PIER_TRY(auto demuxer, media::Demuxer::open(source));
  const int video = facts.video.at(static_cast<size_t>(facts.main_video)).stream_index;
  PIER_TRY(auto decoder, media::VideoDecoder::open(demuxer, video, threads));
  std::map<int, media::AudioDecoder> sound;
  std::vector<int> streams{video};
  for (const media::AudioFacts& audio : facts.audio) {
    PIER_TRY(auto opened, media::AudioDecoder::open(demuxer, audio.stream_index));
    sound.emplace(audio.stream_index, std::move(opened));
    streams.push_back(audio.stream_index);
  }
  demuxer.select(streams);
  int64_t frames = 0;
  const auto receive = [&]() -> Result<void> {
    for (;;) {
      PIER_TRY(const auto frame, decoder.receive());
      if (!frame) return {};
      ++frames;
    }
  };
  for (;;) {
    PIER_TRY(const auto packet, demuxer.read());
    if (!packet) break;
    if (packet->stream_index == video) {
      PIER_CHECK(decoder.send(*packet));
      PIER_CHECK(receive());
      continue;
    }
    auto& audio = sound.at(packet->stream_index);
    PIER_CHECK(audio.send(*packet));
    for (bool more = true; more;) {
      PIER_TRY(const auto block, audio.receive());
      more = block.has_value();
    }
  }
  PIER_CHECK(decoder.send_end());
  PIER_CHECK(receive());
  return frames;
}

Result<json::object> run(const std::string& mode, const std::string& file, int threads) {
  PIER_TRY(const auto source, media::open_source(file));
  PIER_TRY(const auto facts, media::probe(source));
  if (facts.main_video < 0) return fail(ErrorCode::kInvalidArgument, file + " has no pictures");
  json::object line{{"mode", mode}, {"threads", threads}};
  const auto start = std::chrono::steady_clock::now();
  const double cpu = process_cpu();
  int64_t frames = 0;
  if (mode == "decode") {
    PIER_TRY(frames, decode_only(source, facts, threads));
  } else {
    analysis::AnalysisOptions options;
    options.threads = threads;
    options.fingerprints = false;  // as `pier check` asks for it
    json::array costs;
    if (mode == "costs") {
      options.on_costs = [&](const std::vector<analysis::AnalysisCost>& list) {
        for (const auto& cost : list)
          costs.push_back(
              {{"name", cost.name}, {"frames", cost.frames}, {"cpu_ms", static_cast<double>(cost.cpu_ns) / 1e6}});
      };
    }
    PIER_TRY(const auto result, analysis::analyse(source, facts, options));
    frames = static_cast<int64_t>(result.frames.frames.size());
    line["findings"] = result.measures.at("findings");
    if (!costs.empty()) line["costs"] = std::move(costs);
  }
  line["wall"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  line["cpu"] = process_cpu() - cpu;
  line["frames"] = frames;
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s decode|analyse|costs FILE THREADS\n", argv[0]);
    return 2;
  }
  const auto line = run(argv[1], argv[2], std::max(1, std::atoi(argv[3])));
  if (!line) {
    std::fprintf(stderr, "%s\n", line.error().message.c_str());
    return 2;
  }
  std::printf("%s\n", json::serialize(*line).c_str());
  return 0;
}
