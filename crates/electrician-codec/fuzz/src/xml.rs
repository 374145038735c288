//! Elements.

use electrician_codec::{Bytes, Decode, Encode, FramedDecoder, Xml, XmlElements};
use serde::{Deserialize, Serialize};

use crate::records::Trade;
use crate::{LIMITS, memory, streams};

/// Elements within elements, with attributes and text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Node {
    #[serde(rename = "@id")]
    id: Option<String>,
    #[serde(rename = "@level")]
    level: u32,
    #[serde(rename = "$text")]
    text: Option<String>,
    node: Vec<Node>,
    item: Option<i64>,
}

/// Elements alone, in a row, in a root.
pub fn xml(bytes: &[u8]) {
    memory::within(8 << 20, || {
        streams::any_cut::<Trade, _>(bytes, || {
            FramedDecoder::with_limits(Xml::new(), XmlElements::new(), LIMITS)
        });
        streams::any_cut::<Node, _>(bytes, || {
            FramedDecoder::with_limits(Xml::new(), XmlElements::new(), LIMITS)
        });
        streams::any_cut::<Node, _>(bytes, || {
            FramedDecoder::with_limits(Xml::new(), XmlElements::with_root("any"), LIMITS)
        });
        let small = LIMITS.with_record_bytes(5);
        for framing in [XmlElements::new(), XmlElements::with_root("any")] {
            streams::any_cut::<Vec<u8>, _>(bytes, || {
                FramedDecoder::with_limits(Bytes, framing.clone(), small)
            });
        }
        let node: Result<Node, _> = Xml::new().decode(bytes, &LIMITS);
        if let Ok(node) = node {
            let mut written = Vec::new();
            let _ = Xml::new().encode(&node, &mut written);
        }
    });
}
