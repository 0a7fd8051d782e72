#pragma once

// Include before any header of Highway. Our vector code keeps vectors in arrays and classes, which
// those of a length unknown to the compiler cannot do.
// SSSE3 without SSE4 was one generation of processors, and costs a fourth of the compile time.
#define MD_NO_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | HWY_SSSE3)
#ifdef MD_ONE_SIMD_TARGET  // AVX2, where compiling for every kind of processor takes too long
#define HWY_DISABLED_TARGETS (MD_NO_TARGETS | HWY_SSE4 | HWY_AVX3)
#else
#define HWY_DISABLED_TARGETS MD_NO_TARGETS
#endif
