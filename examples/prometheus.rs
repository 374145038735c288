//! Shows an endpoint for Prometheus: a pipeline runs, and its metrics are served at `/metrics` of a
//! loopback port.
//!
//! ```sh
//! cargo run --release --example prometheus --features meter-prometheus
//! cargo run --release --example prometheus --features meter-prometheus -- 9464
//! ```
//!
//! Without a port it takes one that is free, scrapes itself once, prints some of what it got, and
//! ends. With a port it runs until Ctrl-C, for a Prometheus server to scrape:
//!
//! ```text
//! serving http://127.0.0.1:40001/metrics
//! electrician_items_accepted_total{pipeline="squares",stage="square",kind="WIRE",nth="0"} 1000
//! ```

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use electrician::meter::prometheus::Endpoint;
use electrician::{Meter, Wire};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args().nth(1).map(|port| port.parse()).transpose()?;
    let meter = Meter::new("squares");
    let endpoint = Endpoint::bind(&meter, port.unwrap_or(0)).await?;
    let address = endpoint.local_addr()?;
    println!("serving http://{address}/metrics");

    let square = Wire::map("square", |n: u64| n * n).with_observer(meter.clone()).build()?;
    let running = square.start()?;
    let mut output = running.output();
    for n in 0..1_000 {
        running.submit(n).await?;
        output.recv().await.ok_or("it is open")?;
    }

    let end = async {
        if port.is_some() {
            let _: io::Result<()> = tokio::signal::ctrl_c().await;
            return Ok(String::new());
        }
        match tokio::task::spawn_blocking(move || scrape(address)).await {
            Ok(answer) => answer,
            Err(error) => Err(io::Error::other(error)),
        }
    };
    let (done, ended) = tokio::sync::oneshot::channel::<()>();
    let serve = endpoint.serve(async {
        // Either way it is over.
        drop(ended.await);
    });
    let (text, ()) = tokio::join!(
        async {
            let text = end.await;
            drop(done);
            text
        },
        serve
    );
    for line in text?.lines().filter(|line| line.contains("accepted_total{")) {
        println!("{line}");
    }
    drop(output);
    assert!(running.finish().await.is_clean());
    Ok(())
}

/// What Prometheus does every few seconds.
fn scrape(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}
