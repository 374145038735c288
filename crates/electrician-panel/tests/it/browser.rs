use std::time::Duration;

use electrician_meter::Meter;
use electrician_panel::Panel;

use crate::support::{Gate, note_all, pipeline, serve};
use crate::webdriver::Browser;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_draws_the_pipeline_its_bottleneck_and_its_dead_letters() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let (meter, gate) = (Meter::new("orders"), Gate::shut());
    let panel = Panel::builder(meter.clone())
        .with_title("Orders <script>alert(1)</script>")
        .with_interval(Duration::from_millis(50))
        .build();
    let served = serve(&panel).await;
    browser.open(&served.url()).await;
    browser.until("return document.getElementById('link').textContent === 'live'").await;
    let empty = browser.run("return !document.getElementById('empty').hidden").await;
    assert_eq!(empty, true, "nothing runs yet");

    let (conduit, letters) = pipeline(&meter, &gate);
    let running = conduit.build().expect("a sound conduit").start().expect("a runtime");
    let noting = tokio::spawn({
        let panel = panel.clone();
        async move { note_all(&panel, letters).await }
    });
    for text in ["seventeen", "<img src=x onerror=alert(2)>"] {
        running.submit(text.into()).await.expect("room");
    }
    for number in 0..10 {
        running.submit(number.to_string()).await.expect("room");
    }

    browser.until("return document.querySelectorAll('.stage').length === 3").await;
    let narrowest =
        browser.until("return document.querySelector('.stage.narrowest .name')?.textContent").await;
    assert_eq!(narrowest, "price");
    let why = "price holds the others up: its queue is 100 % full, and its 2 workers are busy";
    browser
        .until(&format!("return document.getElementById('narrow').textContent === {why:?}"))
        .await;
    let lefts = browser
        .run(
            "return ['parse', 'price', 'output'].map((name) => [...document.querySelectorAll('.stage')]
               .find((stage) => stage.querySelector('.name').textContent === name)
               .getBoundingClientRect().left)",
        )
        .await;
    let lefts: Vec<f64> = lefts.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    assert!(lefts[0] < lefts[1] && lefts[1] < lefts[2], "from left to right: {lefts:?}");
    assert_eq!(
        browser.run("return document.querySelectorAll('.arrow:not(.flow)').length").await,
        2
    );

    browser.until("return document.querySelectorAll('.letter').length === 2").await;
    browser
        .run(
            "const filter = document.getElementById('letters-filter');
             filter.value = 'SEVENTEEN';
             filter.dispatchEvent(new Event('input'));",
        )
        .await;
    let shown = browser.run("return document.getElementById('letters').textContent").await;
    let shown = shown.as_str().unwrap();
    assert!(shown.contains("\"seventeen\"") && !shown.contains("onerror"), "{shown}");

    browser
        .run(
            "[...document.querySelectorAll('.stage')]
               .find((stage) => stage.querySelector('.name').textContent === 'price').click()",
        )
        .await;
    let detail = browser.until("return document.getElementById('detail').textContent").await;
    assert!(detail.as_str().unwrap().contains("workers2"), "{detail}");

    let title = browser.run("return document.getElementById('title').textContent").await;
    assert_eq!(title, "Orders <script>alert(1)</script>", "text stays text");
    assert_eq!(browser.run("return document.querySelectorAll('img[src=x]').length").await, 0);

    gate.open(10);
    let stopped = running.stop(Duration::from_mins(1)).await;
    assert!(stopped.ledger.is_balanced());
    browser.until("return document.getElementById('narrow').hidden").await;
    drop(stopped);
    noting.await.expect("no panic");

    let complaints = browser.complaints().await;
    assert!(complaints.is_empty(), "{complaints:?}");
    assert!(browser.picture().await.len() > 10_000);
    served.stop().await;
    browser.until("return document.getElementById('link').className === 'link lost'").await;
}
