//! Where the file goes: a new name, or a regular file that may be replaced.

use std::fs::{self, FileType, OpenOptions, Permissions};
use std::io::ErrorKind;
#[cfg(unix)]
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Returns the path of the output, through symbolic links, and the permissions of the file that is there,
/// if there is one.
///
/// # Errors
///
/// [`Failure::Input`] for anything but a regular file that may be written, and for a link to nothing.
pub fn target(out: &Path) -> Result<(PathBuf, Option<Permissions>), Failure> {
    let refuse = |what: &str| Err(Failure::Input(format!("{}: {what}", out.display())));
    // `metadata` follows the links of /proc, whose text is no path.
    let metadata = match fs::metadata(out) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return new(out),
        Err(error) => return Err(Failure::at(out, error)),
    };
    if !metadata.is_file() {
        return refuse(&format!("{}, not a regular file", kind(metadata.file_type())));
    }
    if metadata.permissions().readonly() {
        return refuse("the file is read-only");
    }
    // A file of somebody else, which a rename would replace all the same. Nothing is changed here.
    OpenOptions::new().write(true).open(out).map_err(|e| Failure::at(out, e))?;
    let existing = fs::canonicalize(out).map_err(|e| Failure::at(out, e))?;
    Ok((existing, Some(metadata.permissions())))
}

/// Returns the path of a file that does not exist yet.
fn new(out: &Path) -> Result<(PathBuf, Option<Permissions>), Failure> {
    let refuse = |what: String| Err(Failure::Input(format!("{}: {what}", out.display())));
    if let Ok(link) = fs::read_link(out) {
        return refuse(format!("a link to {}, which does not exist", link.display()));
    }
    let directory = out.as_os_str().as_encoded_bytes().ends_with(b"/");
    if directory || out.file_name().is_none() {
        return refuse("not the name of a file".into());
    }
    Ok((out.to_path_buf(), None))
}

/// Returns what a file is that is not regular.
fn kind(file: FileType) -> &'static str {
    #[cfg(unix)]
    match file {
        _ if file.is_fifo() => return "a pipe",
        _ if file.is_socket() => return "a socket",
        _ if file.is_char_device() || file.is_block_device() => return "a device",
        _ => {}
    }
    if file.is_dir() { "a directory" } else { "something else" }
}
