use std::collections::BTreeSet;

use super::Heap;

#[test]
fn it_is_a_sorted_set_whatever_is_done_to_it() {
    for seed in 0..200 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut heap, mut model) = (Heap::default(), BTreeSet::new());
        for sequence in 0..400_u64 {
            let slot = random.u32(..40);
            let known = model.iter().find(|(_, _, member)| *member == slot).copied();
            match random.u8(..4) {
                0 => {
                    assert_eq!(heap.remove(slot), known.is_some());
                    known.map(|known| model.remove(&known));
                }
                1 => {
                    let first = heap.first();
                    assert_eq!(first, model.first().map(|(rank, _, slot)| (*slot, *rank)));
                    if let Some((slot, _)) = first {
                        heap.remove(slot);
                        model.pop_first();
                    }
                }
                _ => {
                    let rank = i128::from(random.i8(-3..3));
                    heap.put(slot, rank, sequence);
                    known.map(|known| model.remove(&known));
                    model.insert((rank, sequence, slot));
                }
            }
            assert_eq!(heap.len(), model.len());
        }
    }
}
