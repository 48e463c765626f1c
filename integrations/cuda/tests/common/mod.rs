//! The distributions that kernels are tested with, and the kernels' source as a library of the host.
#![allow(dead_code, reason = "each program uses a part")]
#![allow(unsafe_code, reason = "calls of the library")]

use std::fmt::Debug;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use half::{bf16, f16};
use libloading::{Library, Symbol};
use seedbed::device::{Job, Probe, probes, tables};
use seedbed::{Constant, Distribution, Element, Normal, Sample, Stream, TruncatedNormal, Uniform};
use seedbed_cuda::plan::{ElementType, Launch, plans};

/// Returns how many values a long fill has.
pub fn values(default: usize) -> usize {
    std::env::var("SEEDBED_CUDA_VALUES").map_or(default, |n| n.parse().expect("a number"))
}

/// A distribution of any type of element.
pub trait Any: Debug {
    fn element(&self) -> ElementType;
    fn job(&self, stream: &Stream, len: usize) -> Job;
    fn probes(&self, words: &[[u64; 2]]) -> Vec<Probe>;
    /// The bytes of the crate's values.
    fn bytes(&self, stream: &Stream, len: usize) -> Vec<u8>;
    fn is_wide(&self) -> bool {
        self.element() == ElementType::F64
    }
    fn size(&self) -> usize {
        match self.element() {
            ElementType::F64 => 8,
            ElementType::F32 => 4,
            _ => 2,
        }
    }
}

macro_rules! any {
    ($($type:ident $name:ident),*) => {$(
        impl Any for Distribution<$type> {
            fn element(&self) -> ElementType {
                ElementType::$name
            }
            fn job(&self, stream: &Stream, len: usize) -> Job {
                Job::new(self, stream, len as u64)
            }
            fn probes(&self, words: &[[u64; 2]]) -> Vec<Probe> {
                probes(self, words)
            }
            fn bytes(&self, stream: &Stream, len: usize) -> Vec<u8> {
                let values = self.sample_vec(len, stream);
                values.iter().flat_map(|value| value.to_bits().to_le_bytes()).collect()
            }
        }
    )*};
}
any!(f32 F32, f64 F64, f16 F16, bf16 Bf16);

/// Distributions of every kernel, and of every way through it.
pub fn of<T: Element>() -> Vec<Distribution<T>> {
    let infinity = f64::INFINITY;
    let least = T::from_f64(if T::NAME == "f16" { 2e-7 } else { 1e-38 }).to_f64();
    let uniform = |low, high| Uniform::new(low, high).expect("an interval").into();
    let normal = |mean, std| Normal::new(mean, std).expect("a deviation").into();
    let sigmas = |mean, std, low, high| {
        TruncatedNormal::new(mean, std, low, high).expect("an interval").into()
    };
    let absolute = |mean, std, low, high| {
        TruncatedNormal::absolute(mean, std, low, high).expect("an interval").into()
    };
    let mut all = vec![
        Constant::new(-0.0).expect("a number").into(),
        Constant::new(0.3).expect("a number").into(),
        uniform(-0.5, 0.5),
        uniform(0.0, 1.0),
        uniform(-0.03, 0.1),
        uniform(-3.0 * least, 5.0 * least),
        normal(0.0, 1.0),
        normal(1.0, 1e-3),
        sigmas(0.0, 0.02, -2.0, 2.0),
        sigmas(1.0, 0.25, -3.0, 3.0),
        sigmas(0.1, 2.0, -20.0, 15.0),
        sigmas(0.0, 1.0, 0.0, infinity), // halves
        sigmas(0.5, 0.1, -infinity, 0.0),
        sigmas(0.0, 1.0, -1.0, 1.5), // the normal curve's strips
        sigmas(0.3, 0.1, -infinity, 0.7),
        absolute(0.0, 1.0, 0.9, 7.0),
        sigmas(0.0, 1.0, 1.5, infinity), // outer strips
        sigmas(0.2, 0.5, -4.0, -1.2),
        sigmas(0.0, 1.0, 3.0, infinity), // tails
        sigmas(0.0, 1.0, -9.0, -8.0),
        absolute(0.0, 1.0, 0.1, 0.125), // a single strip
        sigmas(0.0, 1.0, -0.0005, 0.001),
        sigmas(0.0, 1.0, 2.0, 2.3),
    ];
    if ["f32", "f64"].contains(&T::NAME) {
        all.push(sigmas(0.0, 1.0, 30.0, 30.001));
    }
    if T::NAME != "f16" {
        all.push(sigmas(0.0, 1e-39, -1.0, 2.0)); // tiny and huge deviations
        all.push(absolute(0.0, 1e37, -2e36, 3e38));
    }
    all
}

/// All of them in each type.
pub fn cases() -> Vec<Box<dyn Any>> {
    fn boxed<T: Element>() -> Vec<Box<dyn Any>>
    where
        Distribution<T>: Any,
    {
        of::<T>().into_iter().map(|case| Box::new(case) as _).collect()
    }
    [boxed::<f32>(), boxed::<f64>(), boxed::<f16>(), boxed::<bf16>()]
        .into_iter()
        .flatten()
        .collect()
}

/// The kernels on the host.
pub struct Host {
    library: &'static Library,
    tables: Vec<u64>,
}

/// Bytes before and after what is filled, which must stay.
const MARGIN: usize = 256;

/// Compiles the kernels, with `CXX` and `CXXFLAGS`, from `SEEDBED_CUDA_KERNELS` if that is set.
fn compiled() -> Library {
    let or = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.into());
    let (compiler, flags) = (or("CXX", "g++"), or("CXXFLAGS", "-O2"));
    let source = or("SEEDBED_CUDA_KERNELS", concat!(env!("CARGO_MANIFEST_DIR"), "/kernels"));
    let name = format!("kernels-{}.so", std::process::id());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let status = Command::new(&compiler)
        .args(["-std=c++17", "-ffp-contract=off", "-fno-strict-aliasing", "-shared", "-fPIC"])
        .args(["-Wall", "-Wextra", "-Wno-class-memaccess"])
        .args(flags.split_whitespace())
        .arg(format!("{source}/host.cpp"))
        .arg("-o")
        .arg(&path)
        .status()
        .unwrap_or_else(|error| panic!("{compiler}: {error}"));
    assert!(status.success(), "the kernels do not compile for the host");
    // SAFETY: it has no initialisation of its own.
    let library = unsafe { Library::new(&path) }.expect("the library");
    std::fs::remove_file(path).expect("what was written");
    library
}

impl Host {
    pub fn new() -> Self {
        static LIBRARY: OnceLock<Library> = OnceLock::new();
        let bytes = tables();
        let tables = bytes.chunks(8).map(bytemuck::pod_read_unaligned).collect();
        Host { library: LIBRARY.get_or_init(compiled), tables }
    }

    fn symbol<F>(&self, name: &str) -> Symbol<'_, F> {
        // SAFETY: the callers name the types that host.cpp has.
        unsafe { self.library.get(name.as_bytes()) }.expect("a function")
    }

    fn fill(&self, plans: impl IntoIterator<Item = seedbed_cuda::plan::Plan>, order: u32) {
        let fill = self.symbol::<unsafe extern "C" fn(u64, i32, *const Launch, u32)>("host_fill");
        for plan in plans {
            let jobs = if plan.jobs.len() == 1 { 0 } else { plan.jobs.as_ptr() as u64 };
            let launch = plan.launch(jobs, self.tables.as_ptr() as u64);
            // SAFETY: the addresses are of memory that outlives the call.
            unsafe { fill(plan.kind, plan.element as i32, &launch, order) };
        }
    }

    /// Compares a fill with the crate's, at an alignment of `shift` elements.
    pub fn compare(
        &self,
        case: &dyn Any,
        len: usize,
        stream: &Stream,
        run_blocks: u64,
        order: u32,
        shift: usize,
    ) {
        let before = MARGIN + shift * case.size();
        let mut memory = vec![0x5555_5555_5555_5555_u64; (len * case.size() + 3 * MARGIN) / 8];
        let mut job = case.job(stream, len);
        job.out = memory.as_mut_ptr() as u64 + before as u64;
        let mut plans = plans([(case.element(), job)], 1);
        plans.iter_mut().for_each(|plan| plan.cut(run_blocks));
        self.fill(plans, order);
        let expected = case.bytes(stream, len);
        let found: &[u8] = bytemuck::cast_slice(&memory);
        let place = format!(
            "{case:?}, {len} from {} on, runs of {run_blocks}, order {order}",
            stream.offset()
        );
        let (head, rest) = found.split_at(before);
        let (values, tail) = rest.split_at(expected.len());
        assert!(head.iter().chain(tail).all(|byte| *byte == 0x55), "written beyond: {place}");
        assert_same(values, &expected, case.size(), &place);
    }

    /// Compares fills of as few launches as there can be.
    pub fn compare_all(&self, fills: &[(&dyn Any, Stream, usize)]) {
        let mut memory: Vec<Vec<u64>> =
            fills.iter().map(|(case, _, len)| vec![0; (len * case.size()).div_ceil(8)]).collect();
        let jobs = fills.iter().zip(&mut memory).map(|((case, stream, len), memory)| {
            (case.element(), Job { out: memory.as_mut_ptr() as u64, ..case.job(stream, *len) })
        });
        let plans = plans(jobs.collect::<Vec<_>>(), 1);
        assert!(plans.len() < fills.len());
        self.fill(plans, 3);
        for ((case, stream, len), memory) in fills.iter().zip(&memory) {
            let expected = case.bytes(stream, *len);
            let found: &[u8] = bytemuck::cast_slice(memory);
            assert_same(&found[..expected.len()], &expected, case.size(), &format!("{case:?}"));
        }
    }

    pub fn probes(&self, job: &Job, wide: bool, words: &[[u64; 2]]) -> Vec<Probe> {
        type Probes =
            unsafe extern "C" fn(i32, *const Job, *const u64, *const [u64; 2], u64, *mut Probe);
        let mut out = vec![Probe::default(); words.len()];
        let (tables, count) = (self.tables.as_ptr(), words.len() as u64);
        // SAFETY: the addresses are of memory that outlives the call.
        unsafe {
            self.symbol::<Probes>("host_probes")(
                wide.into(),
                job,
                tables,
                words.as_ptr(),
                count,
                out.as_mut_ptr(),
            );
        }
        out
    }

    pub fn hold(&self, wide: bool, x: f64, bounds: [f64; 2]) -> f64 {
        type Hold = unsafe extern "C" fn(i32, f64, *const f64) -> f64;
        // SAFETY: a function of numbers.
        unsafe { self.symbol::<Hold>("host_hold")(wide.into(), x, bounds.as_ptr()) }
    }

    pub fn ln(&self, x: f64) -> f64 {
        // SAFETY: a function of a number.
        unsafe { self.symbol::<unsafe extern "C" fn(f64) -> f64>("host_ln")(x) }
    }
}

/// Compares elements by their bits.
pub fn assert_same(found: &[u8], expected: &[u8], size: usize, place: &str) {
    if found == expected {
        return;
    }
    let pairs = found.chunks(size).zip(expected.chunks(size)).enumerate();
    let wrong: Vec<_> = pairs.filter(|(_, (a, b))| a != b).collect();
    panic!("{} elements differ, the first {:x?}: {place}", wrong.len(), wrong[0]);
}
