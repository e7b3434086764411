#include <algorithm>
#include <thread>

#include <pier/core/concurrency.hpp>
#include <pier/edit/render.hpp>

#include "composer.hpp"
#include "sound_mix.hpp"

namespace pier::edit {
namespace {

using Blocks = std::vector<media::AudioBlock>;

constexpr size_t kPicturesWaiting = 3, kBlocksWaiting = 64;

/// Pictures, sound and encoding run side by side.
class Rendering {
 public:
  Rendering(const EditPlan& plan, const std::vector<OpenInput>& inputs, PixelFormat format, int threads,
            const overlay::Fonts* fonts)
      : x_plan(plan), x_composer(plan, inputs, format, threads, fonts), x_sound(plan, inputs) {}

  Result<Rendered> run(media::FileWriter& writer, const deliver::Progress& progress) {
    {
      std::vector<std::jthread> threads;
      threads.emplace_back([this] { in_thread(&Rendering::compose); });
      threads.emplace_back([this] { in_thread(&Rendering::mix_sound); });
      const Result<void> written = write(writer, progress);
      if (!written) x_error.set(written.error());
      close();
    }
    if (const auto error = x_error.get()) return Failure(*error);
    PIER_CHECK(writer.finish());
    x_rendered.made.damaged = x_composer.damaged();
    x_rendered.copied = x_composer.copied();
    x_rendered.mixed = x_composer.mixed_pictures();
    x_rendered.drawn = x_composer.drawn();
    x_rendered.clipped_samples = x_sound.clipped();
    x_rendered.conversions = x_composer.conversions();
    return std::move(x_rendered);
  }

 private:
  void in_thread(Result<void> (Rendering::*work)()) {
    const Result<void> done = (this->*work)();
    if (done) return;
    x_error.set(done.error());
    close();
  }
  void close() {
    x_pictures.close();
    x_blocks.close();
  }

  Result<void> compose() {
    for (int64_t number = 0; number < x_plan.file.pictures; ++number) {
      PIER_TRY(impl::Composed picture, x_composer.at(number));
      if (!x_pictures.push(std::move(picture))) return {};
    }
    x_pictures.close();
    return {};
  }

  Result<void> mix_sound() {
    if (x_plan.file.sounds.empty()) return {};
    for (;;) {
      PIER_TRY(auto blocks, x_sound.next());
      if (!blocks || !x_blocks.push(std::move(*blocks))) break;
    }
    x_blocks.close();
    return {};
  }

  /// Sound is written up to the end of each picture, and a block beyond it.
  Result<void> write_sound(media::FileWriter& writer, int64_t until) {
    while (x_samples < until) {
      const std::optional<Blocks> blocks = x_blocks.pop();
      if (!blocks) return {};
      for (size_t i = 0; i < blocks->size(); ++i) PIER_CHECK(writer.add(i, (*blocks)[i]));
      x_samples += static_cast<int64_t>(blocks->front().samples());
    }
    return {};
  }

  Result<void> write(media::FileWriter& writer, const deliver::Progress& progress) {
    const deliver::Plan& file = x_plan.file;
    int64_t& pictures = x_rendered.made.pictures;
    while (const std::optional<impl::Composed> next = x_pictures.pop()) {
      PIER_CHECK(next->coded.handle ? writer.add(next->coded) : writer.add(next->picture));
      pictures++;
      if (!file.sounds.empty()) {
        const Rational time = Rational(pictures) / file.frame_rate;
        PIER_CHECK(write_sound(writer, rescale(1, time, Rational(1, file.file.sounds.front().sample_rate))));
      }
      const double done = static_cast<double>(pictures) / static_cast<double>(file.pictures);
      if (progress && !progress(done, pictures)) return fail(ErrorCode::kCancelled, "stopped");
    }
    return {};
  }

  const EditPlan& x_plan;
  impl::Composer x_composer;
  impl::SoundMix x_sound;
  Rendered x_rendered;
  BoundedQueue<impl::Composed> x_pictures{kPicturesWaiting};
  BoundedQueue<Blocks> x_blocks{kBlocksWaiting};
  int64_t x_samples = 0;
  FirstError x_error;
};

}  // namespace

Result<void> try_graphics(const EditPlan& plan, const std::vector<OpenInput>& inputs, const overlay::Fonts* fonts) {
  PIER_TRY(const media::DeliveryCoding coding, media::picture_coding(plan.file.file.pictures->coding));
  return impl::Graphics(plan, inputs, coding.format, fonts).try_all();
}

Result<Rendered> render(const EditPlan& plan, const std::vector<OpenInput>& inputs, int output, int threads,
                        const overlay::Fonts* fonts, const deliver::Progress& progress) {
  media::FileConfig config = plan.file.file;
  config.pictures->threads = std::max(1, threads);
  PIER_TRY(const media::DeliveryCoding coding, media::picture_coding(config.pictures->coding));
  PIER_TRY(media::FileWriter writer, media::FileWriter::open(output, config));
  return Rendering(plan, inputs, coding.format, std::max(1, threads), fonts).run(writer, progress);
}

}  // namespace pier::edit
