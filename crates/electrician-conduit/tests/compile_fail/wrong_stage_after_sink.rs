use electrician_conduit::Conduit;
use electrician_wire::Wire;

fn main() {
    let _ = Conduit::from(Wire::map("same", |n: u64| n))
        .discard()
        .then(Wire::map("more", |n: u64| n));
}
