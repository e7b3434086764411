// hdr10_plus: HDR10+ metadata out of a media file as JSON, or its JSON as runs of payloads; into the scratch file.

#include <algorithm>

#include <pier/core/file.hpp>
#include <pier/media/demux.hpp>
#include <pier/transcode/chunk.hpp>

#include "hdr10_plus_file.hpp"
#include "hdr10_plus_json.hpp"
#include "task_kind.hpp"

namespace pier::workflows::impl {
namespace {

constexpr int64_t kBetweenBeats = 512;             // pictures
constexpr size_t kMostBytes = size_t{256} << 20U;  // of payloads

struct TimedPayload {
  int64_t pts = 0;
  Bytes bytes;  // empty: the picture has none
};

Bytes hdr10_plus_of(std::vector<media::DynamicPayload> payloads) {
  const auto found = std::ranges::find(payloads, media::DynamicHdr::kHdr10Plus, &media::DynamicPayload::kind);
  return found == payloads.end() ? Bytes() : std::move(found->bytes);
}

/// Of all pictures, in the order in which they are shown.
Result<std::vector<TimedPayload>> read_payloads(const media::Source& source, const Progress& progress) {
  PIER_TRY(media::Demuxer demuxer, media::Demuxer::open(source));
  const media::StreamInfo* video = nullptr;
  for (const media::StreamInfo& stream : demuxer.streams()) {
    if (video == nullptr && stream.kind == media::StreamKind::kVideo) video = &stream;
  }
  if (video == nullptr) return fail(ErrorCode::kInputUnsupported, "the file has no pictures");
  const media::DynamicHdrReader reader(video->codec, video->configuration);
  const std::vector<int> wanted{video->index};
  demuxer.select(wanted);
  std::vector<TimedPayload> found;
  size_t bytes = 0;
  while (true) {
    PIER_TRY(const std::optional<media::Packet> packet, demuxer.read());
    if (!packet) break;
    if (packet->pts == INT64_MIN) return fail(ErrorCode::kInputDamaged, "a picture of the file has no time");
    found.push_back({packet->pts, hdr10_plus_of(reader.read(packet->data()))});
    bytes += found.back().bytes.size();
    if (bytes > kMostBytes) return fail(ErrorCode::kTooLarge, "the file has more than 256 MiB of HDR10+ metadata");
    const auto count = static_cast<int64_t>(found.size());
    if (count % kBetweenBeats == 0 && progress && !progress(0, count)) return fail(ErrorCode::kCancelled, "stopped");
  }
  std::ranges::stable_sort(found, {}, &TimedPayload::pts);
  return found;
}

Result<std::vector<Bytes>> complete(std::vector<TimedPayload> found) {
  const auto lacks = [](const TimedPayload& one) { return one.bytes.empty(); };
  const auto missing = std::ranges::count_if(found, lacks);
  if (missing == static_cast<int64_t>(found.size()))
    return fail(ErrorCode::kNotFound,
                "no picture of this file carries HDR10+ metadata; see pier probe for what it has");
  if (missing > 0)
    return fail(ErrorCode::kInputUnsupported, std::to_string(missing) + " of " + std::to_string(found.size()) +
                                                  " pictures carry no HDR10+ metadata, the first of them is picture " +
                                                  std::to_string(std::ranges::find_if(found, lacks) - found.begin()) +
                                                  "; the JSON has one entry for every picture");
  std::vector<Bytes> payloads;
  payloads.reserve(found.size());
  for (TimedPayload& one : found) payloads.push_back(std::move(one.bytes));
  return payloads;
}

Result<json::object> out_of_media(const ChildFiles& files, const Progress& progress) {
  PIER_TRY(std::vector<TimedPayload> found, read_payloads(files.source, progress));
  PIER_TRY(const std::vector<Bytes> payloads, complete(std::move(found)));
  std::string text;
  PIER_TRY(const Hdr10PlusSummary summary, write_hdr10_plus_json(payloads, text));
  PIER_CHECK(write_all(files.scratch, as_bytes(text)));
  return to_json(summary);
}

Result<json::object> out_of_json(const ChildFiles& files) {
  PIER_TRY(const FileState state, file_state(files.inputs[0]));
  if (state.size > kMostHdr10PlusJson) return fail(ErrorCode::kTooLarge, "it has more than 256 MiB");
  Bytes bytes(state.size);
  PIER_TRY(const size_t count, read_at(files.inputs[0], 0, bytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), count);
  PIER_TRY(const std::vector<Bytes> payloads, read_hdr10_plus_json(text));
  PIER_CHECK(write_all(files.scratch, as_bytes(json::serialize(transcode::runs_of(payloads)))));
  return json::object{{"pictures", static_cast<int64_t>(payloads.size())}};
}

Result<json::object> run(const json::object&, ChildFiles& files, const Progress& progress) {
  return files.inputs.empty() ? out_of_media(files, progress) : out_of_json(files);
}

}  // namespace

const TaskKind kHdr10PlusTask{"hdr10_plus", 1, false, nullptr, run, nullptr};

}  // namespace pier::workflows::impl
