#include "program/audit/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "md/units.hpp"

namespace md::test {
namespace {

TEST(AuditStatistics, IntervalIsStudentsT) {
  // Mean 3, standard deviation sqrt(2.5), t of 4 degrees of freedom at 97.5 %: 2.7764451051977987.
  const Estimate e = estimate_mean({{1, 2, 3, 4, 5}});
  EXPECT_DOUBLE_EQ(e.mean, 3);
  EXPECT_NEAR(e.half_width, 2.7764451051977987 * std::sqrt(2.5 / 5), 1e-12);
  // Of two values: 12.706204736174698 |a - b| / 2.
  EXPECT_NEAR(estimate_mean({{1}, {2}}).half_width, 12.706204736174698 / 2, 1e-11);
}

TEST(AuditStatistics, TooFewValuesHaveNoInterval) {
  EXPECT_TRUE(std::isnan(estimate_mean({}).mean));
  const Estimate one = estimate_mean({{7}});
  EXPECT_EQ(one.mean, 7);
  EXPECT_TRUE(std::isnan(one.half_width));
  EXPECT_EQ(estimate_mean({{7, std::numeric_limits<double>::quiet_NaN()}}).mean, 7);
}

TEST(AuditStatistics, BlocksCoverALongSeries) {
  std::vector<double> series(25);
  for (int k = 0; k < 25; ++k) series[k] = k;
  const std::vector<double> means = block_means(series);
  ASSERT_EQ(means.size(), 10u);
  EXPECT_DOUBLE_EQ(means[0], 0.5);  // 0, 1
  EXPECT_DOUBLE_EQ(means[1], 3);    // 2, 3, 4
  EXPECT_DOUBLE_EQ(means[9], 23);   // 22, 23, 24
  EXPECT_DOUBLE_EQ(estimate_mean({series}).mean, 12);
  EXPECT_EQ(block_means(std::vector<double>(19, 1.0)).size(), 19u);
}

TEST(AuditStatistics, AStrongCorrelationWidensTheInterval) {
  // Ten plateaus: 1000 values tell no more than their ten heights.
  std::vector<double> plateaus, heights;
  for (int b = 0; b < 10; ++b) {
    heights.push_back(b * b);
    plateaus.insert(plateaus.end(), 100, b * b);
  }
  EXPECT_NEAR(estimate_mean({plateaus}).half_width, estimate_mean({heights}).half_width, 1e-12);
}

TEST(AuditStatistics, EqualWeightsCountAll) {
  const std::vector<double> a{1, 2, 3, 4}, b{11, 12, 13, 14};  // a constant has no effect
  const Reweighting r = reweight(a, b, 300);
  EXPECT_NEAR(r.effective, 4, 1e-12);
  EXPECT_NEAR(r.mean, 12.5, 1e-12);
  EXPECT_DOUBLE_EQ(r.sampled, 2.5);
  EXPECT_FALSE(is_supported(r));  // four are few
  const std::vector<double> many(100, 1.0);
  EXPECT_TRUE(is_supported(reweight(many, many, 300)));
}

TEST(AuditStatistics, OneSampleCanOutweighAll) {
  const std::vector<double> a(1000, 0.0);
  std::vector<double> b(1000, 5.0);
  b[17] = -1000;  // its weight is e^(38,000) times the others'
  const Reweighting r = reweight(a, b, 300);
  EXPECT_DOUBLE_EQ(r.effective, 1);
  EXPECT_DOUBLE_EQ(r.mean, -1000);
  EXPECT_FALSE(is_supported(r));
}

TEST(AuditStatistics, NoSamplesGiveNoMean) {
  EXPECT_TRUE(std::isnan(reweight({}, {}, 300).mean));
  EXPECT_FALSE(is_supported(reweight({}, {}, 300)));
}

/// x of the ensemble of E = k x^2 / 2, as the quantiles of its Gaussian, brought to k'.
/// <E'>' = kT/2, and with w = exp(-(k' - k) x^2 / 2kT): <w> = sqrt(k/k'),
/// <w^2> = sqrt(k / (2 k' - k)), so the effective fraction is <w>^2/<w^2>.
TEST(AuditStatistics, AHarmonicOscillatorGetsAnotherStiffness) {
  const double temperature = 300, kt = units::boltzmann * temperature, k = 2;
  constexpr int n = 200001;
  std::vector<double> x(n);  // quantiles by bisection of the error function
  for (int i = 0; i < n; ++i) {
    const double p = (i + 0.5) / n;
    double low = -8, high = 8;
    for (int step = 0; step < 60; ++step) {
      const double middle = 0.5 * (low + high);
      (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
    }
    x[i] = low * std::sqrt(kt / k);
  }
  for (const double other : {1.6, 2.0, 3.0, 8.0}) {
    std::vector<double> a, b;
    for (double xi : x) {
      a.push_back(0.5 * k * xi * xi);
      b.push_back(0.5 * other * xi * xi + 3);
    }
    const Reweighting r = reweight(a, b, temperature);
    EXPECT_NEAR(r.mean, kt / 2 + 3, 2e-3 * kt) << other;
    const double fraction = (k / other) / std::sqrt(k / (2 * other - k));
    EXPECT_NEAR(r.effective / n, fraction, 2e-3 * fraction) << other;
    EXPECT_NEAR(r.sampled, kt / 2, 1e-3 * kt);
  }
}

/// The error of the reweighted mean is that of the mean of independent samples where weights are
/// equal.
TEST(AuditStatistics, ErrorOfEqualWeightsIsThatOfTheMean) {
  const std::vector<double> a{1, 2, 3, 4, 5};
  const Reweighting r = reweight(a, a, 300);
  EXPECT_NEAR(r.error, std::sqrt(10.0 / (5 * 4)), 1e-12);  // sqrt(sum d^2 / n (n - 1))
}

/// Frames that say the same eight times over tell no more than once, when blocks know it.
TEST(AuditStatistics, ErrorOfCorrelatedSamplesIsThatOfTheirBlocks) {
  std::vector<double> student, teacher, long_student, long_teacher;
  std::vector<int> series;
  for (int k = 0; k < 10; ++k) {
    student.push_back(0.01 * ((7 * k) % 10));
    teacher.push_back(student.back() + 0.003 * ((3 * k) % 10));
    for (int repeated = 0; repeated < 8; ++repeated) {
      long_student.push_back(student.back());
      long_teacher.push_back(teacher.back());
      series.push_back(4);
    }
  }
  const std::vector<int> blocks = block_numbers(series);
  EXPECT_EQ(blocks.front(), 0);
  EXPECT_EQ(blocks.back(), 9);
  const Reweighting once = reweight(student, teacher, 300),
                    often = reweight(long_student, long_teacher, 300, blocks);
  EXPECT_NEAR(often.mean, once.mean, 1e-12);
  EXPECT_NEAR(often.error, once.error, 1e-12);
  EXPECT_GT(often.error, 2.5 * reweight(long_student, long_teacher, 300).error);
}

/// Ten blocks of a long series, every sample of a short one, and the blocks are those of
/// block_means().
TEST(AuditStatistics, BlocksOfSeveralSeriesInOneList) {
  std::vector<int> series;
  std::vector<double> values;
  for (int k = 0; k < 37; ++k) {
    series.push_back(1);
    values.push_back(k);
    if (k < 3) series.push_back(0);
  }
  const std::vector<int> blocks = block_numbers(series);
  EXPECT_EQ(std::set<int>(blocks.begin(), blocks.end()).size(), 13u);
  std::vector<double> sum(13), n(13);
  for (std::size_t k = 0, v = 0; k < series.size(); ++k)
    if (series[k] == 1) sum[blocks[k]] += values[v++], ++n[blocks[k]];
  const std::vector<double> means = block_means(values);
  for (int b = 0; b < 10; ++b) EXPECT_NEAR(sum[3 + b] / n[3 + b], means[b], 1e-12) << b;
}

}  // namespace
}  // namespace md::test
