//! PTX text as instructions.
//!
//! Only what NVRTC makes of the kernels is understood: an instruction that is not stops the program, so that a
//! compiler's new instruction cannot be misunderstood in silence. Every floating-point operation must name its
//! rounding, to nearest even; so a fused one is refused, too.

use std::collections::HashMap;

/// The type of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Of any meaning, or unsigned, with so many bits.
    Bits(u32),
    Signed(u32),
    Float,
    Double,
    Pred,
}

impl Type {
    fn of(name: &str) -> Self {
        match name {
            "pred" => Type::Pred,
            "f32" => Type::Float,
            "f64" => Type::Double,
            _ => {
                let bits = name[1..].parse().unwrap_or_else(|_| panic!("the type {name}"));
                if name.starts_with('s') { Type::Signed(bits) } else { Type::Bits(bits) }
            }
        }
    }

    pub fn bits(self) -> u32 {
        match self {
            Type::Bits(bits) | Type::Signed(bits) => bits,
            Type::Float => 32,
            Type::Double => 64,
            Type::Pred => 1,
        }
    }
}

/// Where a number comes from.
#[derive(Clone, Copy, Debug)]
pub enum Operand {
    Register(usize),
    Number(u64),
    /// The kernel's parameter.
    Parameter,
    /// So many bytes into shared memory.
    Shared(u64),
    Thread,
    Cta,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// What an instruction does.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    Load,
    Store,
    Move,
    /// One register from the parts of another, or the other way round.
    Pack,
    Unpack,
    Add,
    Sub,
    MulLow,
    MulHigh,
    MulWide,
    Div,
    Min,
    Max,
    And,
    Or,
    Xor,
    Not,
    Neg,
    Abs,
    ShiftLeft,
    ShiftRight,
    FunnelLeft,
    FunnelRight,
    Popcount,
    Reverse,
    LeadingZeros,
    Insert,
    Permute,
    Select,
    /// The flag: also where a number is NaN.
    Set(Compare, bool),
    Convert(Type),
    ToHalf,
    Branch(usize),
    WarpBarrier,
    CtaBarrier,
    Trap,
    Return,
}

#[derive(Debug)]
pub struct Instruction {
    pub op: Op,
    pub of: Type,
    /// A register and whether it must be set.
    pub guard: Option<(usize, bool)>,
    pub to: Vec<usize>,
    pub from: Vec<Operand>,
    /// Of loads and stores: what is added to the address; and whether it is in shared memory.
    pub offset: i64,
    pub shared: bool,
    pub text: String,
}

/// A kernel.
#[derive(Debug, Default)]
pub struct Kernel {
    pub code: Vec<Instruction>,
    pub registers: usize,
    pub shared: usize,
    pub parameter: usize,
}

/// Returns the kernels of a module by their names.
pub fn kernels(ptx: &str) -> HashMap<String, Kernel> {
    ptx.split(".visible .entry ").skip(1).map(kernel).collect()
}

fn kernel(text: &str) -> (String, Kernel) {
    let (name, rest) = text.split_once('(').expect("parameters");
    let (parameters, rest) = rest.split_once(')').expect("parameters");
    let (_, body) = rest.split_once('{').expect("a body");
    let mut reader = Reader::default();
    reader.kernel.parameter = number_in_brackets(parameters);
    let mut depth = 1;
    let mut labels = HashMap::new();
    for line in body.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        if let Some(label) = line.strip_suffix(':') {
            labels.insert(label.to_owned(), reader.kernel.code.len());
        } else if line == "{" || line == "}" {
            depth += if line == "{" { 1 } else { -1 };
            if depth == 0 {
                break;
            }
        } else if !line.is_empty() {
            reader.line(line.strip_suffix(';').unwrap_or_else(|| panic!("{line}")));
        }
    }
    for instruction in &mut reader.kernel.code {
        if let Op::Branch(to) = &mut instruction.op {
            *to = labels[instruction.text.split_whitespace().last().expect("a label")];
        }
    }
    reader.kernel.registers = reader.registers.len();
    (name.to_owned(), reader.kernel)
}

fn number_in_brackets(text: &str) -> usize {
    let inner =
        text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).expect("a length").0;
    inner.parse().expect("a length")
}

#[derive(Default)]
struct Reader {
    kernel: Kernel,
    registers: HashMap<String, usize>,
    shared: HashMap<String, u64>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if line.starts_with(".reg") || line.starts_with(".pragma") {
            return;
        }
        if line.starts_with(".shared") {
            let declaration = line.split_whitespace().last().expect("a name");
            let (name, _) = declaration.split_once('[').expect("a length");
            let start = self.kernel.shared.next_multiple_of(16);
            self.shared.insert(name.to_owned(), start as u64);
            self.kernel.shared = start + number_in_brackets(declaration);
            return;
        }
        let instruction = self.instruction(line);
        self.kernel.code.push(instruction);
    }

    fn register(&mut self, name: &str) -> usize {
        assert!(name.starts_with('%'), "{name} is no register");
        let next = self.registers.len();
        *self.registers.entry(name.to_owned()).or_insert(next)
    }

    fn operand(&mut self, text: &str) -> Operand {
        match text {
            "%tid.x" => return Operand::Thread,
            "%ctaid.x" => return Operand::Cta,
            _ => {}
        }
        if text.starts_with('%') {
            return Operand::Register(self.register(text));
        }
        if let Some(bits) = text.strip_prefix("0f").or(text.strip_prefix("0d")) {
            return Operand::Number(u64::from_str_radix(bits, 16).expect("hexadecimal"));
        }
        if let Ok(number) = text.parse::<i128>() {
            return Operand::Number(number as u64);
        }
        if text.ends_with("_param_0") {
            return Operand::Parameter;
        }
        Operand::Shared(*self.shared.get(text).unwrap_or_else(|| panic!("{text} is unknown")))
    }

    /// The parts of `{a, b}`, or the text itself.
    fn parts(text: &str) -> Vec<&str> {
        text.trim_matches(['{', '}']).split(',').map(str::trim).collect()
    }

    fn instruction(&mut self, line: &str) -> Instruction {
        let (guard, rest) = match line.strip_prefix('@') {
            Some(guarded) => {
                let (guard, rest) = guarded.split_once(char::is_whitespace).expect("more");
                let name = guard.trim_start_matches('!');
                (Some((self.register(name), !guard.starts_with('!'))), rest.trim())
            }
            None => (None, line),
        };
        let (name, operands) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let operands = split(operands);
        let parts: Vec<&str> = name.split('.').collect();
        let (op, of) = operation(&parts).unwrap_or_else(|| panic!("not understood: {line}"));
        let mut made = Instruction {
            op,
            of,
            guard,
            to: Vec::new(),
            from: Vec::new(),
            offset: 0,
            shared: parts.get(1) == Some(&"shared"),
            text: rest.to_owned(),
        };
        match op {
            Op::Load | Op::Store => {
                let (values, address) = match op {
                    Op::Load => (&operands[0], &operands[1]),
                    _ => (&operands[1], &operands[0]),
                };
                let address = address.trim_matches(['[', ']']);
                let (base, offset) = address.split_once('+').unwrap_or((address, "0"));
                made.offset = offset.parse().expect("an offset");
                made.from.push(self.operand(base));
                for value in Self::parts(values) {
                    match op {
                        Op::Load => made.to.push(self.register(value)),
                        _ => made.from.push(self.operand(value)),
                    }
                }
            }
            Op::Branch(_) | Op::WarpBarrier | Op::CtaBarrier | Op::Trap | Op::Return => {}
            _ => {
                if operands[0].starts_with('{') {
                    made.op = Op::Unpack;
                } else if operands.get(1).is_some_and(|from| from.starts_with('{')) {
                    made.op = Op::Pack;
                }
                made.to =
                    Self::parts(&operands[0]).into_iter().map(|to| self.register(to)).collect();
                for operand in &operands[1..] {
                    for part in Self::parts(operand) {
                        let operand = self.operand(part);
                        made.from.push(operand);
                    }
                }
            }
        }
        made
    }
}

/// Splits operands at commas outside of braces.
fn split(text: &str) -> Vec<String> {
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().expect("a part").push(c);
        }
    }
    parts
}

fn compare(name: &str) -> Option<(Compare, bool)> {
    use Compare::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    let ordered = |name| match name {
        "eq" => Some(Equal),
        "ne" => Some(NotEqual),
        "lt" => Some(Less),
        "le" => Some(LessEqual),
        "gt" => Some(Greater),
        "ge" => Some(GreaterEqual),
        _ => None,
    };
    match ordered(name) {
        Some(compare) => Some((compare, false)),
        None => Some((ordered(name.strip_suffix('u')?)?, true)),
    }
}

/// The operation and the type of an instruction by the parts of its name.
fn operation(parts: &[&str]) -> Option<(Op, Type)> {
    match parts {
        ["bra", ..] => return Some((Op::Branch(0), Type::Pred)),
        ["bar", "warp", "sync"] => return Some((Op::WarpBarrier, Type::Pred)),
        ["bar", "sync"] => return Some((Op::CtaBarrier, Type::Pred)),
        ["trap"] => return Some((Op::Trap, Type::Pred)),
        ["ret"] => return Some((Op::Return, Type::Pred)),
        ["cvt", "rn", "f16", "f32"] => return Some((Op::ToHalf, Type::Float)),
        _ => {}
    }
    let of = Type::of(parts.last()?);
    let float = matches!(of, Type::Float | Type::Double);
    let op = match parts[..parts.len() - 1] {
        ["ld", ..] => Op::Load,
        ["st", ..] => Op::Store,
        ["mov"] | ["cvta", ..] => Op::Move,
        ["add"] if !float => Op::Add,
        ["add", "rn"] if float => Op::Add,
        ["sub"] if !float => Op::Sub,
        ["sub", "rn"] if float => Op::Sub,
        ["mul", "lo"] if !float => Op::MulLow,
        ["mul", "rn"] if float => Op::MulLow,
        ["mul", "hi"] => Op::MulHigh,
        ["mul", "wide"] => Op::MulWide,
        ["div"] if !float => Op::Div,
        ["div", "rn"] if of == Type::Double => Op::Div,
        ["min"] => Op::Min,
        ["max"] => Op::Max,
        ["and"] => Op::And,
        ["or"] => Op::Or,
        ["xor"] => Op::Xor,
        ["not"] => Op::Not,
        ["neg"] => Op::Neg,
        ["abs"] => Op::Abs,
        ["shl"] => Op::ShiftLeft,
        ["shr"] => Op::ShiftRight,
        ["shf", "l", "wrap"] => Op::FunnelLeft,
        ["shf", "r", "wrap"] => Op::FunnelRight,
        ["popc"] => Op::Popcount,
        ["brev"] => Op::Reverse,
        ["bfind", "shiftamt"] if of == Type::Bits(32) => Op::LeadingZeros,
        ["bfi"] => Op::Insert,
        ["prmt"] => Op::Permute,
        ["selp"] => Op::Select,
        ["setp", name] => {
            let (compare, nan) = compare(name)?;
            Op::Set(compare, nan)
        }
        ["cvt", to] | ["cvt", "rn", to] => {
            let to = Type::of(to);
            // A conversion to fewer digits names its rounding, and no other does.
            let rounds =
                matches!(to, Type::Float | Type::Double) && (to, of) != (Type::Double, Type::Float);
            if rounds != (parts[1] == "rn") || (float && !matches!(to, Type::Float | Type::Double))
            {
                return None;
            }
            Op::Convert(to)
        }
        _ => return None,
    };
    Some((op, of))
}
