//! Threads that run a kernel's instructions.

use half::f16;

use crate::parse::{Compare, Instruction, Kernel, Op, Operand, Type};

/// Threads of a warp.
const WARP: usize = 32;

/// Memory that kernels may read and write: starts and lengths.
pub type Ranges = Vec<(u64, u64)>;

/// A random number generator for orders of threads (SplitMix64).
struct Order(u64);

impl Order {
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            items.swap(i, ((z ^ (z >> 31)) % (i as u64 + 1)) as usize);
        }
    }
}

/// Where a thread has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Start,
    /// At the instruction after a barrier of the warp.
    Warp(usize),
    /// At the instruction after a barrier of all warps.
    Cta(usize),
    End,
}

struct Machine<'a> {
    kernel: &'a Kernel,
    parameter: &'a [u64],
    shared: &'a mut [u128],
    memory: &'a Ranges,
    cta: u64,
}

/// Runs a block of threads, in an order that `seed` chooses anew between any two barriers.
pub fn run(
    kernel: &Kernel,
    parameter: &[u64],
    memory: &Ranges,
    cta: u64,
    threads: usize,
    seed: u64,
) {
    let mut shared = vec![0xa5a5_a5a5_u128; kernel.shared.div_ceil(16) + 1];
    let mut registers = vec![vec![0_u64; kernel.registers]; threads];
    let mut stops = vec![Stop::Start; threads];
    let mut order = Order(seed);
    let mut machine = Machine { kernel, parameter, shared: &mut shared, memory, cta };
    let mut warps: Vec<usize> = (0..threads / WARP).collect();
    loop {
        let mut ran = false;
        order.shuffle(&mut warps);
        for warp in &warps {
            let mut lanes: Vec<usize> = (warp * WARP..(warp + 1) * WARP).collect();
            let first = lanes[0];
            if matches!(stops[first], Stop::End | Stop::Cta(_)) {
                continue;
            }
            order.shuffle(&mut lanes);
            for thread in lanes {
                stops[thread] = machine.go(thread as u64, &mut registers[thread], stops[thread]);
            }
            let same = stops[first..first + WARP].iter().all(|stop| *stop == stops[first]);
            assert!(
                same,
                "threads of a warp are at different barriers: {:?}",
                &stops[first..first + WARP]
            );
            ran = true;
        }
        if !ran {
            // All warps wait for each other, or have ended.
            if stops.iter().all(|stop| *stop == Stop::End) {
                return;
            }
            for stop in &mut stops {
                if let Stop::Cta(at) = *stop {
                    *stop = Stop::Warp(at);
                }
            }
        }
    }
}

/// A number of a type, as an integer that its sign is extended in.
fn signed(bits: u64, of: Type) -> i64 {
    let unused = 64 - of.bits();
    (bits << unused) as i64 >> unused
}

fn low(bits: u64, width: u32) -> u64 {
    if width >= 64 { bits } else { bits & ((1 << width) - 1) }
}

fn float(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

fn holds<T: PartialOrd>(compare: Compare, a: T, b: T) -> bool {
    match compare {
        Compare::Equal => a == b,
        Compare::NotEqual => a != b,
        Compare::Less => a < b,
        Compare::LessEqual => a <= b,
        Compare::Greater => a > b,
        Compare::GreaterEqual => a >= b,
    }
}

/// An operation of two numbers on each kind of type.
macro_rules! by_type {
    ($of:expr, $a:expr, $b:expr, $ints:expr, $signed:expr, $floats:expr, $doubles:expr) => {
        match $of {
            Type::Float => u64::from($floats(float($a), float($b)).to_bits()),
            Type::Double => $doubles(f64::from_bits($a), f64::from_bits($b)).to_bits(),
            Type::Signed(_) => $signed(signed($a, $of), signed($b, $of)) as u64,
            _ => $ints(low($a, $of.bits()), low($b, $of.bits())),
        }
    };
}

impl Machine<'_> {
    /// Runs a thread to the next barrier.
    fn go(&mut self, thread: u64, registers: &mut [u64], stop: Stop) -> Stop {
        let mut at = match stop {
            Stop::Start => 0,
            Stop::Warp(at) => at,
            Stop::Cta(_) | Stop::End => unreachable!("a thread that waits"),
        };
        loop {
            let instruction = &self.kernel.code[at];
            at += 1;
            if let Some((register, set)) = instruction.guard
                && (registers[register] != 0) != set
            {
                continue;
            }
            match instruction.op {
                Op::Branch(to) => at = to,
                Op::WarpBarrier => return Stop::Warp(at),
                Op::CtaBarrier => return Stop::Cta(at),
                Op::Return => return Stop::End,
                Op::Trap => panic!("a kernel stops itself"),
                Op::Load | Op::Store => self.access(thread, registers, instruction),
                Op::Unpack => {
                    let value = self.operand(thread, registers, instruction.from[0]);
                    let half = instruction.of.bits() / 2;
                    registers[instruction.to[0]] = low(value, half);
                    registers[instruction.to[1]] = low(value >> half, half);
                }
                _ => {
                    let mut from = [0; 4];
                    for (number, operand) in from.iter_mut().zip(&instruction.from) {
                        *number = self.operand(thread, registers, *operand);
                    }
                    registers[instruction.to[0]] = compute(instruction, from);
                }
            }
        }
    }

    #[inline]
    fn operand(&self, thread: u64, registers: &[u64], operand: Operand) -> u64 {
        match operand {
            Operand::Register(register) => registers[register],
            Operand::Number(number) => number,
            Operand::Parameter => self.parameter.as_ptr() as u64,
            Operand::Shared(offset) => self.shared.as_ptr() as u64 + offset,
            Operand::Thread => thread,
            Operand::Cta => self.cta,
        }
    }

    fn access(&mut self, thread: u64, registers: &mut [u64], instruction: &Instruction) {
        let base = self.operand(thread, registers, instruction.from[0]);
        let start = base.wrapping_add_signed(instruction.offset);
        let size = u64::from(instruction.of.bits() / 8);
        let count = instruction.to.len().max(instruction.from.len() - 1) as u64;
        self.check(start, size * count, instruction);
        for (i, register) in instruction.to.iter().enumerate() {
            let address = start + i as u64 * size;
            // SAFETY: `check` has found the address in memory of the machine or of an allocation, and
            // aligned.
            let bits = unsafe {
                match size {
                    1 => u64::from(*(address as *const u8)),
                    2 => u64::from(*(address as *const u16)),
                    4 => u64::from(*(address as *const u32)),
                    _ => *(address as *const u64),
                }
            };
            let negative = matches!(instruction.of, Type::Signed(_));
            registers[*register] =
                if negative { signed(bits, instruction.of) as u64 } else { bits };
        }
        for (i, operand) in instruction.from[1..].iter().enumerate() {
            let (address, bits) =
                (start + i as u64 * size, self.operand(thread, registers, *operand));
            // SAFETY: as above.
            unsafe {
                match size {
                    1 => *(address as *mut u8) = bits as u8,
                    2 => *(address as *mut u16) = bits as u16,
                    4 => *(address as *mut u32) = bits as u32,
                    _ => *(address as *mut u64) = bits,
                }
            }
        }
    }

    /// Stops at an access that no memory is for.
    fn check(&self, start: u64, len: u64, instruction: &Instruction) {
        let within = |from: u64, size: u64| start >= from && start + len <= from + size;
        let shared = within(self.shared.as_ptr() as u64, self.kernel.shared as u64);
        let constant = within(self.parameter.as_ptr() as u64, self.kernel.parameter as u64);
        let known = if instruction.shared {
            shared
        } else {
            constant || shared || self.memory.iter().any(|(from, size)| within(*from, *size))
        };
        assert!(known, "{len} bytes at {start:#x} are no memory: {}", instruction.text);
        assert!(start.is_multiple_of(len), "{start:#x} is not aligned: {}", instruction.text);
    }
}

/// Computes what is neither memory nor flow.
#[inline]
fn compute(instruction: &Instruction, [a, b, c, d]: [u64; 4]) -> u64 {
    let (of, width) = (instruction.of, instruction.of.bits());
    let result = match instruction.op {
        Op::Move => a,
        // Two halves of what is as wide as the type.
        Op::Pack => low(a, width / 2) | b << (width / 2),
        Op::Add => {
            by_type!(of, a, b, u64::wrapping_add, i64::wrapping_add, |a, b| a + b, |a, b| a + b)
        }
        Op::Sub => {
            by_type!(of, a, b, u64::wrapping_sub, i64::wrapping_sub, |a, b| a - b, |a, b| a - b)
        }
        Op::MulLow => {
            by_type!(of, a, b, u64::wrapping_mul, i64::wrapping_mul, |a, b| a * b, |a, b| a * b)
        }
        Op::Div => by_type!(of, a, b, |a, b| a / b, |a, b| a / b, |a, b| a / b, |a, b| a / b),
        Op::Min => by_type!(of, a, b, u64::min, i64::min, f32::min, f64::min),
        Op::Max => by_type!(of, a, b, u64::max, i64::max, f32::max, f64::max),
        Op::MulHigh if width == 64 => ((u128::from(a) * u128::from(b)) >> 64) as u64,
        Op::MulHigh => (low(a, width) * low(b, width)) >> width,
        // The result is twice as wide.
        Op::MulWide => {
            return match of {
                Type::Signed(_) => low((signed(a, of) * signed(b, of)) as u64, 2 * width),
                _ => low(a, width) * low(b, width),
            };
        }
        Op::And => a & b,
        Op::Or => a | b,
        Op::Xor => a ^ b,
        Op::Not if of == Type::Pred => u64::from(a == 0),
        Op::Not => !a,
        Op::Neg => by_type!(
            of,
            a,
            b,
            |a: u64, _| a.wrapping_neg(),
            |a: i64, _| a.wrapping_neg(),
            |a: f32, _| -a,
            |a: f64, _| -a
        ),
        Op::Abs => by_type!(
            of,
            a,
            b,
            |a, _| a,
            |a: i64, _| a.wrapping_abs(),
            |a: f32, _| a.abs(),
            |a: f64, _| a.abs()
        ),
        Op::ShiftLeft if low(b, 32) >= u64::from(width) => 0,
        Op::ShiftLeft => a << low(b, 32),
        Op::ShiftRight => {
            let by = low(b, 32).min(63) as u32;
            match of {
                Type::Signed(_) => (signed(a, of) >> by) as u64,
                _ if low(b, 32) >= u64::from(width) => 0,
                _ => low(a, width) >> by,
            }
        }
        // Of the 64 bits of two registers, the upper ones of a shift by up to 31, or the lower.
        Op::FunnelLeft => ((low(a, 32) | b << 32) << (c & 31)) >> 32,
        Op::FunnelRight => (low(a, 32) | b << 32) >> (c & 31),
        // Their results have 32 bits.
        Op::Popcount => return u64::from(low(a, width).count_ones()),
        Op::LeadingZeros if low(a, 32) == 0 => return 0xffff_ffff,
        Op::LeadingZeros => return u64::from((a as u32).leading_zeros()),
        Op::Reverse => low(a, width).reverse_bits() >> (64 - width),
        Op::Insert => {
            let mask = low(u64::MAX, low(d, 8).min(64) as u32) << (c & 63);
            b & !mask | a << (c & 63) & mask
        }
        // Bytes of the 8 of two registers; the fourth bit of a place, which would repeat a sign, is not used.
        Op::Permute => {
            let (bytes, place) = (low(a, 32) | b << 32, |i: u64| c >> (4 * i) & 15);
            assert!((0..4).all(|i| place(i) < 8), "{}", instruction.text);
            (0..4_u64).map(|i| (bytes >> (8 * place(i)) & 0xff) << (8 * i)).sum()
        }
        Op::Select => {
            if c != 0 {
                a
            } else {
                b
            }
        }
        Op::Set(compare, nan) => return u64::from(set(compare, nan, of, a, b)),
        Op::Convert(to) => return convert(to, of, a),
        Op::ToHalf => return u64::from(f16::from_f32(float(a)).to_bits()),
        _ => unreachable!("{}", instruction.text),
    };
    low(result, width)
}

fn set(compare: Compare, nan: bool, of: Type, a: u64, b: u64) -> bool {
    match of {
        Type::Float => {
            let (a, b) = (float(a), float(b));
            holds(compare, a, b) || nan && (a.is_nan() || b.is_nan())
        }
        Type::Double => {
            let (a, b) = (f64::from_bits(a), f64::from_bits(b));
            holds(compare, a, b) || nan && (a.is_nan() || b.is_nan())
        }
        Type::Signed(_) => holds(compare, signed(a, of), signed(b, of)),
        _ => holds(compare, low(a, of.bits()), low(b, of.bits())),
    }
}

fn convert(to: Type, of: Type, a: u64) -> u64 {
    let negative = matches!(of, Type::Signed(_));
    match (to, of) {
        (Type::Float, Type::Double) => u64::from((f64::from_bits(a) as f32).to_bits()),
        (Type::Double, Type::Float) => f64::from(float(a)).to_bits(),
        (Type::Float, _) if negative => u64::from((signed(a, of) as f32).to_bits()),
        (Type::Double, _) if negative => (signed(a, of) as f64).to_bits(),
        (Type::Float, _) => u64::from((low(a, of.bits()) as f32).to_bits()),
        (Type::Double, _) => (low(a, of.bits()) as f64).to_bits(),
        _ if negative => low(signed(a, of) as u64, to.bits()),
        _ => low(low(a, of.bits()), to.bits()),
    }
}
