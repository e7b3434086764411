// A trial: candidates of steering encoded over a few pictures, decoded again and measured at the source's raster.

#include <algorithm>
#include <cstdlib>

#include <pier/media/decode.hpp>
#include <pier/quality/measurer.hpp>
#include <pier/transcode/steering.hpp>

#include "encoder_sink.hpp"

namespace pier::transcode {
namespace {

constexpr int kSettings = 3;
constexpr double kApart = 8, kApartAv1 = 11;  // steps of crf, about as much in quality

double worst_crf(media::Codec codec) {
  return codec == media::Codec::kAv1 ? 63 : 51;
}

/// Which raster is the better one hardly depends on the preset: a quick one tells (measured, docs/adr/0026).
std::string quick_preset(const Rung& rung) {
  if (rung.codec == media::Codec::kAv1) return std::atoi(rung.preset.c_str()) >= 10 ? rung.preset : "10";
  return rung.preset == "ultrafast" || rung.preset == "superfast" ? rung.preset : "veryfast";
}

std::vector<double> settings_of(const Rung& rung) {
  std::vector<double> settings;
  for (int i = 0; i < kSettings; i++) {
    const double apart = rung.codec == media::Codec::kAv1 ? kApartAv1 : kApart;
    const double crf = std::min(worst_crf(rung.codec), rung.crf + i * apart);
    if (settings.empty() || crf > settings.back()) settings.push_back(crf);
  }
  return settings;
}

/// One candidate at one setting.
struct Attempt {
  size_t candidate = 0;
  double crf = 0;
};

/// Decodes what an encoder gave beside the pictures it was given, at the raster of the source.
class MeasuringSink final : public impl::RungSink {
 public:
  static Result<std::unique_ptr<MeasuringSink>> open(const ChunkSpec& chunk, const PlannedRung& rung,
                                                     const PlannedRung& reference, const impl::EncoderSink& coded) {
    PIER_TRY(media::VideoDecoder decoder,
             media::VideoDecoder::open(rung.rung.codec, coded.configuration(), Rational(1, chunk.timescale), 1));
    colour::ConversionOptions options;
    options.dither = false;
    PIER_TRY(colour::Converter enlarge, colour::Converter::make(rung.picture, reference.picture, options));
    quality::MeasureSpec spec{{quality::Metric::kXpsnr}, reference.picture.format, reference.picture.width,
                              reference.picture.height,  reference.picture.colour, chunk.frame_rate};
    PIER_TRY(quality::Measurer measurer, quality::Measurer::make(spec));
    return std::unique_ptr<MeasuringSink>(
        new MeasuringSink(coded, std::move(decoder), std::move(enlarge), std::move(measurer)));
  }

  Result<void> take(const Picture& picture, const PlannedFrame& planned,
                    std::span<const media::DynamicPayload>) override {
    PIER_TRY(std::optional<media::Frame> frame, next());
    if (!frame || frame->pts != planned.time)
      return fail(ErrorCode::kVerifyFailed, "a trial lacks the picture of tick " + std::to_string(planned.time));
    PIER_TRY(const Picture large, x_enlarge.run(frame->picture));
    PIER_TRY(const std::vector<double> values, x_measurer.measure(picture, large, x_before, x_before_that));
    // Before the first one nothing is known, which XPSNR takes for a cut: it would count for too much in a short
    // sample.
    if (x_before || x_coded.samples().size() == 1) x_sum += values.front(), x_count++;
    x_before_that = x_before;
    x_before = picture;
    return {};
  }
  Result<void> finish() override { return {}; }
  double mean() const { return x_sum / std::max<double>(1, x_count); }

 private:
  MeasuringSink(const impl::EncoderSink& coded, media::VideoDecoder decoder, colour::Converter enlarge,
                quality::Measurer measurer)
      : x_coded(coded), x_decoder(std::move(decoder)), x_enlarge(std::move(enlarge)), x_measurer(std::move(measurer)) {}

  Result<std::optional<media::Frame>> next() {
    while (true) {
      PIER_TRY(std::optional<media::Frame> frame, x_decoder.receive());
      if (frame || x_ended) return frame;
      if (x_position < x_coded.samples().size()) {
        PIER_CHECK(x_decoder.send(x_coded.samples()[x_position++]));
      } else {
        PIER_CHECK(x_decoder.send_end());
        x_ended = true;
      }
    }
  }

  const impl::EncoderSink& x_coded;
  media::VideoDecoder x_decoder;
  colour::Converter x_enlarge;
  quality::Measurer x_measurer;
  Picture x_before, x_before_that;
  size_t x_position = 0;
  bool x_ended = false;
  double x_sum = 0;
  int x_count = 0;
};

TrialPoint point_of(const impl::EncoderSink& coded, double crf) {
  TrialPoint point{crf};
  double keys = 0, others = 0;
  for (const media::Sample& sample : coded.samples()) {
    (sample.key ? point.key_bits : point.other_bits) += static_cast<double>(sample.data.size()) * 8;
    (sample.key ? keys : others) += 1;
  }
  point.key_bits /= std::max(1.0, keys);
  point.other_bits /= std::max(1.0, others);
  return point;
}

class Trial {
 public:
  Trial(const media::Source& source, const ChunkSpec& chunk) : x_source(source), x_coded(chunk) {
    x_coded.rungs.clear();
    for (size_t i = 0; i < chunk.rungs.size(); i++) {
      for (const double crf : settings_of(chunk.rungs[i].rung)) {
        x_attempts.push_back({i, crf});
        PlannedRung& rung = x_coded.rungs.emplace_back(chunk.rungs[i]);
        rung.rung.preset = quick_preset(rung.rung);
        rung.dynamic.clear();
      }
    }
    x_measured = x_coded;
    const bool swaps = chunk.rotation == 90 || chunk.rotation == 270;
    for (PlannedRung& rung : x_measured.rungs) {
      rung.picture.width = (swaps ? chunk.source.height : chunk.source.width) & ~1;
      rung.picture.height = (swaps ? chunk.source.width : chunk.source.height) & ~1;
    }
  }

  Result<void> encode(const Progress& progress) {
    std::vector<std::unique_ptr<impl::RungSink>> sinks;
    for (size_t i = 0; i < x_attempts.size(); i++) {
      PIER_TRY(auto sink, impl::EncoderSink::open(x_coded, x_coded.rungs[i], x_attempts[i].crf));
      x_encoders.push_back(sink.get());
      sinks.push_back(std::move(sink));
    }
    PIER_CHECK(impl::fan_out(x_source, x_coded, sinks, progress));
    x_kept = std::move(sinks);
    return {};
  }

  Result<std::vector<TrialPoints>> measure(size_t candidates, const Progress& progress) const {
    std::vector<std::unique_ptr<impl::RungSink>> sinks;
    std::vector<const MeasuringSink*> measuring;
    for (size_t i = 0; i < x_attempts.size(); i++) {
      PIER_TRY(auto sink, MeasuringSink::open(x_coded, x_coded.rungs[i], x_measured.rungs[i], *x_encoders[i]));
      measuring.push_back(sink.get());
      sinks.push_back(std::move(sink));
    }
    PIER_CHECK(impl::fan_out(x_source, x_measured, sinks, progress));
    std::vector<TrialPoints> points(candidates);
    for (size_t i = 0; i < x_attempts.size(); i++) {
      TrialPoint point = point_of(*x_encoders[i], x_attempts[i].crf);
      point.quality = measuring[i]->mean();
      points[x_attempts[i].candidate].push_back(point);
    }
    return points;
  }

 private:
  const media::Source& x_source;
  ChunkSpec x_coded;     // the sample, a rung an attempt
  ChunkSpec x_measured;  // the same at the source's raster
  std::vector<Attempt> x_attempts;
  std::vector<std::unique_ptr<impl::RungSink>> x_kept;
  std::vector<const impl::EncoderSink*> x_encoders;
};

}  // namespace

Result<std::vector<TrialPoints>> run_trial(const media::Source& source, const ChunkSpec& sample,
                                           const Progress& progress) {
  if (sample.frames.empty()) return fail(ErrorCode::kInvalidArgument, "a trial needs frames");
  const auto part = [&](double from) {
    return [&progress, from](double fraction, int64_t frames) {
      return !progress || progress(from + fraction / 2, frames);
    };
  };
  Trial trial(source, sample);
  PIER_CHECK(trial.encode(part(0)));
  return trial.measure(sample.rungs.size(), part(0.5));
}

}  // namespace pier::transcode
