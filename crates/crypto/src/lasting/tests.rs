use super::*;
use crate::fixed::Fixed;
use crate::provider::KeyFile;

fn binding() -> Binding {
    Binding { home: HomeId([1; 16]), environment: Environment::Test }
}

#[test]
fn it_opens_again_with_every_series_and_names_under_the_newest() {
    let provider = KeyFile::of(&[4; 32]);
    let first = Lasting::random(binding(), &Fixed::new(1));
    let old = first.token(RecordId([9; 16]), FieldInstance(1));
    let second = first.with_series(2, &[6; 64]);
    let new = second.token(RecordId([9; 16]), FieldInstance(1));
    assert_ne!(old, new);
    let file = second.seal(&provider, &Fixed::new(2)).unwrap();
    let opened = Lasting::open(&provider, binding(), &file).map_err(|_| ()).unwrap();
    assert_eq!(opened.text(), second.text());
    assert_eq!(opened.resolve(&old.0), Ok((RecordId([9; 16]), FieldInstance(1))));
    assert_eq!(opened.resolve(&new.0), Ok((RecordId([9; 16]), FieldInstance(1))));
    assert_eq!(opened.token(RecordId([9; 16]), FieldInstance(1)), new);
}

#[test]
fn every_changed_bit_of_the_file_is_refused() {
    let provider = KeyFile::of(&[4; 32]);
    let file = Lasting::random(binding(), &Fixed::new(1)).seal(&provider, &Fixed::new(2)).unwrap();
    for bit in 0..file.len() * 8 {
        let mut changed = file.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(Lasting::open(&provider, binding(), &changed).is_err(), "bit {bit}");
    }
    for length in 0..file.len() {
        assert!(Lasting::open(&provider, binding(), &file[..length]).is_err());
    }
    let elsewhere = Binding { environment: Environment::Production, ..binding() };
    assert!(Lasting::open(&provider, elsewhere, &file).is_err());
    let elsewhere = Binding { home: HomeId([2; 16]), ..binding() };
    assert!(Lasting::open(&provider, elsewhere, &file).is_err());
    assert!(Lasting::open(&KeyFile::of(&[5; 32]), binding(), &file).is_err());
}

#[test]
fn each_register_and_each_reference_has_its_own() {
    let lasting = Lasting::random(binding(), &Fixed::new(1));
    assert_ne!(lasting.register_key("person").key().bytes(), lasting.register_key("session").key().bytes());
    assert_eq!(lasting.register_key("person").key().bytes(), lasting.register_key("person").key().bytes());
    let mac = |seller: &str, reference: &str| {
        lasting.reference_mac(&seller.parse().unwrap(), Kind::Order, &reference.parse().unwrap())
    };
    assert_eq!(mac("S", "1-2"), mac("S", "1-2"));
    assert_ne!(mac("S", "1-2"), mac("S", "1-3"));
    assert_ne!(mac("S1", "2"), mac("S", "12"));
}
