//! Initialises every weight of a model and writes a `.safetensors` file:
//!
//! ```text
//! cargo run --release --example init_model                       # GPT-2 small
//! cargo run --release --example init_model -- --model resnet50 --dtype bf16
//! cargo run --release --example init_model -- --spec my_model.json --out my_model.safetensors
//! cargo run --release --example init_model -- --help
//! ```
//!
//! One path for all models: a list of entries ([`models`] or [`spec`]) is resolved to laws
//! ([`plan`], [`law`]), filled and written a tensor at a time ([`write`]), measured on the way
//! ([`measure`]), and compared with theory ([`theory`], [`report`]).

mod cli;
mod failure;
mod law;
mod measure;
mod models;
mod plan;
mod report;
mod spec;
mod theory;
mod write;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args = <cli::Args as clap::Parser>::parse();
    match cli::run(&args, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}
