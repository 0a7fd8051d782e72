#pragma once

#include <map>
#include <utility>
#include <vector>

#include "md/structure.hpp"

namespace md {

/// Sum of the covalent radii of two elements, A: B. Cordero et al., Dalton Trans. 2832 (2008);
/// 1.5 A for an element beyond xenon.
double covalent_length(int z1, int z2);

/// Two atoms of one system.
struct VerifyPair {
  int first = 0, second = 0;
  double distance = 0;  // A
  Vec3 direction;       // unit vector from the first to the (image of the) second
};
/// The nearest pair of every two elements that have one; the keys are the atomic numbers in order.
/// Images of one atom are no pair: they cannot be moved towards each other.
std::map<std::pair<int, int>, VerifyPair> nearest_pairs(const Structure& system);

/// "O-H".
std::string pair_name(int z1, int z2);
/// The elements of a system, each once, in order.
std::vector<int> elements_in(const Structure& system);

}  // namespace md
