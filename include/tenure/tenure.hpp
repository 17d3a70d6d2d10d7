/// All of tenure that needs nothing but Eigen and xsimd.
#pragma once

#include "core/arena.hpp"
#include "core/eigen.hpp"
#include "core/error.hpp"
#include "core/print.hpp"
#include "core/rng.hpp"
#include "core/shape.hpp"
#include "core/tensor.hpp"
#include "core/view.hpp"
#include "kernels/gemm.hpp"
#include "kernels/math.hpp"
#include "kernels/simd.hpp"
#include "version.hpp"
