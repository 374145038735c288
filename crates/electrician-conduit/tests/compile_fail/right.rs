//! What the other files do wrong, done right.

use electrician_conduit::Conduit;
use electrician_wire::Wire;

async fn right() {
    let conduit = Conduit::from(Wire::map("length", |text: String| text.len()))
        .then(Wire::map("double", |n: usize| n * 2))
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    running.submit(String::from("text")).await.unwrap();
    let stopped = running.finish().await;
    let _ = stopped.component.start().unwrap().finish().await;
    let ended = Conduit::from(Wire::map("length", |text: String| text.len())).discard();
    let _ = ended.build().unwrap().start().unwrap().finish().await;
}

fn main() {
    drop(right());
}
