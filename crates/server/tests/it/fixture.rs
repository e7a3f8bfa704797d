//! A server in this process over an empty directory, for tests that look at its workspace too.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use serde_json::{Value, json};
use server::Workspace;
use server::config::keys::Scope;
use server::http::{App, Options, serve};
use server::service::Service;
use server::workspace::Clock;
use tokio::sync::oneshot;

/// A server of an empty directory, until it is dropped.
pub struct Fixture {
    pub address: SocketAddr,
    pub key: String,
    pub service: Arc<Service>,
    /// Dropping it is the signal to stop.
    pub stop: Option<oneshot::Sender<()>>,
    pub folder: tempfile::TempDir,
}

pub fn fixture() -> Fixture {
    fixture_at(Arc::new(server::clock::now))
}

/// A server whose clock is in the test's hands.
pub fn fixture_at(clock: Clock) -> Fixture {
    fixture_in(tempfile::tempdir().unwrap(), clock)
}

/// A server of a directory that may have been another's before.
pub fn fixture_in(folder: tempfile::TempDir, clock: Clock) -> Fixture {
    let workspace = Arc::new(Workspace::open_at(folder.path(), clock).unwrap().0);
    let key = workspace.config().create_key(Scope::Admin, "test", 0).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let service = Arc::new(Service::new(workspace));
    let app = App::new(Arc::clone(&service), address, Options::default());
    let (stop, stopped) = oneshot::channel();
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let stopped = async {
                let _: Result<(), _> = stopped.await;
            };
            serve(listener, app, stopped).await.unwrap();
        });
    });
    Fixture { address, key, service, stop: Some(stop), folder }
}

/// What was answered: status, headers in lower case, body.
pub struct Answer(pub u16, pub String, pub String);

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.2).unwrap_or_else(|error| panic!("{error}: {}", self.2))
    }

    pub fn code(&self) -> (u16, Value) {
        (self.0, self.json()["error"]["code"].clone())
    }
}

impl Fixture {
    pub fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send_as(&self.key, method, path, body)
    }

    /// The same with another key.
    pub fn send_as(&self, key: &str, method: &str, path: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n",
            self.address
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let head = head.to_lowercase();
        let body = match head.contains("transfer-encoding: chunked") {
            true => unchunked(body),
            false => body.to_owned(),
        };
        Answer(status, head, body)
    }

    pub fn get(&self, path: &str) -> Value {
        let answer = self.send("GET", path, "");
        assert_eq!(answer.0, 200, "{path}: {}", answer.2);
        answer.json()
    }

    /// Six orders of each of these people, over so many days.
    pub fn fill(&self, users: std::ops::Range<u64>, days: u64) {
        let order = |user: u64, n: u64| {
            let day = (user * 7 + n * (1 + user % 9)) % days;
            let (month, of_month) = (1 + day / 28, 1 + day % 28);
            json!({"type": "track", "messageId": format!("{user}/{n}"), "userId": format!("u{user}"),
                   "event": "Order Completed", "properties": {"total": 5 + n},
                   "timestamp": format!("2026-0{month}-{of_month:02}T12:00:00Z")})
        };
        let orders = users.flat_map(|user| (0..6).map(move |n| order(user, n)));
        let batch = json!({"batch": orders.collect::<Vec<_>>()});
        let answer = self.send("POST", "/v1/batch", &batch.to_string());
        assert_eq!((answer.0, answer.json()), (200, json!({"success": true})));
    }
}

/// A body without the sizes between its chunks.
fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        whole += &rest[..size];
        body = rest[size..].trim_start_matches("\r\n");
    }
    whole
}
