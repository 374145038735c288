use electrician_meter::Meter;
use electrician_panel::{Panel, PanelError};

use crate::support::{ask, serve};

const TOKEN: &str = "correct-horse-battery";

#[tokio::test]
async fn what_others_can_reach_needs_a_token() {
    let open = Panel::new(Meter::new("m"));
    let error = open.serve("0.0.0.0:0").await.expect_err("nobody is asked who they are");
    assert!(matches!(error, PanelError::Exposed { .. }));
    assert!(error.to_string().contains("give the panel a token"), "{error}");

    let weak = Panel::builder(Meter::new("m")).with_token("short").build();
    let error = weak.serve("127.0.0.1:0").await.expect_err("a token that can be guessed");
    assert!(matches!(error, PanelError::WeakToken { length: 5 }), "{error}");

    let guarded = Panel::builder(Meter::new("m")).with_token(TOKEN).build();
    let served = guarded.serve("0.0.0.0:0").await.expect("it has a token");
    served.stop().await;
}

#[tokio::test]
async fn an_address_in_use_is_an_error_that_names_it() {
    let panel = Panel::new(Meter::new("m"));
    let first = serve(&panel).await;
    let error = panel.serve(first.address()).await.expect_err("in use");
    assert!(error.to_string().contains(&first.address().to_string()), "{error}");
}

#[tokio::test]
async fn nothing_is_told_without_the_token() {
    let panel = Panel::builder(Meter::new("m")).with_token(TOKEN).build();
    let served = serve(&panel).await;
    for path in ["/", "/events", "/snapshot.json", "/dead-letters.json", "/panel.js", "/nowhere"] {
        let answer = ask(served.address(), path, "").await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(!answer.body.contains(TOKEN));
    }
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
    assert_eq!(ask(served.address(), "/snapshot.json", &bearer).await.status, 200);

    let answer = ask(served.address(), &format!("/?token={TOKEN}"), "").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "out of the address");
    let cookie = answer.header("set-cookie").expect("a cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let kept = cookie.split(';').next().expect("a pair");
    assert_eq!(ask(served.address(), "/", &format!("Cookie: {kept}\r\n")).await.status, 200);
}

#[tokio::test]
async fn a_page_of_somebody_else_cannot_read_it_by_a_name_that_leads_here() {
    let served = serve(&Panel::new(Meter::new("m"))).await;
    let host = format!("Host: evil.example:{}\r\n", served.address().port());
    assert_eq!(ask(served.address(), "/snapshot.json", &host).await.status, 403);
    assert_eq!(ask(served.address(), "/snapshot.json", "").await.status, 200);
}

#[tokio::test]
async fn a_token_is_in_no_debug_text() {
    let builder = Panel::builder(Meter::new("m")).with_token(TOKEN);
    assert!(!format!("{builder:?}").contains(TOKEN));
    assert!(!format!("{:?}", builder.build()).contains(TOKEN));
}
