// The kernels on a host: a phase is a loop over the threads of a warp, in an order that is chosen.
#include <algorithm>
#include <memory>
#include <random>

#include "fill.h"

template <class R> struct Warp {
    Thread<R> threads[32];
    int order[32];

    /// 0 is forward, 1 backward, others shuffle anew for each phase.
    u32 seed;
    std::minstd_rand random;

    Warp(u32 seed) : seed(seed), random(seed) {
        memset((void *)threads, 0xa5, sizeof threads);
        for (int i = 0; i < 32; i++) threads[i].row = i / LANES, threads[i].lane = i % LANES, order[i] = i;
        if (seed == 1) std::reverse(order, order + 32);
    }
    template <class F> void each(F phase) {
        if (seed > 1) std::shuffle(order, order + 32, random);
        for (int i : order) phase(threads[i]);
    }
};

template <class L, class E> static void run(const Launch &launch, u32 order) {
    typedef typename L::Real R;
    // On the heap, so that sanitizers watch its edges.
    std::unique_ptr<Row<L>[]> rows(new Row<L>[ROWS]);
    memset((void *)rows.get(), 0xa5, ROWS * sizeof(Row<L>));
    const Word<R> *near = (const Word<R> *)(launch.tables + launch.job(0).table);
    for (u64 first = 0; first < launch.runs; first += ROWS) {
        Warp<R> warp(order > 1 ? order + (u32)first : order);
        fill<L, E>(warp, rows.get(), near, launch, first);
    }
}

template <template <class> class L> static void run(int element, const Launch &launch, u32 order) {
    if (element == 0) run<L<float>, F32>(launch, order);
    if (element == 1) run<L<double>, F64>(launch, order);
    if (element == 2) run<L<float>, F16>(launch, order);
    if (element == 3) run<L<float>, Bf16>(launch, order);
}

struct Probe { double x, value, height, limit; };

template <class L> static Probe probe(const Given<typename L::Real> &given, const u64 *pair) {
    typedef Word<typename L::Real> W;
    auto candidate = L::candidate((W)pair[0], given);
    return {candidate.x, candidate.value, L::height((W)pair[0], (W)pair[1], given), L::limit(candidate, (W)pair[0], given)};
}

template <class R> static void probe_all(const Job &job, const u8 *tables, const u64 *words, u64 count, Probe *out) {
    Given<R> given;
    given.load(job, tables);
    bool strips = job.kind == (u64)Kind::Strips;
    for (u64 i = 0; i < count; i++)
        out[i] = strips ? probe<Strips<R>>(given, words + 2 * i) : probe<Ziggurat<R>>(given, words + 2 * i);
}

extern "C" {
/// Elements are f32, f64, f16, bf16, in this order.
void host_fill(u64 kind, int element, const Launch *launch, u32 order) {
    if (kind == (u64)Kind::Constant) run<Constant>(element, *launch, order);
    if (kind == (u64)Kind::Uniform) run<Uniform>(element, *launch, order);
    if (kind == (u64)Kind::Ziggurat) run<Ziggurat>(element, *launch, order);
    if (kind == (u64)Kind::Strips) run<Strips>(element, *launch, order);
}

void host_probes(int wide, const Job *job, const u8 *tables, const u64 *words, u64 count, Probe *out) {
    wide ? probe_all<double>(*job, tables, words, count, out) : probe_all<float>(*job, tables, words, count, out);
}

double host_ln(double x) { return ln(x); }

double host_hold(int wide, double x, const double *bounds) {
    const float narrow[2] = {(float)bounds[0], (float)bounds[1]};
    return wide ? hold(x, bounds) : (double)hold((float)x, narrow);
}
}
