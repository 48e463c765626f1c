//! seedbed for Python: the compiled module of the package, `seedbed._seedbed`. The doc comments of its
//! classes and functions are written for Python users: `help()` shows them, and their examples are run
//! as doctests. `_seedbed.pyi` has the types.

mod argument;
mod block;
mod cuda;
mod distribution;
mod dlpack;
mod fill;
mod gpu;
mod initializer;
mod layout;
mod literal;
mod memory;
mod pieces;
mod rules;
mod threads;
mod value;

use pyo3::prelude::*;

/// The compiled part of seedbed. Its names are those of the package.
#[pymodule(name = "_seedbed", gil_used = false)]
mod module {
    #[pymodule_export]
    use super::distribution::words;
    #[pymodule_export]
    use super::distribution::{Normal, TruncatedNormal, Uniform};
    #[pymodule_export]
    use super::gpu::{_fill_gpu, _refusal};
    #[pymodule_export]
    use super::initializer::Initializer;
    #[pymodule_export]
    use super::layout::Layout;
    #[pymodule_export]
    use super::names;
    #[pymodule_export]
    use super::rules::Rules;
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

/// Returns the names of all initializers, such as "torch.kaiming_normal_".
///
/// >>> "keras.he_normal" in names()
/// True
#[pyfunction]
fn names() -> Vec<String> {
    seedbed::registry::names().collect()
}
