use crate::support::*;
use electrician_wire::*;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Barrier as AsyncBarrier;

#[tokio::test(start_paused = true)]
async fn r12_done_is_delivered_while_another_waits_for_retry() {
    let wire = Wire::by_ref("retry", |n: &u64| if *n == 3 { Err("three") } else { Ok(*n) });
    let running = wire
        .with_workers(1)
        .with_retry(Retry::fixed(1, Duration::from_hours(1)))
        .build()
        .unwrap()
        .start()
        .unwrap();
    let mut output = running.output();
    running.submit_batch(&mut vec![1, 2, 3, 4]).await.unwrap();
    assert_eq!(soon(output.recv()).await, Some(1));
    assert_eq!(soon(output.recv()).await, Some(2));
    drop(running);
}

#[tokio::test(start_paused = true)]
async fn r12b_done_is_delivered_while_a_letter_waits() {
    let (port, mut letters) = dead_letters(1);
    let wire = Wire::by_ref("letters", |n: &u64| if *n < 3 { Ok(*n) } else { Err("no") });
    let running = wire.with_workers(1).with_dead_letters(port).build().unwrap().start().unwrap();
    let mut output = running.output();
    running.submit_batch(&mut vec![1, 2, 3, 4]).await.unwrap();
    assert_eq!(soon(output.recv()).await, Some(1));
    assert_eq!(soon(output.recv()).await, Some(2));
    assert!(soon(letters.recv()).await.is_some());
    drop(running);
}

#[tokio::test]
async fn r13_blocking_hang_holds_up_no_other() {
    let barrier = Barrier::default();
    let gate = barrier.clone();
    let wire = Wire::new_blocking("block", move |n: u64| {
        if n == 0 {
            gate.pass();
        }
        Ok::<_, String>(n)
    });
    let running = wire.with_workers(2).build().unwrap().start().unwrap();
    let mut output = running.output();
    running.submit_batch(&mut (0..10).collect()).await.unwrap();
    let mut n = 0;
    let r = tokio::time::timeout(Duration::from_secs(2), async {
        while n < 9 {
            output.recv().await;
            n += 1;
        }
    })
    .await;
    barrier.open(1);
    assert!(r.is_ok(), "{n} of 9");
    drop(output);
    stop(running).await;
}

#[tokio::test(start_paused = true)]
async fn r4_submit_where_there_is_room() {
    let meet = Arc::new(AsyncBarrier::new(3));
    let m = Arc::clone(&meet);
    let wire = Wire::new_async("meet", move |n: u64| {
        let m = Arc::clone(&m);
        async move {
            m.wait().await;
            Ok::<_, String>(n)
        }
    });
    let running = wire
        .with_concurrency(2)
        .with_capacity(16)
        .with_output_capacity(64)
        .build()
        .unwrap()
        .start()
        .unwrap();
    let inlet = running.inlet();
    let feeding = tokio::spawn(async move {
        for n in 0..17 {
            inlet.submit(n).await.unwrap();
        }
    });
    settle().await;
    println!("{:?}", running.progress());
    assert!(feeding.is_finished(), "a place is free and a submit waits");
    drop(running);
    drop(meet);
}

#[test]
fn r2_stop_outside() {
    let rt = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap();
    let running = {
        let _g = rt.enter();
        same(4).start().unwrap()
    };
    running.try_submit(1).unwrap();
    let stopped = futures_util::FutureExt::now_or_never(async { () });
    drop(stopped);
    let r = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut f = Box::pin(running.stop(AMPLE));
        loop {
            if let std::task::Poll::Ready(s) = poll_once(f.as_mut()) {
                return s.ledger;
            }
            std::thread::yield_now();
        }
    }));
    println!("{:?}", r.map_err(|_| "panicked"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r5_stuck_race() {
    for round in 0..60u64 {
        let barrier = Barrier::default();
        let begun = Count::new();
        let (gate, count) = (barrier.clone(), Arc::clone(&begun));
        let wire = Wire::by_ref("hang", move |n: &u64| {
            count.up();
            gate.pass();
            Ok::<_, String>(*n)
        });
        let running = wire.with_workers(1).build().unwrap().start().unwrap();
        running.submit(7).await.unwrap();
        soon(begun.reached(1)).await;
        let b = barrier.clone();
        let opener = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_micros(250_500 + round * 60));
            b.open(1);
        });
        let stopped = soon(running.stop(Duration::ZERO)).await;
        assert!(stopped.ledger.is_balanced(), "{round}: {}", stopped.ledger);
        assert_eq!(
            stopped.ledger.returned,
            (stopped.inputs.len() + stopped.outputs.len()) as u64,
            "{round} {stopped:?}"
        );
        opener.join().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn r1_payload_that_explodes() {
    struct P;
    impl Drop for P {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("payload")
            }
        }
    }
    let wire = Wire::map("w", |n: u64| {
        if n == 3 {
            std::panic::panic_any(P)
        }
        n
    });
    let running = wire.with_workers(1).build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..10).collect()).await.unwrap();
    let stopped = stop(running).await;
    println!("{}", stopped.ledger);
}
