use std::convert::Infallible;
use std::future::pending;

use electrician_wire::Wire;
use indicatif::InMemoryTerm;

use super::*;

async fn worked() -> Meter {
    let meter = Meter::builder("job").with_total(30).build().unwrap();
    let wire = Wire::new(
        "halve\u{7}",
        |n: u64| if n.is_multiple_of(3) { Err("three") } else { Ok(n / 2) },
    );
    let wire = wire.with_observer(meter.clone()).build().unwrap();
    let running = wire.start().unwrap();
    let mut output = running.output();
    let reading = tokio::spawn(async move { while output.recv().await.is_some() {} });
    for n in 0..30 {
        running.submit(n).await.unwrap();
    }
    drop(running.finish().await);
    reading.await.unwrap();
    meter
}

#[tokio::test]
async fn elsewhere_there_are_lines_and_nothing_that_moves_the_cursor() {
    let meter = worked().await;
    let mut out = Vec::new();
    Terminal::new(&meter).plain().write_lines(&mut out, async {}).await;
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("halve?: accepted 30 = delivered 20 + failed 10"), "{text}");
    assert!(text.contains("job: accepted 30 = delivered 20 + failed 10"), "{text}");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
}

#[tokio::test(start_paused = true)]
async fn a_line_is_written_every_interval() {
    let meter = worked().await;
    let mut out = Vec::new();
    let view = Terminal::new(&meter).plain().with_interval(Duration::from_secs(2));
    view.write_lines(&mut out, tokio::time::sleep(Duration::from_secs(7))).await;
    let text = String::from_utf8(out).unwrap();
    let lines = text.lines().filter(|line| line.contains("100 % of 30, 30 done")).count();
    assert_eq!(lines, 3, "{text}");
}

#[tokio::test(start_paused = true)]
async fn on_a_terminal_there_are_a_bar_and_a_row_for_each_stage_while_it_runs() {
    let meter = worked().await;
    let term = InMemoryTerm::new(24, 100);
    let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
    let drawing = Terminal::new(&meter).draw(target, pending::<Infallible>());
    let drawn = tokio::time::timeout(Duration::from_secs(3), async {
        tokio::select! {
            never = drawing => match never {},
            text = async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                term.contents()
            } => text,
        }
    });
    let text = drawn.await.unwrap();
    assert!(text.contains("100 % of 30, 30 done"), "{text}");
    assert!(text.contains("halve?"), "{text}");
    assert!(text.contains("p99"), "{text}");
    // It was dropped: the table is gone.
    assert!(!term.contents().contains("p99"), "{}", term.contents());
}

#[tokio::test(start_paused = true)]
async fn on_a_terminal_the_summary_stays() {
    let meter = worked().await;
    let term = InMemoryTerm::new(24, 100);
    let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
    Terminal::new(&meter).draw(target, tokio::time::sleep(Duration::from_secs(1))).await;
    let text = term.contents();
    assert!(text.contains("job: accepted 30 = delivered 20 + failed 10"), "{text}");
    assert!(!text.contains("p99"), "{text}");
}

#[test]
fn numbers_are_short() {
    let shown = [0.0, 0.25, 9.94, 10.0, 999.4, 12_345.0, 4_500_000.0].map(text::short);
    assert_eq!(shown, ["0", "0.2", "9.9", "10", "999", "12.3k", "4.5M"]);
    let times = [12, 1_500, 2_000_000, 90_000_000_000].map(Duration::from_nanos).map(text::time);
    assert_eq!(times, ["12 ns", "1.5 µs", "2.0 ms", "1.5 min"]);
}
