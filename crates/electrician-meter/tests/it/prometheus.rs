//! The text, as Prometheus itself reads it, and the endpoint.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use electrician_meter::prometheus::{CONTENT_TYPE, Endpoint, encode};
use electrician_meter::{Meter, Metric};
use electrician_wire::types::{ComponentKind, Event, Observer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::support::{Dummy, ITEMS, run};

/// The program `name`, beside the server that the variable `PROMETHEUS` names, or on the path.
/// Without it the test passes over what it cannot do, and says so; `cargo xtask test` counts that,
/// and where `CI` is `true` it is a failure.
fn program(name: &str) -> Option<PathBuf> {
    let server = std::env::var_os("PROMETHEUS").map(PathBuf::from);
    let path = server.map_or_else(|| name.into(), |server| server.with_file_name(name));
    let mut version = Command::new(&path);
    version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    if version.status().is_ok_and(|status| status.success()) {
        return Some(path);
    }
    let why = format!("{name} is missing: `cargo xtask services up prometheus` brings it");
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{why}");
    eprintln!("skipped: {why}");
    None
}

/// A meter that has something to show of every kind.
async fn meter() -> Meter {
    let meter = Meter::new("a \"name\" with\\everything\nin it");
    run(&meter).await;
    let dummy = Dummy::new(ComponentKind::Wire, "st\"a\\g\ne{}");
    dummy.attach(&meter);
    meter.tick();
    meter.observe(&Event::Tripped { component: "breaker", open_for: None, trips: 1 });
    meter.counter("rows").unwrap().add(7);
    meter.gauge("open_files").unwrap().set(-3);
    meter.histogram("size_bytes").unwrap().record(300);
    meter.timer("load").unwrap().record(Duration::from_millis(30));
    meter
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_text_has_every_kind_of_metric() {
    let text = encode(meter().await.snapshot());
    let name = r#"a \"name\" with\\everything\nin it"#;
    for line in [
        format!(
            "electrician_items_accepted_total{{pipeline=\"{name}\",stage=\"parse\",kind=\"WIRE\",\
             nth=\"0\"}} {}",
            2 * ITEMS
        ),
        "# TYPE electrician_items_accepted_total counter".into(),
        "# TYPE electrician_queue_items gauge".into(),
        "# TYPE electrician_service_seconds histogram".into(),
        format!(
            "electrician_service_seconds_bucket{{pipeline=\"{name}\",stage=\"parse\",\
             kind=\"WIRE\",nth=\"0\",le=\"+Inf\"}} {}",
            2 * ITEMS
        ),
        format!("rows_total{{meter=\"{name}\"}} 7"),
        format!("open_files{{meter=\"{name}\"}} -3"),
        format!("load_seconds_bucket{{meter=\"{name}\",le=\"0.01\"}} 0"),
        format!("load_seconds_bucket{{meter=\"{name}\",le=\"0.05\"}} 1"),
        format!("size_bytes_bucket{{meter=\"{name}\",le=\"256\"}} 0"),
        format!("electrician_breaker_trips_total{{pipeline=\"{name}\",guard=\"breaker\"}} 1"),
    ] {
        let is = |shown: &str| shown == line || shown.replace(".0}", "}") == line;
        assert!(text.lines().any(is), "{line}\nis not in\n{text}");
    }
    assert!(text.contains(r#"stage="st\"a\\g\ne{}""#), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promtool_finds_nothing_to_say() {
    let Some(promtool) = program("promtool") else {
        return;
    };
    let text = encode(meter().await.snapshot());
    let mut promtool = tokio::process::Command::new(promtool);
    promtool.args(["check", "metrics"]);
    promtool.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = promtool.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(text.as_bytes()).await.unwrap();
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}

/// Serves `meter` until the sender is used or dropped.
async fn serve(meter: &Meter) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let endpoint = Endpoint::bind(meter, 0).await.unwrap();
    let address = endpoint.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let serving = tokio::spawn(endpoint.serve(async {
        let _: Result<(), _> = stopped.await;
    }));
    (address, stop, serving)
}

/// Sends a request, reads until the other side closes.
async fn talk(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The other side may close before it has read everything.
    let _: std::io::Result<()> = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _: std::io::Result<usize> = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_endpoint_answers_what_it_is_for_and_refuses_the_rest() {
    let meter = meter().await;
    let (address, stop, serving) = serve(&meter).await;
    assert!(address.ip().is_loopback());
    let ask = async |line: &str| {
        talk(address, &format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await
    };
    let answer = ask("GET /metrics").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(&format!("content-type: {CONTENT_TYPE}")), "{answer}");
    assert!(answer.contains("\nrows_total{"), "{answer}");
    let head = ask("HEAD /metrics").await;
    assert!(head.starts_with("HTTP/1.1 200") && !head.contains("rows_total"), "{head}");
    assert!(ask("GET /").await.starts_with("HTTP/1.1 404"));
    let refused = ask("POST /metrics").await;
    assert!(refused.starts_with("HTTP/1.1 405") && refused.contains("allow: GET, HEAD"));
    let long = format!("GET /metrics HTTP/1.1\r\nlong: {}\r\n\r\n", "x".repeat(64 * 1024));
    assert!(!talk(address, &long).await.starts_with("HTTP/1.1 200"));
    // An idle connection does not keep it from ending.
    let _idle = TcpStream::connect(address).await.unwrap();
    stop.send(()).unwrap();
    serving.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prometheus_server_scrapes_it() {
    let Some(prometheus) = program("prometheus") else {
        return;
    };
    let meter = meter().await;
    let (address, stop, serving) = serve(&meter).await;
    let folder = std::env::temp_dir().join(format!("electrician-meter-{}", address.port()));
    std::fs::create_dir_all(&folder).unwrap();
    let config = folder.join("prometheus.yml");
    let targets = format!(
        "scrape_configs:\n- job_name: electrician\n  scrape_interval: 1s\n  static_configs:\n  \
         - targets: ['{address}']\n"
    );
    std::fs::write(&config, targets).unwrap();
    let web = free_port().await;
    let mut server = tokio::process::Command::new(prometheus);
    server
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address={web}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut server = server.spawn().unwrap();
    let query = "electrician_items_accepted_total%7Bstage=%22parse%22%7D";
    let found = async {
        loop {
            let answer = query_for(web, query).await;
            if answer.contains(&format!("\"{}\"]", 2 * ITEMS)) {
                break answer;
            }
            // xtask allow(sleep): a server of others says nothing when it is there
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_mins(1), found).await;
    let up = query_for(web, "up").await;
    let series = query_for(web, "count(%7B__name__=~%22electrician_.*%22%7D)").await;
    server.kill().await.unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    stop.send(()).unwrap();
    serving.await.unwrap();
    let found = found.unwrap_or_else(|_| panic!("it was not scraped: {up}"));
    assert!(found.contains("\"status\":\"success\""), "{found}");
    assert!(up.contains(",\"1\"]"), "{up}");
    // At least a series for each metric of a stage.
    let count = series.rsplit('"').nth(1).and_then(|count| count.parse::<usize>().ok());
    assert!(count.is_some_and(|count| count > Metric::ALL.len()), "{series}");
}

async fn query_for(address: SocketAddr, query: &str) -> String {
    let Ok(mut stream) = TcpStream::connect(address).await else {
        return String::new();
    };
    let request =
        format!("GET /api/v1/query?query={query} HTTP/1.0\r\nhost: x\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    let _: std::io::Result<()> = stream.write_all(request.as_bytes()).await;
    let _: std::io::Result<usize> = stream.read_to_string(&mut answer).await;
    answer
}

async fn free_port() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}
