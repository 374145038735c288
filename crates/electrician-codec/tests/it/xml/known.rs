//! XML as the formats have it that are met most: feeds, messages, rates, maps of sites.

use electrician_codec::{Decode, FramedDecoder, Limits, Xml, XmlElements};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::support::records;

fn document<T: DeserializeOwned>(text: &str) -> T {
    Xml::new().decode(text.as_bytes(), &Limits::DEFAULT).unwrap()
}

/// RSS 2.0, with an element of another namespace, and markup as text.
#[test]
fn a_feed_of_rss() {
    #[derive(Deserialize)]
    struct Rss {
        #[serde(rename = "@version")]
        version: String,
        channel: Channel,
    }
    #[derive(Deserialize)]
    struct Channel {
        title: String,
        #[serde(rename = "item", default)]
        items: Vec<Entry>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Entry {
        title: Option<String>,
        description: Option<String>,
        guid: Option<Guid>,
        enclosure: Option<Enclosure>,
        creator: Option<String>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Guid {
        #[serde(rename = "@isPermaLink", default)]
        is_link: Option<bool>,
        #[serde(rename = "$text")]
        text: String,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Enclosure {
        #[serde(rename = "@url")]
        url: String,
        #[serde(rename = "@length")]
        length: u64,
    }
    let feed: Rss = document(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
        <rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
          <channel>
            <title>Outages &amp; repairs</title>
            <link>https://grid.example/</link>
            <item>
              <title>Line 7 is back</title>
              <dc:creator>Ohm</dc:creator>
              <description><![CDATA[<p>At <b>noon</b> &amp; for good.</p>]]></description>
              <guid isPermaLink="false">grid-7</guid>
              <enclosure url="https://grid.example/7.mp3" length="12216320" type="audio/mpeg"/>
            </item>
            <item><description>&lt;b>Line 8&lt;/b> is out</description></item>
          </channel>
        </rss>"#,
    );
    assert_eq!((&*feed.version, &*feed.channel.title), ("2.0", "Outages & repairs"));
    let url = "https://grid.example/7.mp3".to_owned();
    let entries = [
        Entry {
            title: Some("Line 7 is back".into()),
            description: Some("<p>At <b>noon</b> &amp; for good.</p>".into()),
            guid: Some(Guid { is_link: Some(false), text: "grid-7".into() }),
            enclosure: Some(Enclosure { url, length: 12_216_320 }),
            creator: Some("Ohm".into()),
        },
        Entry {
            title: None,
            description: Some("<b>Line 8</b> is out".into()),
            guid: None,
            enclosure: None,
            creator: None,
        },
    ];
    assert_eq!(feed.channel.items, entries);
}

/// Atom, RFC 4287: several links, the kind of a text in an attribute.
#[test]
fn a_feed_of_atom() {
    #[derive(Deserialize)]
    struct Feed {
        id: String,
        #[serde(rename = "link")]
        links: Vec<Link>,
        entry: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Link {
        #[serde(rename = "@rel")]
        rel: Option<String>,
        #[serde(rename = "@href")]
        href: String,
    }
    #[derive(Deserialize)]
    struct Entry {
        title: Title,
        updated: String,
    }
    #[derive(Deserialize)]
    struct Title {
        #[serde(rename = "@type", default)]
        kind: String,
        #[serde(rename = "$text")]
        text: String,
    }
    let feed: Feed = document(
        r#"<?xml version="1.0" encoding="utf-8"?>
        <feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
          <id>urn:uuid:60a76c80-d399-11d9-b93c-0003939e0af6</id>
          <link href="https://grid.example/"/>
          <link rel="self" href="https://grid.example/feed?a=1&amp;b=2"/>
          <entry><title type="html">Less: &lt;em&gt; 3 &lt;/em&gt;</title>
            <updated>2003-12-13T18:30:02Z</updated></entry>
        </feed>"#,
    );
    assert!(feed.id.starts_with("urn:uuid:"));
    let links: Vec<_> = feed.links.iter().map(|link| (link.rel.as_deref(), &*link.href)).collect();
    let itself = "https://grid.example/feed?a=1&b=2";
    assert_eq!(links, [(None, "https://grid.example/"), (Some("self"), itself)]);
    let Entry { title, updated } = &feed.entry[0];
    assert_eq!((&*title.kind, &*title.text), ("html", "Less: <em> 3 </em>"));
    assert_eq!(updated, "2003-12-13T18:30:02Z");
}

/// SOAP 1.2: prefixes, which a reader does not have to know, and a choice of elements.
#[test]
fn a_message_of_soap() {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Envelope {
        body: Body,
    }
    #[derive(Deserialize)]
    struct Body {
        #[serde(rename = "$value")]
        content: Content,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    enum Content {
        #[serde(rename_all = "PascalCase")]
        Fault {
            code: Code,
            reason: Reason,
        },
        GetPriceResponse {
            price: f64,
        },
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Code {
        #[serde(rename = "Value")]
        value: String,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Reason {
        #[serde(rename = "Text")]
        text: String,
    }
    let message = |prefix: &str, body: &str| {
        let text = format!(
            "<{prefix}:Envelope xmlns:{prefix}='http://www.w3.org/2003/05/soap-envelope'>\
             <{prefix}:Header/><{prefix}:Body>{body}</{prefix}:Body></{prefix}:Envelope>"
        );
        document::<Envelope>(&text).body.content
    };
    let price =
        "<m:GetPriceResponse xmlns:m='urn:prices'><m:price>34.5</m:price></m:GetPriceResponse>";
    assert_eq!(message("env", price), Content::GetPriceResponse { price: 34.5 });
    let fault = "<S:Fault><S:Code><S:Value>S:Sender</S:Value></S:Code>\
                 <S:Reason><S:Text xml:lang='en'>no such item</S:Text></S:Reason></S:Fault>";
    let code = Code { value: "S:Sender".into() };
    assert_eq!(
        message("S", fault),
        Content::Fault { code, reason: Reason { text: "no such item".into() } }
    );
}

/// The daily rates of the European Central Bank: all is in attributes of elements of one name.
#[test]
fn rates_of_the_central_bank() {
    #[derive(Deserialize)]
    struct Envelope {
        #[serde(rename = "Cube")]
        cube: Days,
    }
    #[derive(Deserialize)]
    struct Days {
        #[serde(rename = "Cube")]
        days: Vec<Day>,
    }
    #[derive(Deserialize)]
    struct Day {
        #[serde(rename = "@time")]
        time: String,
        #[serde(rename = "Cube")]
        rates: Vec<Rate>,
    }
    #[derive(Deserialize)]
    struct Rate {
        #[serde(rename = "@currency")]
        currency: String,
        #[serde(rename = "@rate")]
        rate: f64,
    }
    let rates: Envelope = document(
        r#"<?xml version="1.0" encoding="UTF-8"?>
        <gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
            xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
          <gesmes:subject>Reference rates</gesmes:subject>
          <gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender>
          <Cube><Cube time='2024-02-29'>
            <Cube currency='USD' rate='1.0813'/>
            <Cube currency='JPY' rate='162.77'/>
          </Cube></Cube>
        </gesmes:Envelope>"#,
    );
    let day = &rates.cube.days[0];
    let found: Vec<_> = day.rates.iter().map(|rate| (&*rate.currency, rate.rate)).collect();
    assert_eq!((&*day.time, &*found), ("2024-02-29", &[("USD", 1.0813), ("JPY", 162.77)][..]));
}

/// A sitemap is a stream: its addresses come one by one.
#[test]
fn addresses_of_a_sitemap() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Url {
        loc: String,
        priority: Option<f32>,
    }
    let sitemap = r#"<?xml version="1.0" encoding="UTF-8"?>
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
          <url><loc>https://grid.example/?a=1&amp;b=%C3%BC</loc><priority>0.8</priority></url>
          <url><loc>https://grid.example/lines</loc><lastmod>2005-01-01</lastmod></url>
        </urlset>"#;
    let decoder = FramedDecoder::new(Xml::new(), XmlElements::with_root("urlset"));
    let url = |loc: &str, priority| Url { loc: loc.to_owned(), priority };
    let expected = [
        url("https://grid.example/?a=1&b=%C3%BC", Some(0.8)),
        url("https://grid.example/lines", None),
    ];
    assert_eq!(records::<Url, _>(decoder, sitemap), expected);
}

/// The references of XML 1.0, sections 4.1 and 4.6.
#[test]
fn characters_that_are_referred_to() {
    #[derive(Deserialize)]
    struct Line {
        #[serde(rename = "@a")]
        attribute: String,
        #[serde(rename = "$text")]
        text: String,
    }
    let line: Line = document("<p a='&lt;&quot;&apos;&#34;'>&amp;&gt;&#60;&#x1F50C;&#228;</p>");
    assert_eq!((&*line.attribute, &*line.text), ("<\"'\"", "&><🔌ä"));
}
