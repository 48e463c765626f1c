//! Tests that need a process of their own: such a test starts its program again, for itself only.

use std::env;
use std::process::Command;

/// Holds the name of the test that a process was started for.
const VARIABLE: &str = "SEEDBED_TEST_CHILD";

/// The name of a test for the test harness: its path without the program's name.
fn name_of<T: Fn()>(_: T) -> &'static str {
    core::any::type_name::<T>().split_once("::").expect("a function of a program").1
}

/// Whether this process was started for the test.
pub fn is_child(test: impl Fn()) -> bool {
    env::var_os(VARIABLE).is_some_and(|name| name == name_of(test))
}

/// Runs the test in a process of its own and returns what that prints. Panics unless the test ran there
/// and passed.
pub fn run_child(test: impl Fn(), variables: &[(&str, &str)]) -> String {
    let test = name_of(test);
    let mut child = Command::new(env::current_exe().expect("a test has a path"));
    child.args(["--exact", test, "--nocapture"]).env(VARIABLE, test);
    let output = child.envs(variables.iter().copied()).output().expect("it starts");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    // A process that finds no test of this name succeeds as well.
    let passed = output.status.success() && printed.contains("1 passed");
    assert!(passed, "{test} with {variables:?}: {}\n{printed}{errors}", output.status);
    printed
}

/// Does what a test does in a process of its own.
pub fn in_own_process(test: impl Fn() + Copy, run: impl FnOnce()) {
    if is_child(test) {
        run();
    } else {
        run_child(test, &[]);
    }
}
