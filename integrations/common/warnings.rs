//! The warnings that a test's own thread logs, for the tests of several adapters.

use std::cell::RefCell;

use log::{LevelFilter, Log, Metadata, Record};

thread_local! {
    static WARNINGS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Recorder;

impl Log for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("seedbed")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            WARNINGS.with_borrow_mut(|warnings| warnings.push(record.args().to_string()));
        }
    }

    fn flush(&self) {}
}

/// Returns what this crate's adapters log during the call.
pub fn warnings(call: impl FnOnce()) -> Vec<String> {
    // Fails if another test of this process has set it before.
    let _ = log::set_logger(&Recorder);
    log::set_max_level(LevelFilter::Warn);
    WARNINGS.take();
    call();
    WARNINGS.take()
}
