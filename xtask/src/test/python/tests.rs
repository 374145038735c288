use super::is_needed;

fn needs(args: &[&str]) -> bool {
    is_needed(&args.iter().map(ToString::to_string).collect::<Vec<_>>())
}

#[test]
fn it_is_needed_where_its_user_is_tested() {
    assert!(needs(&[]));
    assert!(needs(&["some_test"]));
    assert!(needs(&["-p", "electrician-parquet"]));
    assert!(needs(&["--package=electrician-parquet", "--", "-p"]));
    assert!(!needs(&["-p", "electrician-wire"]));
    assert!(!needs(&["-p", "electrician-wire", "--", "electrician-parquet"]));
}
