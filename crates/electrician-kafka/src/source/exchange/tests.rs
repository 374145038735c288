use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use electrician_types::Receipt;

fn entry(value: u64) -> Entry<u64> {
    let offset = value.cast_signed();
    Entry { seat: u32::from(value.is_multiple_of(3)), offset, value, receipt: Receipt::none() }
}

fn chunk(values: impl IntoIterator<Item = u64>) -> Chunk<u64> {
    let mut chunk = Chunk::with_capacity(CHUNK);
    values.into_iter().for_each(|value| chunk.push(entry(value)));
    chunk
}

fn take(exchange: &Exchange<u64>, batch: &mut Batch<u64>, demand: usize) -> Vec<u64> {
    exchange.take(batch, demand);
    std::iter::from_fn(|| batch.accept()).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Give(usize),
    Take(usize),
    TakeBack,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1..=CHUNK).prop_map(Step::Give),
        (1..=8_usize).prop_map(Step::Give),
        (1..=2 * CHUNK).prop_map(Step::Take),
        Just(Step::TakeBack),
    ];
    vec(step, 1..60)
}

proptest! {
    #[test]
    fn what_is_given_is_taken_once_and_in_order(steps in steps()) {
        let exchange = Exchange::new(1000);
        let (mut batch, mut mine) = (Batch::new(), Chunk::with_capacity(CHUNK));
        let (mut next, mut model) = (0, VecDeque::new());
        for step in steps {
            match step {
                Step::Give(count) => {
                    let (_, room) = exchange.look();
                    prop_assert_eq!(room, 1000 - model.len());
                    for _ in 0..count.min(room) {
                        mine.push(entry(next));
                        model.push_back(next);
                        next += 1;
                    }
                    exchange.give(&mut mine);
                    prop_assert!(mine.is_empty());
                }
                Step::Take(demand) => {
                    let taken = take(&exchange, &mut batch, demand);
                    prop_assert!(taken.len() <= demand);
                    prop_assert_eq!(taken.is_empty(), model.is_empty());
                    let expected: Vec<_> = model.drain(..taken.len()).collect();
                    prop_assert_eq!(taken, expected);
                }
                Step::TakeBack => {
                    exchange.take_back(|seat| seat == 1);
                    model.retain(|value| !value.is_multiple_of(3));
                }
            }
        }
        let rest: Vec<_> = exchange.take_all().into_iter().map(|entry| entry.value).collect();
        prop_assert_eq!(rest, Vec::from(model));
        prop_assert_eq!(exchange.look().1, 1000);
    }
}

#[test]
fn a_chunk_that_is_wanted_whole_is_not_copied() {
    let exchange = Exchange::new(1000);
    let mut given = chunk(0..256);
    exchange.give(&mut given);
    let mut batch = Batch::new();
    exchange.take(&mut batch, 256);
    let first = batch.front().map(std::ptr::from_ref);
    batch.accept_all();
    // What is taken next goes into what was taken from before: two batches take turns.
    let mut seen = vec![first];
    for _ in 0..6 {
        (0..256).for_each(|value| given.push(entry(value)));
        exchange.give(&mut given);
        exchange.take(&mut batch, 256);
        seen.push(batch.front().map(std::ptr::from_ref));
        batch.accept_all();
    }
    seen.sort_unstable();
    seen.dedup();
    assert!(seen.len() <= 3, "{} places for three batches", seen.len());
}

#[test]
fn few_records_at_a_time_share_a_chunk() {
    let exchange = Exchange::new(1000);
    let mut mine = chunk([]);
    for value in 0..1000 {
        mine.push(entry(value));
        exchange.give(&mut mine);
    }
    assert!(exchange.lock().queue.len() <= 1000_usize.div_ceil(CHUNK));
    let mut batch = Batch::new();
    let taken: Vec<_> = (0..4).flat_map(|_| take(&exchange, &mut batch, 256)).collect();
    assert_eq!(taken, (0..1000).collect::<Vec<_>>());
}
