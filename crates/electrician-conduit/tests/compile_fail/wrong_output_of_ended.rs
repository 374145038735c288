use electrician_conduit::Conduit;
use electrician_wire::Wire;

async fn read() -> Option<u64> {
    let conduit = Conduit::from(Wire::map("same", |n: u64| n)).discard().build().unwrap();
    let running = conduit.start().unwrap();
    running.output().recv().await
}

fn main() {
    drop(read());
}
