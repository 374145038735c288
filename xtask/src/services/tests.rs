use super::*;

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn services_go_up_by_name_or_all_and_down_together() {
    assert_eq!(parse(&words("up")), Ok(Action::Up(Vec::new())));
    assert_eq!(parse(&words("up kafka")), Ok(Action::Up(words("kafka"))));
    assert_eq!(parse(&words("down")), Ok(Action::Down));
    assert!(parse(&words("up kafca")).expect_err("a typo").contains("kafca"));
    for wrong in ["", "start", "down kafka"] {
        assert!(parse(&words(wrong)).expect_err(wrong).contains("up [NAME…]"));
    }
}

#[test]
fn a_folder_without_processes_has_nothing_running() {
    let folder = env::temp_dir().join(format!("services-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a temporary folder");
    assert_eq!(running(&folder), None);
    fs::write(folder.join("endpoints"), "HERE=1\n").expect("to write");
    assert_eq!(running(&folder), None, "endpoints without a process are stale");
    let me = std::process::id();
    fs::write(folder.join("me.pid"), me.to_string()).expect("to write");
    assert_eq!(running(&folder), Some(vec![("HERE".into(), "1".into())]));
    remove(&folder).expect("to clean up");
}
