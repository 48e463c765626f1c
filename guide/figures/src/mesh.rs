//! A weight as several processes make it: each from a generator of its own, or each its block of the whole.

use seedbed::{Error, Seed, Values, torch};

use crate::svg::{Anchor, Svg};

const SIZE: usize = 8;
const CELL: f64 = 15.0;

/// Ranks along the rows and along the columns of the weight.
const MESHES: [([usize; 2], &str); 3] =
    [([1, 1], "1 process"), ([1, 2], "2 processes"), ([2, 2], "4 processes")];

/// From far below 0 to far above it.
const COLOURS: [&str; 9] = [
    "#08519c", "#3182bd", "#6baed6", "#bdd7e7", "#eeeeee", "#fdd0a2", "#fd8d3c", "#e6550d",
    "#a63603",
];

/// How the processes of a mesh make their blocks.
#[derive(Clone, Copy)]
enum Way {
    SameSeed,
    OwnSeed,
    Block,
}

fn values(shape: &[usize; 2]) -> Result<Values<f32>, Error> {
    torch::KaimingNormal::default().for_shape(shape)
}

/// Returns the weight that the processes of a mesh make together.
fn weight(way: Way, mesh: [usize; 2]) -> Result<[[f32; SIZE]; SIZE], Error> {
    let mut weight = [[0.0; SIZE]; SIZE];
    let [height, width] = mesh.map(|ranks| SIZE / ranks);
    for rank in 0..mesh[0] * mesh[1] {
        let (top, left) = (rank / mesh[1] * height, rank % mesh[1] * width);
        let seed = Seed::from(3);
        let mut block = vec![0.0; height * width];
        match way {
            Way::SameSeed => values(&[height, width])?.fill(&mut block, &seed.stream("w"))?,
            Way::OwnSeed => {
                let stream = seed.stream("w").child(rank as u64);
                values(&[height, width])?.fill(&mut block, &stream)?;
            }
            Way::Block => {
                let ranges = [top..top + height, left..left + width];
                values(&[SIZE, SIZE])?.fill_block(&ranges, &mut block, &seed.stream("w"))?;
            }
        }
        for (row, values) in block.chunks(width).enumerate() {
            weight[top + row][left..left + width].copy_from_slice(values);
        }
    }
    Ok(weight)
}

fn draw_weight(svg: &mut Svg, (x, y): (f64, f64), weight: &[[f32; SIZE]; SIZE], mesh: [usize; 2]) {
    // Half a standard deviation for each colour.
    let std = (2.0 / SIZE as f32).sqrt();
    let mut places: [Vec<(f64, f64)>; COLOURS.len()] = Default::default();
    for (row, values) in weight.iter().enumerate() {
        for (col, value) in values.iter().enumerate() {
            let colour = (value / std * 2.0).round().clamp(-4.0, 4.0) + 4.0;
            places[colour as usize].push((x + CELL * col as f64, y + CELL * row as f64));
        }
    }
    for (places, colour) in places.iter().zip(COLOURS) {
        svg.squares(places, CELL, colour);
    }
    let side = CELL * SIZE as f64;
    if mesh[0] > 1 {
        svg.rect((x, y + side / 2.0 - 1.5), (side, 3.0), "ground");
    }
    if mesh[1] > 1 {
        svg.rect((x + side / 2.0 - 1.5, y), (3.0, side), "ground");
    }
}

pub fn draw() -> Result<String, Error> {
    let mut svg = Svg::new(
        "A weight of 8 by 8, made by one, two and four processes. With a generator for each process it is \
         another weight on each mesh; as blocks of the whole it is the same",
        566.0,
    );
    let side = CELL * SIZE as f64;
    let column = |at: usize| 30.0 + (side + 30.0) * at as f64;
    for (at, (_, name)) in MESHES.iter().enumerate() {
        svg.text((column(at) + side / 2.0, 30.0), Anchor::Middle, "faint", name);
    }
    let ways = [
        (Way::SameSeed, "Each process: the same seed, its own shape"),
        (Way::OwnSeed, "Each process: a seed of its own, its own shape"),
        (Way::Block, "seedbed: each process its block of the whole"),
    ];
    for (row, (way, name)) in ways.into_iter().enumerate() {
        let top = 76.0 + (side + 56.0) * row as f64;
        svg.text((30.0, top - 12.0), Anchor::Start, "ink", name);
        for (at, (mesh, _)) in MESHES.into_iter().enumerate() {
            draw_weight(&mut svg, (column(at), top), &weight(way, mesh)?, mesh);
        }
    }
    Ok(svg.finish())
}
