use super::{KILLS, Options, parse};

fn parsed(line: &str) -> Result<Options, String> {
    let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
    parse(&words)
}

#[test]
fn kills_and_seed_are_numbers() {
    assert_eq!(parsed("kafka"), Ok(Options { kills: KILLS, seed: None }));
    let both = parsed("kafka --seed 7 --kills 20");
    assert_eq!(both, Ok(Options { kills: 20, seed: Some(7) }));
}

#[test]
fn what_is_wrong_is_named() {
    assert!(parsed("").unwrap_err().contains("kafka"));
    assert!(parsed("nats").unwrap_err().contains("kafka"));
    assert!(parsed("kafka --kills many").unwrap_err().contains("`many`"));
    assert!(parsed("kafka --kills").unwrap_err().contains("not `--kills`"));
    assert!(parsed("kafka --force 1").unwrap_err().contains("not `--force`"));
}
