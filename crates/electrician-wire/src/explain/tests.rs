use electrician_types::GuardView;

use super::*;

/// source -> slow -> print, where `slow` and `print` hold so many of ten.
fn line(slow: usize, print: usize) -> Topology {
    let [source_id, slow_id, print_id] = [(); 3].map(|()| StageId::next());
    let mut source = StageView::new(source_id, ComponentKind::Generator, "source");
    source.feeds = vec![slow_id];
    let mut first = StageView::new(slow_id, ComponentKind::Wire, "slow");
    (first.queued, first.capacity, first.workers) = (slow, 10, 2);
    first.feeds = vec![print_id];
    let mut last = StageView::new(print_id, ComponentKind::Sink, "print");
    (last.queued, last.capacity, last.workers) = (print, 10, 1);
    Topology::new(vec![source, first, last])
}

#[test]
fn the_last_full_queue_with_room_behind_is_the_bottleneck() {
    let named = |topology: Topology| topology.bottleneck().map(|found| found.name.to_string());
    assert_eq!(named(line(4, 4)), None);
    assert_eq!(named(line(10, 4)), Some("slow".into()));
    assert_eq!(named(line(10, 5)), Some("print".into()));
    assert_eq!(named(line(0, 10)), Some("print".into()));
}

#[test]
fn it_says_why() {
    let mut topology = line(10, 0);
    let why = |topology: &Topology| topology.bottleneck().expect("a full queue").to_string();
    assert_eq!(
        why(&topology),
        "slow holds the others up: its queue is 100 % full, and its 2 workers are busy"
    );
    topology.stages[1].doing.pausing = 2;
    topology.stages[1].parked = 7;
    assert!(why(&topology).ends_with("7 failed items wait to be tried again"));
    topology.stages[1].doing.denied = 2;
    let breaker = GuardView::new(ComponentKind::CircuitBreaker, "prices", "open").admitting(false);
    let limit = GuardView::new(ComponentKind::SurgeProtector, "limit", "admitting");
    topology.stages[1].guards = vec![limit, breaker];
    assert!(why(&topology).ends_with("prices holds it back (open)"));
    topology.stages[1].guards.truncate(1);
    assert!(why(&topology).ends_with("and limit holds it back"));
    topology.stages[2].queued = 10;
    topology.stages[2].kind = ComponentKind::Output;
    assert!(why(&topology).ends_with("the outputs are not read fast enough"));
}

#[test]
fn names_cannot_break_a_picture() {
    let mut topology = line(1, 1);
    topology.stages[1].name = "a\"b\\c\n<script>#".into();
    let dot = topology.to_dot();
    assert!(dot.contains(r#"label="a\"b\\c <script>#\n1 of 10 queued"#), "{dot}");
    let chart = topology.to_mermaid();
    assert!(chart.contains(r#""a#34;b\c #60;script#62;#35;<br/>1 of 10"#), "{chart}");
}

#[test]
fn a_picture_has_a_box_for_each_and_an_arrow_between() {
    let topology = line(10, 0);
    let [source, slow, print] = [0, 1, 2].map(|at| topology.stages[at].id);
    let dot = topology.to_dot();
    assert!(dot.contains(&format!("  s{source} -> s{slow};\n  s{slow} -> s{print};\n")), "{dot}");
    assert_eq!(dot.matches("color=red").count(), 1);
    let chart = topology.to_mermaid();
    assert!(chart.contains(&format!("  s{slow} --> s{print}\n")), "{chart}");
    assert!(chart.ends_with(&format!("  style s{slow} stroke:#d00\n")), "{chart}");
}
