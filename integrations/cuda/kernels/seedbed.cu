// The elements of streams of format V1 in a device's memory, with the bits that they have in a host's: a
// kernel for each distribution and type of element. fill.h explains how; tools/header writes what it is told (Job).
#include "fill.h"

template <class R> struct Warp {
    Thread<R> me;
    DEVICE Warp() { me.row = (int)threadIdx.x % 32 / LANES, me.lane = (int)threadIdx.x % LANES; }
    template <class F> DEVICE void each(F phase) {
        phase(me);
        __syncwarp();
    }
};

template <class L, class E> DEVICE void kernel(const Launch &launch) {
    typedef typename L::Real R;
    __shared__ Row<L> rows[WARPS<L>][ROWS];
    __shared__ Word<R> near[L::NEAR ? L::NEAR : 1];
    if constexpr (L::NEAR > 0) {
        const Word<R> *table = (const Word<R> *)(launch.tables + launch.job(0).table);
        for (u32 i = threadIdx.x; i < L::NEAR; i += 32 * WARPS<L>) near[i] = table[i];
        __syncthreads();
    }
    Warp<R> warp;
    u64 number = (u64)blockIdx.x * WARPS<L> + threadIdx.x / 32;
    if (number * ROWS < launch.runs) fill<L, E>(warp, rows[threadIdx.x / 32], near, launch, number * ROWS);
}

#define KERNELS(DISTRIBUTION, NAME)                                                                         \
    KERNEL(DISTRIBUTION<float>, F32, seedbed_##NAME##_f32)                                                  \
    KERNEL(DISTRIBUTION<double>, F64, seedbed_##NAME##_f64)                                                 \
    KERNEL(DISTRIBUTION<float>, F16, seedbed_##NAME##_f16)                                                  \
    KERNEL(DISTRIBUTION<float>, Bf16, seedbed_##NAME##_bf16)
#define KERNEL(DISTRIBUTION, ELEMENT, NAME)                                                                 \
    extern "C" __global__ void __launch_bounds__(32 * WARPS<DISTRIBUTION>, RESIDENT<DISTRIBUTION>)          \
    NAME(const __grid_constant__ Launch launch) {                                                           \
        kernel<DISTRIBUTION, ELEMENT>(launch);                                                              \
    }
KERNELS(Constant, constant)
KERNELS(Uniform, uniform)
KERNELS(Ziggurat, ziggurat)
KERNELS(Strips, strips)
