//! A checkpoint's headers: of a directory, an index, a file, or a JSON of headers.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::failure::Failure;
use crate::header::{Header, Tensor};
use crate::ordered::Ordered;

/// The name of a checkpoint's only file.
pub const SINGLE: &str = "model.safetensors";

/// The name of the index of several files.
pub const INDEX: &str = "model.safetensors.index.json";

/// The headers of all files of a checkpoint.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The directory that it is in.
    pub directory: PathBuf,
    /// The files, in order.
    pub shards: Vec<Shard>,
}

/// A file of a checkpoint.
#[derive(Clone, Debug)]
pub struct Shard {
    /// The name of the file, without its directory.
    pub file: String,
    /// The header.
    pub header: Header,
}

impl Checkpoint {
    /// Reads the headers of a directory, an index, a `.safetensors` file or a JSON of headers.
    ///
    /// A JSON of headers is a header, `{"name": {"dtype", "shape"}}`; headers by the names of their files; or a
    /// list of `{"name", "dtype", "shape", "file"?}`. An index whose files are not there gets their shapes
    /// from `headers`, another such JSON.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`], with the names of file and tensor.
    pub fn read(path: &Path, headers: Option<&Path>) -> Result<Self, Failure> {
        let checkpoint = if path.is_dir() {
            directory(path, headers)
        } else if path.extension().is_some_and(|extension| extension == "json") {
            json(path, headers)
        } else {
            file(path)
        }?;
        checkpoint.check(path)?;
        Ok(checkpoint)
    }

    /// Returns the tensors of all files with the files' places in the list.
    pub fn tensors(&self) -> impl Iterator<Item = (usize, &Tensor)> {
        let shards = self.shards.iter().enumerate();
        shards.flat_map(|(at, shard)| shard.header.tensors.iter().map(move |tensor| (at, tensor)))
    }

    /// Returns a header of those tensors that have these names, in the order of this checkpoint.
    fn part(&self, names: &[String]) -> Header {
        let names: HashSet<&str> = names.iter().map(String::as_str).collect();
        let mut header = Header::default();
        let mut offset = 0;
        for (_, tensor) in self.tensors().filter(|(_, t)| names.contains(t.name.as_str())) {
            header.tensors.push(Tensor { offset, ..tensor.clone() });
            offset += tensor.bytes;
        }
        header
    }

    /// Refuses tensors of the same name in several files.
    fn check(&self, path: &Path) -> Result<(), Failure> {
        let mut places = HashMap::new();
        for (at, tensor) in self.tensors() {
            if let Some(earlier) = places.insert(&tensor.name, at) {
                let [first, second] = [earlier, at].map(|at| &self.shards[at].file);
                return Err(refused(
                    path,
                    &format!("tensor {:?} is in {first} and in {second}", tensor.name),
                ));
            }
        }
        Ok(())
    }
}

fn refused(path: &Path, problem: &str) -> Failure {
    Failure::Input(format!("{}: {problem}", path.display()))
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Reads a file by itself.
fn file(path: &Path) -> Result<Checkpoint, Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let shard = Shard { file: name, header: Header::read(path)? };
    Ok(Checkpoint { directory: parent(path), shards: vec![shard] })
}

/// Reads a directory by its index, or all of its files where it has none.
fn directory(path: &Path, headers: Option<&Path>) -> Result<Checkpoint, Failure> {
    let unreadable = |e: std::io::Error| refused(path, &e.to_string());
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        names.extend(entry.map_err(unreadable)?.file_name().into_string());
    }
    names.sort();
    let ending = |ending: &str| names.iter().filter(|name| name.ends_with(ending)).collect();
    let indices: Vec<&String> = ending(".safetensors.index.json");
    if let Some(index) = indices.iter().find(|name| **name == INDEX).or(indices.first()) {
        return json(&path.join(index), headers);
    }
    let all: Vec<&String> = ending(".safetensors");
    // Some publishers store the same weights again under another name.
    let files = if all.iter().any(|name| *name == SINGLE) {
        vec![SINGLE]
    } else {
        all.iter().map(|name| name.as_str()).collect()
    };
    if files.is_empty() {
        return Err(refused(path, "the directory has no index and no .safetensors file"));
    }
    let shards = files
        .into_iter()
        .map(|name| Ok(Shard { file: name.to_owned(), header: Header::read(&path.join(name))? }));
    Ok(Checkpoint {
        directory: path.to_path_buf(),
        shards: shards.collect::<Result<_, Failure>>()?,
    })
}

/// Reads an index or a JSON of headers.
fn json(path: &Path, headers: Option<&Path>) -> Result<Checkpoint, Failure> {
    let text = fs::read(path).map_err(|e| refused(path, &e.to_string()))?;
    let text = String::from_utf8(text);
    let text = text.map_err(|e| refused(path, &format!("the text is not UTF-8: {e}")))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match Index::of(text).map_err(|problem| refused(path, &problem))? {
        Some(index) => index.read(path, headers),
        None => {
            let shards = parse(text).map_err(|problem| refused(path, &problem))?;
            Ok(Checkpoint { directory: parent(path), shards })
        }
    }
}

/// The tensors of each file, in the order of an index.
struct Index(Vec<(String, Vec<String>)>);

impl Index {
    /// Reads an index, unless the text is another JSON.
    fn of(text: &str) -> Result<Option<Self>, String> {
        let Ok(fields) = serde_json::from_str::<Ordered<&RawValue>>(text) else {
            return Ok(None);
        };
        let Some(map) = fields.get("weight_map") else {
            return Ok(None);
        };
        let Ordered(map): Ordered<String> = serde_json::from_str(map.get())
            .map_err(|_| "weight_map is not an object of names and files".to_owned())?;
        let (mut files, mut places, mut names) = (Vec::new(), HashMap::new(), HashSet::new());
        for (name, file) in map {
            if !names.insert(name.clone()) {
                return Err(format!("weight_map: the key {name:?} is given twice"));
            }
            check_file(&file).map_err(|e| format!("weight_map: tensor {name:?}: {e}"))?;
            let place = *places.entry(file.clone()).or_insert(files.len());
            if place == files.len() {
                files.push((file, Vec::new()));
            }
            files[place].1.push(name);
        }
        files.sort();
        Ok(Some(Index(files)))
    }

    /// Reads the headers of the files of an index, or takes their shapes from a JSON of headers.
    fn read(self, path: &Path, headers: Option<&Path>) -> Result<Checkpoint, Failure> {
        let directory = parent(path);
        let known = headers.map(|headers| Checkpoint::read(headers, None)).transpose()?;
        let mut shards = Vec::new();
        for (file, names) in self.0 {
            let at = directory.join(&file);
            let header = match &known {
                Some(known) => {
                    let header = known.part(&names);
                    has_all(&header, &names).map_err(|e| refused(path, &e))?;
                    header
                }
                None if !at.exists() => {
                    return Err(refused(
                        &at,
                        "there is no such file, and the index does not say what shapes its tensors \
                         have; `seedbed new --like` takes them by --headers FILE, a JSON of \
                         {\"name\": {\"dtype\", \"shape\"}}",
                    ));
                }
                None => {
                    let header = Header::read(&at)?;
                    has_all(&header, &names).map_err(|e| refused(&at, &e))?;
                    header
                }
            };
            shards.push(Shard { file, header });
        }
        Ok(Checkpoint { directory, shards })
    }
}

fn has_all(header: &Header, names: &[String]) -> Result<(), String> {
    let has: HashSet<&str> = header.tensors.iter().map(|t| t.name.as_str()).collect();
    match names.iter().find(|name| !has.contains(name.as_str())) {
        Some(name) => Err(format!("tensor {name:?} of the index is not in its header")),
        None => Ok(()),
    }
}

/// An item of a list of tensors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    file: Option<String>,
}

/// Reads a JSON of headers: a list of tensors, headers by file, or a header.
fn parse(text: &str) -> Result<Vec<Shard>, String> {
    if text.trim_start().starts_with('[') {
        return list(text);
    }
    let fields: Ordered<&RawValue> = serde_json::from_str(text)
        .map_err(|e| format!("not a JSON of headers, nor an index: {e}"))?;
    let is_file = |(name, _): &(String, &RawValue)| name.ends_with(".safetensors");
    if fields.0.is_empty() || !fields.0.iter().all(is_file) {
        return Ok(vec![Shard { file: SINGLE.into(), header: Header::parse(text)? }]);
    }
    let mut seen = HashSet::new();
    let shards = fields.0.into_iter().map(|(file, header)| {
        check_file(&file)?;
        if !seen.insert(file.clone()) {
            return Err(format!("the key {file:?} is given twice"));
        }
        let header = Header::parse(header.get()).map_err(|e| format!("{file}: {e}"))?;
        Ok(Shard { file, header })
    });
    shards.collect()
}

fn list(text: &str) -> Result<Vec<Shard>, String> {
    let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let (mut shards, mut places) = (Vec::<Shard>::new(), HashMap::new());
    for (at, item) in items.into_iter().enumerate() {
        let refuse = |problem: String| format!("entry {}: {problem}", at + 1);
        let item: Item = serde_json::from_str(item.get()).map_err(|e| refuse(e.to_string()))?;
        let file = item.file.unwrap_or_else(|| SINGLE.into());
        check_file(&file).map_err(refuse)?;
        let place = *places.entry(file.clone()).or_insert(shards.len());
        if place == shards.len() {
            shards.push(Shard { file, header: Header::default() });
        }
        let tensors = &mut shards[place].header.tensors;
        let offset = tensors.last().map_or(0, |t| t.offset + t.bytes);
        let name = item.name.clone();
        let tensor = Tensor::new(item.name, item.dtype, item.shape, offset);
        tensors.push(tensor.map_err(|e| format!("entry {} {name:?}: {e}", at + 1))?);
    }
    Ok(shards)
}

/// Refuses a name that is not that of a `.safetensors` file in the checkpoint's own directory.
fn check_file(file: &str) -> Result<(), String> {
    let plain = Path::new(file).file_name().is_some_and(|name| name == file);
    if plain && file.ends_with(".safetensors") {
        return Ok(());
    }
    Err(format!("{file:?} is not the name of a .safetensors file, without a directory"))
}
