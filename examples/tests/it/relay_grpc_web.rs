//! A page in a real browser sends to a pipeline in another process.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::program::example;
use crate::webdriver::Browser;

/// Longer than anything takes, on any machine.
const AMPLE: Duration = Duration::from_mins(2);

/// The example while it runs, and where its page is.
struct Served {
    child: Child,
    output: BufReader<tokio::process::ChildStdout>,
    url: String,
}

impl Served {
    async fn start() -> Self {
        let mut command = Command::from(example("relay_grpc_web"));
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        timeout(AMPLE, output.read_line(&mut line)).await.unwrap().unwrap();
        let url = line.trim().strip_prefix("open ").expect("an address").to_owned();
        Self { child, output, url }
    }

    /// What it printed until it was interrupted.
    async fn interrupt(mut self) -> String {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
        let mut rest = String::new();
        timeout(AMPLE, self.output.read_to_string(&mut rest)).await.unwrap().unwrap();
        assert!(timeout(AMPLE, self.child.wait()).await.unwrap().unwrap().success());
        rest
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_sends_orders_and_sees_them_processed() {
    let Some(browser) = Browser::start().await else { return };
    let served = Served::start().await;
    browser.open(&served.url).await;

    browser.run("document.getElementById('metal').value = 'quick<silver>'").await;
    browser.run("document.getElementById('one').click()").await;
    browser.until("return document.getElementById('status').textContent === 'done'").await;
    assert_eq!(acks(&browser).await, ["order 1 was processed"]);

    browser.run("document.getElementById('many').click()").await;
    browser.until("return document.querySelectorAll('#acks li').length === 21").await;
    browser.until("return document.getElementById('status').textContent === 'done'").await;
    let shown = acks(&browser).await;
    assert!(shown.iter().all(|line| line.ends_with("was processed")), "{shown:?}");

    // One that cannot be read is refused, and the page says so.
    let refused = "window.refused = null;
        call('Receive', [[...text(3, '{'), ...bytes(4, metadata), ...number(6, 99)]],
             (ack) => { window.refused = ack; }).catch((error) => { window.refused = error; });";
    browser.run(refused).await;
    let refused = browser.until("return window.refused").await;
    assert_eq!((&refused["success"], &refused["seq"]), (&false.into(), &99.into()), "{refused}");

    // A call to what is not there ends with what the relay says, which the page may read.
    browser
        .run("call('Nothing', [[]], show).catch((error) => { window.wrong = error.message; })")
        .await;
    let wrong = browser.until("return window.wrong").await;
    assert_ne!(wrong, "Failed to fetch");

    // A call that is given up.
    let given_up = "const control = new AbortController();
        call('StreamReceive', [bytes(1, opening('given up'))], show, control.signal)
          .catch((error) => { window.given = error.name; });
        control.abort();";
    browser.run(given_up).await;
    assert_eq!(browser.until("return window.given").await, "AbortError");
    let complaints = browser.complaints().await;
    assert!(complaints.is_empty(), "{complaints:?}");

    // The same page under another name is of another origin.
    browser.open(&served.url.replace("127.0.0.1", "localhost")).await;
    browser.run("document.getElementById('one').click()").await;
    browser.until("return document.getElementById('status').className === 'bad'").await;
    assert!(acks(&browser).await.is_empty());

    let printed = served.interrupt().await;
    let orders = printed.lines().filter(|line| line.starts_with("order ")).count();
    assert_eq!(orders, 21, "{printed}");
    assert!(printed.contains("order 1: quick<silver>"), "{printed}");
    assert!(printed.contains("accepted 21 = delivered 21"), "{printed}");
}

async fn acks(browser: &Browser) -> Vec<String> {
    let lines = "return [...document.querySelectorAll('#acks li')].map((line) => line.textContent)";
    let lines = browser.run(lines).await;
    lines.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}
