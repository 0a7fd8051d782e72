#include <gtest/gtest.h>

#include <cmath>

#include "potentials/painn/filter_table.hpp"

namespace md::test {
namespace {

using namespace painn;

constexpr double cutoff = 4.6;

/// One layer, 33 channels (two blocks), with filters of every radial function.
PainnModel model(Envelope envelope) {
  PainnModel m;
  m.channels = 33;
  m.n_radial = 12;
  m.cutoff = cutoff;
  m.envelope = envelope;
  m.layers.resize(1);
  m.filter = {99, 12, std::vector<double>(99 * 12), std::vector<double>(99)};
  for (std::size_t k = 0; k < m.filter.weight.size(); ++k) m.filter.weight[k] = std::sin(k + 1.0);
  for (std::size_t k = 0; k < m.filter.bias.size(); ++k) m.filter.bias[k] = std::cos(k + 1.0);
  return m;
}

struct Value {
  double w = 0, dw = 0;
};

Value exact(const PainnModel& m, int part, int c, double d) {
  std::vector<double> value(m.n_radial + 1), slope(m.n_radial + 1);
  radial_functions(d, m.cutoff, m.n_radial, m.envelope, value.data(), slope.data());
  const int row = part * m.channels + c;
  Value sum{m.filter.bias[row] * value[m.n_radial], m.filter.bias[row] * slope[m.n_radial]};
  for (int k = 0; k < m.n_radial; ++k) {
    sum.w += m.filter.weight[row * m.n_radial + k] * value[k];
    sum.dw += m.filter.weight[row * m.n_radial + k] * slope[k];
  }
  return sum;
}

Value tabulated(const FilterTable<double>& table, int part, int c, double d) {
  const auto p = spline_point<double>(d, table.intervals, table.per_angstrom);
  Value sum;
  for (int k = 0; k < 4; ++k) {
    const double coefficient =
        table.block(0, c / panel)[(p.interval + k) * table.row + part * panel + c % panel];
    sum.w += p.value[k] * coefficient;
    sum.dw += p.slope[k] * coefficient;
  }
  return sum;
}

/// Largest errors over [0, cutoff] of the last channel of each part.
Value error(const PainnModel& m, int intervals) {
  const FilterTable<double> table(m, intervals);
  Value worst;
  for (double d = 0; d <= cutoff; d += cutoff / 7919)
    for (int part = 0; part < 3; ++part) {
      const Value a = exact(m, part, 32, d), b = tabulated(table, part, 32, d);
      worst.w = std::max(worst.w, std::abs(a.w - b.w));
      worst.dw = std::max(worst.dw, std::abs(a.dw - b.dw));
    }
  return worst;
}

TEST(FilterTable, ConvergesWithTheFourthPowerOfTheInterval) {
  for (const Envelope envelope : {Envelope::cosine, Envelope::polynomial}) {
    const Value coarse = error(model(envelope), 256), fine = error(model(envelope), 512);
    EXPECT_NEAR(std::log2(coarse.w / fine.w), 4, 0.3);
    EXPECT_NEAR(std::log2(coarse.dw / fine.dw), 3, 0.3);
    EXPECT_LT(fine.w, 1e-5);
  }
}

TEST(FilterTable, HasTwoContinuousDerivatives) {
  const PainnModel m = model(Envelope::cosine);
  const FilterTable<double> table(m, 64);
  const double h = cutoff / 64, tiny = 1e-9;
  for (int knot = 1; knot < 64; ++knot) {
    const auto at = [&](double offset) { return tabulated(table, 1, 7, knot * h + offset); };
    EXPECT_NEAR(at(-tiny).w, at(tiny).w, 1e-6);
    EXPECT_NEAR(at(-tiny).dw, at(tiny).dw, 1e-5);
    // The second derivative is linear within an interval: extrapolated to the knot from both sides.
    const auto second = [&](double side) {
      const auto slope = [&](double x) { return at(side * x * h).dw; };
      const auto middle = [&](double x) {  // at the middle of x ... x + 1/4
        return (slope(x + 0.25) - slope(x)) / (0.25 * h * side);
      };
      return middle(0.1) - (middle(0.5) - middle(0.1)) / 0.4 * 0.225;
    };
    EXPECT_NEAR(second(-1), second(1), 1e-6 * (1 + std::abs(second(1))));
  }
}

TEST(FilterTable, IsZeroAtTheCutoffWithItsSlope) {
  const PainnModel m = model(Envelope::cosine);
  const FilterTable<double> table(m, 128);
  const Value end = tabulated(table, 2, 32, cutoff);
  EXPECT_NEAR(end.w, 0, 1e-14);
  EXPECT_NEAR(end.dw, 0, 1e-12);
}

}  // namespace
}  // namespace md::test
