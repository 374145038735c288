use electrician_conduit::{Conduit, Routes};
use electrician_wire::Wire;

fn main() {
    let text = Conduit::from(Wire::map("text", |n: u64| n.to_string()));
    let number = Conduit::from(Wire::map("number", |n: u64| n));
    let _ = Conduit::from(Wire::map("head", |n: u64| n))
        .route(Routes::new().when(|n| *n > 5, text).otherwise(number));
}
