#include "direct.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <pier/colour/reference.hpp>
#include <pier/colour/transfer.hpp>

#include "test_colours.hpp"

namespace pier::colour::impl {
namespace {

struct Case {
  const char* name;
  ColourInfo from, to;
  ConversionOptions options;
};

ConversionOptions peak(double nits, ToneMap tone = ToneMap::kBt2446A) {
  ConversionOptions options;
  options.peak_nits = nits;
  options.tone_map = tone;
  return options;
}

ConversionOptions inverse_a() {
  ConversionOptions options;
  options.placement = SdrPlacement::kInverseBt2446A;
  return options;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"HLG to SDR, A", kHlg, kSdr, {}},
      {"PQ to SDR, A", kPq, kSdr, {}},
      {"PQ of 4000 to SDR, A", kPq, kSdr, peak(4000)},
      {"PQ P3 to SDR, A", kPqP3, kSdr, {}},
      {"PQ to sRGB full range, A", kPq, kSrgbFull, {}},
      {"HLG to BT.2020 SDR, A", kHlg, kSdr2020, {}},
      {"HLG to SDR, C", kHlg, kSdr, peak(1000, ToneMap::kBt2446C)},
      {"PQ to SDR, C", kPq, kSdr, peak(1000, ToneMap::kBt2446C)},
      {"HLG to SDR, EETF", kHlg, kSdr, peak(1000, ToneMap::kBt2390)},
      {"PQ of 4000 to SDR, EETF", kPq, kSdr, peak(4000, ToneMap::kBt2390)},
      {"HLG to PQ", kHlg, kPq, {}},
      {"HLG of 400 to PQ", kHlg, kPq, peak(400)},
      {"PQ to HLG", kPq, kHlg, {}},
      {"PQ of 4000 to HLG", kPq, kHlg, peak(4000)},
      {"PQ P3 to PQ", kPqP3, kPq, {}},
      {"SDR to HLG", kSdr, kHlg, {}},
      {"SDR to PQ", kSdr, kPq, {}},
      {"sRGB full range to PQ", kSrgbFull, kPq, {}},
      {"SDR to HLG, inverse A", kSdr, kHlg, inverse_a()},
      {"SDR to PQ, inverse A", kSdr, kPq, inverse_a()},
      {"SDR to BT.2020 SDR", kSdr, kSdr2020, {}},
      {"BT.2020 SDR to SDR", kSdr2020, kSdr, {}},
  };
  return all;
}

struct Accuracy {
  double most = 0;            // codes
  int rounded = 0;            // codes, both rounded
  double mean = 0, p999 = 0;  // dE-ITP of the rounded
};

Accuracy accuracy(const Case& one, int depth, int out_depth, int count, unsigned seed) {
  const Route route = make_route(one.from, one.to, one.options).value();
  const Reference reference = Reference::make(one.from, one.to, one.options).value();
  // Four bits more than asked for show the error before rounding.
  const auto pass =
      make_pass(route, {one.from.matrix, one.from.range, depth}, {one.to.matrix, one.to.range, out_depth});
  const auto fine_pass =
      make_pass(route, {one.from.matrix, one.from.range, depth}, {one.to.matrix, one.to.range, out_depth + 4});
  const Samples in = colours(one.from, depth, reference.source_top(), count, seed);
  const Rows out = evaluate(*pass, in), fine = evaluate(*fine_pass, in);
  const Rgb weights = *luma_weights(one.to.matrix);
  const auto to_signal = [&](const Rgb& codes) {
    return from_ycbcr({luma_signal(codes[0], out_depth, one.to.range), chroma_signal(codes[1], out_depth, one.to.range),
                       chroma_signal(codes[2], out_depth, one.to.range)},
                      weights);
  };
  Accuracy found;
  std::vector<double> errors;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    const Rgb signal = from_ycbcr(
        {luma_signal(in.rows[0][i], depth, one.from.range), chroma_signal(in.rows[1][i], depth, one.from.range),
         chroma_signal(in.rows[2][i], depth, one.from.range)},
        *luma_weights(one.from.matrix));
    const Rgb ycbcr = to_ycbcr(reference(signal), weights);
    Rgb wanted{}, got{};
    for (size_t c = 0; c < 3; ++c) {
      const double exact =
          c == 0 ? luma_code(ycbcr[0], out_depth, one.to.range) : chroma_code(ycbcr[c], out_depth, one.to.range);
      const int top = (1 << out_depth) - 1;
      const double fine_signal = c == 0 ? luma_signal(fine.rows[0][i], out_depth + 4, one.to.range)
                                        : chroma_signal(fine.rows[c][i], out_depth + 4, one.to.range);
      const double ours =
          c == 0 ? luma_code(fine_signal, out_depth, one.to.range) : chroma_code(fine_signal, out_depth, one.to.range);
      found.most = std::max(found.most, std::abs(ours - std::min<double>(exact, top)));
      wanted[c] = std::min<double>(std::floor(exact + 0.5), top);
      got[c] = out.rows[c][i];
      found.rounded = std::max(found.rounded, static_cast<int>(std::abs(wanted[c] - got[c])));
    }
    errors.push_back(delta_e_itp(reference.target_nits(to_signal(wanted)), reference.target_nits(to_signal(got))));
  }
  std::sort(errors.begin(), errors.end());
  for (const double error : errors) found.mean += error / count;
  found.p999 = errors[errors.size() * 999 / 1000];
  return found;
}

TEST(Direct, NoComponentIsMoreThanOneCodeFromTheReference) {
  for (const Case& one : cases()) {
    for (const int depth : {8, 10, 12}) {
      const Accuracy found = accuracy(one, depth == 8 ? 10 : depth, depth, 20000, 17);
      EXPECT_LE(found.rounded, depth == 12 ? 2 : 1) << one.name << ", " << depth << " bit, off by " << found.most;
      EXPECT_LT(found.most, depth == 12 ? 2.0 : 0.5) << one.name << ", " << depth << " bit";
      if (depth != 10) continue;
      std::printf("%-26s off by at most %.3f codes, dE-ITP mean %.4f, 99.9 %% %.3f\n", one.name, found.most, found.mean,
                  found.p999);
      EXPECT_LE(found.mean, 0.3) << one.name;
      // One code of 10 bits can be more than 1 in wide gamut.
      EXPECT_LE(found.p999, one.to.primaries == Primaries::kBt709 && !one.to.is_hdr() ? 1.0 : 2.5) << one.name;
    }
  }
}

TEST(Direct, EveryInstructionSetGivesTheSameBytes) {
  std::vector<std::pair<std::shared_ptr<const Pass>, Samples>> work;
  for (const Case& one : cases()) {
    const Route route = make_route(one.from, one.to, one.options).value();
    const auto pass = make_pass(route, {one.from.matrix, one.from.range, 10}, {one.to.matrix, one.to.range, 10});
    work.emplace_back(pass, any_codes(2));
    work.emplace_back(pass, any_codes(3));
    work.emplace_back(pass, colours(one.from, 10, route.source_top, 3000, 4));
  }
  std::vector<Rows> best;
  for (const auto& [pass, in] : work) best.push_back(evaluate(*pass, in));
  std::string names;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    names += std::string(" ") + hwy::TargetName(target);
    for (size_t i = 0; i < work.size(); ++i) {
      const Rows out = evaluate(*work[i].first, work[i].second);
      for (size_t c = 0; c < 3; ++c) ASSERT_EQ(out.rows[c], best[i].rows[c]) << hwy::TargetName(target) << " " << i;
    }
  }
  hwy::SetSupportedTargetsForTest(0);
  std::printf("compared:%s\n", names.c_str());
}

TEST(Direct, CurvesFollowTheirFunction) {
  const auto at = [](const Curve& curve, float x) {
    const float bounded = std::max(x, curve.lowest);
    const size_t piece = (std::bit_cast<uint32_t>(bounded) >> curve.shift) % Curve::kPieces;
    const auto& c = curve.coefficients;
    return ((double{c[3][piece]} * x + c[2][piece]) * x + c[1][piece]) * x + c[0][piece];
  };
  const auto power = [](double x) { return std::pow(x, 2.4); };
  const Curve curve = make_curve(power, 1.5, 1);
  for (double x = 0.001; x <= 1.5; x *= 1.01)
    EXPECT_NEAR(at(curve, static_cast<float>(x)), power(x), 2e-5 * power(x)) << x;
  const Curve pq = make_curve([](double x) { return pq_inverse_eotf(x * 1000); }, 1.0, 0);
  for (double x = 1e-8; x <= 1.0; x *= 1.07)
    EXPECT_NEAR(at(pq, static_cast<float>(x)), pq_inverse_eotf(x * 1000), 1e-4) << x;
  EXPECT_NEAR(at(pq, 0.0f), 0.0, 1e-5);
}

}  // namespace
}  // namespace pier::colour::impl
