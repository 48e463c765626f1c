//! Writes `include/seedbed.h` from `src/capi`, and `integrations/cuda/kernels/format.h` from the constants of
//! the crate; with `--check` fails if a header is out of date.
//!
//! `cargo run -p header -- [--check]`

mod device;

use std::path::Path;
use std::process::ExitCode;

use cbindgen::{Builder, DocumentationLength, Language, Style};

const PREAMBLE: &str = "\
/* Reproducible SIMD, multithreaded sampling kernels.
 *
 * Made by cbindgen from the Rust crate `seedbed`, feature `capi`: do not edit.
 *
 * Every fill returns SEEDBED_OK or the code of an error, whose message seedbed_last_error() copies.
 * After SEEDBED_RESOURCE and SEEDBED_PANIC the contents of `out` are unspecified; any other error
 * leaves `out` as it was. The fills share these arguments:
 *
 * - `out`: room for `len` elements, not null unless `len` is 0;
 * - `dtype`: the type of the elements, SEEDBED_F32, SEEDBED_F64, SEEDBED_BF16 or SEEDBED_F16;
 * - `seed`, `path`: name the stream; `path` is UTF-8 and ends with 0;
 * - `offset`: the position in the stream, in elements;
 * - `threads`: 0 for the process's pool, 1 for the calling thread, n for a pool of n threads.
 */";

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let check = std::env::args().any(|argument| argument == "--check");
    let mut code = ExitCode::SUCCESS;
    for (name, header) in [
        ("include/seedbed.h", generate(&root.join("src/capi"))),
        ("integrations/cuda/kernels/format.h", device::header()),
    ] {
        let path = root.join(name);
        if !check {
            std::fs::write(&path, header).expect("the header can be written");
        } else if std::fs::read_to_string(&path).expect("the header can be read") != header {
            eprintln!("{name} is out of date: run this without --check");
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn generate(sources: &Path) -> String {
    let config = cbindgen::Config {
        language: Language::C,
        header: Some(PREAMBLE.to_owned()),
        include_guard: Some("SEEDBED_H".to_owned()),
        cpp_compat: true,
        usize_is_size_t: true,
        no_includes: true,
        sys_includes: vec!["stddef.h".to_owned(), "stdint.h".to_owned()],
        style: Style::Tag,
        documentation_length: DocumentationLength::Full,
        line_length: 100,
        ..Default::default()
    };
    // Its submodules are found from there.
    let builder = Builder::new().with_config(config).with_src(sources.join("mod.rs"));
    let mut header = Vec::new();
    builder.generate().expect("the sources can be read").write(&mut header);
    String::from_utf8(header).expect("sources are UTF-8")
}
