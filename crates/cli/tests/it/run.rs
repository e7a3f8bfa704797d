//! Running the executable: commands to their end, and servers until they are stopped.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// What a command came to.
pub struct Outcome {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// The executable, ready for arguments.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_perennial"));
    command.args(arguments);
    command
}

/// Runs a command to its end.
pub fn run(arguments: &[&str]) -> Outcome {
    run_with(arguments, b"")
}

/// Runs a command with bytes on its standard input.
pub fn run_with(arguments: &[&str], input: &[u8]) -> Outcome {
    finish(command(arguments), input)
}

/// Runs a prepared command to its end.
pub fn finish(mut command: Command, input: &[u8]) -> Outcome {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Outcome {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Outcome {
    /// Standard output, as the command must have succeeded.
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self.out
    }

    /// The same as JSON.
    pub fn json(self) -> Value {
        serde_json::from_str(&self.ok()).unwrap()
    }
}

/// A server of its own process.
pub struct Server {
    child: Child,
    pub address: String,
    /// Everything after the line that says where it listens, when it has ended.
    out: BufReader<std::process::ChildStdout>,
    agent: ureq::Agent,
}

/// What a server answered.
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub text: String,
    pub headers: ureq::http::HeaderMap,
}

impl Server {
    /// Serves a directory on a free port.
    pub fn serve(dir: &Path) -> Server {
        let dir = dir.to_str().unwrap();
        Server::start(&["serve", "--data-dir", dir, "--listen", "127.0.0.1:0"])
    }

    /// Starts any command that ends up listening.
    pub fn start(arguments: &[&str]) -> Server {
        Server::spawn(command(arguments))
    }

    /// Serves a directory with a limit on the size of files, which is how a disk that refuses to
    /// write looks to a process.
    pub fn limited(dir: &Path, blocks: u32) -> Server {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_perennial"), "serve", "--data-dir"]);
        command.arg(dir).args(["--listen", "127.0.0.1:0"]);
        Server::spawn(command)
    }

    /// Starts a prepared command that ends up listening.
    pub fn spawn(mut command: Command) -> Server {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut seen = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(out.read_line(&mut line).unwrap() > 0, "it ended before it listened: {seen}");
            if let Some(address) = line.trim().strip_prefix("listening on http://") {
                break address.to_owned();
            }
            seen += &line;
        };
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        Server { child, address, out, agent }
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.agent.get(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.call().unwrap())
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_send(method, path, headers, body).unwrap()
    }

    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.agent.run(request.body(body).unwrap()).map(answer)
    }

    pub fn post(&self, path: &str, key: &str, body: &str) -> Answer {
        let key = format!("Bearer {key}");
        self.send("POST", path, &[("authorization", &key)], body.as_bytes())
    }

    /// Ends it as an operator does; its exit code.
    pub fn terminate(mut self) -> i32 {
        self.signal("TERM");
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        code
    }

    /// Sends a signal and does not wait.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
    }

    /// Ends it as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let text = response.body_mut().read_to_string().unwrap();
    Answer {
        status: response.status().as_u16(),
        body: serde_json::from_str(&text).unwrap_or(Value::Null),
        text,
        headers: response.headers().clone(),
    }
}

/// A key of a directory.
pub fn key(dir: &Path, scope: &str) -> String {
    let dir = dir.to_str().unwrap();
    run(&["key", "create", "--data-dir", dir, "--scope", scope]).ok().trim().to_owned()
}

/// A file of a published data set beside the project; nothing where it is absent, and says so.
pub fn published(file: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(file);
    if !path.exists() {
        eprintln!("skipped: {file} is not beside the project");
        return None;
    }
    Some(path)
}
