// A warp that fills memory with the elements of streams.
//
// A block of a stream, 256 steps of 8 generators, is made by a *row* of 8 threads, a thread for each
// generator; a warp is 4 rows. A row makes a *run* of consecutive blocks: it begins with a jump to the first
// (generator.h). Whole blocks are computed, and what is inside of the job's range is written, so offsets and
// lengths need nothing else. A launch has a table of jobs: the rows of a warp may work on several tensors.
//
// A block goes through shared memory in batches of 8 steps:
//
//   draw      each thread writes the words of its generator
//   convert   each thread turns neighbouring words into values and stores them as a vector; it marks those
//             that are not accepted at once
//   list      the marked elements are appended to a queue, in the order of the block
//   mend      where a row of the warp has enough of them waiting, a group of 16 (8 in f64) from every row's
//             queue is tested: a thread tests the elements that its lane of the side stream decides about
//   keep      those that are left to the next round are listed, and so are those that a tail replaces
//   tails     the first thread of a row draws from the tail, in the order of the list
//
// After the last batch the rounds 1, 2, .. mend the list of those that are left, until it is empty. So the
// order of the list, the groups and the side streams are those of src/kernel/worklist.rs. A row that waits
// for others changes nothing, as every row has side streams of its own.
//
// **Order.** `Warp::each` runs a phase in all threads of the warp, and ends with a barrier. What threads
// share is written in one phase and read in another; so a host runs a phase as a loop over the threads, in
// any order, and must get the same values. Nothing else passes between threads: no shuffle, no vote, no
// atomic. What is outside of a phase is the same for all threads of a warp, and only reads `left`: the phase
// that follows does not write it, as threads come to it one after the other. (A host cannot see that fault,
// as it runs what is outside once; running the PTX thread by thread does.)
#pragma once
#include "distributions.h"

constexpr int ROWS = 4, BATCH_STEPS = 8, BATCHES = BLOCK_STEPS / BATCH_STEPS;

/// Elements of a batch; those that a thread converts at once, in so many passes.
template <class R> constexpr int BATCH = BATCH_STEPS * GROUP<R>;
template <class R> constexpr int VECTOR = 16 / sizeof(R);
template <class R> constexpr int PASSES = BATCH<R> / (LANES * VECTOR<R>);

/// A row with so many elements waiting makes the warp mend: then most rows have a whole group.
template <class R> constexpr int ENOUGH = 2 * GROUP<R>;
template <class L> constexpr int QUEUE = L::TESTS ? ENOUGH<typename L::Real> + BATCH<typename L::Real> : 1;

/// What the list of tails has room for: it is drawn when another group might not fit. Tests make it so small
/// that this happens.
#ifndef TAILS_ROOM
#define TAILS_ROOM 32
#endif

/// Warps of a block of threads: as much shared memory as every device has.
template <class L> constexpr int WARPS = L::LATER > 64 ? 1 : 2;
/// Blocks of threads that a multiprocessor is to hold at once, which bounds the registers of a thread: as many
/// as the shared memory of an H100 is enough for, or a few less where registers would be spilled.
template <class L> constexpr int RESIDENT = L::LATER > 64 ? 12 : sizeof(typename L::Real) == 8 ? 8 : 10;

/// A table of jobs, ordered by their first runs, whose tables and kinds are the same. A single job is in the
/// launch itself, so that a launch needs no memory of its own.
struct Launch {
    const Job *jobs; // null if there is a single job
    const u8 *tables;
    u64 count;      // of the jobs
    u64 runs;       // of all jobs together
    u64 run_bits;   // logarithm of the blocks of a run, of at most CHUNK_BLOCKS: so no run leaves its chunk
    Job only;

    DEVICE const Job &job(u64 number) const { return jobs ? jobs[number] : only; }
};

/// What the threads of a row share.
template <class L> struct Shared {
    typedef typename L::Real R;
    alignas(16) u64 steps[BATCH_STEPS * LANES];
    Word<R> queue_words[QUEUE<L>], later_words[L::LATER];
    u64 start[4][LANES];                  // the lanes at the start of the block
    alignas(8) u8 marks[PASSES<R>][LANES]; // of a pass and thread: a bit for each element
    alignas(8) u8 flags[LANES];           // of a thread's elements of a group: AGAIN and TAIL
    u32 left;                             // elements that wait
    u16 queue[QUEUE<L>], later[L::LATER]; // indices in the block
    u16 tails[TAILS_ROOM];                // indices; bit 15 is the sign
};
constexpr u64 AGAIN = 0x0303030303030303, TAIL = 0x3030303030303030;

/// The words of two rows are in different banks.
template <class L> struct Row : Shared<L> {
    u8 pad[(191 - sizeof(Shared<L>) % 128) % 128 + 1];
};

template <class R> struct Thread {
    int row, lane;
    u64 out, len;               // of the job
    const Job *rectangle;       // the job if it has columns, else null: its numbers are not kept in registers
    i64 base;                   // the block's first element, counted from the job's first
    bool whole;                 // whether all of the block is written, as aligned vectors
    Lane main, side;
    u32 read, left, group;      // of the list that is worked on: where it is read, what is left, how many now
    u32 kept, tails, drawn;     // elements left to the next round, tails listed, words drawn for tails
    u32 index[EACH<R>];         // of the thread's elements of the group
    Word<R> words[EACH<R>];     // what comes in their words' places
    bool negative[EACH<R>];
    Given<R> given;
};

// ---- values

/// The bits that are stored for values.
template <class E, int N, class R>
DEVICE void encode(typename E::Stored *stored, R *values, const Given<R> &given) {
    if (given.second) {
        UNROLL for (int e = 0; e < N; e++) values[e] = finished(values[e], given);
    }
    UNROLL for (int e = 0; e < N; e++) {
        stored[e] = E::store(E::HELD ? hold(values[e], given.bounds) : values[e]);
    }
}

/// Stores an element of the block, if it is inside of the range, and of the rectangle.
template <class E, class R> DEVICE void put(const Thread<R> &t, u32 index, typename E::Stored stored) {
    u64 at = (u64)(t.base + (i64)index);
    if (at >= t.len) return;
    if (t.rectangle) {
        const Job &job = *t.rectangle;
        u64 row = at / job.width, column = at - row * job.width - job.columns[0];
        if (column >= job.columns[1]) return;
        at = row * job.columns[1] + column;
    }
    ((typename E::Stored *)t.out)[at] = stored;
}

template <class E, class R> DEVICE void put_value(const Thread<R> &t, u32 index, R value) {
    typename E::Stored stored;
    encode<E, 1>(&stored, &value, t.given);
    put<E>(t, index, stored);
}

template <class E, class L, class R> DEVICE void draw_tails(Thread<R> &t, Row<L> &row, u32 round) {
    if (t.lane == 0 && t.tails) {
        Lane first = {row.start[0][0], row.start[1][0], row.start[2][0], row.start[3][0]};
        Lane x = expand(first, 2 * (u64)round + 1);
        ROLL for (u32 i = 0; i < t.drawn; i++) step(x);
        ROLL for (u32 i = 0; i < t.tails; i++) {
            R z;
            set(z, beyond_tail(x, t.given.tail, t.drawn));
            u32 index = row.tails[i];
            put_value<E>(t, index & 0x7fff, scaled(index >> 15 ? minus((R)0, z) : z, t.given));
        }
    }
    t.tails = 0;
}

// ---- phases

/// Finds the job of a run, and goes to the run's first block.
template <class L, class R> DEVICE void begin(Thread<R> &t, const Launch &launch, u64 run, const Word<R> *near) {
    bool beyond = run >= launch.runs;
    if (beyond) run = launch.runs - 1;
    u64 low = 0, high = launch.count;
    while (high - low > 1) {
        u64 middle = (low + high) / 2;
        if (launch.job(middle).first_run <= run) low = middle;
        else high = middle;
    }
    const Job &job = launch.job(low);
    t.given.load(job, launch.tables);
    if (L::NEAR) t.given.near = near;
    t.out = job.out, t.len = beyond ? 0 : job.len;
    t.rectangle = job.width ? &job : nullptr;
    u64 first = job.offset / BLOCK<R> >> launch.run_bits;
    u64 block = (first + run - job.first_run) << launch.run_bits;
    t.base = (i64)(block * BLOCK<R> - job.offset);
    if (L::DRAWS) t.main = lane_at(job.stream, (u32)t.lane, block, *(const Jumps *)launch.tables);
}

template <class E, class L, class R> DEVICE void enter_block(Thread<R> &t, Row<L> &row) {
    u64 address = t.out + (u64)t.base * sizeof(typename E::Stored);
    bool aligned = address % (VECTOR<R> * sizeof(typename E::Stored)) == 0;
    t.whole = t.base >= 0 && t.base + BLOCK<R> <= (i64)t.len && aligned && !t.rectangle;
    if (!L::TESTS) return;
    row.start[0][t.lane] = t.main.s0, row.start[1][t.lane] = t.main.s1;
    row.start[2][t.lane] = t.main.s2, row.start[3][t.lane] = t.main.s3;
    t.side = expand(t.main, 0);
    t.read = t.left = t.kept = t.tails = t.drawn = 0;
}

template <class L, class R> DEVICE void draw(Thread<R> &t, Row<L> &row) {
    UNROLL for (int s = 0; s < BATCH_STEPS; s++) row.steps[s * LANES + t.lane] = next(t.main);
}

template <class E, class L, class R> DEVICE void convert(Thread<R> &t, Row<L> &row, u32 batch) {
    struct alignas(16) Words { Word<R> at[VECTOR<R>]; };
    struct alignas(VECTOR<R> * sizeof(typename E::Stored)) Values { typename E::Stored at[VECTOR<R>]; };
    // Twice: enough to do at once, and less code than four times.
    UNROLL_TWICE for (int pass = 0; pass < PASSES<R>; pass++) {
        u32 first = (u32)(pass * LANES + t.lane);
        Words words = ((const Words *)row.steps)[first];
        u32 index = batch * BATCH<R> + first * VECTOR<R>, marks = 0;
        R values[VECTOR<R>];
        UNROLL for (int e = 0; e < VECTOR<R>; e++) {
            Candidate<R> candidate = L::candidate(words.at[e], t.given);
            values[e] = candidate.value;
            marks |= (u32)!candidate.sure << e;
        }
        Values stored;
        encode<E, VECTOR<R>>(stored.at, values, t.given);
        if (t.whole) {
            *(Values *)(t.out + (u64)(t.base + (i64)index) * sizeof(typename E::Stored)) = stored;
        } else {
            UNROLL for (int e = 0; e < VECTOR<R>; e++) put<E>(t, index + (u32)e, stored.at[e]);
        }
        if (L::TESTS) row.marks[pass][t.lane] = (u8)marks;
    }
}

/// Appends the marked elements to the queue. A thread lists an eighth of the batch: the elements of four
/// neighbours in a pass.
template <class L, class R> DEVICE void list(Thread<R> &t, Row<L> &row, u32 batch) {
    const u32 *marks = (const u32 *)row.marks;
    u32 place = t.read + t.left;
    UNROLL for (int other = 0; other < LANES; other++) {
        u32 count = (u32)__popc(marks[other]);
        if (other < t.lane) place += count;
        t.left += count;
    }
    for (u32 mine = marks[t.lane]; mine; mine &= mine - 1, place++) {
        u32 bit = (u32)__ffs((int)mine) - 1;
        u32 element = ((u32)t.lane * 4 + bit / 8) * VECTOR<R> + bit % 8;
        u32 at = place % QUEUE<L>;
        row.queue[at] = (u16)(batch * BATCH<R> + element);
        row.queue_words[at] = ((const Word<R> *)row.steps)[element];
    }
    if (t.lane == 0) row.left = t.left;
}

/// Tests a group of the elements that wait: a whole one, or if `all` what is left.
template <class E, class L, class R> DEVICE void mend(Thread<R> &t, Row<L> &row, u32 round, bool all) {
    t.group = t.left >= GROUP<R> ? GROUP<R> : all ? t.left : 0;
    u32 flags = 0;
    if (t.group) {
        u64 deciding = next(t.side), others = next(t.side);
        UNROLL for (int e = 0; e < EACH<R>; e++) {
            u32 place = (u32)(t.lane * EACH<R> + e), at = t.read + place;
            if (place >= t.group) continue;
            if (round == 0 && at >= QUEUE<L>) at -= QUEUE<L>;
            t.index[e] = round ? row.later[at] : row.queue[at];
            t.words[e] = part(others, e, (R)0);
            Word<R> own = round ? row.later_words[at] : row.queue_words[at];
            Tested<R> tested = L::test(own, part(deciding, e, (R)0), t.words[e], t.given);
            t.negative[e] = tested.negative;
            if (tested.tail) flags |= 16u << e;
            else put_value<E>(t, t.index[e], tested.value);
            if (tested.again) flags |= 1u << e;
        }
    }
    row.flags[t.lane] = (u8)flags;
}

/// Lists what is left of a group. A list of a later round is written where it has been read.
template <class L, class R> DEVICE void keep(Thread<R> &t, Row<L> &row, u32 round) {
    u64 flags = *(const u64 *)row.flags, before = (1ull << 8 * t.lane) - 1;
    u32 again = t.kept + (u32)__popcll(flags & AGAIN & before);
    u32 tail = t.tails + (u32)__popcll(flags & TAIL & before);
    t.kept += (u32)__popcll(flags & AGAIN);
    t.tails += (u32)__popcll(flags & TAIL);
    if (t.kept > L::LATER) FAIL();
    UNROLL for (int e = 0; e < EACH<R>; e++) {
        u32 mine = (u32)row.flags[t.lane] >> e;
        if (mine & 1) row.later[again] = (u16)t.index[e], row.later_words[again++] = t.words[e];
        if (mine & 16) row.tails[tail++] = (u16)(t.index[e] | (u32)t.negative[e] << 15);
    }
    t.left -= t.group;
    t.read += t.group;
    if (round == 0 && t.read >= QUEUE<L>) t.read -= QUEUE<L>;
    if (t.lane == 0) row.left = t.left;
}

/// Ends a round, and goes to the side stream of the next.
template <class E, class L, class R> DEVICE void end_round(Thread<R> &t, Row<L> &row, u32 round) {
    if (L::TAILS) draw_tails<E>(t, row, round);
    Lane start = {row.start[0][t.lane], row.start[1][t.lane], row.start[2][t.lane], row.start[3][t.lane]};
    t.side = expand(start, 2 * ((u64)round + 1));
}

/// Begins a round: what the round before has kept is what is left.
template <class L, class R> DEVICE void begin_round(Thread<R> &t, Row<L> &row) {
    t.left = t.kept, t.read = t.kept = t.drawn = 0;
    if (t.lane == 0) row.left = t.left;
}

/// The most elements that wait in a row.
template <class L> DEVICE u32 most_left(const Row<L> *rows) {
    u32 most = 0;
    UNROLL for (int r = 0; r < ROWS; r++) most = rows[r].left > most ? rows[r].left : most;
    return most;
}

/// Fills four runs.
template <class L, class E, class W>
DEVICE void fill(W &warp, Row<L> *rows, const Word<typename L::Real> *near, const Launch &launch, u64 first_run) {
    typedef typename L::Real R;
    typedef Thread<R> T;
    warp.each([&](T &t) { begin<L>(t, launch, first_run + (u64)t.row, near); });
    ROLL for (u64 k = 0; k >> launch.run_bits == 0; k++) {
        warp.each([&](T &t) { enter_block<E>(t, rows[t.row]); });
        // The batches, then the rounds from 1 on: the code to mend is at one place.
        ROLL for (u32 batch = 0;; batch++) {
            u32 round = batch < BATCHES ? 0 : batch - BATCHES + 1;
            if (round == 0) {
                if (L::DRAWS) warp.each([&](T &t) { draw(t, rows[t.row]); });
                warp.each([&](T &t) { convert<E>(t, rows[t.row], batch); });
                if (!L::TESTS) {
                    if (batch == BATCHES - 1) break;
                    continue;
                }
                warp.each([&](T &t) { list(t, rows[t.row], batch); });
            } else {
                warp.each([&](T &t) { end_round<E>(t, rows[t.row], round - 1); });
                warp.each([&](T &t) { begin_round(t, rows[t.row]); });
                if (most_left(rows) == 0) break;
            }
            bool all = batch >= BATCHES - 1;
            while (most_left(rows) >= (all ? 1 : ENOUGH<R>)) {
                warp.each([&](T &t) { mend<E>(t, rows[t.row], round, all); });
                warp.each([&](T &t) { keep(t, rows[t.row], round); });
                if (!L::TAILS) continue;
                warp.each([&](T &t) {
                    if (t.tails + GROUP<R> > TAILS_ROOM) draw_tails<E>(t, rows[t.row], round);
                });
            }
        }
        warp.each([&](T &t) { t.base += BLOCK<R>; });
    }
}
