//! What a contract does for those who do not say: nothing.

use std::pin::pin;
use std::task::Poll;

use electrician_types::{
    Batch, BoxError, Decoder, Encoder, Error, Next, OpenSource, Result, Sink, Source,
};

use crate::executor::poll_once;

/// Has only what it must have.
#[derive(Debug)]
struct Minimal;

impl Source for Minimal {
    type Item = u64;

    async fn read(&mut self, batch: &mut Batch<u64>, demand: usize) -> Result<Next> {
        batch.push(demand as u64);
        Ok(Next::End)
    }
}

impl Sink<u64> for Minimal {
    async fn write(&mut self, batch: &mut Batch<u64>) -> Result<()> {
        batch.accept_all();
        Ok(())
    }
}

impl Encoder<u64> for Minimal {
    fn encode(&mut self, record: &u64, into: &mut Vec<u8>) -> Result<(), BoxError> {
        into.extend(record.to_le_bytes());
        Ok(())
    }
}

impl Decoder<u8> for Minimal {
    fn decode(&mut self, input: &mut &[u8]) -> Result<Option<u8>, BoxError> {
        let Some((byte, rest)) = input.split_first() else { return Ok(None) };
        *input = rest;
        Ok(Some(*byte))
    }

    fn finish(&mut self) -> Result<Option<u8>, BoxError> {
        Ok(None)
    }
}

fn now<F: Future>(future: F) -> F::Output {
    match poll_once(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("there is nothing to wait for"),
    }
}

#[test]
fn a_source_has_nothing_to_hand_over_and_nothing_to_close() {
    let mut batch = Batch::new();
    assert_eq!(now(Minimal.read(&mut batch, 3)).unwrap(), Next::End);
    Minimal.hand_over(&mut batch);
    assert!(batch.values().eq(&[3]));
    now(Source::close(&mut Minimal)).unwrap();
}

#[test]
fn a_sink_has_nothing_to_open_flush_or_close() {
    let mut batch = Batch::new();
    batch.push(1);
    now(Minimal.open()).unwrap();
    now(Minimal.write(&mut batch)).unwrap();
    now(Minimal.flush()).unwrap();
    now(Sink::close(&mut Minimal)).unwrap();
    assert!(batch.is_empty());
}

#[test]
fn an_encoder_appends_nothing_before_and_after() {
    let mut bytes = b"before".to_vec();
    Minimal.begin(&mut bytes).unwrap();
    Minimal.end(&mut bytes).unwrap();
    assert_eq!(bytes, b"before");
    Minimal.encode(&1, &mut bytes).unwrap();
    assert_eq!(bytes, b"before\x01\0\0\0\0\0\0\0");
}

#[test]
fn a_decoder_leaves_the_next_record_and_is_not_broken() {
    let mut input: &[u8] = b"ab";
    assert_eq!(Minimal.decode(&mut input).unwrap(), Some(b'a'));
    assert_eq!(input, b"b");
    assert!(!Minimal.is_broken());
}

#[test]
fn a_function_opens_sources_and_can_always_be_asked() {
    let open = || Ok(Minimal);
    open.check().unwrap();
    assert!(matches!(open.open(), Ok(Minimal)));
    let fail = || Err::<Minimal, _>(Error::failed("not today"));
    fail.check().unwrap();
    assert_eq!(fail.open().unwrap_err().to_string(), "not today");
}
