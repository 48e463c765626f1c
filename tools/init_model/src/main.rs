//! Initialises every weight of a model and writes a `.safetensors` file:
//!
//! ```text
//! cargo run --release -p init_model                       # GPT-2 small
//! cargo run --release -p init_model -- --model resnet50 --dtype bf16
//! cargo run --release -p init_model -- --spec my_model.json --out my_model.safetensors
//! cargo run --release -p init_model -- --help
//! ```

use std::process::ExitCode;

use clap::Parser;
use init_model::cli::{self, Args};

fn main() -> ExitCode {
    match cli::run(&Args::parse(), &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}
