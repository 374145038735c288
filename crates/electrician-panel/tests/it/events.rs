use std::time::Duration;

use electrician_meter::Meter;
use electrician_panel::Panel;
use serde_json::Value;

use crate::support::{Events, Gate, ask, note_all, pipeline, serve, stage};

fn quick(meter: &Meter) -> Panel {
    Panel::builder(meter.clone()).with_interval(Duration::from_millis(50)).build()
}

#[tokio::test]
async fn a_page_gets_the_curves_first_and_then_looks() {
    let meter = Meter::new("orders");
    let panel = Panel::builder(meter).with_title("Orders & \"more\"").build();
    let served = serve(&panel).await;
    let mut events = Events::of(served.address()).await;
    let (name, hello) = events.next().await.expect("an event");
    assert_eq!(
        (&*name, &hello["title"], &hello["interval"]),
        ("hello", &"Orders & \"more\"".into(), &500.into(),)
    );
    assert!(hello["history"]["times"].is_array());
    let look = events.look(|look| !look.is_null()).await;
    assert_eq!(look["snapshot"]["name"], "orders");
    assert_eq!(look["snapshot"]["stages"], serde_json::json!([]));
}

#[tokio::test]
async fn it_shows_what_runs_where_it_is_stuck_and_what_failed() {
    let (meter, gate) = (Meter::new("orders"), Gate::shut());
    let panel = quick(&meter);
    let served = serve(&panel).await;
    let (conduit, letters) = pipeline(&meter, &gate);
    let running = conduit.build().expect("a sound conduit").start().expect("a runtime");
    let noting = tokio::spawn({
        let panel = panel.clone();
        async move { note_all(&panel, letters).await }
    });
    running.submit("seventeen".into()).await.expect("room");
    for number in 0..10 {
        running.submit(number.to_string()).await.expect("room");
    }
    let mut events = Events::of(served.address()).await;
    // Two in the workers' hands, eight in the queue.
    let is_stuck = |look: &Value| {
        let price = stage(look, "price");
        price.is_some_and(|price| price["queued"] == 8 && price["doing"]["working"] == 2)
    };
    let look = events.look(|look| is_stuck(look) && look["letters"] == 1).await;
    let (parse, price) = (stage(&look, "parse").unwrap(), stage(&look, "price").unwrap());
    assert_eq!(parse["feeds"], serde_json::json!([price["id"]]));
    assert_eq!((&price["queued"], &price["capacity"]), (&8.into(), &8.into()));
    assert_eq!(price["doing"]["working"], 2);
    assert_eq!(look["bottleneck"]["id"], price["id"]);
    assert_eq!(
        look["bottleneck"]["why"],
        "price holds the others up: its queue is 100 % full, and its 2 workers are busy"
    );
    assert_eq!(parse["ledger"]["dead_lettered"], 1);
    assert_eq!(stage(&look, "output").unwrap()["kind"], "OUTPUT");

    let shown = ask(served.address(), "/dead-letters.json", "").await.json();
    assert_eq!((&shown[0]["stage"], &shown[0]["item"]), (&"parse".into(), &"\"seventeen\"".into()));
    assert!(shown[0]["error"].as_str().unwrap().contains("invalid digit"), "{shown}");

    gate.open(10);
    let stopped = running.stop(Duration::from_mins(1)).await;
    assert!(stopped.ledger.is_balanced());
    let look = events.look(|look| look["snapshot"]["total"]["in_flight"] == 0).await;
    assert!(look["bottleneck"].is_null());
    drop(stopped);
    noting.await.expect("no panic");
}

#[tokio::test]
async fn a_new_page_sees_the_minutes_before() {
    let (meter, gate) = (Meter::new("orders"), Gate::shut());
    let panel = quick(&meter);
    let served = serve(&panel).await;
    let (conduit, _letters) = pipeline(&meter, &gate);
    let running = conduit.build().expect("a sound conduit").start().expect("a runtime");
    let mut first = Events::of(served.address()).await;
    for _ in 0..3 {
        first.look(|look| stage(look, "price").is_some()).await;
    }
    let (_, hello) = Events::of(served.address()).await.next().await.expect("an event");
    let history = &hello["history"];
    let price =
        history["stages"].as_array().unwrap().iter().find(|s| s["name"] == "price").unwrap();
    assert!(price["queued"].as_array().unwrap().len() >= 3, "{history}");
    assert!(history["times"].as_array().unwrap().len() >= 3);
    drop(running);
}

#[tokio::test]
async fn a_viewer_that_does_not_read_costs_the_others_nothing() {
    let meter = Meter::new("orders");
    let panel = quick(&meter);
    let served = serve(&panel).await;
    let _deaf = crate::support::send(served.address(), "/events", "").await;
    let mut events = Events::of(served.address()).await;
    for _ in 0..5 {
        events.look(|look| !look.is_null()).await;
    }
}
