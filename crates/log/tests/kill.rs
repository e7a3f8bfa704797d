//! Kills a process that appends, at any moment, and looks at what it left.

#![allow(clippy::unwrap_used)] // the helpers of a test fail by panicking

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use log::{Log, Offset, Options};

const DIRECTORY: &str = "LOG_KILL_TEST_DIRECTORY";
const OPTIONS: Options = Options { segment_bytes_max: 20_000, preallocate_bytes: 4_096 };

/// Not a test by itself: the child process, which appends numbers until it is killed and prints the
/// first number that is not yet acknowledged.
#[test]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let (mut log, _) = Log::open(Path::new(&directory), OPTIONS).unwrap();
    let mut next = count(&log);
    loop {
        for n in next..next + 1 + next % 7 {
            log.append(&payload(n)).unwrap();
        }
        log.sync().unwrap();
        next += 1 + next % 7;
        let mut out = std::io::stdout();
        writeln!(out, "acknowledged {next}").unwrap();
        out.flush().unwrap();
    }
}

fn payload(n: u64) -> Vec<u8> {
    n.to_le_bytes().repeat(1 + (n % 20) as usize)
}

/// The number of payloads; each must be the one of its place.
fn count(log: &Log) -> u64 {
    let mut n = 0;
    for frame in log.reader().read_from(Offset(0)).unwrap() {
        assert_eq!(frame.unwrap().1, payload(n));
        n += 1;
    }
    n
}

#[test]
fn everything_acknowledged_survives_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut last = 0;
    for round in 0..12u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture"])
            .env(DIRECTORY, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut seen = 0;
        for line in lines {
            let line = line.unwrap();
            if let Some((_, number)) = line.split_once("acknowledged ") {
                last = number.parse().unwrap();
                seen += 1;
            }
            if seen == 20 + round * 13 {
                // SIGKILL; what the pipe still holds was acknowledged too and is read below.
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let (log, _) = Log::open(dir.path(), OPTIONS).unwrap();
        let found = count(&log);
        assert!(found >= last, "{found} found, {last} acknowledged");
        assert!(found <= last + 7, "{found} found, {last} acknowledged");
    }
}
