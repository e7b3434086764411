#include "resample.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <zimg.h>

namespace pier::colour::impl {
namespace {

constexpr size_t kAlignment = 64;
#if defined(__x86_64__)
constexpr zimg_cpu_type_e kReproducibleCpu = ZIMG_CPU_X86_SSE2;
#else
constexpr zimg_cpu_type_e kReproducibleCpu = ZIMG_CPU_NONE;
#endif

bool is_subsampled_w(const PixelFormat& format) {
  return format.chroma == Chroma::k420 || format.chroma == Chroma::k422;
}
bool is_subsampled_h(const PixelFormat& format) {
  return format.chroma == Chroma::k420;
}

PictureSpec padded(const PictureSpec& spec) {
  PictureSpec even = spec;
  if (is_subsampled_w(spec.format)) even.width += even.width & 1;
  if (is_subsampled_h(spec.format)) even.height += even.height & 1;
  return even;
}

zimg_image_format image_format(const PictureSpec& spec) {
  zimg_image_format format;
  zimg_image_format_default(&format, ZIMG_API_VERSION);
  format.width = static_cast<unsigned>(spec.width);
  format.height = static_cast<unsigned>(spec.height);
  format.pixel_type = spec.format.bit_depth > 8 ? ZIMG_PIXEL_WORD : ZIMG_PIXEL_BYTE;
  format.depth = spec.format.bit_depth;
  format.subsample_w = is_subsampled_w(spec.format) ? 1 : 0;
  format.subsample_h = is_subsampled_h(spec.format) ? 1 : 0;
  format.color_family = spec.format.rgb                      ? ZIMG_COLOR_RGB
                        : spec.format.chroma == Chroma::k400 ? ZIMG_COLOR_GREY
                                                             : ZIMG_COLOR_YUV;
  format.matrix_coefficients = static_cast<zimg_matrix_coefficients_e>(spec.colour.matrix);
  format.pixel_range = spec.colour.range == Range::kFull ? ZIMG_RANGE_FULL : ZIMG_RANGE_LIMITED;
  if (format.subsample_w != 0) format.chroma_location = static_cast<zimg_chroma_location_e>(spec.colour.chroma_site);
  return format;
}

Failure zimg_failure(const char* what) {
  char text[512] = "";
  zimg_get_last_error(text, sizeof text);
  zimg_clear_last_error();
  return fail(ErrorCode::kInputUnsupported, std::string(what) + ": " + text, text);
}

bool is_aligned(const PictureView& view) {
  for (int p = 0; p < view.format.plane_count(); ++p) {
    const Plane& plane = view.planes[static_cast<size_t>(p)];
    if ((reinterpret_cast<uintptr_t>(plane.data) | static_cast<uintptr_t>(plane.stride)) % kAlignment != 0)
      return false;
  }
  return true;
}

/// Copies into a larger or better aligned picture; last column and row are repeated.
Picture copy_padded(const PictureView& in, const PictureSpec& spec) {
  Picture copy = Picture::allocate(spec.format, spec.width, spec.height, in.colour);
  if (!copy) return copy;
  const MutablePictureView out = copy.writable();
  const size_t sample = static_cast<size_t>(spec.format.bytes_per_sample());
  for (int p = 0; p < spec.format.plane_count(); ++p) {
    const Plane& from = in.planes[static_cast<size_t>(p)];
    const MutablePlane& to = out.planes[static_cast<size_t>(p)];
    for (int y = 0; y < to.height; ++y) {
      const std::byte* source = from.data + std::min(y, from.height - 1) * from.stride;
      std::byte* target = to.data + y * to.stride;
      std::memcpy(target, source, static_cast<size_t>(from.width) * sample);
      for (int x = from.width; x < to.width; ++x)
        std::memcpy(target + static_cast<size_t>(x) * sample, source + static_cast<size_t>(from.width - 1) * sample,
                    sample);
    }
  }
  return copy;
}

}  // namespace

std::byte* AlignedBuffer::reserve(size_t bytes) {
  if (bytes > size) {
    const size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    memory = {static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded)), std::free};
    size = memory ? rounded : 0;
  }
  return memory.get();
}

Result<Resampler> Resampler::make(const PictureSpec& from, const PictureSpec& to, bool dither) {
  Resampler made;
  made.x_padded = padded(from);
  made.x_is_padded = made.x_padded.width != from.width || made.x_padded.height != from.height;
  zimg_image_format source = image_format(made.x_padded);
  const zimg_image_format target = image_format(to);
  source.active_region.left = 0;
  source.active_region.top = 0;
  source.active_region.width = from.width;
  source.active_region.height = from.height;
  zimg_graph_builder_params params;
  zimg_graph_builder_params_default(&params, ZIMG_API_VERSION);
  // Lanczos keeps most detail when shrinking; Spline36 rings less when enlarging.
  const bool larger = to.width > from.width || to.height > from.height;
  params.resample_filter = larger ? ZIMG_RESIZE_SPLINE36 : ZIMG_RESIZE_LANCZOS;
  params.resample_filter_uv = params.resample_filter;
  params.filter_param_a = params.filter_param_a_uv = 3;
  // Without a change of matrix libzimg gives the same bytes on every processor. A matrix is done in floats, and fused
  // multiply-add would change single codes: there the baseline of x86-64 is taken, which all machines have.
  const bool same_matrix = from.format.rgb == to.format.rgb && from.colour.matrix == to.colour.matrix;
  params.cpu_type = same_matrix ? ZIMG_CPU_AUTO_64B : kReproducibleCpu;
  if (dither && to.format.bit_depth < from.format.bit_depth) params.dither_type = ZIMG_DITHER_ORDERED;
  if (to.width != from.width || to.height != from.height) made.x_filter = larger ? "Spline36" : "Lanczos";
  made.x_graph = Graph(zimg_filter_graph_build(&source, &target, &params), zimg_filter_graph_free);
  if (!made.x_graph) return zimg_failure("no resampling for this picture");
  if (zimg_filter_graph_get_tmp_size(made.x_graph.get(), &made.x_scratch_bytes) != ZIMG_ERROR_SUCCESS)
    return zimg_failure("no resampling for this picture");
  return made;
}

Result<void> Resampler::run(const PictureView& in, const MutablePictureView& out, AlignedBuffer& scratch) const {
  Picture copy;
  if (x_is_padded || !is_aligned(in)) {
    copy = copy_padded(in, x_padded);
    if (!copy) return fail(ErrorCode::kNoSpace, "no memory for a picture");
  }
  const PictureView& source_view = copy ? copy.view() : in;
  zimg_image_buffer_const source{};
  zimg_image_buffer target{};
  source.version = target.version = ZIMG_API_VERSION;
  for (size_t p = 0; p < 3; ++p) {
    source.plane[p] = {source_view.planes[p].data, source_view.planes[p].stride, ZIMG_BUFFER_MAX};
    target.plane[p] = {out.planes[p].data, out.planes[p].stride, ZIMG_BUFFER_MAX};
  }
  std::byte* memory = scratch.reserve(std::max<size_t>(x_scratch_bytes, kAlignment));
  if (memory == nullptr) return fail(ErrorCode::kNoSpace, "no memory to resample a picture");
  if (zimg_filter_graph_process(x_graph.get(), &source, &target, memory, nullptr, nullptr, nullptr, nullptr) !=
      ZIMG_ERROR_SUCCESS)
    return zimg_failure("resampling failed");
  return {};
}

}  // namespace pier::colour::impl
