#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <jpeglib.h>

#include <pier/media/encode.hpp>

namespace pier::media {
namespace {

constexpr int kMcuRows = 16;

struct Failing {
  jpeg_error_mgr manager;
  jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave(j_common_ptr info) {
  auto* failing = reinterpret_cast<Failing*>(info->err);
  info->err->format_message(info, failing->message);
  longjmp(failing->back, 1);
}

void stay_quiet(j_common_ptr) {}

// One band of 16 luma rows with its chroma rows, each row widened to whole blocks by its last sample.
struct Band {
  std::vector<uint8_t> samples[3];
  std::vector<JSAMPROW> rows[3];
  JSAMPARRAY planes[3];

  explicit Band(const PictureView& picture) {
    for (int p = 0; p < 3; ++p) {
      const int count = p == 0 ? kMcuRows : kMcuRows / 2;
      const int block = p == 0 ? 16 : 8;
      const int width = (picture.format.plane_width(p, picture.width) + block - 1) / block * block;
      samples[p].resize(static_cast<size_t>(width) * static_cast<size_t>(count), 128);
      for (int y = 0; y < count; ++y) rows[p].push_back(samples[p].data() + static_cast<ptrdiff_t>(y) * width);
      planes[p] = rows[p].data();
    }
  }

  void fill(const PictureView& picture, int first_row) {
    for (int p = 0; p < picture.format.plane_count(); ++p) {
      const auto& plane = picture.planes[static_cast<size_t>(p)];
      const int count = static_cast<int>(rows[p].size());
      const size_t width = samples[p].size() / rows[p].size();
      for (int y = 0; y < count; ++y) {
        const int from = std::min((p == 0 ? first_row : first_row / 2) + y, plane.height - 1);
        std::memcpy(rows[p][static_cast<size_t>(y)], plane.data + from * plane.stride,
                    static_cast<size_t>(plane.width));
        std::memset(rows[p][static_cast<size_t>(y)] + plane.width, rows[p][static_cast<size_t>(y)][plane.width - 1],
                    width - static_cast<size_t>(plane.width));
      }
    }
  }
};

void set_up(jpeg_compress_struct& info, const PictureView& picture, int quality) {
  info.image_width = static_cast<JDIMENSION>(picture.width);
  info.image_height = static_cast<JDIMENSION>(picture.height);
  info.input_components = 3;
  info.in_color_space = JCS_YCbCr;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  info.raw_data_in = TRUE;
  info.optimize_coding = TRUE;
  info.dct_method = JDCT_ISLOW;
  info.comp_info[0].h_samp_factor = 2;
  info.comp_info[0].v_samp_factor = 2;
}

// longjmp comes back here: everything with a destructor lives in the caller.
bool compress(const PictureView& picture, int quality, Band& band, Failing& failing, unsigned char** out,
              unsigned long* size) {
  jpeg_compress_struct info;
  info.err = jpeg_std_error(&failing.manager);
  failing.manager.error_exit = leave;
  failing.manager.output_message = stay_quiet;
  if (setjmp(failing.back) != 0) {
    jpeg_destroy_compress(&info);
    return false;
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, out, size);
  set_up(info, picture, quality);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    band.fill(picture, static_cast<int>(info.next_scanline));
    jpeg_write_raw_data(&info, band.planes, kMcuRows);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  return true;
}

}  // namespace

Result<Bytes> encode_jpeg(const PictureView& picture, int quality) {
  const PixelFormat& format = picture.format;
  if (format.bit_depth != 8 || format.rgb || (format.chroma != Chroma::k420 && format.chroma != Chroma::k400)) {
    return fail(ErrorCode::kInvalidArgument, "a JPEG is made of 8-bit 4:2:0, not of " + format.to_string());
  }
  if (picture.width <= 0 || picture.height <= 0 || picture.width > JPEG_MAX_DIMENSION ||
      picture.height > JPEG_MAX_DIMENSION) {
    return fail(ErrorCode::kInvalidArgument, "a JPEG cannot have this raster");
  }
  if (picture.colour.range == Range::kNarrow) {
    return fail(ErrorCode::kInvalidArgument, "a JPEG is full range; convert the picture first");
  }
  Band band(picture);
  Failing failing{};
  unsigned char* out = nullptr;
  unsigned long size = 0;
  const bool done = compress(picture, std::clamp(quality, 1, 100), band, failing, &out, &size);
  const std::unique_ptr<unsigned char, decltype(&std::free)> owner(out, &std::free);
  if (!done) return fail(ErrorCode::kInternal, "cannot make a JPEG", failing.message);
  const auto bytes = std::as_bytes(std::span(out, size));
  return Bytes(bytes.begin(), bytes.end());
}

}  // namespace pier::media
