use bailee_core::{Environment, HomeId};

use super::*;
use crate::backup::BackupKey;
use crate::escrow::export::{Opens, open, seal};
use crate::fixed::Fixed;
use crate::lasting::Lasting;

fn binding() -> Binding {
    Binding { home: HomeId([1; 16]), environment: Environment::Test }
}

fn root() -> KeyFile {
    KeyFile::of(&std::array::from_fn(|at| at as u8 * 7 + 3))
}

fn again(share: &Share) -> Share {
    let text: Vec<String> = share.lines().iter().map(|line| line.to_string()).collect();
    Share::parse(&text.join("\n")).unwrap()
}

/// Joins a subset, by what stands on paper.
fn joined(shares: &[Share], which: &[usize]) -> Result<[u8; 32], EscrowError> {
    let some: Vec<Share> = which.iter().map(|at| again(&shares[*at])).collect();
    join(&some).map(|(root, _)| *root.root().bytes())
}

/// The scheme once more, from its definition: GF(256) with the polynomial of AES, the value at 0 of the polynomial through the points.
fn interpolated(points: &[(u8, [u8; 32])]) -> [u8; 32] {
    fn times(mut a: u8, mut b: u8) -> u8 {
        let mut product = 0;
        while b > 0 {
            if b & 1 == 1 {
                product ^= a;
            }
            a = (a << 1) ^ if a & 0x80 == 0 { 0 } else { 0x1b };
            b >>= 1;
        }
        product
    }
    let over = |a: u8, b: u8| times(a, (0..=255).find(|one| times(*one, b) == 1).unwrap());
    std::array::from_fn(|at| {
        points.iter().fold(0, |sum, (x, value)| {
            let others = points.iter().filter(|(other, _)| other != x);
            sum ^ others.fold(value[at], |term, (other, _)| times(term, over(*other, *other ^ *x)))
        })
    })
}

#[test]
fn every_three_of_five_bring_the_key_back_and_no_two_do() {
    let root = root();
    let shares = split(&root, binding(), 5, 3, &Fixed::new(1)).unwrap();
    assert_eq!(shares.iter().map(Share::number).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    for a in 0..5 {
        for b in 0..5 {
            if a == b {
                continue;
            }
            let too_few = EscrowError::TooFew { given: 2, threshold: 3 };
            assert_eq!(joined(&shares, &[a, b, b]), Err(too_few));
            // Nor does whoever leaves out the counting: two points say nothing of a polynomial of the second degree.
            let two = [a, b].map(|at| (shares[at].number, *shares[at].part));
            assert_ne!(interpolated(&two), *root.root().bytes());
            for c in (0..5).filter(|c| *c != a && *c != b) {
                assert_eq!(joined(&shares, &[a, b, c]), Ok(*root.root().bytes()));
                let three = [a, b, c].map(|at| (shares[at].number, *shares[at].part));
                assert_eq!(interpolated(&three), *root.root().bytes(), "the scheme is Shamir's");
            }
        }
    }
    assert_eq!(joined(&shares, &[4, 3, 2, 1, 0]), Ok(*root.root().bytes()), "more do no harm");
}

#[test]
fn shares_of_different_sets_are_told_apart_and_a_changed_one_brings_nothing_back() {
    let (root, entropy) = (root(), Fixed::new(1));
    let first = split(&root, binding(), 3, 2, &entropy).unwrap();
    let second = split(&root, binding(), 3, 2, &entropy).unwrap();
    assert_ne!(first[0].about.set, second[0].about.set);
    let other = join(&[again(&first[0]), again(&second[1])]).map(drop);
    assert_eq!(other, Err(EscrowError::OtherSet { one: 1, other: 2 }));
    let mut forged = again(&first[0]);
    forged.part[9] ^= 1;
    let forged = join(&[again(&forged), again(&first[1])]).map(drop);
    assert_eq!(forged, Err(EscrowError::NotTheKey));
    assert_eq!(join(&[]).map(drop), Err(EscrowError::NotAShare));
}

#[test]
fn a_typing_error_is_told_by_its_line() {
    let shares = split(&root(), binding(), 3, 2, &Fixed::new(1)).unwrap();
    let lines: Vec<String> = shares[0].lines().iter().map(|line| line.to_string()).collect();
    let parse = |lines: &[String]| Share::parse(&lines.join("\n")).map(drop);
    for (at, line) in lines.iter().enumerate() {
        let number = u8::try_from(at + 1).unwrap();
        for (place, character) in line.char_indices().skip(1).filter(|(_, one)| *one != ' ') {
            let mut changed = lines.clone();
            let typed = if character == 'a' { "b" } else { "a" };
            changed[at].replace_range(place..=place, typed);
            assert_eq!(parse(&changed), Err(EscrowError::Line(number)), "{line} at {place}");
        }
        let mut without = lines.clone();
        without.remove(at);
        assert_eq!(parse(&without), Err(EscrowError::Missing(number)));
        let mut twice = lines.clone();
        twice.push(line.clone());
        assert_eq!(parse(&twice), Err(EscrowError::Missing(number)));
        let mut mixed = lines.clone();
        mixed[at] = shares[1].lines()[at].to_string();
        if mixed[at] != lines[at] {
            assert_eq!(parse(&mixed), Err(EscrowError::Mixed), "{line}");
        }
    }
    assert_eq!(Share::parse("").map(drop), Err(EscrowError::NotAShare));
    assert_eq!(Share::parse(&" ".repeat(share::TEXT_BYTES_MAX + 1)).map(drop), Err(EscrowError::NotAShare));
    let typed = format!("SHARE 1\n\n{}\nkept by Ben", lines.join("\n\n").to_uppercase().replace(' ', " - "));
    let typed = typed.replace(" -  - ", "  ");
    assert_eq!(Share::parse(&typed).map(|share| share.number), Ok(1));
}

#[test]
fn the_numbers_have_bounds() {
    let tried =
        |shares, threshold| split(&root(), binding(), shares, threshold, &Fixed::new(1)).map(|all| all.len());
    assert_eq!(tried(SHARES_MAX, SHARES_MAX), Ok(16));
    assert_eq!(tried(2, THRESHOLD_MIN), Ok(2));
    for (shares, threshold) in [(SHARES_MAX + 1, 2), (3, THRESHOLD_MIN - 1), (3, 4), (0, 0), (1, 1)] {
        assert_eq!(tried(shares, threshold), Err(EscrowError::Numbers), "{shares} and {threshold}");
    }
}

#[test]
fn an_export_opens_by_what_it_was_sealed_for_and_no_changed_bit_does() {
    let at = "2026-03-02T09:00:00Z".parse().unwrap();
    let (entropy, provider) = (Fixed::new(5), root());
    let lasting = Lasting::random(binding(), &entropy);
    let key = BackupKey::random(&entropy);
    let other = BackupKey::random(&entropy);
    let by_root = seal(&lasting, &provider, &[], at, &entropy).unwrap();
    let for_key = seal(&lasting, &provider, &[key.recipient().unwrap()], at, &entropy).unwrap();
    let opened = open(&by_root, Opens::Root(&provider)).unwrap();
    assert_eq!(opened.text(), lasting.text());
    assert_eq!(open(&for_key, Opens::Key(&key)).unwrap().text(), lasting.text());
    let code = |file: &[u8], with: Opens<'_>| open(file, with).map(drop).unwrap_err().code();
    assert_eq!(code(&by_root, Opens::Key(&key)), "export-opens-otherwise");
    assert_eq!(code(&for_key, Opens::Root(&provider)), "export-opens-otherwise");
    assert_eq!(code(&for_key, Opens::Key(&other)), "backup-other-key");
    assert_eq!(code(&by_root, Opens::Root(&KeyFile::of(&[9; 32]))), "root-key-does-not-open");
    for (file, opens) in [(&by_root, true), (&for_key, false)] {
        let with = || if opens { Opens::Root(&provider) } else { Opens::Key(&key) };
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(open(&changed, with()).is_err(), "byte {at}");
        }
        for length in 0..file.len() {
            assert!(open(&file[..length], with()).is_err(), "{length} bytes");
        }
    }
}
