//! Shows a conduit whose stages have different types, and where failures go: retries, and two
//! dead-letter ports.
//!
//! ```sh
//! cargo run --release --example typed_conduit
//! ```
//!
//! Prints three bills, two dead letters with the item as the failing stage got it, and the ledger:
//! five lines accepted, three delivered, two dead-lettered, two retries.

use std::error::Error;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use electrician::{BoxError, Conduit, DeadLetter, Retry, Wire, dead_letters};

/// What the first stage makes of a line.
#[derive(Clone, Debug)]
struct Order {
    quantity: u32,
    article: String,
}

/// What the second stage makes of an order.
#[derive(Debug)]
struct Priced {
    order: Order,
    cents: u32,
}

/// Why the catalogue gives no price.
#[derive(Debug, thiserror::Error)]
enum CatalogError {
    #[error("the catalogue is busy")]
    Busy,
    #[error("there is no such article")]
    NoSuchArticle,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (unreadable, mut unreadable_letters) = dead_letters(16);
    let (unpriced, mut unpriced_letters) = dead_letters(16);

    // &str -> Order. By reference, so that a line that fails can be dead-lettered.
    let parse = Wire::by_ref("parse", parse).with_dead_letters(unreadable);

    // Order -> Priced, with the help of a catalogue that is busy at times.
    let price = Wire::async_by_ref("price", price)
        .with_concurrency(2)
        .with_timeout(Duration::from_millis(500))
        .with_retry(
            Retry::exponential(4)
                .with_base(Duration::from_millis(5))
                .only_if(|error| matches!(error.cause(), Some(CatalogError::Busy))),
        )
        .with_dead_letters(unpriced);

    // Priced -> String.
    let bill = Wire::map("bill", |Priced { order, cents }| {
        let Order { quantity, article } = order;
        let total = quantity * cents;
        format!("{quantity:>3} {article:<8} {:>4}.{:02} $", total / 100, total % 100)
    });

    let conduit = Conduit::from(parse).then(price).then(bill).named("orders").build()?;
    // Leave `price` out and it does not compile: `bill` takes a `Priced`, not an `Order`.
    // let conduit = Conduit::from(parse).then(bill).named("orders").build()?;

    let running = conduit.start()?;
    let output = running.output();
    for line in ["3 apples", "12 pears", "many plums", "7 unicorns", "40 plums"] {
        running.submit(line).await?;
    }
    // Stopping drains the stages while the output is read.
    let deadline = Duration::from_secs(5);
    let (stopped, bills) = tokio::join!(running.stop(deadline), output.collect());

    for bill in bills {
        println!("bill    {bill}");
    }
    while let Some(letter) = unreadable_letters.try_recv() {
        show(letter);
    }
    while let Some(letter) = unpriced_letters.try_recv() {
        show(letter);
    }
    println!("ledger  {}", stopped.ledger);
    Ok(())
}

fn parse(line: &&str) -> Result<Order, BoxError> {
    let (quantity, article) = line.split_once(' ').ok_or("an order is a number and an article")?;
    Ok(Order { quantity: quantity.parse()?, article: article.to_owned() })
}

/// Asks the catalogue, which has no time for its first two callers.
async fn price(order: &Order) -> Result<Priced, CatalogError> {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    if CALLS.fetch_add(1, Ordering::Relaxed) < 2 {
        return Err(CatalogError::Busy);
    }
    let cents = match order.article.as_str() {
        "apples" => 35,
        "pears" => 50,
        "plums" => 12,
        _ => return Err(CatalogError::NoSuchArticle),
    };
    Ok(Priced { order: order.clone(), cents })
}

/// A letter says what failed, how often and why. Accepting it tells the source that the item is
/// taken care of; a letter that is dropped instead is a negative acknowledgement.
fn show<T: Debug>(letter: DeadLetter<T>) {
    let (error, attempts) = (letter.error.clone(), letter.attempts);
    println!("letter  {:?}, attempts: {attempts}, {error}", letter.accept());
}
