//! The file that several processes have written against the one that a single process writes.

use std::fs::File;
use std::io::Read;

use seedbed::Seed;
use xxhash_rust::xxh3::Xxh3Default;

use crate::rank::Plan;

impl Plan {
    /// Returns the hash of the file if a single process writes the same file.
    pub fn check(&self) -> Result<String, String> {
        let (actual, expected) = (self.actual()?, self.expected()?);
        if actual != expected {
            return Err(self.failed("not the file of a single process"));
        }
        Ok(format!("{actual:032x}"))
    }

    /// Returns the hash of the file.
    fn actual(&self) -> Result<u128, String> {
        let mut hash = Xxh3Default::new();
        let mut file = File::open(&self.out).map_err(|e| self.failed(e))?;
        let mut bytes = vec![0; 1 << 20];
        loop {
            match file.read(&mut bytes).map_err(|e| self.failed(e))? {
                0 => return Ok(hash.digest128()),
                n => hash.update(&bytes[..n]),
            }
        }
    }

    /// Returns the hash of what a single process writes: the header and whole tensors.
    fn expected(&self) -> Result<u128, String> {
        let mut hash = Xxh3Default::new();
        hash.update(&self.layout.header);
        for entry in &self.layout.entries {
            let stream = Seed::from(self.seed).stream(&entry.name);
            let values = entry.values().and_then(|values| values.to_vec(&stream));
            for value in values.map_err(|e| self.failed(e))? {
                hash.update(&value.to_le_bytes());
            }
        }
        Ok(hash.digest128())
    }
}
