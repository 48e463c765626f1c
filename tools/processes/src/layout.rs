//! What the file is: the tensors of a small language model, and where their bytes are.

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use seedbed::{Error, Initializer, Values};

/// A tensor and where its bytes begin in the file.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name, and the path of its stream.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Where its data begins, from the beginning of the file.
    pub begin: u64,
}

/// The whole file.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Everything before the data.
    pub header: Vec<u8>,
    /// The tensors in the order of their data.
    pub entries: Vec<Entry>,
    /// The file's length.
    pub bytes: u64,
}

/// Returns the file of a model with this many layers of this width.
pub fn layout(layers: usize, width: usize) -> Layout {
    // The format's writers sort tensors of one type by name.
    let mut tensors = shapes(layers, width);
    tensors.sort();
    let mut end = 0;
    let infos = tensors.iter().map(|(name, shape)| {
        let begin = end;
        end += 4 * shape.iter().product::<usize>();
        let (dtype, shape, data_offsets) = (Dtype::F32, shape.clone(), (begin, end));
        (name.clone(), TensorInfo { dtype, shape, data_offsets })
    });
    let infos: Vec<_> = infos.collect();
    let begins: Vec<usize> = infos.iter().map(|(_, info)| info.data_offsets.0).collect();
    let metadata = Metadata::new(None, infos).expect("the offsets are without gaps");
    let header = header(&metadata);
    let entries = tensors.into_iter().zip(begins).map(|((name, shape), begin)| {
        let begin = (header.len() + begin) as u64;
        Entry { name, shape, begin }
    });
    Layout { entries: entries.collect(), bytes: (header.len() + end) as u64, header }
}

/// Returns the length of the description, and the description, padded to eight bytes.
fn header(metadata: &Metadata) -> Vec<u8> {
    let mut text = serde_json::to_vec(metadata).expect("string keys only");
    text.resize(text.len().next_multiple_of(8), b' ');
    [&(text.len() as u64).to_le_bytes()[..], &text].concat()
}

fn shapes(layers: usize, width: usize) -> Vec<(String, Vec<usize>)> {
    let mut tensors = vec![("embedding.weight".to_string(), vec![32_000, width])];
    for layer in 0..layers {
        let mut add = |name: &str, shape: &[usize]| {
            tensors.push((format!("layers.{layer}.{name}"), shape.to_vec()));
        };
        add("attention.in.weight", &[3 * width, width]);
        add("attention.out.weight", &[width, width]);
        add("mlp.in.weight", &[4 * width, width]);
        add("mlp.out.weight", &[width, 4 * width]);
    }
    tensors
}

impl Entry {
    /// Returns the number of elements.
    #[expect(clippy::len_without_is_empty, reason = "no tensor is empty")]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Returns the values of the tensor.
    ///
    /// # Errors
    ///
    /// Those of [`Initializer::for_shape`].
    pub fn values(&self) -> Result<Values<f32>, Error> {
        Initializer::normal(0.0, 0.02)?.for_shape(&self.shape)
    }
}
