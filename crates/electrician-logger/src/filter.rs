//! Which events are logged.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Level, Metadata, Subscriber, callsite};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Filter};

use crate::UnknownFilter;

const LEVELS: [(&str, LevelFilter); 6] = [
    ("off", LevelFilter::OFF),
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

/// A level for everything, and levels for single targets.
///
/// As text: directives with commas between them, each `level` or `target=level`. A target stands
/// for all below it, and the longest that fits wins: `info,electrician_wire=debug,noisy::part=off`.
/// Levels are `off`, `error`, `warn`, `info`, `debug` and `trace`, in any case. The default is
/// `info`. Whatever else there is gives an [`UnknownFilter`] that says what would be right.
#[derive(Clone, Debug, PartialEq)]
pub struct LogFilter(Targets);

/// The filter of a running logger, beside its layer.
#[derive(Clone, Debug)]
pub struct DynamicFilter(Arc<RwLock<LogFilter>>);

// === impl LogFilter ===

impl LogFilter {
    /// The same level for every target.
    pub fn level(level: Level) -> Self {
        Self(Targets::new().with_default(level))
    }

    /// The same, with another level for `target` and all below it; `None` is off.
    pub fn with_target(self, target: impl Into<String>, level: impl Into<Option<Level>>) -> Self {
        let level = level.into().map_or(LevelFilter::OFF, LevelFilter::from_level);
        Self(self.0.with_target(target, level))
    }

    /// Whether an event of this target and level is logged.
    pub fn admits(&self, target: &str, level: Level) -> bool {
        self.0.would_enable(target, &level)
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self::level(Level::INFO)
    }
}

impl From<Level> for LogFilter {
    fn from(level: Level) -> Self {
        Self::level(level)
    }
}

impl FromStr for LogFilter {
    type Err = UnknownFilter;

    fn from_str(text: &str) -> Result<Self, UnknownFilter> {
        let mut targets = Targets::new();
        let mut default = None;
        for directive in text.split(',').map(str::trim) {
            match directive.split_once('=') {
                None => match level_of(directive) {
                    Some(level) if default.replace(level).is_none() => {}
                    Some(_) => return Err(UnknownFilter::second_default(directive)),
                    None => return Err(UnknownFilter::level(directive, directive)),
                },
                Some((target, level)) => {
                    let (target, level) = (target.trim(), level.trim());
                    if target.is_empty() || target.contains(['[', '{', '"', ' ']) {
                        return Err(UnknownFilter::target(directive, target));
                    }
                    let known = level_of(level);
                    let level = known.ok_or_else(|| UnknownFilter::level(directive, level))?;
                    targets = targets.with_target(target, level);
                }
            }
        }
        Ok(Self(targets.with_default(default.unwrap_or(LevelFilter::INFO))))
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = self.0.default_level().unwrap_or(LevelFilter::OFF);
        f.write_str(name_of(default))?;
        let mut targets: Vec<_> = self.0.iter().filter(|(target, _)| !target.is_empty()).collect();
        targets.sort_unstable();
        targets.iter().try_for_each(|(target, level)| write!(f, ",{target}={}", name_of(*level)))
    }
}

impl Serialize for LogFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LogFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The level of that name, in any case.
pub(crate) fn level_of(name: &str) -> Option<LevelFilter> {
    LEVELS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, level)| *level)
}

fn name_of(level: LevelFilter) -> &'static str {
    LEVELS.iter().find(|(_, known)| *known == level).map_or("off", |(name, _)| name)
}

// === impl DynamicFilter ===

impl DynamicFilter {
    pub(crate) fn new(filter: LogFilter) -> Self {
        Self(Arc::new(RwLock::new(filter)))
    }

    pub(crate) fn current(&self) -> LogFilter {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on: what was cached for each place that logs is asked again.
    pub(crate) fn set(&self, filter: LogFilter) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = filter;
        callsite::rebuild_interest_cache();
    }

    fn ask<T>(&self, question: impl FnOnce(&Targets) -> T) -> T {
        question(&self.0.read().unwrap_or_else(PoisonError::into_inner).0)
    }
}

impl<S: Subscriber> Filter<S> for DynamicFilter {
    fn enabled(&self, metadata: &Metadata<'_>, cx: &Context<'_, S>) -> bool {
        self.ask(|targets| Filter::enabled(targets, metadata, cx))
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.ask(|targets| Filter::<S>::callsite_enabled(targets, metadata))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.ask(Filter::<S>::max_level_hint)
    }
}

#[cfg(test)]
mod tests;
