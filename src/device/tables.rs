//! All tables, one after the other.

use crate::generator::{CHUNK_BLOCKS, Poly, distance};
use crate::kernel::strips::{Curve, STRIPS, Striped};
use crate::kernel::ziggurat::{NORMAL, THREE_SIGMA, TWO_SIGMA, Table, Tables};

/// A device reaches a chunk by its number's digits of so many bits: four digits hold every number. The
/// chunks of a tensor of up to 2^31 elements take a single digit.
pub(super) const DIGIT_BITS: u32 = 12;
pub(super) const DIGITS: u32 = 4;

/// Entries of the tables of jumps: each digit's, then the blocks'.
const POLYNOMIALS: usize = ((DIGITS as usize) << DIGIT_BITS) + CHUNK_BLOCKS;

/// Where the tables of distributions begin, in bytes.
const AFTER_JUMPS: usize = size_of::<Poly>() * POLYNOMIALS;

/// The ziggurats, then the strips, in f32; then the same in f64.
const ZIGGURATS: [&Tables; 3] = [&NORMAL, &TWO_SIGMA, &THREE_SIGMA];
const CURVES: [Curve; 3] = [Curve::Normal, Curve::Outer, Curve::Exponential];

/// The bytes of a ziggurat: entries, floors and heights.
fn ziggurat_len<R: Striped>() -> usize {
    3 * size_of::<R::Layers>()
}

/// The bytes of a table of strips: edges and entries.
fn strips_len<R: Striped>() -> usize {
    2 * STRIPS * size_of::<R>()
}

/// Where the tables of a type begin, in bytes.
fn first<R: Striped>() -> usize {
    let single = ZIGGURATS.len() * ziggurat_len::<f32>() + CURVES.len() * strips_len::<f32>();
    AFTER_JUMPS + if size_of::<R>() == size_of::<f32>() { 0 } else { single }
}

/// Returns where a ziggurat begins, in bytes.
pub(super) fn ziggurat<R: Striped>(table: &'static Table<R::Layers>) -> usize {
    let place = ZIGGURATS.iter().position(|tables| core::ptr::eq(R::table(tables), table));
    first::<R>() + place.expect("one of the three") * ziggurat_len::<R>()
}

/// Returns where the strips under a curve begin, in bytes.
pub(super) fn strips<R: Striped>(curve: Curve) -> usize {
    let place = CURVES.iter().position(|other| *other == curve).expect("one of the three");
    first::<R>() + ZIGGURATS.len() * ziggurat_len::<R>() + place * strips_len::<R>()
}

fn append<R: Striped>(bytes: &mut Vec<u8>) {
    for table in ZIGGURATS.map(|tables| R::table(tables)) {
        for part in [&table.entries, &table.floors, &table.heights] {
            bytes.extend(bytemuck::bytes_of(part));
        }
    }
    for table in CURVES.map(R::strips) {
        for part in [&table.edges, &table.entries] {
            bytes.extend(bytemuck::bytes_of(part));
        }
    }
}

/// Returns every table: polynomials of 256 coefficients for
/// each value of each digit of a chunk's number, and for each block of a chunk; then those of
/// distributions, to which [`Job`](super::Job) has offsets. Takes some milliseconds.
pub fn tables() -> Vec<u8> {
    let mut bytes = Vec::new();
    let digits = (0..DIGITS).flat_map(|k| (0..1 << DIGIT_BITS).map(move |d| d << (DIGIT_BITS * k)));
    let chunks = digits.map(|chunk| distance(chunk, 0));
    let blocks = (0..CHUNK_BLOCKS).map(|block| distance(0, block));
    for polynomial in chunks.chain(blocks) {
        bytes.extend(bytemuck::bytes_of(&polynomial));
    }
    append::<f32>(&mut bytes);
    append::<f64>(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ziggurat::Layered;

    #[test]
    fn tables_are_where_jobs_look_for_them() {
        let bytes = tables();
        let word = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
        let long = |at: usize| u64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap());
        for tables in ZIGGURATS {
            let (table, wide) = (f32::table(tables), f64::table(tables));
            let (at, wide_at) = (ziggurat::<f32>(table), ziggurat::<f64>(wide));
            assert_eq!([word(at), word(at + 8 * 256 + 4)], [table.entries[0], table.heights[1]]);
            assert_eq!(
                [long(wide_at), long(wide_at + 8 * 1025)],
                [wide.entries[0], wide.floors[1]]
            );
        }
        for curve in CURVES {
            let (at, wide_at) = (strips::<f32>(curve), strips::<f64>(curve));
            assert_eq!(word(at + 4 * 1025), f32::strips(curve).entries[1]);
            assert_eq!(long(wide_at + 8), f64::strips(curve).edges[1]);
        }
        assert_eq!(bytes.len(), strips::<f64>(Curve::Exponential) + strips_len::<f64>());
        let polynomial = |place: usize| [0, 8, 16, 24].map(|word| long(32 * place + word));
        assert_eq!(polynomial((2 << 12) + 7), distance(7 << 24, 0));
        assert_eq!(polynomial((4 << 12) + 127), distance(0, 127));
    }
}
