//! Clients of others: Python's and grpcurl. Both know nothing of the contract, and ask the relay.
//!
//! `cargo xtask test` prepares them and names them in variables; without these the tests do nothing,
//! and xtask counts them as skipped.

use std::env;
use std::path::PathBuf;
use std::process::Stdio;

use electrician_testkit::drive::soon;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::support::{Store, open_relay, start};

/// A program, if there is one. Where `CI` is `true`, there must be.
fn program(variable: &str) -> Option<PathBuf> {
    let program = env::var_os(variable).map(PathBuf::from);
    let is_ci = env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(program.is_some() || !is_ci, "{variable} is not set: cargo xtask test sets it");
    if program.is_none() {
        eprintln!("skipped: {variable} is not set: cargo xtask test sets it");
    }
    program
}

/// What a program says that is told `input`.
async fn said(command: &mut Command, input: &str) -> (bool, String) {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.kill_on_drop(true).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    let output = soon(child.wait_with_output()).await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

#[tokio::test]
async fn a_client_in_python_learns_the_contract_and_sends() {
    const SCRIPT: &str = include_str!("peers/client.py");
    let Some(python) = program("ELECTRICIAN_PYTHON") else { return };
    let store = Store::new();
    let far = start(open_relay().with_reflection().build().unwrap(), &store).await;
    let mut command = Command::new(python);
    let (is_well, text) = said(command.args(["-c", SCRIPT, &far.address.to_string()]), "").await;
    assert!(is_well, "{text}");
    for line in [
        "services electrician.RelayService grpc.health.v1.Health \
         grpc.reflection.v1.ServerReflection grpc.reflection.v1alpha.ServerReflection",
        "health SERVING",
        "health of nothing NOT_FOUND",
        "unary True 'OK' 7",
        "stream 100 acknowledged, 0 refused",
        "broken False retryable=False",
        "watched SERVING",
    ] {
        assert!(text.lines().any(|own| own == line), "{line:?} is not in\n{text}");
    }
    assert_eq!(store.sorted(), [7].into_iter().chain(1000..1100).collect::<Vec<u64>>());
    far.stop().await;
}

#[tokio::test]
async fn grpcurl_lists_describes_and_calls() {
    let Some(grpcurl) = program("GRPCURL") else { return };
    let store = Store::new();
    let far = start(open_relay().with_reflection().build().unwrap(), &store).await;
    let address = far.address.to_string();
    let ask = async |arguments: &[&str]| {
        let mut command = Command::new(&grpcurl);
        said(command.arg("-plaintext").arg(&address).args(arguments), "").await
    };
    let send = async |method: &str, messages: &str| {
        let mut command = Command::new(&grpcurl);
        said(command.args(["-plaintext", "-d", "@", &address, method]), messages).await
    };
    let (is_well, text) = ask(&["list"]).await;
    assert!(is_well, "{text}");
    for name in ["electrician.RelayService", "grpc.health.v1.Health"] {
        assert!(text.lines().any(|line| line == name), "{name} is not in\n{text}");
    }
    let (_, text) = ask(&["list", "electrician.RelayService"]).await;
    assert!(text.contains("electrician.RelayService.StreamReceive"), "{text}");
    let (_, text) = ask(&["describe", "electrician.RelayService"]).await;
    assert!(text.contains("rpc Receive ( .electrician.WrappedPayload )"), "{text}");
    let (_, text) = ask(&["describe", "electrician.WrappedPayload"]).await;
    assert!(text.contains("bytes payload = 3;"), "{text}");
    let (is_well, text) = ask(&["describe", "electrician.Nothing"]).await;
    assert!(!is_well && text.contains("electrician.Nothing"), "{text}");
    let (is_well, text) = ask(&["grpc.health.v1.Health/Check"]).await;
    assert!(is_well && text.contains("\"SERVING\""), "{text}");

    // 17 and 18 in JSON, and then in base64, as JSON writes bytes.
    let one = r#"{"id": "a", "payload": "MTc=", "metadata": {"contentType": "application/json"}}"#;
    let (is_well, text) = send("electrician.RelayService/Receive", one).await;
    assert!(is_well && text.contains("\"success\": true"), "{text}");
    let open = r#"{"open": {"streamId": "s", "ackMode": "ACK_PER_MESSAGE",
                   "defaults": {"contentType": "application/json"}}}"#;
    let stream =
        format!(r#"{open} {{"payload": {{"seq": 1, "payload": "MTg="}}}} {{"close": {{}}}}"#);
    let (is_well, text) = send("electrician.RelayService/StreamReceive", &stream).await;
    assert!(is_well && text.contains("\"seq\": \"1\""), "{text}");
    assert_eq!(store.items(), [17, 18]);
    far.stop().await;
}
