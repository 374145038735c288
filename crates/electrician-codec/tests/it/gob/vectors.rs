//! All that Go wrote, as values of any type.

use electrician_codec::gob::{Gob, GobDecoder, Value, from_slice};

use super::{json, manifest, vector};

#[test]
fn every_vector_is_what_go_wrote() {
    for (name, values) in manifest() {
        let bytes = vector(&name);
        if let [expected] = values.as_slice() {
            let value: Value = from_slice(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            json::assert_same(&name, &json::dump(&value), expected);
        }
        let mut decoder = GobDecoder::new(Gob::new());
        let mut input = bytes.as_slice();
        for expected in &values {
            let value: Value = decoder.read(&mut input).unwrap().unwrap();
            json::assert_same(&name, &json::dump(&value), expected);
        }
        assert_eq!(decoder.read::<Value>(&mut input).unwrap(), None, "{name}");
        decoder.finish().unwrap();
    }
}
