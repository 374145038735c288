use super::{Command, parse, usage};

fn parsed(line: &str) -> Result<Command, String> {
    parse(line.split_whitespace().map(String::from))
}

#[test]
fn reads_commands() {
    assert_eq!(parsed("help"), Ok(Command::Help));
    assert_eq!(parsed("--help"), Ok(Command::Help));
    assert_eq!(parsed("check"), Ok(Command::Check { only: Vec::new() }));
    assert_eq!(
        parsed("check --only fmt layers"),
        Ok(Command::Check { only: vec!["fmt".into(), "layers".into()] })
    );
    assert_eq!(parsed("examples"), Ok(Command::Examples));
}

#[test]
fn passes_arguments_on() {
    assert_eq!(
        parsed("test -p electrician-wire -- drain"),
        Ok(Command::Test {
            args: ["-p", "electrician-wire", "--", "drain"].map(String::from).to_vec()
        })
    );
}

#[test]
fn names_what_is_wrong() {
    assert_eq!(parsed("").unwrap_err(), "a command is missing");
    assert_eq!(parsed("chekc").unwrap_err(), "there is no command `chekc`");
    assert_eq!(parsed("check --only").unwrap_err(), "`--only` needs the name of a check");
    assert_eq!(parsed("check --only fmt nope").unwrap_err(), "there is no check `nope`");
    assert!(parsed("check fmt").unwrap_err().contains("`fmt`"));
    assert!(parsed("fuzz --seconds").unwrap_err().contains("`--seconds`"));
    assert!(parsed("examples hello").unwrap_err().contains("`hello`"));
}

#[test]
fn usage_lists_every_check() {
    let usage = usage();
    for check in crate::check::CHECKS {
        assert!(usage.contains(&format!("\n  {} ", check.name)), "{} is missing", check.name);
    }
}
