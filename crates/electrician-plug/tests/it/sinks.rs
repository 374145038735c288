//! Functions as sinks.

use std::sync::{Arc, Mutex};

use electrician_conduit::{Conduit, SinkStage};
use electrician_generator::Generator;
use electrician_plug::{Plug, sink_async, sink_fn};
use electrician_types::{Batch, Sink};
use electrician_wire::{Retry, Wire};

use crate::support::{finish, ms, settle, soon, stop_within};

fn head() -> Wire<u64, u64> {
    Wire::map("head", |n: u64| n).with_workers(1).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_function_is_called_for_each_item_in_order() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&seen);
    let sink = sink_fn(move |n: &u64| {
        list.lock().unwrap().push(*n);
        Ok::<_, String>(())
    });
    let conduit = Conduit::from(head())
        .sink("list", sink)
        .with_source(Generator::new("numbers", Plug::iter(|| 0..300_u64)))
        .build()
        .unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert!(stopped.is_clean(), "{stopped:?}");
    assert!(seen.lock().unwrap().iter().copied().eq(0..300));
}

#[tokio::test(start_paused = true)]
async fn what_a_function_refuses_stays_and_is_tried_again() {
    let mut batch = Batch::from((0..4_u64).map(Into::into).collect::<Vec<_>>());
    let mut sink = sink_fn(|n: &u64| if *n == 2 { Err("not two") } else { Ok(()) });
    let error = soon(sink.write(&mut batch)).await.unwrap_err();
    assert!(error.to_string().contains("not two"));
    assert_eq!(batch.values().copied().collect::<Vec<_>>(), [2, 3]);

    let mut sink = sink_async(async |n: u64| if n == 3 { Err("not three") } else { Ok(()) });
    let error = soon(sink.write(&mut batch)).await.unwrap_err();
    assert!(error.to_string().contains("not three"));
    assert_eq!(batch.values().copied().collect::<Vec<_>>(), [3]);

    let tries = Arc::new(Mutex::new(0));
    let count = Arc::clone(&tries);
    let sink = sink_async(move |n: u64| {
        let count = Arc::clone(&count);
        async move {
            tokio::time::sleep(ms(5)).await;
            *count.lock().unwrap() += 1;
            if n == 1 && *count.lock().unwrap() < 4 { Err("not yet") } else { Ok(()) }
        }
    });
    let stage = SinkStage::new("slow", sink).with_retry(Retry::fixed(5, ms(10)));
    let conduit = Conduit::from(head())
        .sink_stage(stage)
        .with_source(Generator::new("numbers", Plug::iter(|| 0..3_u64)))
        .build()
        .unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!((stopped.ledger.retried, *tries.lock().unwrap()), (2, 5));
}

#[tokio::test(start_paused = true)]
async fn an_item_that_an_asynchronous_function_hangs_on_comes_back() {
    let sink = sink_async(async |n: u64| {
        if n == 1 {
            std::future::pending::<()>().await;
        }
        Ok::<_, String>(())
    });
    let conduit = Conduit::from(head())
        .sink("hanging", sink)
        .with_source(Generator::new("numbers", Plug::iter(|| 0..3_u64)))
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    settle().await;
    let stopped = stop_within(running, ms(10)).await;
    let left = stopped.between.into_iter().map(|left| left.downcast::<u64>().unwrap().0);
    assert_eq!((left.collect::<Vec<_>>(), stopped.ledger.delivered), (vec![1, 2], 1));
}
