//! How far a run is: a bar over all bytes on a terminal, and a line for each file elsewhere.

use std::io::IsTerminal;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::write::{Output, Watch};

/// The progress of files that are written.
pub struct Progress {
    bar: ProgressBar,
    /// Whether a line is printed for each file.
    lines: bool,
}

impl Progress {
    /// Returns the progress of files with these many bytes in all. `lines` asks for a line for each file
    /// where there is no terminal.
    pub fn new(bytes: u64, lines: bool) -> Self {
        Progress { bar: bar(bytes), lines: lines && !std::io::stderr().is_terminal() }
    }
}

/// Returns a bar in bytes, with their rate and the time that is left; none where there is no terminal.
pub fn bar(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    let style = "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta} left {wide_msg}";
    bar.set_style(ProgressStyle::with_template(style).expect("the template is valid"));
    bar
}

impl Watch for Progress {
    fn wrote(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn finished(&self, output: &Output) {
        let name = output.path.file_name().unwrap_or_default().to_string_lossy();
        if self.lines {
            eprintln!("{name}: {}", HumanBytes(output.length));
        } else {
            self.bar.set_message(name.into_owned());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
