#pragma once

#include <cmath>

#ifdef __CUDACC__
#define MD_HD __host__ __device__
#else
#define MD_HD
#endif

namespace md {

/// Cartesian vector in double precision; the unit is that of the array it stands in.
struct Vec3 {
  double x = 0, y = 0, z = 0;

  MD_HD double& operator[](int k) { return (&x)[k]; }
  MD_HD double operator[](int k) const { return (&x)[k]; }
  MD_HD Vec3& operator+=(const Vec3& b) { return x += b.x, y += b.y, z += b.z, *this; }
  MD_HD Vec3& operator-=(const Vec3& b) { return x -= b.x, y -= b.y, z -= b.z, *this; }
  MD_HD Vec3& operator*=(double a) { return x *= a, y *= a, z *= a, *this; }
};

MD_HD inline Vec3 operator+(Vec3 a, const Vec3& b) { return a += b; }
MD_HD inline Vec3 operator-(Vec3 a, const Vec3& b) { return a -= b; }
MD_HD inline Vec3 operator-(const Vec3& a) { return {-a.x, -a.y, -a.z}; }
MD_HD inline Vec3 operator*(double a, Vec3 b) { return b *= a; }
MD_HD inline double dot(const Vec3& a, const Vec3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
MD_HD inline Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
MD_HD inline double norm(const Vec3& a) { return std::sqrt(dot(a, a)); }

/// 3x3 matrix by rows. A cell holds its three lattice vectors as rows: x = f.x a + f.y b + f.z c.
struct Mat3 {
  Vec3 row[3];

  MD_HD Vec3& operator[](int k) { return row[k]; }
  MD_HD const Vec3& operator[](int k) const { return row[k]; }
  MD_HD Mat3& operator+=(const Mat3& b) {
    for (int k = 0; k < 3; ++k) row[k] += b.row[k];
    return *this;
  }
};

/// Row vector times matrix: fractional to Cartesian coordinates when `m` is a cell.
MD_HD inline Vec3 operator*(const Vec3& f, const Mat3& m) {
  return f.x * m[0] + f.y * m[1] + f.z * m[2];
}
MD_HD inline Mat3 operator*(double a, const Mat3& m) { return {{a * m[0], a * m[1], a * m[2]}}; }
MD_HD inline double determinant(const Mat3& m) { return dot(m[0], cross(m[1], m[2])); }
MD_HD inline Mat3 transpose(const Mat3& m) {
  return {{{m[0].x, m[1].x, m[2].x}, {m[0].y, m[1].y, m[2].y}, {m[0].z, m[1].z, m[2].z}}};
}
/// Inverse, so that x * inverse(cell) gives fractional coordinates. The determinant must not be 0.
MD_HD inline Mat3 inverse(const Mat3& m) {
  const Mat3 columns{{cross(m[1], m[2]), cross(m[2], m[0]), cross(m[0], m[1])}};
  return (1 / determinant(m)) * transpose(columns);
}
/// a_i b_j.
MD_HD inline Mat3 outer(const Vec3& a, const Vec3& b) { return {{a.x * b, a.y * b, a.z * b}}; }

}  // namespace md
