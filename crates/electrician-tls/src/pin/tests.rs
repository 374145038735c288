use super::*;

const BASE64: &str = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";

#[test]
fn both_spellings_are_one_pin() {
    let pin: SpkiPin = BASE64.parse().expect("base64 with its prefix");
    assert_eq!(HEX.parse(), Ok(pin));
    assert_eq!(BASE64.trim_start_matches("sha256/").parse(), Ok(pin));
    assert_eq!(format!(" {BASE64}\n").parse(), Ok(pin), "as a file has it");
    assert_eq!(pin.to_string(), BASE64);
    assert_eq!(SpkiPin::from_bytes(std::array::from_fn(|at| u8::try_from(at).unwrap())), pin);
}

#[test]
fn what_is_no_pin_says_what_would_be_one() {
    let all = [
        "",
        "sha256/",
        "sha1/AAECAwQFBgcICQoLDA0ODxAREhM=",
        "AAEC",
        &HEX[1..],
        "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh",
    ];
    for text in all {
        let error = text.parse::<SpkiPin>().expect_err(text).to_string();
        assert!(error.contains("64 hex digits"), "{error}");
        assert!(error.contains(&format!("{text:?}")), "{error}");
    }
}
