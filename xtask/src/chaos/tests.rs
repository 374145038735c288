use super::{CUTS, KILLS, Options, Stage, parse};

fn parsed(line: &str) -> Result<Options, String> {
    let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
    parse(&words)
}

#[test]
fn kills_cuts_and_seed_are_numbers() {
    let options = |stage, strokes, seed| Ok(Options { stage, strokes, seed });
    assert_eq!(parsed("kafka"), options(Stage::Kafka, KILLS, None));
    assert_eq!(parsed("kafka --seed 7 --kills 20"), options(Stage::Kafka, 20, Some(7)));
    assert_eq!(parsed("relay"), options(Stage::Relay, CUTS, None));
    assert_eq!(parsed("relay --cuts 20 --seed 7"), options(Stage::Relay, 20, Some(7)));
}

#[test]
fn what_is_wrong_is_named() {
    assert!(parsed("").unwrap_err().contains("kafka"));
    assert!(parsed("nats").unwrap_err().contains("relay"));
    assert!(parsed("kafka --kills many").unwrap_err().contains("`many`"));
    assert!(parsed("kafka --kills").unwrap_err().contains("not `--kills`"));
    assert!(parsed("kafka --cuts 7").unwrap_err().contains("not `--cuts`"));
    assert!(parsed("relay --force 1").unwrap_err().contains("not `--force`"));
}
