//! The header of the kernels for devices.

use seedbed::device::{Constant, Field, Job, Kind, constants};

const PREAMBLE: &str = "\
// The constants of format V1, and a fill as the host describes it.
//
// Written by tools/header from the Rust crate `seedbed`, feature `device`: do not edit.
#pragma once

";

/// Returns the text of the header.
pub fn header() -> String {
    let kinds = [Kind::Constant, Kind::Uniform, Kind::Ziggurat, Kind::Strips];
    let kinds = kinds.map(|kind| format!("{kind:?} = {}", kind as u64)).join(", ");
    let fields: String = Job::FIELDS.iter().map(field).collect();
    format!(
        "{PREAMBLE}{}\nenum class Kind {{ {kinds} }};\n\n\
         /// A range of the elements of a stream with a distribution.\n\
         struct Job {{\n{fields}}};\nstatic_assert(sizeof(Job) == {}, \"as in Rust\");\n",
        constants().iter().map(constant).collect::<String>(),
        size_of::<Job>(),
    )
}

/// What the definition for a type begins with. The first names the template.
fn template(of: &str, name: &str) -> String {
    format!("template <class R> constexpr {of} {name} = 0;\n")
}

fn constant(constant: &Constant) -> String {
    match *constant {
        Constant::Int(name, value) => format!("constexpr int {name} = {value};\n"),
        Constant::Ints(name, [single, double]) => {
            template("int", name)
                + &format!("template <> constexpr int {name}<float> = {single};\n")
                + &format!("template <> constexpr int {name}<double> = {double};\n")
        }
        Constant::Word(name, word) => {
            format!("constexpr unsigned long long {name} = {word:#018x};\n")
        }
        Constant::Double(name, number) => format!("constexpr double {name} = {};\n", hex(number)),
        Constant::Numbers(name, single, double) => {
            template("R", name)
                + &format!(
                    "template <> constexpr float {name}<float> = {}f;\n",
                    hex(f64::from(single))
                )
                + &format!("template <> constexpr double {name}<double> = {};\n", hex(double))
        }
        Constant::Term(name, k, single, double) => {
            let first = if k == 0 {
                format!("template <class R, int K> constexpr R {name} = 0;\n")
            } else {
                String::new()
            };
            first
                + &format!(
                    "template <> constexpr float {name}<float, {k}> = {}f;\n",
                    hex(f64::from(single))
                )
                + &format!("template <> constexpr double {name}<double, {k}> = {};\n", hex(double))
        }
        _ => unreachable!("a kind of constant that this program does not know"),
    }
}

/// Returns a normal number as C++ writes its bits.
fn hex(number: f64) -> String {
    let bits = number.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i64 - 1023;
    let sign = if number < 0.0 { "-" } else { "" };
    let mantissa = format!("{:013x}", bits & ((1 << 52) - 1));
    let mantissa = mantissa.trim_end_matches('0');
    let point = if mantissa.is_empty() { "" } else { "." };
    format!("{sign}0x1{point}{mantissa}p{exponent}")
}

fn field(field: &Field) -> String {
    let (of, many) = match field.kind.trim_matches(['[', ']']).split_once(';') {
        Some((of, many)) => (of.trim(), format!("[{}]", many.trim())),
        None => (field.kind, String::new()),
    };
    let of = match of {
        "u64" => "unsigned long long",
        "f64" => "double",
        other => unreachable!("{other} is no type of a field"),
    };
    format!("    {of} {}{many}; // {}\n", field.name, field.meaning)
}
