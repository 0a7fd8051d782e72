#pragma once

/// Units inside the engine: A, fs, eV, u, K. Constants: CODATA 2018 (Tiesinga et al., Rev. Mod.
/// Phys. 93, 025010 (2021)); those without a relative uncertainty are exact by definition.
namespace md::units {

inline constexpr double elementary_charge = 1.602176634e-19;       // C, exact
inline constexpr double boltzmann_si = 1.380649e-23;               // J/K, exact
inline constexpr double atomic_mass_constant = 1.66053906660e-27;  // kg
inline constexpr double planck_si = 6.62607015e-34;                // J s, exact
inline constexpr double light_speed = 2.99792458e-5;               // cm/fs, exact
inline constexpr double avogadro = 6.02214076e23;                  // 1/mol, exact

inline constexpr double boltzmann = boltzmann_si / elementary_charge;          // eV/K
inline constexpr double hartree = 27.211386245988;                             // eV
inline constexpr double bohr = 0.529177210903;                                 // A
inline constexpr double kcal_per_mol = 4184.0 / avogadro / elementary_charge;  // eV
inline constexpr double kj_per_mol = 1000.0 / avogadro / elementary_charge;    // eV

/// 1 cm^-1 in eV.
inline constexpr double ev_per_wavenumber = planck_si * light_speed * 1e15 / elementary_charge;
/// (eV/A)/u in A/fs^2: acceleration = force / mass * force_to_acceleration.
inline constexpr double force_to_acceleration = elementary_charge / atomic_mass_constant * 1e-10;
/// u (A/fs)^2 in eV: kinetic energy = 1/2 m v^2 * kinetic_to_ev.
inline constexpr double kinetic_to_ev = atomic_mass_constant / elementary_charge * 1e10;
/// 1 eV/A^3 in GPa: for pressures and stresses.
inline constexpr double ev_per_a3_to_gpa = elementary_charge * 1e21;

}  // namespace md::units
