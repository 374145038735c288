//! A graph of stages as text, for Graphviz, and for Mermaid.

use std::fmt::{self, Write};

use electrician_types::{ComponentKind, Doing, StageView};

use crate::explain::Topology;

/// What a name is shortened to in a picture, in characters.
const LONGEST: usize = 60;

impl Topology {
    /// The graph in the language of [Graphviz](https://graphviz.org/doc/info/lang.html). The
    /// bottleneck is marked in red.
    pub fn to_dot(&self) -> String {
        let mut dot = String::from("digraph pipeline {\n  rankdir=LR;\n  node [shape=box];\n");
        let bottleneck = self.bottleneck().map(|bottleneck| bottleneck.stage);
        for stage in &self.stages {
            let color = if Some(stage.id) == bottleneck { ", color=red" } else { "" };
            let shape = match stage.kind {
                ComponentKind::Generator => ", shape=cds",
                ComponentKind::Output | ComponentKind::Sink => ", shape=ellipse",
                _ => "",
            };
            let label = label(stage, "\n", escape_dot);
            push(&mut dot, format_args!("  s{} [label=\"{label}\"{shape}{color}];\n", stage.id));
        }
        self.arrows(|from, to| push(&mut dot, format_args!("  s{from} -> s{to};\n")));
        dot.push_str("}\n");
        dot
    }

    /// The graph as a flowchart of [Mermaid](https://mermaid.js.org/syntax/flowchart.html). The
    /// bottleneck is marked in red.
    pub fn to_mermaid(&self) -> String {
        let mut chart = String::from("flowchart LR\n");
        for stage in &self.stages {
            let (open, close) = match stage.kind {
                ComponentKind::Generator => ("([", "])"),
                ComponentKind::Output | ComponentKind::Sink => ("[(", ")]"),
                _ => ("[", "]"),
            };
            let label = label(stage, "<br/>", escape_mermaid);
            push(&mut chart, format_args!("  s{}{open}\"{label}\"{close}\n", stage.id));
        }
        self.arrows(|from, to| push(&mut chart, format_args!("  s{from} --> s{to}\n")));
        if let Some(bottleneck) = self.bottleneck() {
            push(&mut chart, format_args!("  style s{} stroke:#d00\n", bottleneck.stage));
        }
        chart
    }

    fn arrows(&self, mut arrow: impl FnMut(u64, u64)) {
        for stage in &self.stages {
            for next in stage.feeds.iter().filter(|next| self.stage(**next).is_some()) {
                arrow(stage.id.get(), next.get());
            }
        }
    }
}

/// Writing to a string does not fail.
fn push(text: &mut String, arguments: fmt::Arguments<'_>) {
    let _: fmt::Result = text.write_fmt(arguments);
}

/// The lines of a box.
fn label(stage: &StageView, newline: &str, escape: fn(char, &mut String)) -> String {
    let mut label = String::new();
    for (at, character) in stage.name.chars().enumerate() {
        if at == LONGEST {
            label.push('…');
            break;
        }
        escape(character, &mut label);
    }
    let mut line = |text: fmt::Arguments<'_>| push(&mut label, format_args!("{newline}{text}"));
    match stage.kind {
        ComponentKind::Generator => line(format_args!("{} items", stage.ledger.delivered)),
        ComponentKind::Output => line(format_args!("{} of {}", stage.queued, stage.capacity)),
        _ => {
            line(format_args!("{} of {} queued", stage.queued, stage.capacity));
            line(format_args!("{} in hand of {} workers", stage.in_hand, stage.workers));
        }
    }
    label.replace('\n', if newline == "\n" { "\\n" } else { " " })
}

fn escape_dot(character: char, into: &mut String) {
    match character {
        '"' | '\\' => into.extend(['\\', character]),
        _ if character.is_control() => into.push(' '),
        _ => into.push(character),
    }
}

fn escape_mermaid(character: char, into: &mut String) {
    match character {
        '"' | '#' | '<' | '>' | '&' | '`' => {
            push(into, format_args!("#{};", u32::from(character)));
        }
        _ if character.is_control() => into.push(' '),
        _ => into.push(character),
    }
}

/// The table of [`Topology`].
pub(super) fn text(topology: &Topology, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let longest = topology.stages.iter().map(|stage| stage.name.chars().count()).max();
    let width = longest.unwrap_or_default().min(LONGEST);
    for stage in &topology.stages {
        let StageView { name, queued, capacity, in_hand, ledger, .. } = stage;
        match stage.kind {
            ComponentKind::Generator => {
                write!(f, "{name:width$}  gave {}", ledger.delivered)?;
            }
            ComponentKind::Output => {
                write!(
                    f,
                    "{name:width$}  {queued}/{capacity} to be read, {} read",
                    ledger.delivered
                )?;
            }
            _ => {
                write!(
                    f,
                    "{name:width$}  {queued}/{capacity} queued, {in_hand} in hand, {ledger}"
                )?;
            }
        }
        doing(stage.doing, f)?;
        for guard in &stage.guards {
            write!(f, "; {} {}", guard.name, guard.state)?;
        }
        let nexts = stage.feeds.iter().filter_map(|next| topology.stage(*next));
        for (at, next) in nexts.enumerate() {
            write!(f, "{} {}", if at == 0 { "; to" } else { "," }, next.name)?;
        }
        writeln!(f)?;
    }
    match topology.bottleneck() {
        Some(bottleneck) => writeln!(f, "{bottleneck}"),
        None => writeln!(f, "no queue is half full: nothing holds the others up"),
    }
}

fn doing(doing: Doing, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let parts = [
        (doing.idle, "idle"),
        (doing.working, "working"),
        (doing.handing_on, "handing on"),
        (doing.denied, "denied"),
        (doing.pausing, "pausing"),
    ];
    let mut parts = parts.into_iter().filter(|(count, _)| *count > 0);
    if let Some((count, what)) = parts.next() {
        write!(f, "; {count} {what}")?;
    }
    parts.try_for_each(|(count, what)| write!(f, ", {count} {what}"))
}
