//! A forward relay sends to Go.

use electrician_relay::session::Acks;

use crate::ends::{plain_sender, send};
use crate::feedback::{Feedback, assert_some, some};
use crate::harness::{Case, Outcome};
use crate::program::{Program, Running};
use crate::way::{Format, Way};

const COUNT: u32 = 30;

pub(crate) fn cases(peer: &Program) -> Vec<Case> {
    let mut cases = Vec::new();
    for format in [Format::Json, Format::Gob, Format::Proto] {
        for way in Way::all(format) {
            let peer = peer.clone();
            cases.push(Case::new(
                format!("to Go: {way}"),
                async move { arrives(&peer, &way).await },
            ));
        }
    }
    // A batch that is full at the end, one that is not, one that is never.
    for acks in [Acks::Batch(10), Acks::Batch(7), Acks::Batch(1024), Acks::None] {
        let (peer, way) = (peer.clone(), Way::new(Format::Gob).with_acks(acks));
        cases
            .push(Case::new(format!("to Go: {acks:?}"), async move { arrives(&peer, &way).await }));
    }
    for acks in [Acks::PerMessage, Acks::Batch(1024)] {
        let (peer, way) = (peer.clone(), Way::new(Format::Json).with_acks(acks));
        let name = format!("to Go: what cannot be read is told, {acks:?}");
        cases.push(Case::new(name, async move { unreadable(&peer, &way).await }));
    }
    cases
}

/// Starts a receiver in Go, and says where it listens.
pub(crate) async fn receiver(peer: &Program, args: Vec<String>) -> Outcome<(Running, String)> {
    let args: Vec<String> = ["receive".to_owned()].into_iter().chain(args).collect();
    let mut running = peer.start(&args)?;
    let address = serde_json::from_str(&running.line().await?)?;
    Ok((running, address))
}

/// The items that a receiver in Go said that it got.
pub(crate) fn items(lines: &[String]) -> Outcome<Vec<Feedback>> {
    let items: Result<_, _> = lines.iter().map(|line| serde_json::from_str(line)).collect();
    Ok(items?)
}

/// Every item arrives, in order, and is acknowledged.
async fn arrives(peer: &Program, way: &Way) -> Outcome {
    let (running, address) = receiver(peer, way.args()).await?;
    send(plain_sender(way, &address).build()?, some(COUNT)).await?.expect_all(COUNT);
    assert_some(&items(&running.finish().await?)?, COUNT);
    Ok(())
}

/// The other end expects another encoding.
async fn unreadable(peer: &Program, way: &Way) -> Outcome {
    let (running, address) = receiver(peer, Way { format: Format::Gob, ..*way }.args()).await?;
    let ledger = send(plain_sender(way, &address).build()?, some(COUNT)).await?.ledger;
    assert_eq!((ledger.delivered, ledger.failed), (0, u64::from(COUNT)), "{ledger}");
    assert!(running.finish().await?.is_empty());
    Ok(())
}
