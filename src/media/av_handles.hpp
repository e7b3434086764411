#pragma once
// FFmpeg's handles as values, and its errors as ours. Private to this module.

#include <memory>
#include <string_view>

#include <pier/core/cicp.hpp>
#include <pier/core/rational.hpp>
#include <pier/core/result.hpp>
#include <pier/media/frame.hpp>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/pixdesc.h>
}

namespace pier::media {

struct AvFree {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVCodecParameters* parameters) const { avcodec_parameters_free(&parameters); }
  void operator()(AVDictionary* dictionary) const { av_dict_free(&dictionary); }
};
using AvPacket = std::unique_ptr<AVPacket, AvFree>;
using AvFrame = std::unique_ptr<AVFrame, AvFree>;
using AvCodecContext = std::unique_ptr<AVCodecContext, AvFree>;
using AvCodecParameters = std::unique_ptr<AVCodecParameters, AvFree>;

/// Once per process: FFmpeg's and SVT-AV1's words go to pier::log at debug, never to standard error.
void prepare_av_library();

/// `what` names what was being done; the code follows the kind of `status` (< 0).
Error av_error(int status, std::string_view what);

Codec codec_from_av(AVCodecID id);
AVCodecID codec_to_av(Codec codec);  // AV_CODEC_ID_NONE when FFmpeg 5.1 has no such id
inline Rational rational_from_av(AVRational value) {
  return value.den == 0 ? Rational(0) : Rational(value.num, value.den);
}
AVRational rational_to_av(Rational value);

ColourInfo colour_from_av(const AVFrame& frame);
ColourInfo colour_from_av(const AVCodecParameters& parameters);
/// What `first` leaves unspecified comes from `second`.
ColourInfo merge_colour(ColourInfo first, const ColourInfo& second);
void colour_to_av(const ColourInfo& colour, AVCodecContext& context);

/// The picture of a decoded frame; shares its memory when the layout is ours, else unpacks sample by sample.
/// kInputUnsupported for palettes, floats, Bayer, and 4:1:1/4:1:0.
struct SampleTraits {
  bool clipped = true;   // false: the decoder may leave bits above the depth; then 9 to 15 bit is masked, never shared
  int significant = 16;  // of 16-bit samples, how many leading bits the source has; the picture gets that depth
};
Result<Picture> picture_from_av(const AVFrame& frame, const ColourInfo& container_colour, SampleTraits traits = {});
/// A frame that borrows the samples of `picture` and keeps it alive.
Result<AvFrame> picture_to_av(const Picture& picture);

}  // namespace pier::media
