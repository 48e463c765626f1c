//! Makes the layers of the ziggurats and the strips from their definitions in docs/format.md, at 60
//! digits: the files in `src/kernel/ziggurat/tables` and `src/kernel/strips/tables`, and the words of
//! `reference/tables.txt`.
//!
//! `cargo run --release -p ziggurat_tables`

mod layers;
mod real;
mod strips;

use std::f64::consts::FRAC_PI_2;
use std::fmt::Write;
use std::path::Path;

use layers::{Layers, Type};
use real::bell;
use strips::Curve;

/// A file of numbers.
struct Table {
    name: String,
    /// What the file says of it.
    title: String,
    ty: Type,
    /// What one of its parts is called.
    part: &'static str,
    area: f64,
    tail: Option<f64>,
    entries: Vec<u64>,
}

fn layers(name: &str, distribution: &str, make: impl Fn(Type) -> Layers) -> [Table; 2] {
    [Type::F32, Type::F64].map(|ty| {
        let Layers { area, tail, entries } = make(ty);
        let (name, title) =
            (format!("{name}_{}", ty.name()), format!("The layers of {distribution}"));
        Table { name, title, ty, part: "layer", area, tail, entries }
    })
}

fn strips(name: &str, curve: &str, shape: Curve) -> [Table; 2] {
    [Type::F32, Type::F64].map(|ty| {
        let strips = shape.strips(ty);
        let (name, title) = (format!("{name}_{}", ty.name()), format!("The strips under {curve}"));
        let (area, entries) = (strips.area, strips.entries);
        Table { name, title, ty, part: "strip", area, tail: None, entries }
    })
}

fn main() {
    let ziggurats = [
        layers("normal", "the normal distribution", layers::whole),
        layers("two_sigma", "the normal distribution cut off at 2", |ty| layers::cut_off(ty, 2.0)),
        layers("three_sigma", "the normal distribution cut off at 3", |ty| {
            layers::cut_off(ty, 3.0)
        }),
    ];
    let half = FRAC_PI_2.sqrt();
    let beyond_1 = half * 0.317_310_507_862_914_1; // erfc(1 / sqrt(2))
    let normal = Curve { density: bell, start: 0.0, reach: 14.0, count: 512, area: half };
    let outer = Curve { start: 1.0, count: 1024, area: beyond_1, ..normal };
    let exponential =
        Curve { density: |x| (-x).exp(), start: 0.0, reach: 64.0, count: 1024, area: 1.0 };
    let curves = [
        strips("normal", "the right half of the normal curve", normal),
        strips("outer", "the normal curve beyond 1", outer),
        strips("exponential", "the exponential curve", exponential),
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut words = String::new();
    for (folder, tables) in [("ziggurat", ziggurats), ("strips", curves)] {
        for table in tables.iter().flatten() {
            let path = root.join(format!("src/kernel/{folder}/tables/{}.rs", table.name));
            std::fs::write(path, rust(table)).expect("the table can be written");
            words += &plain(folder, table);
        }
    }
    std::fs::write(root.join("reference/tables.txt"), words).expect("the words can be written");
}

/// Returns the source file of a table.
fn rust(table: &Table) -> String {
    let (word, digits, columns) = match table.ty {
        Type::F32 => ("u32", 8, 8),
        Type::F64 => ("u64", 16, 4),
    };
    let mut text = format!("//! {}, in {}.\n\n", table.title, table.ty.name());
    writeln!(text, "/// Area of each {}, with the density scaled to 1 at 0.", table.part)
        .expect("a string");
    writeln!(text, "pub const AREA: f64 = {:?};", table.area).expect("a string");
    if let Some(tail) = table.tail {
        writeln!(text, "/// Start of the tail.\npub const TAIL: f64 = {tail:?};")
            .expect("a string");
    }
    let len = table.entries.len();
    writeln!(text, "\n#[rustfmt::skip]\npub const ENTRIES: [{word}; {len}] = [").expect("a string");
    for row in table.entries.chunks(columns) {
        let entries: Vec<_> =
            row.iter().map(|entry| grouped(&format!("{entry:0digits$x}"))).collect();
        writeln!(text, "    {},", entries.join(", ")).expect("a string");
    }
    text + "];\n"
}

/// Returns a hexadecimal literal in groups of four digits.
fn grouped(digits: &str) -> String {
    let groups: Vec<_> = digits.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
    format!("0x{}", groups.join("_"))
}

/// Returns a table as words: its name, the number of its layers or strips, the bits of the area and of
/// the start of the tail, or 0, in hexadecimal, and then the entries.
fn plain(folder: &str, table: &Table) -> String {
    let (area, tail) = (table.area.to_bits(), table.tail.map_or(0, f64::to_bits));
    let prefix = if folder == "strips" { "strips_" } else { "" };
    let mut text =
        format!("{prefix}{} {} {area:016x} {tail:016x}\n", table.name, table.entries.len());
    let digits = if table.ty == Type::F32 { 8 } else { 16 };
    for row in table.entries.chunks(64 / digits) {
        let entries: Vec<_> = row.iter().map(|entry| format!("{entry:0digits$x}")).collect();
        text += &(entries.join(" ") + "\n");
    }
    text
}
