//! Just enough of `WebDriver` (<https://www.w3.org/TR/webdriver2/>) to look at a page.

use std::env;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// A browser with one window.
pub(crate) struct Browser {
    driver: SocketAddr,
    session: String,
    _process: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts the browser whose driver is named by `CHROMEDRIVER`. `None`, and a line that says so,
    /// where there is none; on the machine that decides that is a failure.
    pub(crate) async fn start() -> Option<Self> {
        let Ok(driver) = env::var("CHROMEDRIVER") else {
            assert!(
                env::var("CI").is_err(),
                "CHROMEDRIVER is not set: cargo xtask services up chromium"
            );
            eprintln!("skipped: CHROMEDRIVER is not set: cargo xtask services up chromium");
            return None;
        };
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let process = Command::new(driver)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("a driver that runs");
        let profile = tempfile::tempdir().expect("a folder");
        let driver = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let args = [
            "--headless=new".to_owned(),
            "--no-sandbox".into(),
            "--disable-gpu".into(),
            "--no-first-run".into(),
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-sync".into(),
            "--force-device-scale-factor=1".into(),
            "--window-size=1440,1000".into(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            // A browser on a busy machine takes its time.
            "timeouts": {"script": 180_000, "pageLoad": 180_000},
            "goog:chromeOptions": {"args": args},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let mut attempts = 0;
        let made = loop {
            match call(driver, "POST", "/session", Some(&wanted)).await {
                Ok(made) => break made,
                // The driver is not there yet.
                Err(error) => {
                    attempts += 1;
                    assert!(attempts < 100, "no session: {error}");
                    // xtask allow(sleep): a program of others says nothing when it is there
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        };
        let session = made["sessionId"].as_str().expect("a session").to_owned();
        Some(Self { driver, session, _process: process, _profile: profile })
    }

    pub(crate) async fn open(&self, url: &str) {
        self.post("url", &json!({ "url": url })).await;
    }

    /// What the body of a function gives in the page.
    pub(crate) async fn run(&self, body: &str) -> Value {
        self.post("execute/sync", &json!({ "script": body, "args": [] })).await
    }

    /// Waits until the body of a function gives something true in the page, and gives that.
    pub(crate) async fn until(&self, body: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             const look = () => {{
               const found = (() => {{ {body} }})();
               if (found) done(found); else setTimeout(look, 50);
             }};
             look();"
        );
        self.post("execute/async", &json!({ "script": script, "args": [] })).await
    }

    /// What the page complained about.
    pub(crate) async fn complaints(&self) -> Vec<Value> {
        let log = self.post("se/log", &json!({"type": "browser"})).await;
        log.as_array().cloned().unwrap_or_default()
    }

    /// A picture of the window as PNG in base64.
    pub(crate) async fn picture(&self) -> String {
        let path = format!("/session/{}/screenshot", self.session);
        let shot = call(self.driver, "GET", &path, None).await.expect("a picture");
        shot.as_str().expect("base64").to_owned()
    }

    async fn post(&self, command: &str, body: &Value) -> Value {
        let path = format!("/session/{}/{command}", self.session);
        call(self.driver, "POST", &path, Some(body)).await.expect("an answer of the driver")
    }
}

/// A driver that is killed leaves its browser behind, so it is told first, also by a test that
/// failed.
impl Drop for Browser {
    fn drop(&mut self) {
        let request = format!(
            "DELETE /session/{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.session, self.driver
        );
        let ended = std::net::TcpStream::connect(self.driver).and_then(|mut stream| {
            stream.write_all(request.as_bytes())?;
            stream.set_read_timeout(Some(Duration::from_secs(10)))?;
            // It answers when the browser is gone.
            stream.read(&mut [0; 16])
        });
        if let Err(error) = ended {
            eprintln!("a browser may be left behind: {error}");
        }
    }
}

async fn call(
    to: SocketAddr,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Result<Value, String> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(to).await.map_err(|error| error.to_string())?;
    stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
    let (head, body) = answer(stream).await.ok_or("no answer")?;
    let parsed: Value = serde_json::from_str(&body).map_err(|error| format!("{error}: {body}"))?;
    let value = parsed["value"].clone();
    if head.starts_with("HTTP/1.1 200") { Ok(value) } else { Err(value.to_string()) }
}

/// The driver keeps the connection open, whatever it is asked: the head says where the body ends.
async fn answer(stream: TcpStream) -> Option<(String, String)> {
    let mut stream = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let before = head.len();
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
        let line = head[before..].trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, String::from_utf8(body).ok()?))
}
