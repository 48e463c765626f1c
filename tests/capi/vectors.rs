//! A C program gets the values of `test_vectors.json`.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::file::{check, integer, list, number, read, size, text};
use crate::{compiled, library};

/// Returns the line that asks the C program for the elements of a vector.
fn line(vector: &Value) -> String {
    let dtype = match text(vector, "type") {
        "f32" => 0,
        "f64" => 1,
        "bf16" => 2,
        _ => 3,
    };
    let [name] = list(vector, "path") else { panic!("{vector}: a path of one name") };
    let name = name.as_str().expect("a name");
    let offset = vector.get("offset").map_or(0, |_| integer(vector, "offset"));
    let (seed, len) = (text(vector, "seed"), integer(vector, "length"));
    format!("{seed} {name} {dtype} {offset} {len} {}\n", call(vector, len))
}

fn call(vector: &Value, len: u64) -> String {
    let Some(distribution) = vector.get("distribution") else {
        let axis = if text(vector, "lines") == "columns" { "column" } else { "row" };
        let nonzeros = json!({"exactly": vector["count"]});
        let config = json!({"axis": axis, "nonzeros": nonzeros, "std": vector["std"]});
        let initializer = json!({"class_name": "seedbed.Sparse", "config": config});
        return format!("initialize 2 {} {} {initializer}", vector["shape"][0], vector["shape"][1]);
    };
    let name = text(distribution, "name");
    let parameters: &[_] = match name {
        "constant" => {
            let config = json!({"value": distribution["value"]});
            let initializer = json!({"class_name": "seedbed.Constant", "config": config});
            return format!("initialize 1 {len} {initializer}");
        }
        "uniform" => &["low", "high"],
        "normal" => &["mean", "std"],
        _ => &["mean", "std", "low", "high"],
    };
    let parameters = parameters.iter().map(|key| format!("{:e}", number(distribution, key)));
    format!("{name} {}", parameters.collect::<Vec<_>>().join(" "))
}

#[test]
fn a_c_program_gets_the_values_of_the_vectors() {
    let vectors = read();
    let vectors = || list(&vectors, "fills").iter().chain(list(&vectors, "sparse"));
    let lines: String = vectors().map(line).collect();
    let mut program = Command::new(compiled(&library(), "vectors_test", "-O1"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = program.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = program.wait_with_output().expect("it runs");
    writer.join().expect("no panic").expect("it reads all lines");
    assert!(output.status.success());
    let mut rest = output.stdout.as_slice();
    for vector in vectors() {
        let len = integer(vector, "length") as usize * size(vector);
        let (bytes, later) = rest.split_at_checked(len).expect("a fill is missing");
        // The bytes are in the machine's order.
        let little: Vec<u8> = match cfg!(target_endian = "big") {
            true => {
                bytes.chunks(size(vector)).flat_map(|bytes| bytes.iter().rev().copied()).collect()
            }
            false => bytes.to_vec(),
        };
        check(vector, &little, "in C");
        rest = later;
    }
    assert!(rest.is_empty());
}
