#include "costs.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <pier/core/bytes.hpp>

#include "analysis_inputs.hpp"

namespace pier::workflows::impl {
namespace {

using transcode::ChunkSpec;
using transcode::PlannedRung;
using transcode::RungKind;

constexpr double kMegabyte = 1024.0 * 1024.0;
constexpr double kTableOfConversion = 64 * kMegabyte;
constexpr double kGroupBytes = 6144 * kMegabyte;
constexpr size_t kLongestClass = 400;
constexpr double kStart = 0.05;  // seconds of a task process before it works
constexpr double kBitsOfAnalysis = 1.4, kBitsOfEncoding = 7, kBitsOfVerification = 4;  // see by_density()

double picture_bytes(const colour::PictureSpec& picture) {
  return static_cast<double>(picture.width) * picture.height * 1.5 * picture.format.bytes_per_sample();
}

double megapixels(double width, double height) {
  return width * height / 1e6;
}

/// What decoding holds, and what the encoder of a rung holds, from measured runs: pictures at once.
double decoder_memory(const ChunkSpec& chunk) {
  return 200 * kMegabyte + 24 * picture_bytes(chunk.source);
}

double encoder_memory(const PlannedRung& rung) {
  if (rung.rung.kind != RungKind::kVideo) return 0;
  const double held = rung.rung.codec == media::Codec::kAv1 ? 110 : rung.rung.codec == media::Codec::kHevc ? 60 : 75;
  return held * picture_bytes(rung.picture);
}

/// "2 channels, "
std::string sound_of(const media::Facts& facts) {
  int channels = 0;
  for (const media::AudioFacts& sound : facts.audio) channels += sound.channels;
  return std::to_string(channels) + " channels, ";
}

/// Of a candidate of steering at three settings: quick encoders hold half of what others do, then decoders and pictures
/// of the source's raster.
double trial_memory(const ChunkSpec& sample, const PlannedRung& rung) {
  return 1.5 * encoder_memory(rung) + 3 * (20 * picture_bytes(rung.picture) + 6 * picture_bytes(sample.source));
}

/// Rungs but `left_out` in groups of which each, with its decoder, holds no more than a task should.
template <typename MemoryOfRung>
RungGroups groups_that_fit(const ChunkSpec& chunk, const MemoryOfRung& memory_of, std::optional<size_t> left_out) {
  RungGroups groups(1);
  double bytes = decoder_memory(chunk);
  for (size_t i = 0; i < chunk.rungs.size(); i++) {
    if (i == left_out) continue;
    const double more = memory_of(chunk.rungs[i]);
    if (!groups.back().empty() && bytes + more > kGroupBytes) {
      groups.emplace_back();
      bytes = decoder_memory(chunk);
    }
    groups.back().push_back(i);
    bytes += more;
  }
  return groups;
}

double seconds_of(const ChunkSpec& chunk) {
  return static_cast<double>(chunk.end_time - chunk.frames.front().time) / chunk.timescale;
}

/// Tables of the conversions from HDR to SDR.
double table_memory(const ChunkSpec& chunk) {
  double bytes = 0;
  for (const PlannedRung& rung : chunk.rungs) {
    if (chunk.source.colour.is_hdr() && !rung.picture.colour.is_hdr()) bytes += kTableOfConversion;
  }
  return bytes;
}

uint64_t encode_memory(const ChunkSpec& chunk) {
  double bytes = decoder_memory(chunk) + table_memory(chunk);
  for (const PlannedRung& rung : chunk.rungs) {
    bytes +=
        encoder_memory(rung) + static_cast<double>(rung.bucket.rate) / 8 * seconds_of(chunk);  // kept until they fit
  }
  return static_cast<uint64_t>(bytes);
}

uint64_t verify_memory(const ChunkSpec& chunk) {
  double bytes = 300 * kMegabyte + 24 * picture_bytes(chunk.source) + table_memory(chunk);
  for (const PlannedRung& rung : chunk.rungs) bytes += 20 * picture_bytes(rung.picture);
  return static_cast<uint64_t>(bytes);
}

/// Presets of x264 and x265 have names, those of SVT-AV1 numbers.
bool is_quick(const std::string& preset) {
  return preset == "ultrafast" || preset == "superfast" || std::atoi(preset.c_str()) >= 10;
}

/// How much more a picture costs than one of which nothing is coded: grows with the root of its bits. `bits`: of one
/// that takes a bit a sample, from measured runs of each kind.
double by_density(double density, double bits) {
  return 1 + bits * std::exp2(std::clamp(density, -20.0, 6.0) / 2);
}

/// Roughly CPU seconds: megapixels times what the encoder takes for one at its preset, more for pictures that are
/// harder than the programme's mean (half of an encoder's time goes with the bits).
double encode_cost(const ChunkSpec& chunk, double complexity) {
  double cost = 0;
  for (const PlannedRung& rung : chunk.rungs) {
    if (rung.rung.kind != RungKind::kVideo) continue;
    const bool quick = is_quick(rung.rung.preset);
    const double weight = rung.rung.codec == media::Codec::kAvc ? 0.03 : 0.2;
    cost += picture_bytes(rung.picture) / 1e6 * weight * (quick ? 0.2 : 1);
  }
  return std::max(0.1, cost * static_cast<double>(chunk.frames.size()) * (0.5 + complexity / 2));
}

std::string raster_of(int width, int height, int depth) {
  return std::to_string(width) + "x" + std::to_string(height) + " " + std::to_string(depth) + " bit";
}

std::string rung_class(const PlannedRung& rung, bool with_settings) {
  const colour::PictureSpec& picture = rung.picture;
  const std::string raster = raster_of(picture.width, picture.height, picture.format.bit_depth);
  if (rung.rung.kind == RungKind::kImage) return "images " + raster;
  std::string text = std::string(media::to_string(rung.rung.codec)) + " ";
  if (with_settings) text += rung.rung.preset + " " + std::to_string(std::lround(rung.rung.crf)) + " ";
  return text + raster + (picture.colour.is_hdr() ? " hdr" : "");
}

std::string rungs_class(const ChunkSpec& chunk, bool with_settings) {
  std::string text;
  for (const PlannedRung& rung : chunk.rungs) text += (text.empty() ? "" : " + ") + rung_class(rung, with_settings);
  return text;
}

/// "MADE < SOURCE", cut where it is too long for a key.
std::string made_from(std::string made, const std::string& source) {
  if (made.size() > kLongestClass)
    made = made.substr(0, kLongestClass) + " " + to_hex(sha256(as_bytes(made))).substr(0, 16);
  return made + " < " + source;
}

double pictures_of(const ChunkSpec& chunk) {
  return static_cast<double>(chunk.frames.size());
}

uint64_t bytes_at(int64_t bits_per_second, double seconds) {
  return static_cast<uint64_t>(std::max(0.0, static_cast<double>(bits_per_second) / 8 * seconds));
}

double sound_seconds(const transcode::SoundSpec& sound) {
  return static_cast<double>(sound.programme_samples) / std::max(1, sound.encoder.sample_rate);
}

std::string sound_class(const transcode::SoundSpec& sound) {
  return std::string(media::to_string(sound.encoder.codec)) + " " +
         std::to_string(__builtin_popcountll(sound.encoder.channel_mask)) + " channels";
}

}  // namespace

void apply(const Demand& demand, jobs::NewTask& task) {
  task.cost_class = demand.cost_class;
  task.work = demand.work;
  task.cost = demand.cost;
  task.memory_bytes = demand.memory_bytes;
  task.writes_bytes = demand.writes_bytes;
}

json::object to_json(const Demand& demand) {
  return {{"class", demand.cost_class},
          {"work", demand.work},
          {"cost", demand.cost},
          {"memory", demand.memory_bytes},
          {"writes", demand.writes_bytes}};
}

Demand demand_from_json(const json::object& object) {
  return {string_or(object, "class", ""), double_or(object, "work", 0), double_or(object, "cost", 1),
          static_cast<uint64_t>(int_or(object, "memory", 0)), static_cast<uint64_t>(int_or(object, "writes", 0))};
}

double density_of(const media::VideoFacts& video) {
  const double rate = video.frame_rate.num > 0 ? video.frame_rate.value() : 25;
  const double samples = static_cast<double>(video.width) * video.height * rate;
  if (video.bitrate <= 0 || samples <= 0) return 0;
  return std::log2(static_cast<double>(video.bitrate) / samples);
}

SourceCost source_cost(const media::VideoFacts& video) {
  return {source_class(video), density_of(video)};
}

std::string source_class(const media::VideoFacts& video) {
  const std::string codec =
      video.codec == media::Codec::kUnknown ? video.codec_name : std::string(media::to_string(video.codec));
  std::string text = codec + " " + raster_of(video.width, video.height, video.format.bit_depth);
  if (video.colour.is_hdr()) text += " hdr";
  return video.bitrate > 0 ? text + " ~" + std::to_string(std::lround(density_of(video))) : text;
}

ClassParts parts_of_class(std::string_view cost_class) {
  const size_t mark = cost_class.rfind(" ~");
  if (mark == std::string_view::npos) return {cost_class, 0};
  return {cost_class.substr(0, mark), std::atoi(std::string(cost_class.substr(mark + 2)).c_str())};
}

double programme_pictures(const media::Facts& facts, const Points& points) {
  const media::VideoFacts& video = main_video(facts);
  const double rate = video.frame_rate.num > 0 ? video.frame_rate.value() : 25;
  const double seconds = (video.duration.num > 0 ? video.duration : facts.duration).value();
  const double all = video.frames > 0 ? static_cast<double>(video.frames) : seconds * rate;
  const double first = points.in ? points.in->value() * rate : 0;
  const double last = points.out ? std::min(all, points.out->value() * rate) : all;
  return std::max(1.0, last - first);
}

Demand probe_demand(uint64_t bytes) {
  const double amount = static_cast<double>(bytes) / 1e6;
  return {"file", amount, kStart + amount / 400, 0, 0};
}

Demand copy_demand(uint64_t bytes) {
  const double amount = static_cast<double>(bytes) / 1e6;
  return {"file", amount, 0.01 + amount / 300, 0, bytes};
}

Demand part_demand(const media::Facts& facts, double pictures) {
  const media::VideoFacts& video = main_video(facts);
  return {source_class(video), pictures * by_density(density_of(video), kBitsOfAnalysis),
          kStart + pictures * (0.001 + 0.012 * megapixels(video.width, video.height)), analysis_memory(facts),
          static_cast<uint64_t>(20'000 + 100 * pictures)};
}

Demand analyse_demand(const media::Facts& facts, double pictures) {
  Demand demand = part_demand(facts, pictures);
  demand.cost_class = sound_of(facts) + demand.cost_class;
  return demand;
}

Demand scan_demand(const media::Facts& facts, double pictures) {
  return {sound_of(facts) + std::string(parts_of_class(source_class(main_video(facts))).before), pictures,
          kStart + pictures * 0.001 + static_cast<double>(facts.bytes) / 4e8, 0,
          static_cast<uint64_t>(20'000 + 40 * pictures)};
}

Demand merge_demand(const media::Facts& facts, double pictures) {
  return {"parts, " + source_class(main_video(facts)), pictures, kStart + pictures * 2e-4, analysis_memory(facts),
          static_cast<uint64_t>(20'000 + 100 * pictures)};
}

Demand small_demand(double pictures) {
  return {"rows", pictures, 0.01 + pictures * 2e-5, 0, 0};
}

RungGroups rung_groups(const ChunkSpec& chunk, std::optional<size_t> first) {
  RungGroups groups = groups_that_fit(chunk, encoder_memory, first);
  if (first) groups.insert(groups.begin(), {*first});
  return groups;
}

RungGroups trial_groups(const ChunkSpec& chunk) {
  return groups_that_fit(chunk, [&](const PlannedRung& rung) { return trial_memory(chunk, rung); }, std::nullopt);
}

RungGroups verify_groups(const ChunkSpec& chunk, std::optional<size_t> first) {
  RungGroups groups;
  if (first) groups.push_back({*first});
  groups.emplace_back();
  for (size_t i = 0; i < chunk.rungs.size(); i++) {
    if (i != first) groups.back().push_back(i);
  }
  return groups;
}

ChunkSpec with_rungs(const ChunkSpec& chunk, const std::vector<size_t>& group) {
  ChunkSpec part = chunk;
  part.rungs.clear();
  for (const size_t i : group) part.rungs.push_back(chunk.rungs[i]);
  return part;
}

Demand encode_demand(const ChunkSpec& chunk, const SourceCost& source, double complexity) {
  const double density = source.density + std::log2(complexity);
  Demand demand{made_from(rungs_class(chunk, true), source.cost_class),
                pictures_of(chunk) * by_density(density, kBitsOfEncoding), encode_cost(chunk, complexity),
                encode_memory(chunk), 0};
  for (const PlannedRung& rung : chunk.rungs) demand.writes_bytes += bytes_at(rung.bitrate, seconds_of(chunk));
  return demand;
}

Demand calibrate_demand(const ChunkSpec& chunk, size_t pictures, const SourceCost& source, double complexity) {
  Demand demand = encode_demand(chunk, source, complexity);
  const double share = 1.3 * static_cast<double>(pictures) / pictures_of(chunk);
  demand.work *= share;
  demand.cost *= share;
  demand.writes_bytes = 0;
  return demand;
}

Demand trial_demand(const ChunkSpec& sample, const SourceCost& source) {
  double memory = decoder_memory(sample) + table_memory(sample);
  for (const PlannedRung& rung : sample.rungs) memory += trial_memory(sample, rung);
  const double measured = pictures_of(sample) * static_cast<double>(sample.rungs.size()) *
                          megapixels(sample.source.width, sample.source.height) * 0.05;
  return {made_from(rungs_class(sample, true), source.cost_class),
          pictures_of(sample) * by_density(source.density, kBitsOfEncoding), encode_cost(sample, 1) + measured,
          static_cast<uint64_t>(memory), 0};
}

Demand verify_demand(const ChunkSpec& chunk, const SourceCost& source, double complexity) {
  const double density = source.density + std::log2(complexity);
  return {made_from(rungs_class(chunk, false), source.cost_class),
          pictures_of(chunk) * by_density(density, kBitsOfVerification), 0.08 * encode_cost(chunk, 1),
          verify_memory(chunk), 0};
}

Demand assemble_demand(const PlannedRung& rung, double pictures, double seconds) {
  return {rung_class(rung, false), pictures, kStart + pictures * 2e-5, 0, bytes_at(rung.bitrate, seconds)};
}

Demand sound_demand(const transcode::SoundSpec& sound, const SourceCost& source) {
  const double seconds = sound_seconds(sound);
  return {made_from(sound_class(sound), std::string(parts_of_class(source.cost_class).before)), seconds,
          kStart + seconds * 0.025, 0, bytes_at(sound.encoder.bitrate, seconds)};
}

Demand verify_sound_demand(const transcode::SoundSpec& sound) {
  const double seconds = sound_seconds(sound);
  return {sound_class(sound), seconds, kStart + seconds * 0.002, 0, 0};
}

Demand text_demand(double seconds) {
  return {"text", seconds, kStart + seconds * 3e-5, 0, static_cast<uint64_t>(10'000 + 1000 * seconds)};
}

Demand verify_text_demand(double seconds) {
  return {"text", seconds, kStart + seconds * 5e-5, 0, 0};
}

Demand captions_demand(double seconds, uint64_t master_bytes) {
  Demand demand = text_demand(seconds);
  demand.cost_class = "captions";
  demand.cost += probe_demand(master_bytes).cost;
  return demand;
}

Demand check_demand(const std::string& codec, int64_t width, int64_t height, int64_t samples, uint64_t bytes) {
  const double area = megapixels(static_cast<double>(width), static_cast<double>(height));
  const auto amount = static_cast<double>(samples);
  return {codec.substr(0, codec.find('.')) + " " + std::to_string(width) + "x" + std::to_string(height), amount,
          kStart + amount * (1e-4 + 0.004 * area) + static_cast<double>(bytes) / 4e8, 0, 0};
}

Demand fixity_demand(uint64_t bytes) {
  const double amount = static_cast<double>(bytes) / 1e6;
  return {"objects", amount, 0.02 + amount / 400, 0, 0};
}

}  // namespace pier::workflows::impl
