use electrician_conduit::Conduit;
use electrician_wire::Wire;

async fn submit() {
    let conduit = Conduit::from(Wire::map("same", |n: u64| n)).build().unwrap();
    let running = conduit.start().unwrap();
    let _ = running.finish().await;
    let _ = running.submit(1).await;
}

fn main() {
    drop(submit());
}
