//! The program `processes`: several operating-system processes write one file, one of them is killed
//! and restarted, and the file is the file that a library writes from whole tensors.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use processes::layout;
use processes::rank::{MOST_RANKS, Plan};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use seedbed::Seed;

const SEED: u64 = 11;
const RANKS: usize = 3;
const LAYERS: usize = 2;
const WIDTH: usize = 48;

fn plan(out: &Path) -> Plan {
    let layout = layout::layout(LAYERS, WIDTH);
    Plan { out: out.into(), layout, seed: SEED, ranks: RANKS, pause: Duration::ZERO }
}

/// Returns the file that the format's own library writes from whole tensors.
fn expected() -> Vec<u8> {
    let entries = layout::layout(LAYERS, WIDTH).entries;
    let data: Vec<Vec<u8>> = entries
        .iter()
        .map(|entry| {
            let values = entry.values().unwrap();
            let values = values.to_vec(&Seed::from(SEED).stream(&entry.name)).unwrap();
            values.into_iter().flat_map(f32::to_le_bytes).collect()
        })
        .collect();
    let views = entries.iter().zip(&data).map(|(entry, data)| {
        (&entry.name, TensorView::new(Dtype::F32, entry.shape.clone(), data).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

/// Starts a process that is a rank of the plan for this file.
fn start(out: &Path, rank: usize, pause: u64) -> Child {
    let mut process = Command::new(env::current_exe().expect("a test has a path"));
    process.args(["--exact", "a_rank"]).stdout(Stdio::null());
    process.env("SEEDBED_OUT", out);
    process.env("SEEDBED_RANK", rank.to_string()).env("SEEDBED_PAUSE", pause.to_string());
    process.spawn().expect("it starts")
}

/// Runs a rank in a process that [`start`] has started, and does nothing in the process of the tests.
#[test]
fn a_rank() {
    let Some(out) = env::var_os("SEEDBED_OUT") else { return };
    let [rank, pause] =
        ["SEEDBED_RANK", "SEEDBED_PAUSE"].map(|name| env::var(name).unwrap().parse().unwrap());
    let plan = Plan { pause: Duration::from_millis(pause), ..plan(out.as_ref()) };
    plan.rank(rank as usize).unwrap();
}

#[test]
fn any_number_of_ranks_writes_the_same_file() {
    let place = tempfile::tempdir().unwrap();
    let expected = expected();
    for ranks in [1, 2, 5, MOST_RANKS.into()] {
        let plan = Plan { ranks, ..plan(&place.path().join(format!("{ranks}.safetensors"))) };
        plan.prepare().unwrap();
        for rank in (0..ranks).rev() {
            plan.rank(rank).unwrap();
        }
        assert!(fs::read(&plan.out).unwrap() == expected, "{ranks} ranks");
        let hash = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&expected));
        assert_eq!(plan.check(), Ok(hash));
    }
}

#[test]
fn a_ledger_tells_what_is_there() {
    let place = tempfile::tempdir().unwrap();
    let plan = plan(&place.path().join("w.safetensors"));
    assert!(plan.rank(0).unwrap_err().contains("not the file of this plan"));
    plan.prepare().unwrap();
    let first = plan.rank(0).unwrap();
    let again = plan.rank(0).unwrap();
    assert_eq!((first.found, again.found, again.written), (0, first.written, 0));
    // As if killed in the fifth piece: only what the ledger lacks is written again.
    let text = fs::read_to_string(plan.ledger(0)).unwrap();
    fs::write(plan.ledger(0), text.replace(&format!(":{}", first.written), ":4")).unwrap();
    let places = [3, 4].map(|piece| plan.layout.entries[piece].begin as usize);
    let mut file = fs::read(&plan.out).unwrap();
    places.iter().for_each(|&place| file[place] ^= 0xff);
    fs::write(&plan.out, &file).unwrap();
    assert_eq!(plan.rank(0).unwrap().written, first.written - 4);
    let (file, expected) = (fs::read(&plan.out).unwrap(), expected());
    assert_eq!(places.map(|place| file[place] == expected[place]), [false, true]);
    let other = Plan { seed: 12, ..plan.clone() };
    assert!(other.rank(0).unwrap_err().contains("of another seed"));
    // A new file has no data, whatever the ledgers were.
    plan.prepare().unwrap();
    assert_eq!(plan.rank(0).unwrap().found, 0);
}

#[test]
fn processes_write_the_file_of_a_single_process() {
    let place = tempfile::tempdir().unwrap();
    let plan = plan(&place.path().join("w.safetensors"));
    plan.prepare().unwrap();
    let processes: Vec<_> = (0..RANKS).map(|rank| start(&plan.out, rank, 0)).collect();
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    assert!(fs::read(&plan.out).unwrap() == expected());
}

#[test]
fn a_killed_rank_is_completed_by_itself() {
    let place = tempfile::tempdir().unwrap();
    let plan = plan(&place.path().join("w.safetensors"));
    plan.prepare().unwrap();
    let mut slow = start(&plan.out, 1, 60_000);
    for rank in [0, 2] {
        assert!(start(&plan.out, rank, 0).wait().unwrap().success());
    }
    // Killed while it rests after its first piece.
    while !plan.ledger(1).exists() {
        assert!(slow.try_wait().unwrap().is_none(), "it has ended");
        thread::sleep(Duration::from_millis(1));
    }
    slow.kill().unwrap();
    assert!(!slow.wait().unwrap().success());

    let before = fs::read(&plan.out).unwrap();
    assert!(before != expected());
    assert!(plan.check().unwrap_err().contains("not the file of a single process"));
    assert_eq!(plan.found(1), Ok(1));
    assert!(start(&plan.out, 1, 0).wait().unwrap().success());
    assert!(fs::read(&plan.out).unwrap() == expected());
    // Nothing that was written before has changed.
    let rewritten = before.iter().zip(expected()).filter(|(old, new)| **old != 0 && **old != *new);
    assert_eq!(rewritten.count(), 0);
}
