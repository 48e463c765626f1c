//! A `.safetensors` file, one tensor at a time in memory, complete or not at all.

use std::borrow::Cow;
use std::fs::{self, File, Permissions};
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use safetensors::tensor::{SafeTensorError, View, serialize_to_file};
use xxhash_rust::xxh3::Xxh3Default;

use crate::failure::Failure;
use crate::measure::Measured;
use crate::plan::Planned;
use crate::provenance::Provenance;
use crate::target::target;

/// The result of a run.
pub struct Written {
    /// What was measured of each tensor, in the plan's order.
    pub measured: Vec<Measured>,
    /// XXH3-128 of the file's data, which is everything after its header.
    pub hash: u128,
    /// The file's length.
    pub file_bytes: u64,
    /// The time that sampling took.
    pub filling: Duration,
    /// The time that measuring and hashing took.
    pub checking: Duration,
    /// The rest of the time, until everything was on the disk.
    pub writing: Duration,
}

/// Fills the tensors and writes them to `out`.
///
/// The file is made in a new directory beside `out` and renamed when it is complete and on the disk. An
/// error leaves nothing behind, and an older file is replaced completely or not at all.
pub fn write(plan: &[Planned], provenance: &Provenance, out: &Path) -> Result<Written, Failure> {
    let started = Instant::now();
    let (out, older) = target(out)?;
    let failed = |error: &dyn std::fmt::Display| Failure::at(&out, error);
    let parent = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = tempfile::Builder::new().prefix(".seedbed-").tempdir_in(parent);
    let beside = beside.map_err(|e| failed(&e))?;
    let file = beside.path().join("incomplete.safetensors");
    // A temporary file is private to its owner; the output gets the permissions of the older file, or of a
    // new one.
    let new = File::create(&file).and_then(|f| f.metadata()).map_err(|e| failed(&e))?;

    let run = Run::new(plan);
    let written = serialize_to_file(run.tensors(plan), Some(provenance.metadata()), &file);
    let state = run.finish()?;
    written.map_err(|e| match e {
        SafeTensorError::IoError(e) => failed(&e),
        e => failed(&e),
    })?;
    let permissions = older.unwrap_or(new.permissions());
    let file_bytes = publish(&file, permissions, &out).map_err(|e| failed(&e))?;
    Ok(Written {
        measured: state.measured.into_iter().flatten().collect(),
        hash: state.hash.digest128(),
        file_bytes,
        filling: state.filling,
        checking: state.checking,
        writing: started.elapsed() - state.filling - state.checking,
    })
}

/// Gives a complete file its permissions and, once it is on the disk, its name. Returns its length.
fn publish(file: &Path, permissions: Permissions, out: &Path) -> io::Result<u64> {
    fs::set_permissions(file, permissions)?;
    let data = File::open(file)?;
    data.sync_all()?;
    fs::rename(file, out)?;
    Ok(data.metadata()?.len())
}

/// What the tensors of a file share while it is written.
struct Run {
    bar: ProgressBar,
    state: Mutex<State>,
}

struct State {
    measured: Vec<Option<Measured>>,
    hash: Xxh3Default,
    filling: Duration,
    checking: Duration,
    /// The first tensor that could not be made. The file is still written to its end, because the
    /// serializer cannot be stopped, and is then discarded.
    failure: Option<Failure>,
}

impl Run {
    fn new(plan: &[Planned]) -> Self {
        let bar = ProgressBar::new(plan.iter().map(|p| p.bytes as u64).sum());
        let style = "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {wide_msg}";
        bar.set_style(ProgressStyle::with_template(style).expect("the template is valid"));
        let state = State {
            measured: vec![None; plan.len()],
            hash: Xxh3Default::new(),
            filling: Duration::ZERO,
            checking: Duration::ZERO,
            failure: None,
        };
        Run { bar, state: Mutex::new(state) }
    }

    fn tensors<'a>(&'a self, plan: &'a [Planned]) -> impl Iterator<Item = (&'a str, Tensor<'a>)> {
        let tensors = plan.iter().enumerate();
        tensors.map(|(at, planned)| (planned.name.as_str(), Tensor { at, planned, run: self }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(self) -> Result<State, Failure> {
        self.bar.finish_and_clear();
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        match state.failure {
            Some(failure) => Err(failure),
            None => Ok(state),
        }
    }
}

/// A tensor that is made when its bytes are asked for: once, in the order of the file's data.
struct Tensor<'a> {
    at: usize,
    planned: &'a Planned,
    run: &'a Run,
}

impl Tensor<'_> {
    /// Makes the bytes, measures and hashes them.
    fn make(&self) -> Result<Vec<u8>, Failure> {
        let Planned { name, bytes, source, .. } = self.planned;
        let refuse = |message: String| Failure::Runtime(format!("tensor {name:?}: {message}"));
        // Tried first, because `vec!`, which gets zeroed pages without a write, aborts if there are none.
        let memory = Vec::<u8>::new().try_reserve_exact(*bytes);
        memory.map_err(|e| refuse(format!("{bytes} bytes: {e}")))?;
        let mut data = vec![0; *bytes];
        let made = source.fill(&mut data).map_err(|e| refuse(e.to_string()))?;

        let mut state = self.run.state();
        let started = Instant::now();
        state.hash.update(&data);
        state.checking += made.checking + started.elapsed();
        state.filling += made.filling;
        state.measured[self.at] = Some(made.measured);
        Ok(data)
    }
}

impl View for Tensor<'_> {
    fn dtype(&self) -> safetensors::Dtype {
        self.planned.dtype.into()
    }

    fn shape(&self) -> &[usize] {
        &self.planned.shape
    }

    fn data_len(&self) -> usize {
        self.planned.bytes
    }

    fn data(&self) -> Cow<'_, [u8]> {
        if self.run.state().failure.is_some() {
            return Cow::Borrowed(&[]);
        }
        self.run.bar.set_message(self.planned.name.clone());
        let made = self.make();
        self.run.bar.inc(self.planned.bytes as u64);
        made.map_or_else(
            |failure| {
                self.run.state().failure = Some(failure);
                Cow::Borrowed(&[][..])
            },
            Cow::Owned,
        )
    }
}
