//! Packs the inputs of a fuzz target into one file, and unpacks them for the fuzzer.
//!
//!     corpus pack FOLDER FILE      all files in FOLDER
//!     corpus unpack FILE FOLDER    the inputs as FOLDER/0, FOLDER/1, ..
//!
//! A pack is a sequence of inputs, each after its length, a little-endian u32. The inputs are sorted and
//! distinct, so that a pack does not depend on the files' names.

use std::path::Path;
use std::{env, fs, io, process};

/// Returns the pack of these inputs.
fn pack(mut inputs: Vec<Vec<u8>>) -> Vec<u8> {
    inputs.sort();
    inputs.dedup();
    let prefixed = inputs.into_iter().flat_map(|input| {
        let len = u32::try_from(input.len()).expect("an input is below 4 GiB");
        len.to_le_bytes().into_iter().chain(input)
    });
    prefixed.collect()
}

/// Returns the inputs of a pack, or none if it was cut off.
fn unpack(mut pack: &[u8]) -> Option<Vec<&[u8]>> {
    let mut inputs = Vec::new();
    while let Some((len, rest)) = pack.split_first_chunk() {
        let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
        let (input, rest) = rest.split_at_checked(len)?;
        inputs.push(input);
        pack = rest;
    }
    pack.is_empty().then_some(inputs)
}

fn pack_folder(folder: &Path, file: &Path) -> io::Result<usize> {
    let inputs: Vec<_> =
        fs::read_dir(folder)?.map(|entry| fs::read(entry?.path())).collect::<io::Result<_>>()?;
    let pack = pack(inputs);
    fs::write(file, &pack)?;
    Ok(unpack(&pack).expect("as it was packed").len())
}

fn unpack_file(file: &Path, folder: &Path) -> io::Result<usize> {
    let pack = fs::read(file)?;
    let inputs = unpack(&pack).ok_or_else(|| io::Error::other("the file is cut off"))?;
    fs::create_dir_all(folder)?;
    for (number, input) in inputs.iter().enumerate() {
        fs::write(folder.join(number.to_string()), input)?;
    }
    Ok(inputs.len())
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (from, result) = match arguments[..] {
        ["pack", folder, file] => (folder, pack_folder(folder.as_ref(), file.as_ref())),
        ["unpack", file, folder] => (file, unpack_file(file.as_ref(), folder.as_ref())),
        _ => {
            eprintln!("usage: corpus pack FOLDER FILE, or corpus unpack FILE FOLDER");
            process::exit(2);
        }
    };
    match result {
        Ok(inputs) => println!("{from}: {inputs} inputs"),
        Err(error) => {
            eprintln!("{from}: {error}");
            process::exit(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_has_every_input_once() {
        let inputs = [&b"b"[..], b"", b"a longer one", b"b"].map(<[u8]>::to_vec);
        let pack = pack(inputs.to_vec());
        assert_eq!(unpack(&pack).unwrap(), [&b""[..], b"a longer one", b"b"]);
        assert_eq!(unpack(&pack[..pack.len() - 1]), None);
        assert_eq!(unpack(&pack[..3]), None);
        assert_eq!(unpack(&[]).unwrap(), [[0u8; 0]; 0]);
    }
}
