//! What a host program may do to a fill: fork, panic beside it, take its memory away.
#![cfg(all(unix, feature = "rayon"))]

#[cfg(feature = "orthogonal")]
use seedbed::init::{MatrixRows, NonSquare, Nonzeros, SparseAxis};
use seedbed::{Element, Error, Exec, Initializer, Normal, Sample};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Barrier;

use crate::common::{
    assert_same, distributions, hash, in_own_process, is_child, run_child, stream,
};
use crate::for_each_element;

/// Elements of a fill that uses the pool.
const MANY: usize = 1_000_000;

fn values(exec: Exec) -> Vec<f32> {
    let mut values = vec![0.0; MANY];
    Normal::new(0.0, 1.0).unwrap().with(exec).sample_into(&mut values, &stream());
    values
}

#[test]
fn a_panic_in_the_pool_does_not_hurt_a_fill() {
    let expected = values(Exec::sequential());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    for _ in 0..5 {
        let mut beside = vec![];
        // Without it nobody may have begun the other half of the join when the first one panics.
        let both = Barrier::new(2);
        let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
            let fail = || {
                both.wait();
                panic!("of the host")
            };
            let fill = || {
                both.wait();
                beside = values(Exec::default());
            };
            pool.install(|| rayon::join(fail, fill));
        }));
        assert!(panicked.is_err());
        assert_same(&beside, &expected, "beside the panic");
        assert_same(&pool.install(|| values(Exec::default())), &expected, "after the panic");
    }
}

/// A pool that the parent has used has no threads in a child: such a fill takes the calling thread.
#[test]
fn a_forked_child_can_fill_sequentially() {
    let expected = values(Exec::default());
    // SAFETY: the child calls nothing but a fill on its own thread, and leaves without clean-up.
    let status = unsafe {
        match libc::fork() {
            0 => {
                libc::alarm(60);
                let same = values(Exec::sequential()) == expected;
                libc::_exit(i32::from(!same));
            }
            child => {
                assert!(child > 0, "fork failed");
                let mut status = -1;
                assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
                status
            }
        }
    };
    assert!(libc::WIFEXITED(status), "the child hung or crashed: {status:x}");
    assert_eq!(libc::WEXITSTATUS(status), 0, "other values");
}

#[test]
fn the_size_of_the_global_pool_changes_nothing() {
    let test = the_size_of_the_global_pool_changes_nothing;
    let hash = hash(&values(Exec::default()));
    if is_child(test) {
        return println!("threads {} hash {hash:x}", rayon::current_num_threads());
    }
    for threads in ["1", "2", "5", "64"] {
        let printed = run_child(test, &[("RAYON_NUM_THREADS", threads)]);
        let expected = format!("threads {threads} hash {hash:x}\n");
        assert!(printed.contains(&expected), "{printed}");
    }
}

/// The global pool can be built once only, by the host or by the first use.
#[test]
fn what_is_sequential_leaves_the_pool_to_the_host() {
    in_own_process(what_is_sequential_leaves_the_pool_to_the_host, || {
        let exec = Exec::sequential();
        values(exec);
        let initializers = [
            Initializer::constant(1.0),
            Initializer::sparse(SparseAxis::Column, Nonzeros::Exactly(10), 1.0),
            Initializer::identity(1.0, NonSquare::Pad),
            #[cfg(feature = "orthogonal")]
            Initializer::orthogonal(1.0, MatrixRows::FirstAxis),
        ];
        for initializer in initializers {
            let tensor = initializer.unwrap().for_shape::<f32>(&[1_000, 2_000]).unwrap();
            tensor.clone().with(exec).fill(&mut vec![0.0; tensor.len()], &stream()).unwrap();
        }
        assert!(rayon::ThreadPoolBuilder::new().build_global().is_ok(), "there is a pool already");
    });
}

/// Runs with no more memory than the process has already.
#[cfg(all(target_os = "linux", feature = "orthogonal"))]
fn without_memory<R>(run: impl FnOnce() -> R) -> R {
    let set = |soft| {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: both calls get a valid pointer to a limit.
        let ok = unsafe {
            libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) == 0 && {
                limit.rlim_cur = soft;
                libc::setrlimit(libc::RLIMIT_AS, &raw const limit) == 0
            }
        };
        assert!(ok, "the limit cannot be set");
    };
    set(1 << 20);
    let result = run();
    set(libc::RLIM_INFINITY);
    result
}

#[cfg(all(target_os = "linux", feature = "orthogonal"))]
#[test]
fn an_orthogonal_matrix_without_memory_is_an_error() {
    in_own_process(an_orthogonal_matrix_without_memory_is_an_error, || {
        // More than the allocator of a thread has in reserve.
        let matrix = Initializer::orthogonal(1.0, MatrixRows::FirstAxis).unwrap();
        let matrix = matrix.for_shape::<f32>(&[20_000, 1_000]).unwrap();
        let mut out = vec![0.0_f32; matrix.len()];
        let stream = stream();
        let result =
            without_memory(|| matrix.clone().with(Exec::sequential()).fill(&mut out, &stream));
        assert_eq!(result, Err(Error::Allocation { elements: 20_000_000 }));
        assert!(out.iter().all(|x| x.is_finite()));
    });
}

fn allocates_nothing<T: Element + 'static>() {
    let (stream, mut out) = (stream(), vec![T::default(); MANY]);
    for (name, fill) in distributions::<T>() {
        let fill = || fill(&mut out, &stream, Exec::sequential());
        let count = allocation_counter::measure(fill).count_total;
        assert_eq!(count, 0, "{name} of {}", T::NAME);
    }
}

#[test]
fn a_fill_needs_no_memory_of_its_own() {
    for_each_element!(T => allocates_nothing::<T>());
}

#[test]
fn a_vector_that_is_too_large_is_an_error() {
    let distribution = Initializer::normal(0.0, 1.0).unwrap();
    let distribution = distribution.for_shape::<f64>(&[1 << 30, 1 << 26]).unwrap();
    assert_eq!(distribution.to_vec(&stream()), Err(Error::Allocation { elements: 1 << 56 }));
}
