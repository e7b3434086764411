#pragma once
// Pictures of a file for others, coded. Private to this module.

#include <pier/media/write.hpp>

#include "av_handles.hpp"

namespace pier::media::impl {

struct EncoderLibrary;

class PictureCoder {
 public:
  static Result<PictureCoder> open(const WrittenPictures& pictures, Container container);

  /// Sets codec parameters, rates and metadata of the stream that is to hold what comes out.
  Result<void> describe(AVStream& stream) const;
  Result<void> send(const Picture& picture);
  Result<void> send_end();
  /// Before the first picture: it is number `pictures` of the file.
  void begin_at(int64_t pictures) { x_sent = x_given = pictures; }
  /// False: needs more pictures, or nothing is left. Times in time_base().
  Result<bool> receive(AVPacket& packet);
  AVRational time_base() const { return x_context->time_base; }

 private:
  PictureCoder() = default;
  Result<void> configure();
  Result<void> open_codec(const AVCodec& codec, AVDictionary** options);
  bool with_sets_apart() const { return x_library != nullptr && x_container != Container::kTs && !x_annex_b; }

  WrittenPictures x_pictures;
  DeliveryCoding x_coding;
  Container x_container = Container::kMov;
  const EncoderLibrary* x_library = nullptr;  // of HEVC and AVC with parameter sets apart
  bool x_annex_b = false;                     // parameter sets stand in the stream
  AvCodecContext x_context;
  int64_t x_sent = 0, x_given = 0;
};

}  // namespace pier::media::impl
