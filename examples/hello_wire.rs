//! Shows the smallest pipeline: one wire, started, fed, read and stopped.
//!
//! ```sh
//! cargo run --release --example hello_wire
//! ```
//!
//! Prints the squares of 3, 4 and 5, and the ledger of the run: four numbers were accepted, three
//! squares delivered, and one number failed, because its square is too large.

use std::error::Error;
use std::time::Duration;

use electrician::Wire;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let square = |n: u8| n.checked_mul(n).ok_or("too large for eight bits");
    let running = Wire::new("square", square).ordered().build()?.start()?;

    let mut output = running.output();
    for n in [3, 4, 5, 200] {
        running.submit(n).await?;
    }
    for _ in 0..3 {
        if let Some(square) = output.recv().await {
            println!("{square}");
        }
    }

    let stopped = running.stop(Duration::from_secs(5)).await;
    println!("{}", stopped.ledger);
    Ok(())
}
