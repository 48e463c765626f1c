//! Rectangles in row-major memory: their runs, and how they are cut.

/// A rectangle in a tensor and its place in memory.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    /// Where it starts in the tensor.
    pub start: Vec<usize>,
    /// Where it starts in the memory.
    pub at: Vec<usize>,
    /// Its length on each axis.
    pub size: Vec<usize>,
}

/// Returns the number of elements, if it is a number of the machine.
pub fn elements(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1usize, |product, &n| product.checked_mul(n))
}

/// Returns the place of an index in row-major order.
pub fn place(shape: &[usize], index: &[usize]) -> usize {
    shape.iter().zip(index).fold(0, |place, (&n, &i)| place * n + i)
}

/// Returns the length of the runs of neighbours that a rectangle of this size has in row-major memory.
pub fn run(shape: &[usize], size: &[usize]) -> usize {
    let mut run = 1;
    for (&n, &count) in shape.iter().zip(size).rev() {
        run *= count;
        if count != n {
            break;
        }
    }
    run
}

/// Returns the index of the element of this number in a rectangle.
pub fn index(at: &[usize], size: &[usize], mut number: usize) -> Vec<usize> {
    let mut index = at.to_vec();
    for (i, &n) in index.iter_mut().zip(size).rev() {
        *i += number % n;
        number /= n;
    }
    index
}

/// How a rectangle is cut into parts of about `most` elements or fewer: whole in the axes after `axis`,
/// `step` long on that axis, and 1 on those before.
pub struct Cut<'a> {
    piece: &'a Piece,
    axis: usize,
    step: usize,
    /// How many parts there are.
    pub parts: usize,
}

impl<'a> Cut<'a> {
    /// Cuts a piece that is not empty and has an axis.
    pub fn new(piece: &'a Piece, most: usize) -> Self {
        let size = &piece.size;
        let inner = |axis: usize| size[axis + 1..].iter().product::<usize>();
        let axis = (0..size.len()).find(|&axis| inner(axis) <= most).unwrap_or(0);
        let step = (most / inner(axis)).clamp(1, size[axis]);
        let parts = size[..axis].iter().product::<usize>() * size[axis].div_ceil(step);
        Cut { piece, axis, step, parts }
    }

    /// Returns the part of this number.
    pub fn part(&self, number: usize) -> Piece {
        let Cut { piece, axis, step, .. } = *self;
        let (mut counts, mut steps) = (piece.size.clone(), vec![1; piece.size.len()]);
        counts[axis] = counts[axis].div_ceil(step);
        counts[axis + 1..].fill(1);
        steps[axis] = step;
        let zeros = vec![0; counts.len()];
        let from: Vec<usize> =
            index(&zeros, &counts, number).iter().zip(&steps).map(|(i, step)| i * step).collect();
        let mut size = piece.size.clone();
        size[..axis].fill(1);
        size[axis] = step.min(size[axis] - from[axis]);
        let shifted = |to: &[usize]| to.iter().zip(&from).map(|(to, from)| to + from).collect();
        Piece { start: shifted(&piece.start), at: shifted(&piece.at), size }
    }
}
