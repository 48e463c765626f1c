//! Makes the layers of the ziggurats from their definition in docs/format.md, at 60 digits: the files
//! in `src/kernel/ziggurat/tables` and the words of `reference/tables.txt`.
//!
//! `cargo run --release -p ziggurat_tables`

mod layers;
mod real;

use std::fmt::Write;
use std::path::Path;

use layers::{Layers, Type};

/// A distribution's layers in a type: the name of its file, and what the file says of it.
struct Table {
    name: &'static str,
    distribution: &'static str,
    ty: Type,
    make: fn(Type) -> Layers,
}

const WHOLE: &str = "The layers of the normal distribution";
const TWO_SIGMA: &str = "The layers of the normal distribution cut off at 2";

const THREE_SIGMA: &str = "The layers of the normal distribution cut off at 3";

const TABLES: [Table; 6] = [
    Table { name: "normal_f32", distribution: WHOLE, ty: Type::F32, make: layers::whole },
    Table { name: "normal_f64", distribution: WHOLE, ty: Type::F64, make: layers::whole },
    Table { name: "two_sigma_f32", distribution: TWO_SIGMA, ty: Type::F32, make: two_sigma },
    Table { name: "two_sigma_f64", distribution: TWO_SIGMA, ty: Type::F64, make: two_sigma },
    Table { name: "three_sigma_f32", distribution: THREE_SIGMA, ty: Type::F32, make: three_sigma },
    Table { name: "three_sigma_f64", distribution: THREE_SIGMA, ty: Type::F64, make: three_sigma },
];

fn two_sigma(ty: Type) -> Layers {
    layers::cut_off(ty, 2.0)
}

fn three_sigma(ty: Type) -> Layers {
    layers::cut_off(ty, 3.0)
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut words = String::new();
    for table in TABLES {
        let layers = (table.make)(table.ty);
        let path = root.join(format!("src/kernel/ziggurat/tables/{}.rs", table.name));
        std::fs::write(path, rust(&table, &layers)).expect("the table can be written");
        words += &plain(&table, &layers);
    }
    std::fs::write(root.join("reference/tables.txt"), words).expect("the words can be written");
}

/// Returns the source file of a table.
fn rust(table: &Table, layers: &Layers) -> String {
    let (ty, word, digits, columns) = match table.ty {
        Type::F32 => ("f32", "u32", 8, 8),
        Type::F64 => ("f64", "u64", 16, 4),
    };
    let mut text = format!("//! {}, in {ty}.\n\n", table.distribution);
    text += "/// Area of each layer, with the density scaled to 1 at 0.\n";
    writeln!(text, "pub const AREA: f64 = {:?};", layers.area).expect("a string");
    if let Some(tail) = layers.tail {
        writeln!(text, "/// Start of the tail.\npub const TAIL: f64 = {tail:?};")
            .expect("a string");
    }
    let len = layers.entries.len();
    writeln!(text, "\n#[rustfmt::skip]\npub const ENTRIES: [{word}; {len}] = [").expect("a string");
    for row in layers.entries.chunks(columns) {
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

/// Returns a table as words: its name, the number of its layers, the bits of the area and of the start
/// of the tail, or 0, in hexadecimal, and then the entries.
fn plain(table: &Table, layers: &Layers) -> String {
    let (area, tail) = (layers.area.to_bits(), layers.tail.map_or(0, f64::to_bits));
    let mut text = format!("{} {} {area:016x} {tail:016x}\n", table.name, layers.entries.len());
    let digits = if table.ty == Type::F32 { 8 } else { 16 };
    for row in layers.entries.chunks(64 / digits) {
        let entries: Vec<_> = row.iter().map(|entry| format!("{entry:0digits$x}")).collect();
        text += &(entries.join(" ") + "\n");
    }
    text
}
