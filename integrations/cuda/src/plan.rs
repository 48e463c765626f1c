//! How fills become launches: which of them a launch has, and how their blocks are cut into runs.

use seedbed::Algorithm;
use seedbed::device::{CHUNK_BLOCKS, Job, Kind};

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

/// What a kernel is told, as `Launch` in kernels/row.h.
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
    /// Blocks of a run.
    pub run_blocks: u64,
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

/// The time that the jump to the first block of a run takes, where a block of normal numbers takes 1.
const JUMP: f64 = 0.7;

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

    /// Returns the warps of a block of threads, as `WARPS` in kernels/row.h.
    fn warps(&self) -> u64 {
        if self.kind == Kind::Strips as u64 { 1 } else { 4 }
    }

    /// Returns the blocks of threads that a multiprocessor has at once, as `RESIDENT` in kernels/row.h.
    fn resident(&self) -> u64 {
        match self.kind {
            kind if kind == Kind::Strips as u64 => 12,
            _ if self.element == ElementType::F64 => 4,
            _ => 5,
        }
    }

    /// Returns the threads of a block of threads, and how many blocks of threads there are.
    pub fn grid(&self) -> [u64; 2] {
        [32 * self.warps(), self.runs.div_ceil(ROWS * self.warps())]
    }

    /// Returns what the kernel is told.
    pub fn launch(&self, jobs: u64, tables: u64) -> Launch {
        let count = self.jobs.len() as u64;
        let Plan { runs, run_blocks, .. } = *self;
        Launch { jobs, tables, count, runs, run_blocks, only: self.jobs[0] }
    }
}

/// Puts jobs into as few launches as there are kinds, types and tables, for a device of so many
/// multiprocessors.
pub fn plans(
    jobs: impl IntoIterator<Item = (ElementType, Job)>,
    multiprocessors: u64,
) -> Vec<Plan> {
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
        plan.cut(plan.best_run(multiprocessors));
    }
    plans
}

impl Plan {
    /// Returns the blocks of a run for which the launch takes the least time. Short runs spend it on jumps.
    /// With long ones, some multiprocessors are at work when others have nothing left to do: they take
    /// `resident` blocks of threads after the other, and the last ones take half of their time however few
    /// they are.
    fn best_run(&self, multiprocessors: u64) -> u64 {
        let block = self.element.block();
        let blocks: u64 = self.jobs.iter().map(|job| job.len.div_ceil(block)).sum();
        let [of_runs, resident] = [ROWS * self.warps() * multiprocessors, self.resident()];
        let time = |run: &u64| {
            let runs = (blocks * CHUNK_BLOCKS.div_ceil(*run)).div_ceil(CHUNK_BLOCKS);
            let each = runs.div_ceil(of_runs);
            let last = each % resident;
            let last = if last == 0 { 0.0 } else { (last as f64).max(resident as f64 / 2.0) };
            ((each - each % resident) as f64 + last) * (JUMP + *run as f64)
        };
        (1..=CHUNK_BLOCKS).min_by(|a, b| time(a).total_cmp(&time(b))).unwrap_or(1)
    }

    /// Cuts the jobs into runs of so many blocks, from 1 to 128. The last run of a chunk is shorter where
    /// that does not divide it: a run ends with its chunk, as the next chunk begins with a jump.
    pub fn cut(&mut self, run_blocks: u64) {
        let block = self.element.block();
        let run = |element: u64| {
            let block = element / block;
            block / CHUNK_BLOCKS * CHUNK_BLOCKS.div_ceil(run_blocks)
                + block % CHUNK_BLOCKS / run_blocks
        };
        self.run_blocks = run_blocks;
        self.runs = 0;
        for job in &mut self.jobs {
            job.first_run = self.runs;
            self.runs += run(job.offset + job.len - 1) + 1 - run(job.offset);
        }
    }
}
