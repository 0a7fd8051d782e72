#include "program/run/samples.hpp"

#include "md/state.hpp"

namespace md {

void Samples::add(const Frame& frame) {
  for (std::size_t r = 0; r < sums_.size(); ++r) {
    if (frame.status[r] != static_cast<int>(Status::running)) continue;
    Sums& s = sums_[r];
    const double total = frame.potential[r] + frame.kinetic[r];
    if (s.n == 0) s.first_energy = total;
    const double t = frame.time_ps, e = total - s.first_energy;  // small numbers lose no digits
    s.n += 1;
    s.time += t;
    s.time2 += t * t;
    s.energy += e;
    s.time_energy += t * e;
    s.temperature += frame.temperature[r];
  }
}

double Samples::mean_temperature(int r) const {
  return sums_[r].n > 0 ? sums_[r].temperature / sums_[r].n : 0;
}

double Samples::energy_drift(int r) const {
  const Sums& s = sums_[r];
  const double spread = s.n * s.time2 - s.time * s.time;
  return s.n > 1 && spread > 0 ? (s.n * s.time_energy - s.time * s.energy) / spread : 0;
}

std::vector<double> Samples::pack() const {
  std::vector<double> values;
  for (const Sums& s : sums_)
    values.insert(values.end(),
                  {s.n, s.first_energy, s.time, s.time2, s.energy, s.time_energy, s.temperature});
  return values;
}

void Samples::unpack(const std::vector<double>& values) {
  for (std::size_t r = 0; r < sums_.size(); ++r) {
    const double* v = values.data() + r * n_values;
    sums_[r] = {v[0], v[1], v[2], v[3], v[4], v[5], v[6]};
  }
}

}  // namespace md
