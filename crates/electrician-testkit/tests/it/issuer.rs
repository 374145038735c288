//! The issuer answers as it should, and misbehaves as told.

use electrician_testkit::{Authority, DevIssuer, Endpoint, Ill, Leaf, SigningKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The answer to a request in plain HTTP/1.1, head and body.
async fn ask(issuer: &DevIssuer, method: &str, path: &str, form: &str) -> String {
    let host = issuer.base();
    let host = host.trim_start_matches("http://").replace("localhost", "127.0.0.1");
    let mut stream = TcpStream::connect(host).await.expect("it listens");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    // A server that hangs up may do so in any way.
    drop(stream.read_to_string(&mut answer).await);
    answer
}

async fn plain() -> DevIssuer {
    DevIssuer::builder().without_tls().with_algorithm("ES256").start().await.expect("a port")
}

const CLIENT: &str = "client_id=steeze-local-cli&client_secret=local-secret";
const TOKEN: &str = "/api/auth/oauth/token";
const ABOUT: &str = "/api/auth/oauth/introspect";

#[tokio::test]
async fn a_client_gets_a_token_that_is_active_until_it_is_revoked() {
    let issuer = plain().await;
    let answer =
        ask(&issuer, "POST", TOKEN, &format!("grant_type=client_credentials&{CLIENT}")).await;
    let token = answer.split('"').find(|text| text.starts_with("ey")).expect("a token").to_owned();
    let form = format!("token={token}&{CLIENT}");
    assert!(ask(&issuer, "POST", ABOUT, &form).await.contains(r#""active":true"#));
    issuer.revoke(&token);
    assert!(ask(&issuer, "POST", ABOUT, &form).await.contains(r#""active":false"#));
    assert_eq!(
        (issuer.requests(Endpoint::Token), issuer.requests(Endpoint::Introspection)),
        (1, 2)
    );
}

#[tokio::test]
async fn a_stranger_gets_nothing() {
    let issuer = plain().await;
    for (path, form) in [
        (TOKEN, "grant_type=client_credentials&client_id=steeze-local-cli&client_secret=guess"),
        (ABOUT, "token=token-123"),
    ] {
        let answer = ask(&issuer, "POST", path, form).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    let answer = ask(&issuer, "POST", TOKEN, &format!("grant_type=password&{CLIENT}")).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(ask(&issuer, "GET", "/elsewhere", "").await.starts_with("HTTP/1.1 404"));
    assert!(ask(&issuer, "GET", "/healthz", "").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn keys_rotate() {
    let issuer = plain().await;
    let keys = "/api/auth/oauth/jwks.json";
    assert!(ask(&issuer, "GET", keys, "").await.contains("mock-key-1"));
    assert_eq!(issuer.rotate(), "mock-key-2");
    let answer = ask(&issuer, "GET", keys, "").await;
    assert!(answer.contains("mock-key-2") && !answer.contains("mock-key-1"), "{answer}");
    assert_eq!(issuer.rotate_keeping(), "mock-key-3");
    let answer = ask(&issuer, "GET", keys, "").await;
    assert!(answer.contains("mock-key-2") && answer.contains("mock-key-3"), "{answer}");
}

#[tokio::test]
async fn it_falls_ill_as_told() {
    let issuer = plain().await;
    let keys = Endpoint::Jwks;
    for (ill, begins) in [
        (Ill::Status(500), "HTTP/1.1 500"),
        (Ill::RetryAfter(429, 7), "HTTP/1.1 429"),
        (Ill::HangUp, ""),
        (Ill::Body("x".to_owned()), "HTTP/1.1 200"),
        (Ill::Refusal(400, "no".to_owned()), "HTTP/1.1 400"),
        (Ill::Redirect("/there".to_owned()), "HTTP/1.1 307"),
        (Ill::Well, "HTTP/1.1 200"),
    ] {
        issuer.ail(keys, ill.clone());
        let answer = ask(&issuer, "GET", "/api/auth/oauth/jwks.json", "").await;
        assert!(answer.starts_with(begins) && answer.is_empty() == begins.is_empty(), "{answer}");
        if ill == Ill::RetryAfter(429, 7) {
            assert!(answer.contains("retry-after: 7"), "{answer}");
        }
    }
    issuer.ail(keys, Ill::Silent);
    let well = async {
        issuer.wait_for_requests(keys, 8).await;
        issuer.ail(keys, Ill::Well);
    };
    let (answer, ()) = tokio::join!(ask(&issuer, "GET", "/api/auth/oauth/jwks.json", ""), well);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn it_ends_when_told() {
    let issuer = plain().await;
    let address = issuer.base().replace("http://localhost", "127.0.0.1");
    issuer.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[test]
fn nothing_secret_is_shown() {
    let authority = Authority::new("ours");
    let certificate = authority.certify(&Leaf::server(["localhost"]));
    let shown = format!("{authority:?} {certificate:?} {:?}", SigningKey::secret(b"hush"));
    assert!(!shown.contains("hush") && !shown.contains("PRIVATE"), "{shown}");
}
