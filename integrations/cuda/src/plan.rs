//! How fills become launches: which of them a launch has, and how their blocks are cut into runs.

use seedbed::Algorithm;
use seedbed::device::{Job, Kind};

/// A type of element, in the order that the kernels are named in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// f32
    F32,
    /// f64
    F64,
    /// f16
    F16,
    /// bf16
    Bf16,
}

impl ElementType {
    /// Returns the name in the kernels' names.
    pub fn name(self) -> &'static str {
        match self {
            ElementType::F32 => "f32",
            ElementType::F64 => "f64",
            ElementType::F16 => "f16",
            ElementType::Bf16 => "bf16",
        }
    }

    /// Returns the elements of a block of a stream.
    fn block(self) -> u64 {
        let version = Algorithm::V1;
        let elements = match self {
            ElementType::F64 => version.block_len::<f64>(),
            _ => version.block_len::<f32>(),
        };
        elements as u64
    }
}

/// What a kernel is told, as `Launch` in kernels/fill.h.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Launch {
    /// Address of the jobs, or 0 if there is a single one.
    pub jobs: u64,
    /// Address of the tables.
    pub tables: u64,
    /// How many jobs.
    pub count: u64,
    /// How many runs of blocks they have together.
    pub runs: u64,
    /// Logarithm of the blocks of a run.
    pub run_bits: u64,
    /// The first job.
    pub only: Job,
}

/// Jobs that one launch of a kernel can do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The number of [`Kind`].
    pub kind: u64,
    /// The type of the elements.
    pub element: ElementType,
    /// The jobs, with the numbers of their first runs.
    pub jobs: Vec<Job>,
    /// How many runs they have together.
    pub runs: u64,
    /// Blocks of a run.
    pub run_blocks: u64,
}

/// Rows of threads of a warp, each of which makes a run.
const ROWS: u64 = 4;

/// Blocks of a run at most: a run is within a chunk of 128.
const MOST_BLOCKS: u64 = 32;

impl Plan {
    /// Returns the kernel's name.
    pub fn kernel(&self) -> String {
        format!("seedbed_{}_{}", self.kind_name(), self.element.name())
    }

    fn kind_name(&self) -> &'static str {
        match self.kind {
            kind if kind == Kind::Constant as u64 => "constant",
            kind if kind == Kind::Uniform as u64 => "uniform",
            kind if kind == Kind::Ziggurat as u64 => "ziggurat",
            _ => "strips",
        }
    }

    /// Returns the warps of a block of threads, as `WARPS` in kernels/fill.h.
    fn warps(&self) -> u64 {
        if self.kind == Kind::Strips as u64 { 1 } else { 2 }
    }

    /// Returns the threads of a block of threads, and how many blocks of threads there are.
    pub fn grid(&self) -> [u64; 2] {
        [32 * self.warps(), self.runs.div_ceil(ROWS * self.warps())]
    }

    /// Returns what the kernel is told.
    pub fn launch(&self, jobs: u64, tables: u64) -> Launch {
        let (count, run_bits) = (self.jobs.len() as u64, u64::from(self.run_blocks.ilog2()));
        Launch { jobs, tables, count, runs: self.runs, run_bits, only: self.jobs[0] }
    }
}

/// Puts jobs into as few launches as there are kinds, types and tables. Runs are as long as leaves
/// `rows` of them, the rows of threads that a device has at work at once: the jump to the first block of
/// a run costs half of what a block does.
pub fn plans(jobs: impl IntoIterator<Item = (ElementType, Job)>, rows: u64) -> Vec<Plan> {
    let mut plans = Vec::<Plan>::new();
    for (element, job) in jobs {
        if job.len == 0 {
            continue;
        }
        let same = |plan: &&mut Plan| {
            (plan.element, plan.kind, plan.jobs[0].table) == (element, job.kind, job.table)
        };
        match plans.iter_mut().find(same) {
            Some(plan) => plan.jobs.push(job),
            None => plans.push(Plan {
                kind: job.kind,
                element,
                jobs: vec![job],
                runs: 0,
                run_blocks: 1,
            }),
        }
    }
    for plan in &mut plans {
        let block = plan.element.block();
        let blocks: u64 = plan.jobs.iter().map(|job| job.len.div_ceil(block)).sum();
        let most = (blocks / rows).clamp(1, MOST_BLOCKS);
        plan.cut(1 << most.ilog2());
    }
    plans
}

impl Plan {
    /// Cuts the jobs into runs of so many blocks, a power of two up to 128.
    pub fn cut(&mut self, run_blocks: u64) {
        let run = run_blocks * self.element.block();
        self.run_blocks = run_blocks;
        self.runs = 0;
        for job in &mut self.jobs {
            job.first_run = self.runs;
            self.runs += (job.offset + job.len).div_ceil(run) - job.offset / run;
        }
    }
}
