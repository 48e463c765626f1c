//! The command `seedbed`:
//!
//! ```text
//! seedbed new gpt2                       # GPT-2 small
//! seedbed new resnet50 --dtype bf16
//! seedbed new --spec my_model.json --out my_model.safetensors
//! seedbed new --like DIR --out NEW       # the names, shapes and files of another checkpoint
//! seedbed help new
//! ```

use std::process::ExitCode;

use clap::Parser;
use seedbed_cli::commands::Args;

fn main() -> ExitCode {
    match Args::parse().run(&mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}
