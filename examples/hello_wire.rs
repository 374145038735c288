//! Shows the smallest pipeline: one wire, started, fed, read and stopped.
//!
//! ```sh
//! cargo run --release --example hello_wire
//! ```
//!
//! Prints the squares of 3, 4 and 5, and the ledger of the run: four numbers were accepted, three
//! squares delivered, and one number failed, because its square is too large.

use std::time::Duration;

use electrician::Wire;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let square = |n: u8| n.checked_mul(n).ok_or("too large for eight bits");
    let running = Wire::new("square", square).ordered().build()?.start()?;
    let output = running.output();
    for n in [3, 4, 5, 200] {
        running.submit(n).await?;
    }
    // Stopping drains the wire while the output is read.
    let (stopped, squares) = tokio::join!(running.stop(Duration::from_secs(5)), output.collect());
    println!("{squares:?}");
    println!("{}", stopped.ledger);
    Ok(())
}
