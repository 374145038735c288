use super::Target;

#[test]
fn a_host_and_a_port_are_enough() {
    let target = Target::parse("relay.example:50051", true).unwrap();
    assert_eq!((target.host(), target.port()), ("relay.example", 50051));
    assert_eq!(target.origin(true).to_string(), "https://relay.example:50051/");
    let six = Target::parse("http://[::1]:7/", false).unwrap();
    assert_eq!((six.host(), six.port()), ("::1", 7));
    assert_eq!(six.origin(false).to_string(), "http://[::1]:7/");
}

#[test]
fn what_is_no_target_is_told() {
    for wrong in ["", "relay", "relay:", "relay:port", ":7", "user@relay:7", "relay:7/path"] {
        let problem = Target::parse(wrong, true).unwrap_err();
        assert!(problem.contains("give a host and a port"), "{wrong}: {problem}");
    }
    let problem = Target::parse("http://relay:7", true).unwrap_err();
    assert!(problem.contains("leave out the scheme"), "{problem}");
    assert!(Target::parse("https://relay:7", false).is_err());
}
