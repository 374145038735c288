use std::collections::HashMap;

use super::{GAP, Known};

#[test]
fn it_is_a_map_whatever_the_numbers() {
    for seed in 0..50 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut known, mut model) = (Known::default(), HashMap::new());
        if seed % 2 == 0 {
            known.begin(100);
            // Only the first counts.
            known.begin(300);
        }
        for place in 0..500 {
            let id = match random.u8(..8) {
                0 => random.u64(..),
                1 => 100 + GAP as u64 + random.u64(..40),
                _ => random.u64(..200),
            };
            match random.u8(..3) {
                0 => assert_eq!(known.remove(id), model.remove(&id)),
                _ if known.get(id).is_none() => {
                    assert_eq!(model.insert(id, place), None);
                    known.insert(id, place);
                }
                _ => assert_eq!(known.get(id), model.get(&id).copied()),
            }
        }
        for (id, place) in &model {
            assert_eq!(known.get(*id), Some(*place));
        }
    }
}
