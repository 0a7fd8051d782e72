#pragma once

// Include before any header of Highway. Our vector code keeps vectors in arrays and classes, which
// those of a length unknown to the compiler cannot do.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#endif
