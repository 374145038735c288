//! A scenario in words.

use std::fmt::{self, Display, Formatter};

use crate::scenario::spec::{End, Fan, Gather, GuardSpec, SinkSpec, SourceSpec, Spec, Stage, Step};

impl Display for Spec {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for producer in &self.producers {
            writeln!(f, "  producer of {}: {:?}", producer.items, producer.way)?;
        }
        for source in &self.sources {
            writeln!(f, "  {source}")?;
        }
        for (steps, source) in &self.sides {
            writeln!(f, "  fed by {source}")?;
            show_all(steps, 2, f)?;
        }
        show_all(&self.steps, 1, f)?;
        match &self.end {
            End::Output(readers) => {
                writeln!(f, "  output of {}", self.output_capacity)?;
                for reader in readers {
                    writeln!(f, "    {reader:?}")?;
                }
            }
            End::Sink(sink) => writeln!(f, "  {sink}")?,
            End::Sinks(kind, branches) => {
                writeln!(f, "  {kind:?} to sinks")?;
                for (steps, sink) in branches {
                    show_all(steps, 2, f)?;
                    writeln!(f, "    {sink}")?;
                }
            }
        }
        writeln!(f, "  {:?}", self.letters)?;
        writeln!(f, "  stop: {:?}, {:?}, gate opens {:?}", self.when, self.how, self.release)?;
        let Self { oddities, counts_parts, bare, rounds, .. } = self;
        write!(f, "  {oddities:?}, counts parts: {counts_parts}, bare: {bare}, runs: {rounds}")
    }
}

fn show_all(steps: &[Step], depth: usize, f: &mut Formatter<'_>) -> fmt::Result {
    steps.iter().try_for_each(|step| show(step, depth, f))
}

fn show(step: &Step, depth: usize, f: &mut Formatter<'_>) -> fmt::Result {
    let indent = "  ".repeat(depth);
    match step {
        Step::Stage(stage) => writeln!(f, "{indent}{stage}"),
        Step::Batch(gather) => writeln!(f, "{indent}{gather}"),
        Step::Fan(Fan { kind, branches }) => {
            for branch in branches {
                writeln!(f, "{indent}{kind:?} to")?;
                show_all(branch, depth + 1, f)?;
            }
            Ok(())
        }
        Step::Joined(steps, source) => {
            writeln!(f, "{indent}joined by {source}")?;
            show_all(steps, depth + 1, f)
        }
    }
}

fn show_guards(guards: &[GuardSpec], f: &mut Formatter<'_>) -> fmt::Result {
    guards.iter().try_for_each(|guard| write!(f, ", {guard:?}"))
}

impl Display for Stage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { name, op, capacity, workers, order, faults, .. } = self;
        write!(f, "{name}: {op:?}, queue {capacity}, workers {workers}, order {order:?}")?;
        if let Some(bytes) = self.budget {
            write!(f, ", at most {bytes} bytes")?;
        }
        if let Some(limit) = self.timeout {
            write!(f, ", timeout {limit:?}")?;
        }
        write!(f, ", retries {}, letters {}", self.retries, self.has_letters)?;
        write!(f, ", observed {}, faults: {faults}", self.is_observed)?;
        show_guards(&self.guards, f)
    }
}

impl Display for Gather {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { name, items, bytes, age, capacity, workers, apart } = self;
        write!(f, "{name}: batches of {items} items, {bytes:?} bytes, age {age:?}")?;
        write!(f, ", queue {capacity}, workers {workers}; apart in {apart}")
    }
}

impl Display for SourceSpec {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { name, items, chunk, read_ahead, batch, .. } = self;
        write!(f, "{name}: source of {items}, chunk {chunk}, ahead {read_ahead}, asked {batch}")?;
        write!(f, ", yields {}, tracked {}", self.yields, self.tracked)?;
        write!(f, ", restarts {}, faults: {}", self.restarts, self.faults)?;
        write!(f, ", close: {}", self.close_faults)
    }
}

impl Display for SinkSpec {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { name, capacity, chunk, is_buffering, retries, has_letters, .. } = self;
        write!(f, "{name}: sink, queue {capacity}, chunk {chunk}, buffering {is_buffering}")?;
        write!(f, ", retries {retries}, letters {has_letters}, faults: {}", self.faults)?;
        write!(f, ", open: {}, flush: {}", self.open_faults, self.flush_faults)?;
        write!(f, ", close: {}", self.close_faults)?;
        show_guards(&self.guards, f)
    }
}
