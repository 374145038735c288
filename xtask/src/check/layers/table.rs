//! The layers as data.

/// A group of crates that know the same things.
pub(super) struct Layer {
    pub(super) name: &'static str,
    pub(super) crates: &'static [&'static str],
    /// The layers that its crates may depend on; its own is not among them.
    pub(super) knows: &'static [&'static str],
    /// What a crate may depend on within its own layer.
    pub(super) within: &'static [(&'static str, &'static str)],
}

pub(super) const CONTRACTS: &str = "electrician-types";

/// From the bottom to the top.
pub(super) const LAYERS: &[Layer] = &[
    Layer { name: "contracts", crates: &[CONTRACTS], knows: &[], within: &[] },
    Layer {
        name: "instruments",
        crates: &[
            "electrician-codec",
            "electrician-logger",
            "electrician-meter",
            "electrician-otel",
            "electrician-parquet",
            "electrician-sensor",
        ],
        knows: &["contracts"],
        within: &[("electrician-otel", "electrician-meter")],
    },
    Layer {
        name: "policies",
        crates: &[
            "electrician-circuitbreaker",
            "electrician-resister",
            "electrician-surgeprotector",
        ],
        knows: &["contracts", "instruments"],
        within: &[],
    },
    Layer {
        name: "engine",
        crates: &[
            "electrician-conduit",
            "electrician-generator",
            "electrician-plug",
            "electrician-wire",
        ],
        knows: &["contracts", "instruments", "policies"],
        within: &[
            ("electrician-conduit", "electrician-wire"),
            ("electrician-generator", "electrician-wire"),
        ],
    },
    Layer {
        name: "security",
        crates: &["electrician-auth", "electrician-tls"],
        // Not the engine: who may call, and over what, has nothing to do with pipelines.
        knows: &["contracts", "instruments", "policies"],
        within: &[("electrician-auth", "electrician-tls")],
    },
    Layer {
        name: "edges",
        crates: &[
            "electrician-forwardrelay",
            "electrician-httpclient",
            "electrician-httpserver",
            "electrician-kafka",
            "electrician-nats",
            "electrician-panel",
            "electrician-postgres",
            "electrician-quic",
            "electrician-receivingrelay",
            "electrician-relay",
            "electrician-s3",
            "electrician-websocket",
            "electrician-webtransport",
        ],
        knows: &["contracts", "instruments", "policies", "engine", "security"],
        // The transports share the envelope that they carry.
        within: &[
            ("electrician-forwardrelay", "electrician-relay"),
            ("electrician-nats", "electrician-relay"),
            ("electrician-quic", "electrician-relay"),
            ("electrician-receivingrelay", "electrician-relay"),
            ("electrician-websocket", "electrician-relay"),
            ("electrician-webtransport", "electrician-relay"),
        ],
    },
    Layer {
        name: "facade",
        crates: &["electrician"],
        knows: &["contracts", "instruments", "policies", "engine", "security", "edges"],
        within: &[],
    },
    Layer {
        name: "testkit",
        crates: &["electrician-testkit"],
        knows: &["contracts", "instruments", "policies", "engine"],
        within: &[],
    },
];

/// Layers that pull in what only some users want, such as a client of Kafka.
pub(super) const INTEGRATIONS: &[&str] = &["security", "edges"];

/// Crates of other layers that do.
pub(super) const INTEGRATING: &[&str] = &["electrician-otel", "electrician-parquet"];

// === impl Layer ===

impl Layer {
    /// The layer that the crate belongs to.
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        LAYERS.iter().find(|layer| layer.crates.contains(&name))
    }

    /// Whether `from`, a crate of this layer, may depend on the crate `to`.
    pub(super) fn allows(&self, from: &str, to: &str) -> bool {
        self.within.contains(&(from, to))
            || Self::of(to).is_some_and(|layer| self.knows.contains(&layer.name))
    }
}
