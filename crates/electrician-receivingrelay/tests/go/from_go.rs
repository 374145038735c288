//! Go sends to a receiving relay.

use electrician_relay::session::Acks;
use serde::Deserialize;

use crate::ends::open;
use crate::feedback::{assert_some, some};
use crate::harness::{Case, Outcome};
use crate::program::Program;
use crate::way::{Format, Way};

const COUNT: u32 = 30;

/// What a sender in Go says of its acknowledgements.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Report {
    opened: u32,
    single: u32,
    batches: u32,
    #[serde(rename = "OK")]
    pub(crate) ok: u32,
    refused: u32,
    last_seq: u64,
    messages: Option<Vec<String>>,
}

pub(crate) fn cases(peer: &Program) -> Vec<Case> {
    let mut cases = Vec::new();
    for format in [Format::Json, Format::Gob, Format::Proto] {
        for way in Way::all(format) {
            let peer = peer.clone();
            let run = async move { arrives(&peer, way, &[]).await };
            cases.push(Case::new(format!("from Go: {way}"), run));
        }
    }
    for acks in [Acks::Batch(10), Acks::Batch(7), Acks::Batch(1024), Acks::None] {
        let (peer, way) = (peer.clone(), Way::new(Format::Gob).with_acks(acks));
        let run = async move { arrives(&peer, way, &[]).await };
        cases.push(Case::new(format!("from Go: {acks:?}"), run));
    }
    for flag in ["-in-each", "-unary"] {
        let (peer, way) = (peer.clone(), Way { is_sealed: true, ..Way::new(Format::Json) });
        let run = async move { arrives(&peer, way, &[flag]).await };
        cases.push(Case::new(format!("from Go: {}", &flag[1..]), run));
    }
    for acks in [Acks::PerMessage, Acks::Batch(1024)] {
        let (peer, way) = (peer.clone(), Way::new(Format::Json).with_acks(acks));
        let name = format!("from Go: what cannot be read is told, {acks:?}");
        cases.push(Case::new(name, async move { unreadable(&peer, way).await }));
    }
    cases
}

/// Sends from Go, and gives what it says of the acknowledgements.
pub(crate) async fn send(
    peer: &Program,
    target: &str,
    mut args: Vec<String>,
    count: u32,
) -> Outcome<Report> {
    args.insert(0, "send".to_owned());
    args.push(format!("-target={target}"));
    let mut running = peer.start(&args)?;
    running.give(&some(count)).await?;
    let lines = running.finish().await?;
    Ok(serde_json::from_str(lines.first().ok_or("it says nothing")?)?)
}

/// Every item arrives, in order, and is acknowledged as was asked for.
async fn arrives(peer: &Program, way: Way, flags: &[&str]) -> Outcome {
    let far = open(way).await?;
    let args = way.args().into_iter().chain(flags.iter().map(|flag| (*flag).to_owned()));
    let report = send(peer, &far.address.to_string(), args.collect(), COUNT).await?;
    far.reached(COUNT as usize).await;
    assert_some(&far.stop().await, COUNT);
    let (is_unary, acks) = (flags.contains(&"-unary"), way.acks);
    assert_eq!(report.opened, u32::from(!is_unary && acks != Acks::None), "{report:?}");
    assert_eq!((report.refused, &report.messages), (0, &None), "{report:?}");
    if acks == Acks::None {
        assert_eq!((report.ok, report.last_seq), (0, 0), "{report:?}");
        return Ok(());
    }
    assert_eq!((report.ok, report.last_seq), (COUNT, u64::from(COUNT)), "{report:?}");
    match acks {
        // One may be for more than was asked for.
        Acks::Batch(_) => assert!(report.single == 0 && report.batches > 0, "{report:?}"),
        _ => assert_eq!((report.single, report.batches), (COUNT, 0), "{report:?}"),
    }
    Ok(())
}

/// The other end expects another encoding.
async fn unreadable(peer: &Program, way: Way) -> Outcome {
    let far = open(Way { format: Format::Gob, ..way }).await?;
    let report = send(peer, &far.address.to_string(), way.args(), COUNT).await?;
    assert!(far.stop().await.is_empty());
    // Where several are acknowledged at once, each that is refused is named first, then counted.
    let told = if way.acks == Acks::PerMessage { COUNT } else { 2 * COUNT };
    assert_eq!((report.ok, report.single, report.refused), (0, COUNT, told), "{report:?}");
    let messages = report.messages.unwrap_or_default();
    let is_clear = |message: &String| message == "a payload in json is not taken, only gob";
    assert!(messages.iter().all(is_clear), "{messages:?}");
    Ok(())
}
