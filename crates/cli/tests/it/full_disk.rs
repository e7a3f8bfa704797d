//! A disk that is really full: the server runs on a small file system of its own in memory.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::run::{Outcome, Server, finish};

/// A file system of limited size, mounted in a namespace that a shell of ours keeps open. It needs
/// no rights beyond those of namespaces, and is gone with the shell.
struct SmallDisk {
    shell: Child,
    orders: ChildStdin,
    replies: BufReader<ChildStdout>,
}

/// Mounts, says so, and mounts again with every size that it reads.
const SHELL: &str = r#"mount -t tmpfs -o size="$1" tmpfs "$2" && echo done || exit 1
    while read size; do mount -o remount,size="$size" "$2" && echo done; done"#;

impl SmallDisk {
    /// Mounts over a folder; nothing where the machine forbids it, and says so.
    fn mount(folder: &Path, size: &str) -> Option<SmallDisk> {
        let mut shell = Command::new("unshare");
        shell.args(["--map-root-user", "--mount", "sh", "-c", SHELL, "sh", size]).arg(folder);
        let shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut shell = match shell {
            Ok(shell) => shell,
            Err(error) => {
                eprintln!("skipped: there is no unshare to mount a small disk with: {error}");
                return None;
            }
        };
        let orders = shell.stdin.take().unwrap();
        let replies = BufReader::new(shell.stdout.take().unwrap());
        let mut disk = SmallDisk { shell, orders, replies };
        if disk.reply() != "done\n" {
            eprintln!("skipped: this machine mounts no small disk in a namespace");
            return None;
        }
        Some(disk)
    }

    /// The executable, where it sees the small disk.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        let shell = self.shell.id().to_string();
        command.args(["--preserve-credentials", "--user", "--mount", "--target", &shell]);
        command.arg(env!("CARGO_BIN_EXE_perennial")).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        finish(self.command(arguments), b"")
    }

    fn serve(&self, dir: &str) -> Server {
        Server::spawn(self.command(&["serve", "--data-dir", dir, "--listen", "127.0.0.1:0"]))
    }

    fn resize(&mut self, size: &str) {
        writeln!(self.orders, "{size}").unwrap();
        assert_eq!(self.reply(), "done\n");
    }

    fn reply(&mut self) -> String {
        let mut line = String::new();
        self.replies.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

/// A batch of a person of its own, big enough that a small disk holds some dozens.
fn batch(n: u32) -> String {
    let event = |i: u32| {
        // Digits that hardly compress.
        let digit =
            |place: u32| (n * 64 + i + 1).wrapping_mul(place.wrapping_mul(2_654_435_761) | 1);
        let text: String = (0..400).map(|place| format!("{:08x}", digit(place))).collect();
        json!({"type": "track", "event": "Visit", "userId": format!("u{n}"), "messageId": format!("{n}-{i}"),
               "timestamp": "2026-01-01T00:00:00Z", "properties": {"text": text}})
    };
    json!({"batch": (0..64).map(event).collect::<Vec<Value>>()}).to_string()
}

fn events_of(server: &Server, admin: &str, n: u32) -> Value {
    let bearer = format!("Bearer {admin}");
    server.get(&format!("/api/users/u{n}"), &[("authorization", &bearer)]).body["events"].clone()
}

#[test]
fn a_full_disk_is_said_and_nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut disk) = SmallDisk::mount(folder.path(), "12m") else { return };
    let dir = folder.path().join("data");
    let dir = dir.to_str().unwrap();
    let key = |scope| {
        let made = disk.run(&["key", "create", "--data-dir", dir, "--scope", scope]);
        made.ok().trim().to_owned()
    };
    let (ingest, admin) = (key("ingest"), key("admin"));
    let server = disk.serve(dir);
    let mut acknowledged = 0;
    let refused = loop {
        let answer = server.post("/v1/batch", &ingest, &batch(acknowledged));
        if answer.status != 200 {
            break answer;
        }
        acknowledged += 1;
        assert!(acknowledged < 200, "12 MiB took {acknowledged} batches of 200 kB");
    };
    assert_eq!(refused.status, 503, "{}", refused.text);
    assert_eq!(refused.body["error"]["code"], json!("server.read_only"));
    for part in ["No space left on device", "make room on the disk or mend it, and start again"] {
        assert!(refused.text.contains(part), "{}", refused.text);
    }
    assert!(acknowledged > 5, "{acknowledged}");
    // It goes on to refuse, and to answer.
    assert_eq!(server.post("/v1/batch", &ingest, &batch(acknowledged)).status, 503);
    for n in 0..acknowledged {
        assert_eq!(events_of(&server, &admin, n), json!(64), "u{n} of {acknowledged}");
    }
    assert_eq!(events_of(&server, &admin, acknowledged), Value::Null, "it was refused");
    server.terminate();

    disk.resize("200m");
    let server = disk.serve(dir);
    for n in 0..acknowledged {
        assert_eq!(events_of(&server, &admin, n), json!(64), "u{n} of {acknowledged}");
    }
    assert_eq!(server.post("/v1/batch", &ingest, &batch(acknowledged)).status, 200);
    assert_eq!(events_of(&server, &admin, acknowledged), json!(64));
    assert_eq!(server.terminate(), 0);
    let check = disk.run(&["history", "check", "--data-dir", dir, "--format", "json"]);
    assert_eq!(check.json()["problems"], json!([]));
}
