//! Several processes that write one directory without talking: each writes files of its own.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::str::FromStr;

/// Which of how many processes this one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    rank: usize,
    ranks: usize,
}

impl Rank {
    /// The only process.
    pub const ONLY: Rank = Rank { rank: 0, ranks: 1 };

    /// Whether this process copies what lies beside the files.
    pub fn is_first(self) -> bool {
        self.rank == 0
    }

    /// Returns which of the files with these lengths this process writes. Every process gets about as many
    /// bytes: the longest file goes to the process that has least, and so on (Ronald Graham, 1969, "Bounds
    /// on multiprocessing timing anomalies": at most 4/3 of the least possible).
    pub fn files(self, lengths: &[u64]) -> Vec<bool> {
        let mut order: Vec<usize> = (0..lengths.len()).collect();
        order.sort_by_key(|&file| Reverse(lengths[file]));
        // The least first; of equals, the process of the lowest rank.
        let mut ranks: BinaryHeap<Reverse<(u64, usize)>> =
            (0..self.ranks.min(lengths.len())).map(|rank| Reverse((0, rank))).collect();
        let mut mine = vec![false; lengths.len()];
        for file in order {
            let Reverse((bytes, rank)) =
                ranks.pop().expect("there are as many ranks as files, or one");
            mine[file] = rank == self.rank;
            ranks.push(Reverse((bytes.saturating_add(lengths[file]), rank)));
        }
        mine
    }

    fn new(rank: &str, ranks: &str) -> Result<Self, String> {
        match (rank.trim().parse(), ranks.trim().parse()) {
            (Ok(rank), Ok(ranks)) if rank < ranks => Ok(Rank { rank, ranks }),
            _ => Err(format!("rank {rank} of {ranks}: not an integer from 0 below another")),
        }
    }

    /// Returns the rank that a launcher has put into the environment: torchrun, Open MPI or Slurm, the
    /// innermost first, as Slurm may have started the others.
    ///
    /// # Errors
    ///
    /// That there is none, with the variables that are read.
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        const VARIABLES: [(&str, &str); 3] = [
            ("RANK", "WORLD_SIZE"),
            ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
            ("SLURM_PROCID", "SLURM_NTASKS"),
        ];
        for (rank, ranks) in VARIABLES {
            if let (Some(number), Some(count)) = (get(rank), get(ranks)) {
                return Rank::new(&number, &count).map_err(|e| format!("{rank}, {ranks}: {e}"));
            }
        }
        let names = VARIABLES.map(|(rank, ranks)| format!("{rank} and {ranks}")).join(", or ");
        Err(format!("auto: the environment has neither {names}"))
    }
}

impl FromStr for Rank {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Rank::from_environment(|name| std::env::var(name).ok());
        }
        let (rank, ranks) = text.split_once('/').ok_or("a rank is r/n, such as 0/4, or auto")?;
        Rank::new(rank, ranks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_one_rank_and_ranks_as_many_bytes() {
        // As of a model whose first and last files are smaller.
        let mut lengths = vec![4_900_000_000; 189];
        lengths.extend([1_000_000_000, 2_100_000_000]);
        for ranks in [1, 3, 7, 64, 191, 500] {
            let files = |rank| Rank { rank, ranks }.files(&lengths);
            let all: Vec<Vec<bool>> = (0..ranks).map(files).collect();
            let bytes = |rank: &Vec<bool>| -> u64 {
                rank.iter().zip(&lengths).filter(|(mine, _)| **mine).map(|(_, length)| length).sum()
            };
            for file in 0..lengths.len() {
                assert_eq!(all.iter().filter(|rank| rank[file]).count(), 1, "{ranks} {file}");
            }
            let most = all.iter().map(bytes).max().unwrap();
            let mean = lengths.iter().sum::<u64>() / ranks as u64;
            assert!(most <= mean.max(lengths[0]) * 4 / 3, "{ranks}: {most}");
        }
        assert!(Rank { rank: 1, ranks: 2 }.files(&[]).is_empty());
        assert_eq!(Rank { rank: 1, ranks: 2 }.files(&[1, 10, 2]), [true, false, true]);
    }

    #[test]
    fn ranks_are_read() {
        assert_eq!("2/5".parse(), Ok(Rank { rank: 2, ranks: 5 }));
        for text in ["5/5", "-1/5", "1", "a/b", "0/0"] {
            text.parse::<Rank>().unwrap_err();
        }
        let environment = |set: &'static [(&str, &str)]| {
            Rank::from_environment(|name| {
                set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        let slurm = &[("SLURM_PROCID", "3"), ("SLURM_NTASKS", "4")];
        assert_eq!(environment(slurm), Ok(Rank { rank: 3, ranks: 4 }));
        // torchrun within Slurm.
        let both =
            &[("SLURM_PROCID", "3"), ("SLURM_NTASKS", "4"), ("RANK", "7"), ("WORLD_SIZE", "16")];
        assert_eq!(environment(both), Ok(Rank { rank: 7, ranks: 16 }));
        let mpi = &[("OMPI_COMM_WORLD_RANK", "0"), ("OMPI_COMM_WORLD_SIZE", "2"), ("RANK", "1")];
        assert_eq!(environment(mpi), Ok(Rank { rank: 0, ranks: 2 }));
        assert!(environment(&[]).unwrap_err().contains("RANK and WORLD_SIZE, or OMPI"));
        assert!(environment(&[("RANK", "2"), ("WORLD_SIZE", "2")]).unwrap_err().contains("RANK"));
    }
}
