#include <algorithm>
#include <bit>
#include <cstring>

#include <pier/core/picture.hpp>

#include "av_handles.hpp"

extern "C" {
#include <libavutil/imgutils.h>
}

namespace pier::media {
namespace {

constexpr auto kXyzPrimaries = static_cast<Primaries>(10);  // H.273: SMPTE ST 428-1, CIE XYZ
constexpr uint64_t kForeignLayout = AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_HWACCEL |
                                    AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BAYER;

template <typename Source>
ColourInfo colour_of(const Source& source, AVColorRange range, AVChromaLocation site, int matrix) {
  ColourInfo colour;
  colour.primaries = static_cast<Primaries>(source.color_primaries);
  colour.transfer = static_cast<Transfer>(source.color_trc);
  colour.matrix = static_cast<Matrix>(matrix);
  if (range == AVCOL_RANGE_MPEG) colour.range = Range::kNarrow;
  if (range == AVCOL_RANGE_JPEG) colour.range = Range::kFull;
  if (site >= AVCHROMA_LOC_LEFT && site <= AVCHROMA_LOC_BOTTOM) {
    colour.chroma_site = static_cast<ChromaSite>(site - AVCHROMA_LOC_LEFT);
  }
  return colour;
}

bool is_native_order(const AVPixFmtDescriptor& descriptor, int bytes) {
  const bool big = (descriptor.flags & AV_PIX_FMT_FLAG_BE) != 0;
  return bytes == 1 || big == (std::endian::native == std::endian::big);
}

Result<PixelFormat> format_of(const AVPixFmtDescriptor& descriptor) {
  const bool rgb = (descriptor.flags & AV_PIX_FMT_FLAG_RGB) != 0 || std::strncmp(descriptor.name, "xyz", 3) == 0;
  PixelFormat format;
  format.bit_depth = static_cast<uint8_t>(descriptor.comp[0].depth);
  format.rgb = rgb;
  bool known = (descriptor.flags & kForeignLayout) == 0 && format.bit_depth >= 8 && format.bit_depth <= 16;
  const int components = descriptor.nb_components >= 3 ? 3 : 1;
  for (int c = 1; c < components; ++c) known = known && descriptor.comp[c].depth == format.bit_depth;
  if (components == 1) {
    format.chroma = Chroma::k400;
  } else if (rgb || (descriptor.log2_chroma_w == 0 && descriptor.log2_chroma_h == 0)) {
    format.chroma = Chroma::k444;
  } else if (descriptor.log2_chroma_w == 1 && descriptor.log2_chroma_h == 0) {
    format.chroma = Chroma::k422;
  } else if (descriptor.log2_chroma_w == 1 && descriptor.log2_chroma_h == 1) {
    format.chroma = Chroma::k420;
  } else {
    known = false;
  }
  if (!known) {
    return fail(ErrorCode::kInputUnsupported,
                std::string("pictures in layout ") + descriptor.name +
                    " are not supported; convert the master to planar YCbCr or RGB of 8 to 16 bit");
  }
  return format;
}

const std::byte* component_start(const AVFrame& frame, const AVComponentDescriptor& component) {
  return reinterpret_cast<const std::byte*>(frame.data[component.plane]) + component.offset;
}

bool is_planar(const AVFrame& frame, const AVPixFmtDescriptor& descriptor, const PixelFormat& format) {
  const int bytes = format.bytes_per_sample();
  for (int plane = 0; plane < format.plane_count(); ++plane) {
    const auto& component = descriptor.comp[plane];
    const auto address = reinterpret_cast<uintptr_t>(frame.data[component.plane]);
    if (component.step != bytes || component.offset != 0 || component.shift != 0) return false;
    if (address % static_cast<uintptr_t>(bytes) != 0 || frame.linesize[component.plane] % bytes != 0) return false;
  }
  return is_native_order(descriptor, bytes);
}

Result<Picture> share(const AVFrame& frame, const AVPixFmtDescriptor& descriptor, PictureView view) {
  std::shared_ptr<AVFrame> owner(av_frame_clone(&frame), AvFree());
  if (!owner) return fail(ErrorCode::kTooLarge, "no memory for a decoded picture");
  for (int plane = 0; plane < view.format.plane_count(); ++plane) {
    const auto& component = descriptor.comp[plane];
    view.planes[plane] = {component_start(*owner, component), owner->linesize[component.plane],
                          view.format.plane_width(plane, view.width), view.format.plane_height(plane, view.height)};
  }
  return Picture::wrap(view, owner);
}

/// Reads one component of a row: a byte, or 16 bits in the byte order of the layout, shifted and masked to its depth.
template <typename Sample>
void unpack_row(const std::byte* in, const AVComponentDescriptor& component, bool wide, bool big_endian, int width,
                Sample* out) {
  const auto mask = (1U << component.depth) - 1U;
  for (int x = 0; x < width; ++x, in += component.step) {
    unsigned value = std::to_integer<unsigned>(in[0]);
    if (wide) {
      const auto second = std::to_integer<unsigned>(in[1]);
      value = big_endian ? (value << 8U) | second : value | (second << 8U);
    }
    out[x] = static_cast<Sample>((value >> static_cast<unsigned>(component.shift)) & mask);
  }
}

Picture unpack(const AVFrame& frame, const AVPixFmtDescriptor& descriptor, const PictureView& view, int surplus) {
  Picture picture = Picture::allocate(view.format, view.width, view.height, view.colour);
  if (!picture) return picture;
  const MutablePictureView out = picture.writable();
  const bool big_endian = (descriptor.flags & AV_PIX_FMT_FLAG_BE) != 0;
  for (int plane = 0; plane < view.format.plane_count(); ++plane) {
    AVComponentDescriptor component = descriptor.comp[plane];
    const bool wide = component.shift + component.depth > 8;
    component.shift += surplus;
    component.depth -= surplus;
    for (int y = 0; y < out.planes[plane].height; ++y) {
      const std::byte* row =
          component_start(frame, component) + static_cast<ptrdiff_t>(y) * frame.linesize[component.plane];
      const int width = out.planes[plane].width;
      if (view.format.bytes_per_sample() == 1) {
        unpack_row(row, component, wide, big_endian, width, out.planes[plane].row<uint8_t>(y));
      } else {
        unpack_row(row, component, wide, big_endian, width, out.planes[plane].row<uint16_t>(y));
      }
    }
  }
  return picture;
}

AVPixelFormat planar_format(const PixelFormat& format) {
  const char* base = format.rgb                      ? "gbrp"
                     : format.chroma == Chroma::k400 ? "gray"
                     : format.chroma == Chroma::k420 ? "yuv420p"
                     : format.chroma == Chroma::k422 ? "yuv422p"
                                                     : "yuv444p";
  std::string name = base;
  if (format.bit_depth > 8) name += std::to_string(format.bit_depth) + "le";
  return av_get_pix_fmt(name.c_str());
}

}  // namespace

ColourInfo colour_from_av(const AVFrame& frame) {
  ColourInfo colour = colour_of(frame, frame.color_range, frame.chroma_location, frame.colorspace);
  const auto* descriptor = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  if (descriptor == nullptr) return colour;
  if (std::strncmp(descriptor->name, "yuvj", 4) == 0) colour.range = Range::kFull;
  if (std::strncmp(descriptor->name, "xyz", 3) == 0) {
    colour.matrix = Matrix::kRgb;
    if (colour.primaries == Primaries::kUnspecified) colour.primaries = kXyzPrimaries;
  }
  if ((descriptor->flags & AV_PIX_FMT_FLAG_RGB) != 0) colour.matrix = Matrix::kRgb;
  return colour;
}

ColourInfo colour_from_av(const AVCodecParameters& parameters) {
  return colour_of(parameters, parameters.color_range, parameters.chroma_location, parameters.color_space);
}

ColourInfo merge_colour(ColourInfo first, const ColourInfo& second) {
  if (first.primaries == Primaries::kUnspecified) first.primaries = second.primaries;
  if (first.transfer == Transfer::kUnspecified) first.transfer = second.transfer;
  if (first.matrix == Matrix::kUnspecified) first.matrix = second.matrix;
  if (first.range == Range::kUnspecified) first.range = second.range;
  if (first.chroma_site == ChromaSite::kUnspecified) first.chroma_site = second.chroma_site;
  return first;
}

void colour_to_av(const ColourInfo& colour, AVCodecContext& context) {
  context.color_primaries = static_cast<AVColorPrimaries>(colour.primaries);
  context.color_trc = static_cast<AVColorTransferCharacteristic>(colour.transfer);
  context.colorspace = static_cast<AVColorSpace>(colour.matrix);
  if (colour.range != Range::kUnspecified) {
    context.color_range = colour.range == Range::kFull ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  }
  if (colour.chroma_site != ChromaSite::kUnspecified) {
    context.chroma_sample_location =
        static_cast<AVChromaLocation>(static_cast<int>(colour.chroma_site) + AVCHROMA_LOC_LEFT);
  }
}

Result<Picture> picture_from_av(const AVFrame& frame, const ColourInfo& container_colour, SampleTraits traits) {
  const auto* descriptor = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  if (descriptor == nullptr || frame.width <= 0 || frame.height <= 0) {
    return fail(ErrorCode::kInputDamaged, "the decoder gave a picture without a layout");
  }
  PictureView view;
  PIER_TRY(view.format, format_of(*descriptor));
  const int surplus = view.format.bit_depth == 16 ? 16 - std::clamp(traits.significant, 9, 16) : 0;
  view.format.bit_depth = static_cast<uint8_t>(view.format.bit_depth - surplus);
  view.colour = merge_colour(colour_from_av(frame), container_colour);
  view.width = frame.width;
  view.height = frame.height;
  const bool exact = surplus == 0 && (traits.clipped || view.format.bit_depth == 8 || view.format.bit_depth == 16);
  if (exact && is_planar(frame, *descriptor, view.format)) return share(frame, *descriptor, view);
  Picture picture = unpack(frame, *descriptor, view, surplus);
  if (!picture) return fail(ErrorCode::kTooLarge, "no memory for a decoded picture");
  return picture;
}

Result<AvFrame> picture_to_av(const Picture& picture) {
  AvFrame frame(av_frame_alloc());
  auto* owner = new Picture(picture);
  auto release = [](void* opaque, uint8_t*) { delete static_cast<Picture*>(opaque); };
  AVBufferRef* buffer = av_buffer_create(nullptr, 0, release, owner, AV_BUFFER_FLAG_READONLY);
  if (buffer == nullptr) delete owner;
  if (!frame || buffer == nullptr) {
    av_buffer_unref(&buffer);
    return fail(ErrorCode::kTooLarge, "no memory for a picture to encode");
  }
  frame->buf[0] = buffer;
  const PictureView& view = picture.view();
  frame->format = planar_format(view.format);
  frame->width = view.width;
  frame->height = view.height;
  if (frame->format == AV_PIX_FMT_NONE) {
    return fail(ErrorCode::kInvalidArgument, "no encoder takes " + view.format.to_string());
  }
  constexpr int kRgbPlane[] = {2, 0, 1};  // FFmpeg keeps G, B, R
  for (int plane = 0; plane < view.format.plane_count(); ++plane) {
    const int at = view.format.rgb ? kRgbPlane[plane] : plane;
    frame->data[at] = reinterpret_cast<uint8_t*>(const_cast<std::byte*>(view.planes[plane].data));
    frame->linesize[at] = static_cast<int>(view.planes[plane].stride);
  }
  return frame;
}

}  // namespace pier::media
