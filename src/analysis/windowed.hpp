#pragma once
// State of an analyzer whose answer for a frame depends on a bounded number of frames around it. A stream may be cut
// anywhere: a part keeps the frames of its head as they were measured, and judges them once it is known what came
// before. So parts that are saved, loaded and merged give the bytes of the whole.

#include <utility>
#include <vector>

#include "json_io.hpp"

namespace pier::analysis::impl {

/// Core: `Frame`, what was measured of one frame, with save() and static load(value);
///   bool full(const std::vector<Frame>& head) const   `head` is all that the frame after it can depend on;
///   void feed(const Frame&, bool record)              answers are kept when `record`;
///   void resume(Core&& later)                         goes on where `later` stands, whose answers follow ours;
///   save(), load().
template <typename Core>
class Windowed {
 public:
  using Frame = typename Core::Frame;
  explicit Windowed(Core core) : x_fresh(core), x_core(std::move(core)) {}

  void feed(const Frame& frame) {
    if (!x_beyond && !x_core.full(x_head)) {
      x_core.feed(frame, false);
      x_head.push_back(frame);
      return;
    }
    x_beyond = true;
    x_core.feed(frame, true);
  }

  /// Once: the core with the answers of all frames.
  Core finish() {
    Core all = std::move(x_fresh);
    for (const Frame& frame : x_head) all.feed(frame, true);
    if (x_beyond) all.resume(std::move(x_core));
    return all;
  }

  json::value save() const {
    json::array head;
    for (const Frame& frame : x_head) head.push_back(frame.save());
    return json::object{{"head", std::move(head)}, {"beyond", x_beyond}, {"core", x_core.save()}};
  }

  Result<void> load(const json::value& state) {
    PIER_TRY(const json::object* object, as_object(state, "saved frames"));
    PIER_TRY(const json::array head, get_array(*object, "head"));
    PIER_TRY(const bool beyond, get_bool(*object, "beyond"));
    Windowed loaded(x_fresh);
    for (const json::value& value : head) {
      PIER_TRY(Frame frame, Frame::load(value));
      if (x_core.full(loaded.x_head)) return fail(ErrorCode::kInputDamaged, "saved frames are more than a head holds");
      loaded.x_head.push_back(std::move(frame));
    }
    PIER_CHECK(loaded.x_core.load(member(state, "core")));
    loaded.x_beyond = beyond;
    *this = std::move(loaded);
    return {};
  }

  Result<void> merge(const json::value& later) {
    Windowed next(x_fresh);
    PIER_CHECK(next.load(later));
    for (const Frame& frame : next.x_head) feed(frame);
    if (!next.x_beyond) return {};
    x_beyond = true;
    x_core.resume(std::move(next.x_core));
    return {};
  }

 private:
  Core x_fresh;  // as made, for finish()
  std::vector<Frame> x_head;
  Core x_core;
  bool x_beyond = false;  // frames after the head were fed
};

}  // namespace pier::analysis::impl
