use electrician_conduit::Conduit;
use electrician_wire::Wire;

async fn submit() {
    let conduit = Conduit::from(Wire::map("length", |text: String| text.len())).build().unwrap();
    let running = conduit.start().unwrap();
    let _ = running.submit(5_u64).await;
}

fn main() {
    drop(submit());
}
