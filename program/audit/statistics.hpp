#pragma once

#include <span>
#include <vector>

namespace md {

/// A mean and the half width of its 95 % confidence interval (NaN where too little is known).
struct Estimate {
  double mean = 0, half_width = 0;
};

/// Means of successive blocks of a series: ten blocks of nearly equal size from 20 values on, else
/// every value by itself. Blocks longer than the correlation time are nearly independent.
std::vector<double> block_means(std::span<const double> series);

/// Mean of all values of several independent series. The interval is Student's t of the means of
/// the blocks of all series. No finite value: NaN. Values that are not finite are left out.
Estimate estimate_mean(const std::vector<std::vector<double>>& series);

/// The block of every sample as block_means() has them, when samples of several series (`series`:
/// which one, of each sample) stand in one list, each series in its order: 0 ... number of blocks
/// - 1.
std::vector<int> block_numbers(std::span<const int> series);

/// A sample of one potential's canonical ensemble brought to another's by weights
/// w_k = exp(-(E'_k - E_k) / kT), scaled so that the largest is 1 (a constant between the two
/// energies has no effect).
struct Reweighting {
  int n = 0;
  double effective = 0;  // (sum w)^2 / sum w^2, 1 ... n: so many equal weights tell as much
  double sampled = 0;    // plain mean of E, eV
  double mean = 0;       // mean of E' with the weights, eV
  double error = 0;      // its standard error: jackknife, a block left out in turn; NaN for one, eV
};
/// E: `sampled`; E': `target`, both [n] eV; temperature in K, above zero; `block`: numbers of
/// blocks that are independent of each other [n], empty when every sample is.
Reweighting reweight(std::span<const double> sampled, std::span<const double> target,
                     double temperature, std::span<const int> block = {});

/// Enough of the sample counts for averages at the level of the target potential: an effective
/// size of at least 30 and at least a tenth of the sample.
bool is_supported(const Reweighting& reweighting);
inline constexpr double wanted_effective = 30, wanted_fraction = 0.1;

}  // namespace md
