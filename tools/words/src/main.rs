//! Writes the generator's 64-bit words, little-endian, for a test battery that reads a pipe.
//!
//! ```text
//! cargo run --release -p words -- --pattern chunks | RNG_test stdin64 -tlmax 256GB
//! cargo run --release -p words -- --pattern lanes | head -c 1000000000 > words.bin
//! ```

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;
use words::pattern::{Pattern, page_len};

/// Writes the words of the generator to standard output until it is closed.
#[derive(Debug, Parser)]
#[command(name = "words")]
struct Args {
    /// Whose words, in which order
    #[arg(long, value_enum)]
    pattern: Pattern,

    /// How many words to leave out at the start of the pattern
    #[arg(long, value_name = "N", default_value_t = 0)]
    skip: u64,

    /// The seed; with `--pattern seeds`, the first seed
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match write(&args, &mut io::stdout().lock()) {
        // A closed pipe is how a reader stops this program.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("error: cannot write to standard output: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Writes page after page until writing fails.
fn write(args: &Args, out: &mut impl Write) -> io::Result<()> {
    let mut page = vec![0; page_len()];
    let mut skip = (args.skip % page.len() as u64) as usize;
    for number in args.skip / page.len() as u64.. {
        args.pattern.fill(args.seed, number, &mut page);
        page.iter_mut().for_each(|word| *word = word.to_le());
        out.write_all(bytemuck::cast_slice(&page[skip..]))?;
        skip = 0;
    }
    Ok(())
}
