// A warp that fills memory with the elements of streams.
//
// A block of a stream, 256 steps of 8 generators, is made by a *row* of 8 threads, a thread for each
// generator; a warp is 4 rows. A row makes a *run* of consecutive blocks of a chunk: it begins with a jump to
// the first (generator.h). Whole blocks are computed, and what is inside of the job's range is written, so
// offsets and lengths need nothing else. A launch has a table of jobs: the rows of a warp may work on several
// tensors.
//
// A block goes through shared memory in batches of 8 or 16 steps:
//
//   draw      each thread writes the words of its generator
//   convert   each thread turns neighbouring words into values and stores them as a vector; it marks those
//             that are not accepted at once
//   list      the marked elements are appended to a queue, in the order of the block
//   mend      where the rows of the warp have enough of them waiting, a group of 16 (8 in f64) from every
//             row's queue is tested: a thread tests the elements that its lane of the side stream decides about
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
#include "row.h"

template <class E, class L, class R> DEVICE void draw_tails(Thread<R> &t, Row<L> &row, u32 round) {
    if (t.lane == 0 && t.tails) {
        const Given<R> &given = row.given;
        Lane first = {row.start[0][0], row.start[1][0], row.start[2][0], row.start[3][0]};
        Lane x = expand(first, 2 * (u64)round + 1);
        ROLL for (u32 i = 0; i < t.drawn; i++) step(x);
        ROLL for (u32 i = 0; i < t.tails; i++) {
            R z;
            set(z, beyond_tail(x, given.tail, t.drawn));
            u32 index = row.tails[i];
            put_value<E>(t, row, given, index & 0x7fff, scaled(index >> 15 ? minus((R)0, z) : z, given));
        }
    }
    t.tails = 0;
}

// ---- phases

/// Finds the job of a run, and goes to the run's first block.
template <class L, class R> DEVICE void begin(Thread<R> &t, Row<L> &row, const Launch &launch, u64 run) {
    bool beyond = run >= launch.runs;
    if (beyond) run = launch.runs - 1;
    u64 low = 0, high = launch.count;
    while (high - low > 1) {
        u64 middle = (low + high) / 2;
        if (launch.job(middle).first_run <= run) low = middle;
        else high = middle;
    }
    const Job &job = launch.job(low);
    // Runs are counted from the first of the stream: a chunk has so many.
    u32 run_blocks = (u32)launch.run_blocks, of_chunk = (CHUNK_BLOCKS + run_blocks - 1) / run_blocks;
    u64 first = job.offset / BLOCK<R>, chunk = first / CHUNK_BLOCKS;
    u64 number = (u32)(first % CHUNK_BLOCKS) / run_blocks + run - job.first_run;
    chunk += number / of_chunk;
    u32 within = (u32)(number % of_chunk) * run_blocks;
    u64 block = chunk * CHUNK_BLOCKS + within;
    if (t.lane == 0) {
        row.out = job.out, row.len = job.len;
        row.base = (i64)(block * BLOCK<R> - job.offset);
        row.blocks = beyond ? 0 : CHUNK_BLOCKS - within;
        row.given.load(job, launch.tables);
        row.rectangle = job.width ? &job : nullptr;
    }
    if (L::DRAWS) t.main = lane_at(job.stream, (u32)t.lane, block, *(const Jumps *)launch.tables);
}

template <class E, class L, class R> DEVICE void enter_block(Thread<R> &t, Row<L> &row, u32 number) {
    i64 base = row.base, rest = number < row.blocks ? (i64)row.len - base : 0;
    t.out = row.out + (u64)base * sizeof(typename E::Stored);
    t.low = base < 0 ? (u32)-base : 0;
    t.high = rest < 0 ? 0 : rest < BLOCK<R> ? (u32)rest : BLOCK<R>;
    bool aligned = t.out % (VECTOR<R> * sizeof(typename E::Stored)) == 0;
    t.whole = t.low == 0 && t.high == BLOCK<R> && aligned && !row.rectangle && !row.given.second;
    if (!L::TESTS) return;
    row.start[0][t.lane] = t.main.s0, row.start[1][t.lane] = t.main.s1;
    row.start[2][t.lane] = t.main.s2, row.start[3][t.lane] = t.main.s3;
    t.side = expand(t.main, 0);
    t.read = t.left = t.kept = t.tails = t.drawn = 0;
}

template <class L, class R> DEVICE void draw(Thread<R> &t, Row<L> &row) {
    // In loops of 8 and of 4, as the code of all would not stay in the processor's cache.
    ROLL for (int first = 0; first < L::STEPS; first += 8) {
        UNROLL for (int s = 0; s < 8; s++) row.steps[(first + s) * LANES + t.lane] = next(t.main);
    }
}

/// What is read at once.
template <class R> struct alignas(16) Words { Word<R> at[VECTOR<R>]; };

/// Turns a vector of words into values. `WHOLE` is the common case: what is computed is written as it is.
template <class E, bool WHOLE, class L, class R>
DEVICE void convert(Thread<R> &t, Row<L> &row, const Given<R> &given, u32 batch, u32 vector, const Words<R> &words) {
    struct alignas(VECTOR<R> * sizeof(typename E::Stored)) Values { typename E::Stored at[VECTOR<R>]; };
    u32 index = batch * BATCH<L> + vector * VECTOR<R>, marks = 0;
    R values[VECTOR<R>];
    UNROLL for (int e = 0; e < VECTOR<R>; e++) {
        Candidate<R> candidate = L::candidate(words.at[e], given);
        values[e] = candidate.value;
        marks |= (u32)!candidate.sure << e;
    }
    Values stored;
    encode<E, VECTOR<R>, !WHOLE>(stored.at, values, given);
    if (WHOLE) {
        write(t.out + index * sizeof(typename E::Stored), stored);
    } else {
        UNROLL for (int e = 0; e < VECTOR<R>; e++) put<E>(t, row, index + (u32)e, stored.at[e]);
    }
    if (L::TESTS) row.marks[vector] = (u8)marks;
}

template <class E, class L, class R>
DEVICE void convert(Thread<R> &t, Row<L> &row, const Word<R> *near, u32 batch) {
    Given<R> given = given_of(row, near);
    const Words<R> *words = (const Words<R> *)row.steps;
    if (t.whole) {
        ROLL for (u32 first = (u32)t.lane; first < PASSES<L> * LANES; first += 4 * LANES) {
            // All are read first: a compiler cannot tell that the marks are not among them.
            Words<R> some[4];
            UNROLL for (u32 i = 0; i < 4; i++) some[i] = words[first + i * LANES];
            UNROLL for (u32 i = 0; i < 4; i++) convert<E, true>(t, row, given, batch, first + i * LANES, some[i]);
        }
        return;
    }
    ROLL for (u32 vector = (u32)t.lane; vector < PASSES<L> * LANES; vector += LANES) {
        if (t.high > t.low) convert<E, false>(t, row, given, batch, vector, words[vector]);
        else if (L::TESTS) row.marks[vector] = 0; // the run is shorter than those of other rows
    }
}

/// Appends the marked elements to the queue. A thread lists an eighth of the batch: of so many pairs of a
/// pass and a thread, in their order.
template <class L, class R> DEVICE void list(Thread<R> &t, Row<L> &row, u32 batch) {
    // The counts of four threads in the bytes of a word: a multiplication sums them up from the first on.
    u32 counts[2], sums[2];
    UNROLL for (int half = 0; half < 2; half++) {
        counts[half] = 0;
        UNROLL for (int i = 3; i >= 0; i--) {
            counts[half] = counts[half] << 8 | (u32)__popc(joined<PASSES<L>>(row.marks, 4 * half + i));
        }
        sums[half] = counts[half] * 0x01010101;
    }
    bool second = t.lane >= 4;
    u32 before = (second ? sums[1] - counts[1] : sums[0] - counts[0]) >> t.lane % 4 * 8 & 0xff;
    u32 place = t.read + t.left + before + (second ? sums[0] >> 24 : 0);
    t.left += (sums[0] >> 24) + (sums[1] >> 24);
    if (t.left > L::QUEUE) FAIL();
    for (u32 mine = in_order<PASSES<L>>(row.marks, t.lane); mine; mine &= mine - 1, place++) {
        u32 bit = (u32)__ffs((int)mine) - 1;
        u32 element = ((u32)t.lane * PASSES<L> + bit / 4) * VECTOR<R> + bit % 4;
        u32 at = place >= L::QUEUE ? place - L::QUEUE : place;
        row.queue[at] = (u16)(batch * BATCH<L> + element);
        row.queue_words[at] = ((const Word<R> *)row.steps)[element];
    }
    if (t.lane == 0) row.left = t.left;
}

/// Tests a group of the elements that wait: a whole one, or if `all` what is left.
template <class E, class L, class R>
DEVICE void mend(Thread<R> &t, Row<L> &row, const Word<R> *near, u32 round, bool all) {
    t.group = t.left >= GROUP<R> ? GROUP<R> : all ? t.left : 0;
    u32 flags = 0;
    if (t.group) {
        Given<R> given = given_of(row, near);
        u64 deciding = next(t.side), others = next(t.side);
        UNROLL for (int e = 0; e < EACH<R>; e++) {
            u32 place = (u32)(t.lane * EACH<R> + e), at = t.read + place;
            if (place >= t.group) continue;
            if (round == 0 && at >= L::QUEUE) at -= L::QUEUE;
            u32 index = round ? row.later[at] : row.queue[at];
            t.words[e] = part(others, e, (R)0);
            Word<R> own = round ? row.later_words[at] : row.queue_words[at];
            Tested<R> tested = L::test(own, part(deciding, e, (R)0), t.words[e], given);
            t.index[e] = index | (u32)tested.negative << 15;
            if (tested.tail) flags |= 16u << e;
            else put_value<E>(t, row, given, index, tested.value);
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
        if (mine & 1) row.later[again] = (u16)(t.index[e] & 0x7fff), row.later_words[again++] = t.words[e];
        if (mine & 16) row.tails[tail++] = (u16)t.index[e];
    }
    t.left -= t.group;
    t.read += t.group;
    if (round == 0 && t.read >= L::QUEUE) t.read -= L::QUEUE;
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

/// Whether it is time to mend: the rows have `MOST` whole groups together. If `all`, whether an element waits.
template <class L> DEVICE bool enough(const Row<L> *rows, bool all) {
    u32 count = 0;
    UNROLL for (int r = 0; r < ROWS; r++) count += all ? rows[r].left : rows[r].left / GROUP<typename L::Real>;
    return count >= (all ? 1 : MOST);
}

/// Fills four runs.
template <class L, class E, class W>
DEVICE void fill(W &warp, Row<L> *rows, const Word<typename L::Real> *near, const Launch &launch, u64 first_run) {
    typedef typename L::Real R;
    typedef Thread<R> T;
    warp.each([&](T &t) { begin(t, rows[t.row], launch, first_run + (u64)t.row); });
    ROLL for (u32 k = 0; k < (u32)launch.run_blocks; k++) {
        warp.each([&](T &t) { enter_block<E>(t, rows[t.row], k); });
        // The batches, then the rounds from 1 on: the code to mend is at one place.
        ROLL for (u32 batch = 0;; batch++) {
            u32 round = batch < BATCHES<L> ? 0 : batch - BATCHES<L> + 1;
            if (round == 0) {
                if (L::DRAWS) warp.each([&](T &t) { draw(t, rows[t.row]); });
                warp.each([&](T &t) { convert<E>(t, rows[t.row], near, batch); });
                if (!L::TESTS) {
                    if (batch == BATCHES<L> - 1) break;
                    continue;
                }
                warp.each([&](T &t) { list(t, rows[t.row], batch); });
            } else {
                warp.each([&](T &t) { end_round<E>(t, rows[t.row], round - 1); });
                warp.each([&](T &t) { begin_round(t, rows[t.row]); });
                if (!enough(rows, true)) break;
            }
            bool all = batch >= BATCHES<L> - 1;
            while (enough(rows, all)) {
                warp.each([&](T &t) { mend<E>(t, rows[t.row], near, round, all); });
                warp.each([&](T &t) { keep(t, rows[t.row], round); });
                if (!L::TAILS) continue;
                warp.each([&](T &t) {
                    if (t.tails + GROUP<R> > TAILS_ROOM) draw_tails<E>(t, rows[t.row], round);
                });
            }
        }
        warp.each([&](T &t) {
            if (t.lane == 0) rows[t.row].base += BLOCK<R>;
        });
    }
}
