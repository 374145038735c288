use electrician_conduit::Conduit;
use electrician_wire::Wire;

struct Once(u64);

fn main() {
    let branch = Conduit::from(Wire::map("branch", |item: Once| item.0));
    let _ = Conduit::from(Wire::map("head", |n: u64| Once(n))).broadcast([branch]);
}
