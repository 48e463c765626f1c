//! Draws the figures of the guide and of the README, and writes the guide's tables of initializers.
//!
//! `cargo run --release -p figures`
//!
//! All values are the crate's own, so that a second run changes nothing; `.ci/guide` holds it to that.

mod depth;
mod mesh;
mod plot;
mod spectra;
mod speed;
mod svg;
mod systems;
mod truncated;

use std::error::Error;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let repository = guide.join("..");
    let figures = [
        ("depth", depth::draw()?),
        ("mesh", mesh::draw()?),
        ("spectra", spectra::draw()?),
        ("speed", speed::draw(&fs::read_to_string(repository.join("docs/performance.md"))?)?),
        ("truncated", truncated::draw()?),
    ];
    for (name, figure) in figures {
        fs::write(guide.join(format!("src/figures/{name}.svg")), figure)?;
    }
    systems::write(&repository)
}
