//! What a running generator shows of itself.

use electrician_conduit::Conduit;
use electrician_generator::Generator;
use electrician_plug::Plug;
use electrician_testkit::Recorder;
use electrician_types::ComponentKind;
use electrician_wire::Wire;

use crate::support::{ms, stop_within};

#[tokio::test(start_paused = true)]
async fn it_says_what_it_gave_what_it_feeds_and_that_it_waits_for_room() {
    let recorder = Recorder::new();
    let stalled = Wire::async_by_ref("stalled", async |_: &u64| {
        std::future::pending::<Result<u64, String>>().await
    });
    let source = Generator::new("numbers", Plug::iter(|| 0..100_u64));
    let conduit = Conduit::from(stalled.with_concurrency(1).with_capacity(4))
        .with_source(source)
        .with_observer(recorder.clone())
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    let stage = recorder.stage_named("numbers");
    let first = stage.view().unwrap();
    assert_eq!((first.kind, first.doing.absent), (ComponentKind::Generator, 1));
    assert_eq!(first.feeds, [recorder.stage_named("stalled").first().id]);
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    let view = stage.view().unwrap();
    assert_eq!((view.doing.handing_on, view.doing.absent), (1, 0));
    let head = recorder.stage_named("stalled").view().unwrap();
    assert_eq!((head.queued, head.in_hand), (4, 1));
    assert!((5..=6).contains(&view.ledger.delivered), "{view:?}");
    let bottleneck = running.explain().bottleneck().unwrap();
    assert_eq!(&*bottleneck.name, "stalled");
    drop(stop_within(running, ms(5)).await);
    assert!(stage.view().is_none());
    let events = recorder.events();
    assert!(events.contains(&"numbers source_started".into()), "{events:?}");
    assert!(events.contains(&"numbers source_ended".into()), "{events:?}");
}
