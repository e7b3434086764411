#include "direct.hpp"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "direct.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pier::colour::impl {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kBlock = 256;
constexpr int kLanes = 16;  // of the widest vectors
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// R, G, B of a block.
struct Block {
  alignas(64) float channel[3][kBlock];
};

/// A curve ready to be looked up: on AVX-512 its coefficients stay in registers.
class Pieces {
 public:
  HWY_ATTR explicit Pieces(const Curve& curve)
      : x_lowest(hn::Set(D(), curve.lowest)),
        x_highest(hn::Set(D(), curve.highest)),
        x_shift(curve.shift),
        x_curve(&curve) {
#if HWY_TARGET <= HWY_AVX3
    for (int k = 0; k < 4; ++k) {
      x_low[k] = hn::Load(D(), curve.coefficients[k]);
      x_high[k] = hn::Load(D(), curve.coefficients[k] + 16);
    }
#endif
  }

  /// `x` must be 0 ... highest.
  HWY_ATTR V operator()(V x) const {
    const hn::RebindToSigned<D> di;
    const auto piece = hn::ShiftRightSame(hn::BitCast(di, hn::Max(x, x_lowest)), x_shift);
#if HWY_TARGET <= HWY_AVX3
    const auto coefficient = [&](int k)
                                 HWY_ATTR { return V{_mm512_permutex2var_ps(x_low[k].raw, piece.raw, x_high[k].raw)}; };
#else
    const auto index = hn::And(piece, hn::Set(di, Curve::kPieces - 1));
    const auto coefficient = [&](int k) HWY_ATTR { return hn::GatherIndex(D(), x_curve->coefficients[k], index); };
#endif
    V sum = hn::Add(hn::Mul(coefficient(3), x), coefficient(2));
    sum = hn::Add(hn::Mul(sum, x), coefficient(1));
    return hn::Add(hn::Mul(sum, x), coefficient(0));
  }
  HWY_ATTR V clamped(V x) const { return (*this)(hn::Min(hn::Max(x, hn::Zero(D())), x_highest)); }

 private:
  V x_lowest, x_highest;
  int x_shift;
  const Curve* x_curve;
#if HWY_TARGET <= HWY_AVX3
  V x_low[4], x_high[4];
#endif
};

/// Calls `function(r, g, b)`, which changes its arguments, for every vector of the block.
template <typename Function>
HWY_ATTR HWY_INLINE void for_each(Block& block, int count, const Function& function) {
  const D d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  for (int x = 0; x < count; x += lanes) {
    V r = hn::Load(d, block.channel[0] + x), g = hn::Load(d, block.channel[1] + x),
      b = hn::Load(d, block.channel[2] + x);
    function(r, g, b);
    hn::Store(r, d, block.channel[0] + x);
    hn::Store(g, d, block.channel[1] + x);
    hn::Store(b, d, block.channel[2] + x);
  }
}

/// Weighted sum of three channels.
struct Weights {
  HWY_ATTR explicit Weights(const float* weights)
      : r(hn::Set(D(), weights[0])), g(hn::Set(D(), weights[1])), b(hn::Set(D(), weights[2])) {}
  HWY_ATTR V operator()(V red, V green, V blue) const {
    return hn::Add(hn::Add(hn::Mul(red, r), hn::Mul(green, g)), hn::Mul(blue, b));
  }
  V r, g, b;
};

/// Codes of Y'CbCr to R'G'B' within 0 ... top.
class Source {
 public:
  HWY_ATTR explicit Source(const Pass& pass)
      : x_factor(set(pass.luma_factor)),
        x_offset(set(pass.luma_offset)),
        x_centre(set(pass.chroma_centre)),
        x_top(set(pass.top)),
        x_red_cr(set(pass.red_cr)),
        x_green_cb(set(pass.green_cb)),
        x_green_cr(set(pass.green_cr)),
        x_blue_cb(set(pass.blue_cb)) {}

  HWY_ATTR void operator()(const uint16_t* y_at, const uint16_t* cb_at, const uint16_t* cr_at, V& r, V& g, V& b) const {
    const V y = hn::Add(hn::Mul(load(y_at), x_factor), x_offset);
    const V cb = hn::Sub(load(cb_at), x_centre), cr = hn::Sub(load(cr_at), x_centre);
    r = clip(hn::Add(y, hn::Mul(cr, x_red_cr)));
    g = clip(hn::Add(y, hn::Add(hn::Mul(cb, x_green_cb), hn::Mul(cr, x_green_cr))));
    b = clip(hn::Add(y, hn::Mul(cb, x_blue_cb)));
  }

 private:
  static HWY_ATTR V set(float value) { return hn::Set(D(), value); }
  static HWY_ATTR V load(const uint16_t* from) {
    return hn::ConvertTo(D(), hn::PromoteTo(hn::RebindToSigned<D>(), hn::LoadU(hn::Rebind<uint16_t, D>(), from)));
  }
  HWY_ATTR V clip(V value) const { return hn::Min(hn::Max(value, hn::Zero(D())), x_top); }

  V x_factor, x_offset, x_centre, x_top, x_red_cr, x_green_cb, x_green_cr, x_blue_cb;
};

HWY_ATTR void to_rgb(const Pass& pass, const uint16_t* HWY_RESTRICT y, const uint16_t* HWY_RESTRICT cb,
                     const uint16_t* HWY_RESTRICT cr, int count, Block& block) {
  const D d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const Source source(pass);
  for (int x = 0; x < count; x += lanes) {
    V r, g, b;
    source(y + x, cb + x, cr + x, r, g, b);
    hn::Store(r, d, block.channel[0] + x);
    hn::Store(g, d, block.channel[1] + x);
    hn::Store(b, d, block.channel[2] + x);
  }
}

HWY_ATTR void to_decoded_rgb(const Pass& pass, const uint16_t* HWY_RESTRICT y, const uint16_t* HWY_RESTRICT cb,
                             const uint16_t* HWY_RESTRICT cr, int count, Block& block) {
  const D d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const Source source(pass);
  const Pieces decode(pass.curves[pass.decode]);
  for (int x = 0; x < count; x += lanes) {
    V r, g, b;
    source(y + x, cb + x, cr + x, r, g, b);
    hn::Store(decode(r), d, block.channel[0] + x);
    hn::Store(decode(g), d, block.channel[1] + x);
    hn::Store(decode(b), d, block.channel[2] + x);
  }
}

/// With its sign.
HWY_ATTR HWY_INLINE V of_magnitude(const Pieces& pieces, V highest, V value) {
  return hn::CopySignToAbs(pieces(hn::Min(hn::Abs(value), highest)), value);
}

HWY_ATTR void apply_signed_curve(const Curve& curve, int count, Block& block) {
  const D d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const Pieces pieces(curve);
  const V highest = hn::Set(d, curve.highest);
  for (float* channel : block.channel)
    for (int x = 0; x < count; x += lanes)
      hn::Store(of_magnitude(pieces, highest, hn::Load(d, channel + x)), d, channel + x);
}

HWY_ATTR void apply_hlg_roots(const Step& step, const Pass& pass, int count, Block& block) {
  const Weights luminance(step.weights.data());
  const Pieces scene(pass.curves[step.curve]), roots(pass.curves[step.second_curve]);
  const Pieces gains(pass.curves[step.third_curve]);
  for_each(block, count, [&](V& r, V& g, V& b) HWY_ATTR {
    const V gain = gains.clamped(luminance(scene(r), scene(g), scene(b)));
    r = hn::Mul(roots(r), gain);
    g = hn::Mul(roots(g), gain);
    b = hn::Mul(roots(b), gain);
  });
}

HWY_ATTR void apply_gain(const Step& step, const Curve& curve, int count, Block& block) {
  const Weights luminance(step.weights.data());
  const Pieces pieces(curve);
  for_each(block, count, [&](V& r, V& g, V& b) HWY_ATTR {
    const V gain = pieces.clamped(luminance(r, g, b));
    r = hn::Mul(r, gain);
    g = hn::Mul(g, gain);
    b = hn::Mul(b, gain);
  });
}

HWY_ATTR void apply_matrix(const Step& step, int count, Block& block) {
  const Weights red(step.matrix.data()), green(step.matrix.data() + 3), blue(step.matrix.data() + 6);
  for_each(block, count, [&](V& r, V& g, V& b) HWY_ATTR {
    const V r_in = r, g_in = g, b_in = b;
    r = red(r_in, g_in, b_in);
    g = green(r_in, g_in, b_in);
    b = blue(r_in, g_in, b_in);
  });
}

/// Every channel is scale * channel + base: luma is lowered by a tenth of positive Cr, the rest follows from the
/// definition of Cb and Cr.
HWY_ATTR void apply_method_a(const Step& step, const Curve& luma_curve, const Curve& scale_curve, int count,
                             Block& block) {
  const D d;
  const Weights luma(step.weights.data());
  const Pieces to_sdr(luma_curve), chroma_scale(scale_curve);
  const V tenth = hn::Set(d, 0.1f / 1.4746f), part = hn::Set(d, 1.0f / 1.1f), zero = hn::Zero(d);
  for_each(block, count, [&](V& r, V& g, V& b) HWY_ATTR {
    const V y = hn::Max(luma(r, g, b), zero);
    const V y_sdr = to_sdr(y), scale = chroma_scale(y);
    const V red = hn::Mul(scale, r), grey = hn::Mul(y_sdr, part);
    const V lowered = hn::Max(hn::Mul(hn::Sub(red, grey), tenth), zero);
    const V base = hn::Sub(hn::Sub(y_sdr, grey), lowered);
    r = hn::Add(red, base);
    g = hn::Add(hn::Mul(scale, g), base);
    b = hn::Add(hn::Mul(scale, b), base);
  });
}

HWY_ATTR void apply_method_a_inverse(const Step& step, const Curve& luma_curve, const Curve& scale_curve, int count,
                                     Block& block) {
  const D d;
  const Weights luma(step.weights.data());
  const Pieces to_hdr(luma_curve), chroma_scale(scale_curve);
  const V tenth = hn::Set(d, 0.1f / 1.4746f), unit = hn::Set(d, step.factor), zero = hn::Zero(d);
  const V inverse_unit = hn::Set(d, 1.0f / step.factor);
  for_each(block, count, [&](V& r, V& g, V& b) HWY_ATTR {
    const V lowered = luma(r, g, b);
    const V raise = hn::Max(hn::Mul(hn::Sub(hn::Mul(r, unit), lowered), tenth), zero);
    const V y_sdr = hn::Max(hn::Add(lowered, raise), zero);
    const V scale = chroma_scale.clamped(y_sdr);
    const V base = hn::Sub(to_hdr.clamped(y_sdr), hn::Mul(scale, hn::Mul(lowered, inverse_unit)));
    r = hn::Add(hn::Mul(scale, r), base);
    g = hn::Add(hn::Mul(scale, g), base);
    b = hn::Add(hn::Mul(scale, b), base);
  });
}

/// How far gamuts are compressed: the width of the roll-off of distance, and the brightest channel above 1.
struct Compression {
  V width, brightest;
  bool clip_distance;
};

/// First half of compress_gamut: towards grey until the lowest channel is inside. Lanes that are not `outside` stay.
/// roll_off of distance = (y - low) / y with all of it multiplied by y, which leaves two quotients.
template <typename Mask>
HWY_ATTR HWY_INLINE void compress_distance(const Compression& limits, V luminance, V low, Mask outside, V& r, V& g,
                                           V& b) {
  const D d;
  const V zero = hn::Zero(d), threshold = hn::Set(d, 0.8f);
  const V y = hn::Max(luminance, hn::Set(d, 1e-30f));
  const V distance = hn::Sub(y, low), inside = hn::Mul(y, threshold);
  V wanted = y;
  if (!limits.clip_distance) {
    const V over = hn::Max(hn::Sub(distance, inside), zero), width = hn::Mul(limits.width, y);
    const V root = hn::Max(hn::Sqrt(hn::Add(hn::Mul(width, width), hn::Mul(over, over))), hn::Set(d, 1e-35f));
    wanted = hn::Min(hn::Add(inside, hn::Mul(over, hn::Div(width, root))), y);
  }
  const V scale = hn::Min(hn::Div(wanted, hn::Max(distance, inside)), hn::Set(d, 1.0f));
  const auto black = hn::Le(luminance, zero);
  // A channel that comes to the border is 0 exactly: what rounding leaves would be visible in the dark.
  const V border = limits.clip_distance ? hn::Min(low, zero) : hn::Set(d, -1e30f);
  const auto finish = [&](V channel) HWY_ATTR {
    const V compressed = hn::Max(hn::Add(y, hn::Mul(hn::Sub(channel, y), scale)), zero);
    const V moved = hn::IfThenElse(hn::Eq(channel, border), zero, hn::IfThenElse(black, zero, compressed));
    return hn::IfThenElse(outside, moved, channel);
  };
  r = finish(r);
  g = finish(g);
  b = finish(b);
}

/// Second half: all channels by one gain until the highest is inside. With the limit 1 + brightest * (high - low) /
/// high put into roll_off and everything multiplied by `high`, one root and two quotients are left.
HWY_ATTR HWY_INLINE void compress_brightness(const Compression& limits, V low, V high, V& r, V& g, V& b) {
  const D d;
  const V threshold = hn::Set(d, 0.8f), room = hn::Set(d, 1.0f - 0.8f), one = hn::Set(d, 1.0f);
  const auto bright = hn::Gt(high, threshold);
  const V top = hn::Max(high, threshold), over = hn::Sub(top, threshold), room_of_top = hn::Mul(room, top);
  const V beyond = hn::Mul(limits.brightest, hn::Sub(top, low)), span = hn::Add(beyond, room_of_top);
  const V narrow = hn::Mul(room, span);
  const V wide = hn::Mul(hn::Mul(over, over), hn::Mul(beyond, hn::Add(span, room_of_top)));
  const V part = hn::Div(narrow, hn::Sqrt(hn::Add(hn::Mul(narrow, narrow), wide)));
  const V bent = hn::Min(hn::Add(threshold, hn::Mul(over, part)), one);
  const V gain = hn::IfThenElse(bright, hn::Div(bent, top), one);
  const auto finish = [&](V channel) HWY_ATTR { return hn::Min(hn::Mul(channel, gain), one); };
  r = finish(r);
  g = finish(g);
  b = finish(b);
}

/// Width of the roll-off of distance: room * span / sqrt(span^2 - room^2).
HWY_ATTR V set_width(float distance) {
  const float room = 1.0f - 0.8f, span = std::max(distance, 1.01f) - 0.8f;
  return hn::Set(D(), room * span / std::sqrt((span - room) * (span + room)));
}

/// The matrix and the gamut of vectors of roots (`power` given) or of light.
template <typename Light>
HWY_ATTR HWY_INLINE void compress_block(const Step& step, int count, Block& block, const Light& light) {
  const D d;
  const Weights red(step.matrix.data()), green(step.matrix.data() + 3), blue(step.matrix.data() + 6);
  const Weights luminance(step.weights.data());
  const Compression limits{set_width(step.distance), hn::Set(d, std::max(step.brightest - 1.0f, 0.0f)),
                           step.distance <= 1.0f};
  const V fifth = hn::Set(d, 1.0f - 0.8f), threshold = hn::Set(d, 0.8f);
  for_each(block, count, [&](V& r, V& g, V& b) HWY_ATTR {
    const V r_in = light(r), g_in = light(g), b_in = light(b);
    r = red(r_in, g_in, b_in);
    g = green(r_in, g_in, b_in);
    b = blue(r_in, g_in, b_in);
    const V y = luminance(r, g, b), low = hn::Min(hn::Min(r, g), b);
    // Each lane comes out the same whatever its neighbours are: the halves leave alone what lies inside.
    const auto outside = hn::Lt(low, hn::Mul(y, fifth));
    if (!hn::AllFalse(d, outside)) compress_distance(limits, y, low, outside, r, g, b);
    const V high = hn::Max(hn::Max(r, g), b);
    if (!hn::AllFalse(d, hn::Gt(high, threshold)))
      compress_brightness(limits, hn::Min(hn::Min(r, g), b), high, r, g, b);
  });
}

HWY_ATTR void apply_compress(const Step& step, const Pass& pass, int count, Block& block) {
  if (step.curve == kNoCurve) return compress_block(step, count, block, [](V value) HWY_ATTR { return value; });
  const Curve& curve = pass.curves[step.curve];
  const Pieces power(curve);
  const V highest = hn::Set(D(), curve.highest);
  compress_block(step, count, block, [&](V value) HWY_ATTR { return of_magnitude(power, highest, value); });
}

HWY_ATTR void apply_fit(const Step& step, int count, Block& block) {
  const D d;
  const Weights luminance(step.weights.data());
  const V one = hn::Set(d, 1.0f), zero = hn::Zero(d), tiny = hn::Set(d, 1e-30f), top = hn::Set(d, step.factor);
  for_each(block, count, [&](V& r, V& g, V& b) HWY_ATTR {
    const V low = hn::Min(hn::Min(r, g), b), high = hn::Max(hn::Max(r, g), b);
    const auto outside = hn::Or(hn::Lt(low, zero), hn::Gt(high, top));
    if (HWY_LIKELY(hn::AllFalse(d, outside))) return;
    const V y = hn::Min(hn::Max(luminance(r, g, b), zero), top);
    const V down = hn::IfThenElse(hn::Lt(low, zero), hn::Div(y, hn::Max(hn::Sub(y, low), tiny)), one);
    const V up = hn::IfThenElse(hn::Gt(high, top), hn::Div(hn::Sub(top, y), hn::Max(hn::Sub(high, y), tiny)), one);
    const V scale = hn::Min(down, up);
    const auto finish = [&](V channel) HWY_ATTR {
      const V moved = hn::Add(y, hn::Mul(hn::Sub(channel, y), scale));
      return hn::Min(hn::Max(hn::IfThenElse(outside, moved, channel), zero), top);
    };
    r = finish(r);
    g = finish(g);
    b = finish(b);
  });
}

HWY_ATTR void apply_square_root(const Step& step, int count, Block& block) {
  const D d;
  const V factor = hn::Set(d, step.factor), zero = hn::Zero(d);
  const auto root = [&](V value) HWY_ATTR { return hn::Sqrt(hn::Mul(hn::Max(value, zero), factor)); };
  for_each(block, count, [&](V& r, V& g, V& b) HWY_ATTR {
    r = root(r);
    g = root(g);
    b = root(b);
  });
}

HWY_ATTR void apply(const Pass& pass, const Step& step, int count, Block& block) {
  const auto& curves = pass.curves;
  switch (step.kind) {
    case StepKind::kSignedCurve:
      return apply_signed_curve(curves[step.curve], count, block);
    case StepKind::kMatrix:
      return apply_matrix(step, count, block);
    case StepKind::kGain:
      return apply_gain(step, curves[step.curve], count, block);
    case StepKind::kHlgRoots:
      return apply_hlg_roots(step, pass, count, block);
    case StepKind::kMethodA:
      return apply_method_a(step, curves[step.curve], curves[step.second_curve], count, block);
    case StepKind::kMethodAInverse:
      return apply_method_a_inverse(step, curves[step.curve], curves[step.second_curve], count, block);
    case StepKind::kCompress:
      return apply_compress(step, pass, count, block);
    case StepKind::kFit:
      return apply_fit(step, count, block);
    case StepKind::kSquareRoot:
      return apply_square_root(step, count, block);
    case StepKind::kCube:
      return apply_cube(*step.cube, count, {block.channel[0], block.channel[1], block.channel[2]});
  }
}

/// One component of R'G'B' as codes.
class Component {
 public:
  HWY_ATTR Component(const Pass& pass, size_t component, const Target& target)
      : x_weights(pass.out.data() + component * 3),
        x_top(hn::Set(D(), pass.out_top)),
        x_out(target.codes),
        x_bytes(pass.out_bytes) {
    for (size_t i = 0; i < 16; ++i) x_offsets[i] = pass.out_offset[component] + target.offsets[i % 8];
  }

  /// Writes a vector at `x`.
  HWY_ATTR void operator()(V r, V g, V b, int x) const {
    const hn::RebindToSigned<D> di;
    const V sum = hn::Add(x_weights(r, g, b), hn::LoadU(D(), x_offsets + x % 8));
    const auto code = hn::ConvertTo(di, hn::Min(hn::Max(sum, hn::Zero(D())), x_top));
    if (x_bytes) {
      const hn::Rebind<uint8_t, D> d8;
      hn::StoreU(hn::DemoteTo(d8, code), d8, static_cast<uint8_t*>(x_out) + x);
    } else {
      const hn::Rebind<uint16_t, D> d16;
      hn::StoreU(hn::DemoteTo(d16, code), d16, static_cast<uint16_t*>(x_out) + x);
    }
  }

 private:
  alignas(64) float x_offsets[16];
  Weights x_weights;
  V x_top;
  void* x_out;
  bool x_bytes;
};

/// Encodes a block and writes it from column `start` on.
HWY_ATTR void write(const Pass& pass, const Block& block, int count, int start, const std::array<Target, 3>& out) {
  const D d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const Pieces encode(pass.curves[pass.encode]);
  const Component luma(pass, 0, out[0]), cb(pass, 1, out[1]), cr(pass, 2, out[2]);
  const bool with_luma = out[0].codes != nullptr, with_chroma = out[1].codes != nullptr;
  for (int x = 0; x < count; x += lanes) {
    const V r = encode.clamped(hn::Load(d, block.channel[0] + x));
    const V g = encode.clamped(hn::Load(d, block.channel[1] + x));
    const V b = encode.clamped(hn::Load(d, block.channel[2] + x));
    if (with_luma) luma(r, g, b, start + x);
    if (!with_chroma) continue;
    cb(r, g, b, start + x);
    cr(r, g, b, start + x);
  }
}

HWY_ATTR void EvaluateRow(const Pass& pass, const uint16_t* y, const uint16_t* cb, const uint16_t* cr, int width,
                          const std::array<Target, 3>& out) {
  Block block;
  for (int x = 0; x < width; x += kBlock) {
    const int wanted = std::min(kBlock, width - x);
    const int count = (wanted + kLanes - 1) / kLanes * kLanes;
    if (pass.decode == kNoCurve) {
      to_rgb(pass, y + x, cb + x, cr + x, count, block);
    } else {
      to_decoded_rgb(pass, y + x, cb + x, cr + x, count, block);
    }
    for (const Step& step : pass.steps) apply(pass, step, count, block);
    write(pass, block, wanted, x, out);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace pier::colour::impl
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pier::colour::impl {

HWY_EXPORT(EvaluateRow);

void evaluate_row(const Pass& pass, const uint16_t* y, const uint16_t* cb, const uint16_t* cr, int width,
                  const std::array<Target, 3>& out) {
  HWY_DYNAMIC_DISPATCH(EvaluateRow)(pass, y, cb, cr, width, out);
}

}  // namespace pier::colour::impl
#endif  // HWY_ONCE
