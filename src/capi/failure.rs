//! Errors and panics, as a code for the caller and a message for its thread.

use core::any::Any;
use std::cell::RefCell;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    SEEDBED_CONFIG, SEEDBED_LENGTH, SEEDBED_OK, SEEDBED_PANIC, SEEDBED_PARAMETER, SEEDBED_RESOURCE,
};
use crate::error::{ConfigError, Error, ParameterError, ShapeError};

/// A code with its message.
#[derive(Debug)]
pub(super) struct Failure {
    code: c_int,
    message: String,
}

impl Failure {
    pub(super) fn new(code: c_int, message: impl Into<String>) -> Self {
        Failure { code, message: message.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match error {
            Error::Config(_) => SEEDBED_CONFIG,
            Error::Shape(ShapeError::TooLarge { .. }) => SEEDBED_LENGTH,
            Error::Allocation { .. } | Error::FeatureDisabled { .. } => SEEDBED_RESOURCE,
            _ => SEEDBED_PARAMETER,
        };
        // A caller from C has no shape and no configuration, but `dims` and `json`.
        let message = match error {
            Error::Shape(ShapeError::Unsupported { subject, expected, shape }) => {
                format!("{subject} needs {expected}, but dims is {shape:?}")
            }
            Error::Config(ConfigError::Malformed { value, problem }) => {
                format!("json is `{value}`, which {problem}")
            }
            Error::OffsetTooLarge { offset } => {
                format!("out ends at element {offset} of dims, but a stream has 2^60 elements")
            }
            other => other.to_string(),
        };
        Failure { code, message }
    }
}

impl From<ParameterError> for Failure {
    fn from(error: ParameterError) -> Self {
        Error::from(error).into()
    }
}

thread_local! {
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Reads the message of this thread's last failure, which is empty on a thread that is ending.
pub(super) fn with_message<R>(read: impl Fn(&str) -> R) -> R {
    MESSAGE.try_with(|message| read(&message.borrow())).unwrap_or_else(|_| read(""))
}

/// Returns the code of a call's result and keeps the message of a failure for this thread. A panic
/// is a failure: it must not unwind into C.
pub(super) fn guard(call: impl FnOnce() -> Result<(), Failure>) -> c_int {
    // After a panic `out` may be half filled; the caller is told not to use it.
    let Failure { code, message } = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => return SEEDBED_OK,
        Ok(Err(failure)) => failure,
        Err(payload) => Failure::new(SEEDBED_PANIC, panic_message(&*payload)),
    };
    // C takes the first 0 for the end of the message.
    let message = message.replace('\0', "\\0");
    let _on_an_ending_thread = MESSAGE.try_with(|last| last.replace(message));
    code
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("the library panicked: {}", text.unwrap_or("no message"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_code_and_a_message() {
        let message = || with_message(str::to_owned);
        assert_eq!(guard(|| panic!("of {} bytes\0", 3)), SEEDBED_PANIC);
        assert_eq!(message(), "the library panicked: of 3 bytes\\0");
        assert_eq!(guard(|| std::panic::panic_any(1)), SEEDBED_PANIC);
        assert_eq!(message(), "the library panicked: no message");
        assert_eq!(guard(|| Ok(())), SEEDBED_OK);
        assert_eq!(message(), "the library panicked: no message");
        std::thread::spawn(move || assert_eq!(message(), "")).join().unwrap();
    }
}
