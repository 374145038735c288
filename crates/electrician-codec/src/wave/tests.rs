//! Lists of floats, against what Go itself made.

use super::floats;
use crate::{Haar, Limits};

/// What the generator beside it wrote.
const VECTORS: &str = include_str!("../../tests/vectors/json.txt");

fn bytes(hex: &str) -> Vec<u8> {
    let (pairs, _) = hex.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.iter().map(byte).collect()
}

#[test]
fn floats_are_as_go_writes_them() {
    let mut count = 0;
    for line in VECTORS.lines().filter_map(|line| line.strip_prefix("floats\t")) {
        let parts: Vec<Vec<u8>> = line.split('\t').map(bytes).collect();
        let (bits, _) = parts[0].as_chunks::<8>();
        let numbers: Vec<f64> = bits.iter().map(|bits| f64::from_be_bytes(*bits)).collect();
        assert_eq!(floats::write(&numbers), parts[1]);
        let back = Haar::coefficients(&parts[2], &Limits::DEFAULT).unwrap();
        assert!(back.iter().map(|number| number.to_bits()).eq(numbers.iter().map(|n| n.to_bits())));
        count += 1;
    }
    assert_eq!(count, 4);
}
