#include "test_clip.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>

#include "pass.hpp"
#include "signal.hpp"

namespace pier::analysis::test {

namespace {

PixelFormat format_of(const ClipSpec& spec) {
  return {.bit_depth = static_cast<uint8_t>(spec.bit_depth), .chroma = spec.chroma, .rgb = false};
}

/// Repeatable noise of one sample: 0 ... 255.
int noise(int x, int y, int frame) {
  uint32_t h = static_cast<uint32_t>(x) * 374761393U + static_cast<uint32_t>(y) * 668265263U +
               static_cast<uint32_t>(frame) * 2246822519U;
  h = (h ^ (h >> 13U)) * 1274126177U;
  return static_cast<int>((h >> 16U) & 255U);
}

}  // namespace

std::string name(Kind kind) {
  return kind == Kind::kSdr ? "sdr" : kind == Kind::kHlg ? "hlg" : "pq";
}

ColourInfo colour_of(Kind kind) {
  ColourInfo colour{.range = Range::kNarrow, .chroma_site = ChromaSite::kTopLeft};
  colour.primaries = kind == Kind::kSdr ? Primaries::kBt709 : Primaries::kBt2020;
  colour.transfer = kind == Kind::kSdr ? Transfer::kBt709 : kind == Kind::kHlg ? Transfer::kHlg : Transfer::kPq;
  colour.matrix = kind == Kind::kSdr ? Matrix::kBt709 : Matrix::kBt2020Ncl;
  return colour;
}

int luma_code(const ClipSpec& spec, double nits) {
  const auto signal = Signal::make(format_of(spec), colour_of(spec.kind));
  const int below = signal->code_at_most(nits);
  const auto light = [&](int code) {
    return signal->nits(static_cast<double>(code - signal->black()) / (signal->peak() - signal->black()));
  };
  return std::abs(light(below + 1) - nits) < std::abs(light(below) - nits) ? below + 1 : below;
}

Picture picture_of(const ClipSpec& spec, int frame) {
  Picture picture = Picture::allocate(format_of(spec), spec.width, spec.height, colour_of(spec.kind));
  MutablePictureView view = picture.writable();
  const int low = luma_code(spec, 1.0);
  const int span = luma_code(spec, 80.0) - low;
  for (int y = 0; y < spec.height; ++y) {
    for (int x = 0; x < spec.width; ++x) {
      const int ramp = ((x + 3 * frame) % spec.width) * span / spec.width;
      set_sample(view, 0, x, y, low + ramp * 7 / 8 + noise(x, y, frame) * span / (8 * 256));
    }
  }
  const int middle = 1 << (spec.bit_depth - 1);
  for (int p = 1; p < view.format.plane_count(); ++p) {
    const auto& plane = view.planes[static_cast<size_t>(p)];
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width; ++x) {
        const int wave = (((x + y + 2 * frame) % 64) - 32) * middle / 2048;
        set_sample(view, p, x, y, middle + wave);
      }
    }
  }
  return picture;
}

void set_sample(MutablePictureView& picture, int plane, int x, int y, int code) {
  auto& p = picture.planes[static_cast<size_t>(plane)];
  if (picture.format.bit_depth > 8) {
    p.row<uint16_t>(y)[x] = static_cast<uint16_t>(code);
  } else {
    p.row<uint8_t>(y)[x] = static_cast<uint8_t>(code);
  }
}

void fill_plane(MutablePictureView& picture, int plane, int code) {
  const auto& p = picture.planes[static_cast<size_t>(plane)];
  for (int y = 0; y < p.height; ++y) {
    for (int x = 0; x < p.width; ++x) set_sample(picture, plane, x, y, code);
  }
}

void fill(MutablePictureView& picture, int x, int y, int width, int height, int code) {
  const int middle = 1 << (picture.format.bit_depth - 1);
  for (int row = y; row < y + height; ++row) {
    if (picture.format.bit_depth > 8) {
      std::fill_n(picture.planes[0].row<uint16_t>(row) + x, width, static_cast<uint16_t>(code));
    } else {
      std::fill_n(picture.planes[0].row<uint8_t>(row) + x, width, static_cast<uint8_t>(code));
    }
  }
  for (int p = 1; p < picture.format.plane_count(); ++p) {
    const auto& plane = picture.planes[static_cast<size_t>(p)];
    const int sx = plane.width == picture.width ? 1 : 2;
    const int sy = plane.height == picture.height ? 1 : 2;
    for (int row = y / sy; row < std::min(plane.height, (y + height + sy - 1) / sy); ++row) {
      for (int column = x / sx; column < std::min(plane.width, (x + width + sx - 1) / sx); ++column) {
        set_sample(picture, p, column, row, middle);
      }
    }
  }
}

void fill(MutablePictureView& picture, int code) {
  fill(picture, 0, 0, picture.width, picture.height, code);
}

media::Frame frame_of(const ClipSpec& spec, int index, const Plant& plant) {
  media::Frame frame;
  frame.picture = picture_of(spec, index);
  if (plant) {
    MutablePictureView view = frame.picture.writable();
    plant(view, index);
  }
  frame.pts = index;
  frame.duration = 1;
  frame.key = index % 10 == 0;
  return frame;
}

PassOptions options_of(const ClipSpec& spec) {
  PassOptions options;
  options.context.video = VideoContext{.stream_index = 0, .time_base = Rational(1, spec.fps), .frame_rate = spec.fps};
  options.threads = spec.threads;
  return options;
}

AnalysisResult analyse_clip(const ClipSpec& spec, const Plant& plant) {
  Pass pass(options_of(spec));
  for (int i = 0; i < spec.frames; ++i) pass.add_frame(frame_of(spec, i, plant));
  auto result = pass.finish();
  if (!result) {
    std::fprintf(stderr, "pass failed: %s\n", result.error().message.c_str());
    std::abort();
  }
  return std::move(*result);
}

std::vector<Finding> of_kind(const AnalysisResult& result, const std::string& kind) {
  std::vector<Finding> found;
  for (const Finding& finding : result.findings) {
    if (finding.kind == kind) found.push_back(finding);
  }
  return found;
}

media::AudioBlock tone_block(const Tone& tone, int sample_rate, int channels, int64_t first, int64_t samples) {
  media::AudioBlock block;
  block.pts = first;
  block.sample_rate = sample_rate;
  std::vector<float> wave(static_cast<size_t>(samples));
  for (int64_t i = 0; i < samples; ++i) {
    const double angle = 2 * std::numbers::pi * tone.hertz * static_cast<double>(first + i) / sample_rate + tone.phase;
    wave[static_cast<size_t>(i)] = static_cast<float>(tone.amplitude * std::sin(angle));
  }
  block.channels.assign(static_cast<size_t>(channels), wave);
  return block;
}

}  // namespace pier::analysis::test
