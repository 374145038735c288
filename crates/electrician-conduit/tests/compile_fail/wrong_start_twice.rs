use electrician_conduit::Conduit;
use electrician_wire::Wire;

fn main() {
    let conduit = Conduit::from(Wire::map("same", |n: u64| n)).build().unwrap();
    let first = conduit.start();
    let second = conduit.start();
    drop((first, second));
}
