//! Imports on a schedule from a bucket, against a server that speaks S3 (`moto`, which is Python).

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use super::bulk_schedule::ran;
use super::fixture::fixture;

const MOTO: &str = "moto[server]==5.2.5";

/// Starts the service on a free port, puts what standard input says, and prints the port.
const SCRIPT: &str = r#"
import sys, json
from moto.server import ThreadedMotoServer
import boto3
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-central-1",
    aws_access_key_id="AKIATEST", aws_secret_access_key="sehr geheim")
s3.create_bucket(Bucket="shop", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
print(port, flush=True)
for line in sys.stdin:
    key, body = json.loads(line)
    s3.put_object(Bucket="shop", Key=key, Body=body.encode())
    print("ok", flush=True)
"#;

struct Moto {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    port: u16,
}

impl Moto {
    /// Installs it beside the other products of the build, once; nothing where that is impossible,
    /// and says so.
    fn start() -> Option<Moto> {
        let packages = match install() {
            Ok(packages) => packages,
            Err(why) => {
                eprintln!("skipped: python3 with pip cannot install {MOTO}: {why}");
                return None;
            }
        };
        let mut child = Command::new("python3")
            .args(["-B", "-c", SCRIPT])
            .env("PYTHONPATH", packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap().parse().unwrap();
        Some(Moto { child, lines, port })
    }

    fn put(&mut self, key: &str, body: &str) {
        use std::io::Write;
        writeln!(self.child.stdin.as_mut().unwrap(), "{}", json!([key, body])).unwrap();
        assert_eq!(self.lines.next().unwrap().unwrap(), "ok");
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn install() -> Result<PathBuf, String> {
    // What is compiled for one Python is of no use to another.
    let tag = python(["-c", "import sys; print(sys.implementation.cache_tag)"])?;
    let name = MOTO.replace(['[', ']', '='], "-");
    let packages = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", tag.trim()));
    if packages.exists() {
        return Ok(packages);
    }
    // Into a folder of its own first, so that half an installation is never taken for one.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let new = folder.path().join("packages");
    let pip = ["-m", "pip", "install", "--quiet", "--timeout", "20", "--retries", "2"];
    python(pip.into_iter().chain(["--target", new.to_str().unwrap(), MOTO]))?;
    // Another run may have been faster; its folder is as good.
    if fs::rename(&new, &packages).is_err() {
        assert!(packages.exists(), "{} cannot be made", packages.display());
    }
    Ok(packages)
}

/// What Python prints, or why it does not.
fn python<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<String, String> {
    let output = Command::new("python3").args(arguments).output();
    let output = output.map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

#[test]
fn a_bucket_is_imported_incrementally_and_its_secret_is_nowhere() {
    let Some(mut moto) = Moto::start() else { return };
    let event = |n: u32| {
        let id = format!("e{n}");
        json!({"type": "track", "userId": format!("u{}", n % 7), "event": "Open", "messageId": id,
            "timestamp": "2026-03-01T00:00:00Z"})
        .to_string()
    };
    let lines = |range: std::ops::Range<u32>| range.map(event).collect::<Vec<_>>().join("\n");
    moto.put("events/2026 03/a+b%20&ü.ndjson", &lines(0..50));
    moto.put("events/b.ndjson", &lines(50..60));
    moto.put("other/c.ndjson", &lines(60..70));
    let server = fixture();
    let place = json!({"kind": "bucket", "endpoint": format!("http://127.0.0.1:{}", moto.port),
        "region": "eu-central-1", "bucket": "shop", "prefix": "events/",
        "access_key": "AKIATEST", "secret_key": "sehr geheim"});
    let mut body = json!({"name": "bucket", "place": place, "format": "ndjson",
        "every_minutes": 5});
    let made = server.send("POST", "/api/imports", &body.to_string());
    assert_eq!(made.0, 201, "{}", made.2);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let counts = |import: &serde_json::Value| {
        let run = &import["last_run"];
        ["files", "accepted", "duplicates"].map(|name| run[name].as_u64().unwrap())
    };
    let first = ran(&server, &id, false);
    assert_eq!(counts(&first), [2, 60, 0], "{first}");
    assert_eq!(counts(&ran(&server, &id, true)), [0, 0, 0]);
    moto.put("events/b.ndjson", &lines(50..65));
    moto.put("events/d.ndjson", &lines(60..62));
    let grown = ran(&server, &id, true);
    // Ids are the messages' own: what two files have counts once.
    assert_eq!(counts(&grown), [2, 5, 12], "{grown}");
    // Changed without the secret, it keeps it; with another endpoint, it does not.
    body["place"].as_object_mut().unwrap().remove("secret_key");
    body["every_minutes"] = json!(9);
    let changed = server.send("PUT", &format!("/api/imports/{id}"), &body.to_string());
    assert_eq!(changed.0, 200, "{}", changed.2);
    body["place"]["endpoint"] = json!("http://127.0.0.1:9");
    let moved = server.send("PUT", &format!("/api/imports/{id}"), &body.to_string());
    assert_eq!(moved.code(), (422, json!("import.bucket")));
    body["place"]["secret_key"] = json!("sehr geheim");
    let gone = server.send("PUT", &format!("/api/imports/{id}"), &body.to_string());
    assert_eq!(gone.code(), (422, json!("import.unreachable")));
    body["place"]["endpoint"] = json!(format!("http://127.0.0.1:{}", moto.port));
    body["place"]["bucket"] = json!("nobody");
    let unknown = server.send("PUT", &format!("/api/imports/{id}"), &body.to_string());
    assert_eq!(unknown.code(), (422, json!("import.refused")));
    let list = server.send("GET", "/api/imports", "");
    for answer in [&made, &changed, &moved, &gone, &unknown, &list] {
        assert!(!answer.2.contains("geheim"), "{}", answer.2);
    }
}
