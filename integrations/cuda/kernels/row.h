// What the threads of a row share and what each has of its own, the description of a launch, and how a value
// is stored. fill.h says what for.
#pragma once
#include "distributions.h"

constexpr int ROWS = 4;

/// Batches of a block, and elements of a batch; those that a thread converts at once, in so many passes.
template <class L> constexpr int BATCHES = BLOCK_STEPS / L::STEPS;
template <class L> constexpr int BATCH = L::STEPS * GROUP<typename L::Real>;
template <class R> constexpr int VECTOR = 16 / sizeof(R);
template <class L> constexpr int PASSES = BATCH<L> / (LANES * VECTOR<typename L::Real>);

/// So many whole groups that wait make the warp mend: most rows have one then. Fewer would leave threads with
/// nothing to do; with more, what is mended has left the cache, and the memory has to be read to be written.
constexpr u32 MOST = 3;

/// What the list of tails has room for: it is drawn when another group might not fit. Tests make it so small
/// that this happens.
#ifndef TAILS_ROOM
#define TAILS_ROOM 32
#endif

/// Warps of a block of threads, which share the first part of a table.
template <class L> constexpr int WARPS = L::LATER > 64 ? 1 : 4;
/// Blocks of threads that a multiprocessor is to hold at once, which bounds the registers of a thread: as many
/// as the shared memory of an H100 is enough for, or fewer where registers would be spilled.
template <class L> constexpr int RESIDENT = L::LATER > 64 ? 12 : sizeof(typename L::Real) == 8 ? 4 : 5;

/// A table of jobs, ordered by their first runs, whose tables and kinds are the same. A single job is in the
/// launch itself, so that a launch needs no memory of its own.
struct Launch {
    const Job *jobs; // null if there is a single job
    const u8 *tables;
    u64 count;      // of the jobs
    u64 runs;       // of all jobs together
    u64 run_blocks; // of a run, or up to the end of a chunk
    Job only;

    DEVICE const Job &job(u64 number) const { return jobs ? jobs[number] : only; }
};

/// The marks of a thread's share of a batch, which are 4 bits of each of 4 or 8 bytes: in any order, to be
/// counted.
template <int BYTES> DEVICE u32 joined(const u8 *marks, int share) {
    const u32 *words = (const u32 *)marks + share * (BYTES / 4);
    return BYTES == 4 ? words[0] : words[0] | words[BYTES / 8] << 4;
}

/// In the order of the bytes.
template <int BYTES> DEVICE u32 in_order(const u8 *marks, int share) {
    u32 bits = 0;
    UNROLL for (int word = 0; word < BYTES / 4; word++) {
        u32 four = ((const u32 *)marks)[share * (BYTES / 4) + word];
        u32 two = (four | four >> 4) & 0x00ff00ff;
        bits |= (two | two >> 8) % 65536 << 16 * word;
    }
    return bits;
}

/// What the threads of a row share.
template <class L> struct Shared {
    typedef typename L::Real R;
    alignas(16) u64 steps[L::STEPS * LANES];
    Word<R> queue_words[L::QUEUE], later_words[L::LATER];
    u64 start[4][LANES];                  // the lanes at the start of the block
    Given<R> given;                       // of the job
    const Job *rectangle;                 // the job if it has columns, else null
    u64 out, len;                         // of the job
    i64 base;                             // the block's first element, counted from the job's first
    u32 blocks;                           // of the run
    alignas(16) u8 marks[PASSES<L> * LANES]; // of each pass and thread: a bit for each element
    alignas(8) u8 flags[LANES];           // of a thread's elements of a group: AGAIN and TAIL
    u32 left;                             // elements that wait
    u16 queue[L::QUEUE], later[L::LATER]; // indices in the block
    u16 tails[TAILS_ROOM];                // indices; bit 15 is the sign
};
constexpr u64 AGAIN = 0x0303030303030303, TAIL = 0x3030303030303030;

/// The words of two rows are in different banks.
template <class L> struct Row : Shared<L> {
    u8 pad[(191 - sizeof(Shared<L>) % 128) % 128 + 1];
};

template <class R> struct Thread {
    int row, lane;
    u64 out;                    // address of the block's first element
    u32 low, high;              // elements of the block that are inside of the range, from and to
    bool whole;                 // whether all of them are written, as aligned vectors, as they are computed
    Lane main, side;
    u32 read, left, group;      // of the list that is worked on: where it is read, what is left, how many now
    u32 kept, tails, drawn;     // elements left to the next round, tails listed, words drawn for tails
    u32 index[EACH<R>];         // of the thread's elements of the group; bit 15 is a sign
    Word<R> words[EACH<R>];     // what comes in their words' places
};

/// The numbers of a row's job. What a phase uses of them it has in registers, and no longer.
template <class L> DEVICE Given<typename L::Real> given_of(const Row<L> &row, const Word<typename L::Real> *near) {
    Given<typename L::Real> given = row.given;
    if (L::NEAR) given.near = near;
    return given;
}

// ---- values

/// The bits that are stored for values.
template <class E, int N, bool SECOND = true, class R>
DEVICE void encode(typename E::Stored *stored, R *values, const Given<R> &given) {
    if (SECOND && given.second) {
        UNROLL for (int e = 0; e < N; e++) values[e] = finished(values[e], given);
    }
    UNROLL for (int e = 0; e < N; e++) {
        stored[e] = E::store(E::HELD ? hold(values[e], given.bounds) : values[e]);
    }
}

/// Stores an element of the block, if it is inside of the range, and of the rectangle.
template <class E, class L, class R>
DEVICE void put(const Thread<R> &t, const Row<L> &row, u32 index, typename E::Stored stored) {
    if (index < t.low || index >= t.high) return;
    u64 to = t.out + index * sizeof stored;
    if (row.rectangle) {
        const Job &job = *row.rectangle;
        u64 at = (u64)(row.base + (i64)index);
        u64 above = at / job.width, column = at - above * job.width - job.columns[0];
        if (column >= job.columns[1]) return;
        to = row.out + (above * job.columns[1] + column) * sizeof stored;
    }
    write(to, stored);
}

template <class E, class L, class R>
DEVICE void put_value(const Thread<R> &t, const Row<L> &row, const Given<R> &given, u32 index, R value) {
    typename E::Stored stored;
    encode<E, 1>(&stored, &value, given);
    put<E>(t, row, index, stored);
}
