#include <pier/media/write.hpp>

#include "mux_file.hpp"
#include "picture_coder.hpp"
#include "sound_coder.hpp"

namespace pier::media {
namespace {

using impl::MuxFile;
using impl::PictureCoder;
using impl::SoundCoder;

const char* writer_of(Container container) {
  switch (container) {
    case Container::kMov:
      return "mov";
    case Container::kMp4:
      return "mp4";
    case Container::kMxf:
      return "mxf";
    case Container::kTs:
      return "mpegts";
  }
  return "mov";
}

class Options {
 public:
  explicit Options(Container container) {
    // Boxes of colour and light are written for every coding; the index stands at the front.
    if (container == Container::kMov) set("movflags", "faststart+write_colr");
    if (container == Container::kMp4) set("movflags", "faststart+write_colr");
    if (container == Container::kMp4) set("write_tmcd", "0");
    if (container == Container::kTs) set("mpegts_flags", "+system_b");
  }
  ~Options() { av_dict_free(&x_options); }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  AVDictionary** get() { return &x_options; }

 private:
  void set(const char* name, const char* value) { av_dict_set(&x_options, name, value, 0); }
  AVDictionary* x_options = nullptr;
};

}  // namespace

struct FileWriter::Impl {
  std::unique_ptr<MuxFile> file;
  std::optional<PictureCoder> pictures;
  std::vector<SoundCoder> sounds;
  std::optional<WrittenPictures> wanted;
  Container container = Container::kMov;
  int64_t count = 0;     // of pictures given
  bool drained = false;  // the coder was ended for a coded picture
  bool ended = false;

  Result<void> open(int fd, const FileConfig& config);
  Result<void> drain();
  Result<void> resume();
  template <typename Coder>
  Result<void> move_packets(Coder& coder, int stream);
  int sound_stream(size_t sound) const { return static_cast<int>(sound) + (pictures ? 1 : 0); }
};

Result<void> FileWriter::Impl::open(int fd, const FileConfig& config) {
  PIER_TRY(file, MuxFile::open(fd, writer_of(config.container), config.container != Container::kMxf));
  wanted = config.pictures;
  container = config.container;
  if (config.pictures) {
    PIER_TRY(pictures, PictureCoder::open(*config.pictures, config.container));
    PIER_TRY(AVStream * stream, file->add_stream());
    PIER_CHECK(pictures->describe(*stream));
  }
  for (const WrittenSound& sound : config.sounds) {
    PIER_TRY(SoundCoder coder, SoundCoder::open(sound, config.container));
    PIER_TRY(AVStream * stream, file->add_stream());
    PIER_CHECK(coder.describe(*stream));
    sounds.push_back(std::move(coder));
  }
  // FFmpeg 5.1 calls FLAC in MP4 experimental; the mapping is that of Xiph and has not changed since.
  if (config.container == Container::kMp4) file->format().strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  file->format().max_interleave_delta = 0;  // however long a coding holds pictures back
  Options options(config.container);
  PIER_CHECK(file->write_head(options.get()));
  if (av_dict_count(*options.get()) == 0) return {};
  return fail(ErrorCode::kInternal, std::string("the writer does not know the option ") +
                                        av_dict_get(*options.get(), "", nullptr, AV_DICT_IGNORE_SUFFIX)->key);
}

template <typename Coder>
Result<void> FileWriter::Impl::move_packets(Coder& coder, int stream) {
  const AvPacket packet(av_packet_alloc());
  if (!packet) return fail(ErrorCode::kTooLarge, "no memory for a packet");
  for (;;) {
    PIER_TRY(const bool got, coder.receive(*packet));
    if (!got) return {};
    PIER_CHECK(file->write(*packet, stream, coder.time_base()));
  }
}

/// What is in the coder comes before a coded picture; a coder that was ended takes no more.
Result<void> FileWriter::Impl::drain() {
  if (drained) return {};
  drained = true;
  PIER_CHECK(pictures->send_end());
  return move_packets(*pictures, 0);
}

Result<void> FileWriter::Impl::resume() {
  if (!drained) return {};
  drained = false;
  PIER_TRY(pictures, PictureCoder::open(*wanted, container));
  pictures->begin_at(count);
  return {};
}

FileWriter::FileWriter(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
FileWriter::~FileWriter() = default;
FileWriter::FileWriter(FileWriter&&) noexcept = default;
FileWriter& FileWriter::operator=(FileWriter&&) noexcept = default;

Result<FileWriter> FileWriter::open(int fd, const FileConfig& config) {
  if (!config.pictures && config.sounds.empty())
    return fail(ErrorCode::kInvalidArgument, "a file needs pictures or sound");
  prepare_av_library();
  auto made = std::make_unique<Impl>();
  PIER_CHECK(made->open(fd, config));
  return FileWriter(std::move(made));
}

Result<void> FileWriter::add(const Picture& picture) {
  if (!x_impl->pictures) return fail(ErrorCode::kInvalidArgument, "the file has no pictures");
  PIER_CHECK(x_impl->resume());
  PIER_CHECK(x_impl->pictures->send(picture));
  x_impl->count++;
  return x_impl->move_packets(*x_impl->pictures, 0);
}

Result<void> FileWriter::add(const Packet& coded) {
  if (!x_impl->pictures || !coded.handle)
    return fail(ErrorCode::kInvalidArgument, "there is no coded picture to write");
  PIER_TRY(const DeliveryCoding coding, picture_coding(x_impl->wanted->coding));
  if (coding.codec != Codec::kProres && coding.codec != Codec::kDnxhd)
    return fail(ErrorCode::kInvalidArgument, "pictures of " + std::string(coding.title) + " are not copied");
  PIER_CHECK(x_impl->drain());
  const AvPacket packet(av_packet_clone(static_cast<const AVPacket*>(coded.handle.get())));
  if (!packet) return fail(ErrorCode::kTooLarge, "no memory for a packet");
  av_packet_free_side_data(packet.get());  // of its own file: new extradata, skipped samples
  packet->pts = packet->dts = x_impl->count++;
  packet->duration = 1;
  packet->flags = AV_PKT_FLAG_KEY;
  return x_impl->file->write(*packet, 0, x_impl->pictures->time_base());
}

Result<void> FileWriter::add(size_t sound, const AudioBlock& block) {
  if (sound >= x_impl->sounds.size()) return fail(ErrorCode::kInvalidArgument, "the file has no such sound");
  PIER_CHECK(x_impl->sounds[sound].send(block));
  return x_impl->move_packets(x_impl->sounds[sound], x_impl->sound_stream(sound));
}

Result<void> FileWriter::finish() {
  if (x_impl->ended) return fail(ErrorCode::kInvalidArgument, "the file was finished before");
  x_impl->ended = true;
  if (x_impl->pictures) PIER_CHECK(x_impl->drain());
  for (size_t i = 0; i < x_impl->sounds.size(); ++i) {
    PIER_CHECK(x_impl->sounds[i].send_end());
    PIER_CHECK(x_impl->move_packets(x_impl->sounds[i], x_impl->sound_stream(i)));
  }
  return x_impl->file->finish();
}

}  // namespace pier::media
