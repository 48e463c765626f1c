//! The launches and the PTX, by a driver library without a GPU (fake/), against the crate's values.
#![allow(unsafe_code, reason = "the library's settings")]

mod common;

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use common::{assert_same, of, values};
use half::{bf16, f16};
use libloading::{Library, Symbol};
use seedbed::device::Job;
use seedbed::init::MatrixRows;
use seedbed::{
    Distribution, Initializer, Normal, Rules, Sample, Seed, Stream, TruncatedNormal, Uniform,
};
use seedbed_cuda::cudarc::driver::{CudaStream, DevicePtr, ValidAsZeroBits, result};
use seedbed_cuda::{
    Borrowed, DeviceElement, Error, Fills, device, device_of, fill, fill_block, fill_range,
    initialize, keep_current,
};
use seedbed_fake_cuda::Settings;

const GOOD: Settings =
    Settings { devices: 1, version: 11_070, memory: 1 << 30, multiprocessors: 1, capability: 90 };

/// The driver library, in place of the machine's. Tests take turns, as its settings are the process's.
struct Driver {
    library: Library,
    _turn: MutexGuard<'static, ()>,
}

impl Driver {
    fn new() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = std::env::current_exe().expect("a path");
        let path = folder.with_file_name("libseedbed_fake_cuda.so");
        // Named as the driver's library is, it is what later asks for that find.
        // SAFETY: it has no initialisation of its own.
        let library = unsafe { Library::new(path) }.expect("the library");
        let driver = Driver { library, _turn: turn };
        driver.set(GOOD);
        driver
    }

    /// Returns how many kernels were launched.
    fn set(&self, settings: Settings) -> u64 {
        // SAFETY: the function has these types.
        let set: Symbol<'_, unsafe extern "C" fn(Settings) -> u64> =
            unsafe { self.library.get(b"fake_cuda_set") }.expect("a function");
        // SAFETY: it sets numbers.
        unsafe { set(settings) }
    }

    fn stream(&self) -> Arc<CudaStream> {
        device(0).expect("a device").default_stream()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.set(GOOD);
    }
}

/// The bytes of elements.
fn bytes<T: Copy>(elements: &[T]) -> &[u8] {
    // SAFETY: elements are numbers, without padding.
    unsafe { std::slice::from_raw_parts(elements.as_ptr().cast(), size_of_val(elements)) }
}

/// Compares a part of a slice of the device with the crate's values, and what is around it with what
/// was there.
fn compare<T: DeviceElement + ValidAsZeroBits>(
    stream: &Arc<CudaStream>,
    case: &Distribution<T>,
    len: usize,
    from: &Stream,
    shift: usize,
) {
    let mut memory = stream.alloc_zeros::<T>(shift + len + 9).expect("memory");
    fill(stream, &mut memory.slice_mut(shift..shift + len), *case, from).expect("a fill");
    let mut expected = vec![T::default(); shift + len + 9];
    case.sample_into(&mut expected[shift..shift + len], from);
    let found = stream.clone_dtoh(&memory).expect("values");
    let place = format!("{case:?}, {len} from {} on", from.offset());
    assert_same(bytes(&found), bytes(&expected), size_of::<T>(), &place);
}

fn every_case<T: DeviceElement + ValidAsZeroBits>() {
    let driver = Driver::new();
    let stream = driver.stream();
    let fills: [(usize, u64); 6] = [
        (4096, 0),
        (5000, 4095),
        (1, (1 << 19) - 1),
        (2500, 1 << 40),
        (9000, 77),
        (17, (1 << 60) - 17),
    ];
    for (number, case) in of::<T>().iter().enumerate() {
        for k in 0..2 {
            let (len, offset) = fills[(number + 3 * k) % fills.len()];
            let from = Seed::from(number as u64).stream("ptx").at(offset).expect("within a stream");
            compare(&stream, case, len, &from, (number + k) % 9);
        }
    }
}

#[test]
fn f32_values_are_those_of_the_crate() {
    every_case::<f32>();
}

#[test]
fn f64_values_are_those_of_the_crate() {
    every_case::<f64>();
}

#[test]
fn f16_values_are_those_of_the_crate() {
    every_case::<f16>();
}

#[test]
fn bf16_values_are_those_of_the_crate() {
    every_case::<bf16>();
}

/// Long enough for runs of several blocks on a device of one multiprocessor, and over a chunk's end.
#[test]
fn long_fills_have_the_values_of_the_crate() {
    let driver = Driver::new();
    let stream = driver.stream();
    let from = Seed::from(5).stream("long").at((1 << 19) - 9000).expect("within a stream");
    let len = values(700_000);
    compare::<f32>(&stream, &Normal::new(0.0, 1.0).expect("one").into(), len, &from, 0);
    compare::<bf16>(&stream, &Uniform::new(-0.1, 0.3).expect("bounds").into(), len, &from, 0);
    let cut = TruncatedNormal::new(0.0, 1.0, -1.0, 3.0).expect("bounds");
    compare::<f64>(&stream, &cut.into(), len / 2, &from, 0);
}

#[test]
fn a_model_takes_a_launch_for_each_kind() {
    let driver = Driver::new();
    let (stream, seed) = (driver.stream(), Seed::from(3));
    let rules = Rules::from_names([("*.bias", "torch.zeros_"), ("*", "torch.kaiming_normal_")]);
    let rules = rules.expect("rules");
    let shapes: Vec<(String, Vec<usize>)> = (0..12)
        .map(|k| match k % 2 {
            0 => (format!("{k}.weight"), vec![30 + k, 40]),
            _ => (format!("{k}.bias"), vec![30 + k]),
        })
        .collect();
    let tensor = |(path, shape): &(String, Vec<usize>)| {
        rules.get(path).expect("a rule").for_shape::<f32>(shape).expect("a shape")
    };
    let mut memory: Vec<_> = shapes
        .iter()
        .map(|shape| stream.alloc_zeros::<f32>(tensor(shape).len()).expect("memory"))
        .collect();
    let before = driver.set(GOOD);
    let mut fills = Fills::new(&stream);
    for (shape, memory) in shapes.iter().zip(&mut memory) {
        fills.add_values(memory, &tensor(shape), &seed.stream(&shape.0)).expect("a fill");
    }
    fills.launch().expect("launches");
    assert_eq!(driver.set(GOOD) - before, 2);
    for (shape, memory) in shapes.iter().zip(&memory) {
        let expected = tensor(shape).to_vec(&seed.stream(&shape.0)).expect("values");
        assert_eq!(stream.clone_dtoh(memory).expect("values"), expected, "{shape:?}");
    }
}

#[test]
fn parts_and_matrices_are_those_of_the_whole() {
    let driver = Driver::new();
    let (stream, from) = (driver.stream(), Seed::from(3).stream("w"));
    let normal = Normal::<f64>::new(0.0, 1.0).expect("a deviation");
    let mut memory = stream.alloc_zeros::<f64>(300).expect("memory");
    fill_range(&stream, &mut memory, 2000, normal, &from.at(50).expect("a position"))
        .expect("a fill");
    let whole = normal.sample_vec(2350, &from);
    assert_eq!(stream.clone_dtoh(&memory).expect("values"), whole[2050..]);

    let orthogonal = Initializer::orthogonal(1.0, MatrixRows::FirstAxis).expect("a gain");
    let values = orthogonal.for_shape::<f64>(&[20, 15]).expect("a shape");
    initialize(&stream, &mut memory, &values, &from).expect("a fill");
    let expected = values.to_vec(&from).expect("values");
    assert_eq!(stream.clone_dtoh(&memory).expect("values"), expected);
}

#[test]
fn blocks_of_tensors_are_those_of_the_crate() {
    let driver = Driver::new();
    let (stream, from) = (driver.stream(), Seed::from(3).stream("w").at(77).expect("a position"));
    let blocks: [(&[usize], &[Range<usize>]); 7] = [
        (&[90, 100], &[3..70, 10..37]),
        (&[90, 100], &[0..90, 99..100]),
        (&[90, 100], &[88..90, 0..100]),
        (&[7, 8, 9, 10], &[2..5, 1..8, 3..4, 0..10]),
        (&[5, 6, 700], &[0..5, 2..3, 650..700]),
        (&[3, 4], &[1..1, 0..4]),
        (&[5000, 1], &[4000..4999, 0..1]),
    ];
    for (shape, block) in blocks {
        let normal = Initializer::normal(0.0, 1.0).expect("a deviation");
        let values = normal.for_shape::<f32>(shape).expect("a shape");
        let len: usize = block.iter().map(Range::len).product();
        let (mut expected, mut memory) =
            (vec![0.5; len + 3], stream.alloc_zeros(len + 3).expect("memory"));
        stream.memcpy_htod(&expected, &mut memory).expect("a copy");
        values.fill_block(block, &mut expected[1..len + 1], &from).expect("a block");
        let distribution = *values.distribution().expect("independent elements");
        fill_block(&stream, &mut memory.slice_mut(1..len + 1), shape, block, distribution, &from)
            .expect("a fill");
        assert_eq!(stream.clone_dtoh(&memory).expect("values"), expected, "{block:?} of {shape:?}");
        let error = fill_block(&stream, &mut memory, shape, block, distribution, &from);
        assert!(matches!(error, Err(Error::Block { .. })), "{len} + 3 elements");
    }
}

#[test]
fn errors_say_what_to_do() {
    let driver = Driver::new();
    let stream = driver.stream();
    let (uniform, from) =
        (Uniform::<f32>::new(0.0, 1.0).expect("bounds"), Seed::from(1).stream("x"));

    let message = |error: Error| error.to_string();
    driver.set(Settings { devices: 0, ..GOOD });
    let found = message(device(0).expect_err("no device"));
    assert!(found.contains("no device 0") && found.contains("CUDA_VISIBLE_DEVICES"), "{found}");
    driver.set(Settings { devices: 2, ..GOOD });
    let found = message(device(2).expect_err("two devices"));
    assert!(found.contains("no device 2: it has 2"), "{found}");
    driver.set(Settings { version: 11_040, ..GOOD });
    let found = message(device(0).expect_err("an old driver"));
    assert!(found.contains("11.4") && found.contains("515"), "{found}");

    driver.set(Settings { capability: 72, ..GOOD });
    let found = message(device(0).expect_err("an old device"));
    assert!(
        found.contains("device 0 has compute capability 7.2") && found.contains("7.5"),
        "{found}"
    );
    driver.set(Settings { capability: 75, ..GOOD });
    device(0).expect("the oldest device");

    // The memory of one device, the stream of another.
    driver.set(Settings { devices: 2, ..GOOD });
    let other = device(1).expect("a device").default_stream();
    let mut memory = other.alloc_zeros::<f32>(10).expect("memory");
    let error = fill(&stream, &mut memory, uniform, &from).expect_err("another device");
    assert!(matches!(error, Error::WrongDevice { memory: 1, stream: 0 }), "{error}");
    assert!(stream.clone_dtoh(&memory).expect("values").iter().all(|value| *value == 0.0));

    // Room for the tensors, and none for the list of them.
    let mut tensors = [(); 2].map(|()| stream.alloc_zeros::<f32>(10).expect("memory"));
    seedbed_cuda::prepare(stream.context()).expect("kernels");
    driver.set(Settings { memory: 0, ..GOOD });
    let mut fills = Fills::new(&stream);
    for memory in &mut tensors {
        fills.add(memory, uniform, &from).expect("a fill");
    }
    let error = fills.launch().expect_err("no memory");
    let list = 2 * size_of::<Job>();
    assert!(matches!(error, Error::OutOfMemory { bytes, .. } if bytes == list), "{error}");
    // A single one needs none.
    fill(&stream, &mut tensors[0], uniform, &from).expect("a fill");

    let values =
        Initializer::normal(0.0, 1.0).expect("one").for_shape::<f32>(&[3]).expect("a shape");
    let error = initialize(&stream, &mut tensors[1], &values, &from).expect_err("10 for 3");
    assert!(matches!(error, Error::Seedbed(_)), "{error}");
    let error = fill_range(&stream, &mut tensors[1], u64::MAX, uniform, &from).expect_err("far");
    assert!(matches!(error, Error::Seedbed(_)), "{error}");
}

#[test]
fn memory_and_streams_of_others_are_filled() {
    let driver = Driver::new();
    let (from, normal) =
        (Seed::from(3).stream("w"), Normal::<f32>::new(0.0, 1.0).expect("a deviation"));
    driver.set(Settings { devices: 2, ..GOOD });
    let contexts = [0, 1].map(|ordinal| device(ordinal).expect("a device"));
    let theirs = contexts[1].default_stream().alloc_zeros::<f32>(300).expect("memory");
    contexts[0].bind_to_thread().expect("a context");
    let address = theirs.device_ptr(theirs.stream()).0;
    assert_eq!(device_of(address).expect("a device"), 1);
    let filled = keep_current(|| {
        // SAFETY: the handle is any to this driver, and the memory is that of `theirs`.
        let (stream, mut memory) = unsafe {
            let stream = contexts[1].wrap_borrowed_stream(0x77 as _);
            let memory = Borrowed::new(&stream, address + 40, 200);
            (stream, memory)
        };
        fill(&stream, &mut memory, normal, &from)
    });
    filled.expect("a fill");
    // The choice of a device is the caller's.
    assert_eq!(result::ctx::get_current(), Ok(Some(contexts[0].cu_ctx())));
    let found = theirs.stream().clone_dtoh(&theirs).expect("values");
    assert_eq!(found[10..210], normal.sample_vec(200, &from));
    assert!(found[..10].iter().chain(&found[210..]).all(|value| *value == 0.0));

    let error = device_of(8).expect_err("no memory");
    assert!(matches!(error, Error::NotOfDevice { address: 8 }), "{error}");
    let error: Error = keep_current(|| Err::<(), _>(Error::NoDriver)).expect_err("an error");
    assert!(matches!(error, Error::NoDriver), "{error}");
}

/// While a stream is captured the driver for tests refuses to allocate, to copy and to wait.
#[test]
fn captured_fills_are_launches_only() {
    let driver = Driver::new();
    // A device that no other test has loaded kernels for.
    driver.set(Settings { devices: 3, ..GOOD });
    let stream = device(2).expect("a device").default_stream();
    let uniform = Uniform::<f32>::new(0.0, 1.0).expect("bounds");
    let from = Seed::from(3).stream("w");
    let mut tensors = [(); 3].map(|()| stream.alloc_zeros::<f32>(500).expect("memory"));
    let capture = |begins| {
        // SAFETY: the function has these types.
        let capture: Symbol<'_, unsafe extern "C" fn(usize, bool) -> usize> =
            unsafe { driver.library.get(b"fake_cuda_capture") }.expect("a function");
        // SAFETY: it sets a number.
        unsafe { capture(0, begins) }
    };
    capture(true);
    let error = fill(&stream, &mut tensors[0], uniform, &from).expect_err("no kernels yet");
    assert!(matches!(error, Error::Captured { .. }), "{error}");
    assert!(error.to_string().contains("before the capture"), "{error}");
    capture(false);
    seedbed_cuda::prepare(stream.context()).expect("kernels");
    capture(true);
    let before = driver.set(GOOD);
    let mut fills = Fills::new(&stream);
    for memory in &mut tensors {
        fills.add(memory, uniform, &from).expect("a fill");
    }
    fills.launch().expect("launches");
    assert_eq!(driver.set(GOOD) - before, 3);
    let orthogonal = Initializer::orthogonal(1.0, MatrixRows::FirstAxis).expect("a gain");
    let values = orthogonal.for_shape::<f32>(&[50, 10]).expect("a shape");
    let error = initialize(&stream, &mut tensors[0], &values, &from).expect_err("made on the CPU");
    assert!(matches!(error, Error::Captured { .. }), "{error}");
    capture(false);
    for memory in &tensors {
        let found = stream.clone_dtoh(memory).expect("values");
        assert_eq!(found, uniform.sample_vec(500, &from));
    }
}
