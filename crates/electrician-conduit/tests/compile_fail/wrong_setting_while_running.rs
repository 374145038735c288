use electrician_conduit::Conduit;
use electrician_wire::Wire;

fn main() {
    let conduit = Conduit::from(Wire::map("same", |n: u64| n)).build().unwrap();
    let running = conduit.start().unwrap();
    let _ = running.with_output_capacity(5);
}
