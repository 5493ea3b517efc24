//! What is certified, and that nothing else is.

use bailee_core::retention::{DisposalRule, EndReason};
use bailee_core::{Day, Month, PersonId, PrincipalId, RecordId};

use super::*;
use crate::event::{BucketName, Destroyed, DropsEpoch, Event, Holds, SellerEnd, What};
use crate::prove::{prove, prove_against};
use crate::testing::{MemoryLog, Repeatable, sample, signer};

const AT: &str = "2026-03-29T00:00:05Z";

fn seller() -> SellerId {
    "ALPHA".parse().unwrap()
}

fn id(number: u8) -> RecordId {
    RecordId([number; 16])
}

fn request(number: u8) -> RequestId {
    RequestId([number; 16])
}

fn event(request: RequestId, what: What) -> Vec<u8> {
    let principal = PrincipalId::Person(PersonId([0xaa; 16]));
    let event = Event { at: AT.parse().unwrap(), principal, request, detail: None, what };
    event.entries(&Repeatable::default()).unwrap().remove(0).bytes
}

fn name(held: &str, rule: DisposalRule, records: u64) -> BucketName {
    let (parts, quarantined) = if held == "order" { (records + 1, 0) } else { (0, 3) };
    let holds = Some(Holds { rule, records, parts, quarantined });
    BucketName { seller: seller(), held: held.to_owned(), day: "2026-03-31".parse().unwrap(), holds }
}

fn intended(destruction: RecordId, buckets: Vec<BucketName>) -> What {
    What::DestructionIntended {
        destruction,
        buckets,
        punctures: vec![],
        facts: vec![],
        details: vec![],
        requests: vec![],
    }
}

fn completed(destruction: RecordId) -> What {
    let drops_epoch = Some(DropsEpoch::Cannot);
    What::DestructionCompleted(Destroyed {
        destruction,
        epoch: 3,
        revision: 17,
        mirrors: 2,
        disposed: 40,
        drops_epoch,
    })
}

fn ended(went: Option<Went>) -> What {
    What::SellerEnded(SellerEnd {
        seller: seller(),
        step: if went.is_some() { "gone" } else { "ended" }.to_owned(),
        reason: EndReason::AuthorisationEnded,
        on: Day(20_541),
        went,
    })
}

/// A log of these events, with others before, between and after them; their proofs.
fn proofs(events: Vec<(RequestId, What)>) -> (MemoryLog, Vec<String>) {
    let (mut log, mut indexes) = (MemoryLog::of(5), Vec::new());
    for (request, what) in events {
        indexes.push(log.entries.len() as u64);
        log.grow([event(request, what), sample(7)]);
    }
    let key = signer().verifier_key();
    let proofs = indexes.into_iter().map(|index| prove(&log, &key, index).unwrap()).collect();
    (log, proofs)
}

fn of_day() -> Of {
    Of { seller: Some(seller()), day: Some("2026-03-31".to_owned()), request: None }
}

fn of_seller() -> Of {
    Of { seller: Some(seller()), ..Of::default() }
}

fn of_request() -> Of {
    Of { request: Some(request(1)), ..Of::default() }
}

/// What a day's disposal writes.
fn day() -> Vec<(RequestId, What)> {
    let buckets = vec![name("order", DisposalRule::R3, 40), name("quarantine", DisposalRule::R20, 0)];
    vec![(request(1), intended(id(1), buckets)), (request(2), completed(id(1)))]
}

/// What the end of a seller writes.
fn end(went: u64) -> Vec<(RequestId, What)> {
    let bucket = name("order", DisposalRule::R17, 40);
    let went = Went { destructions: 1, buckets: 1, records: went, parts: 41, quarantined: 0, facts: 0 };
    vec![
        (request(1), ended(None)),
        (request(1), intended(id(1), vec![bucket])),
        (request(1), completed(id(1))),
        (request(1), ended(Some(went))),
    ]
}

fn certified(of: Of, events: Vec<(RequestId, What)>) -> Result<Certificate, CertificateError> {
    certify(of, &signer().verifier_key(), proofs(events).1)
}

#[test]
fn a_day_of_a_seller_is_certified_with_what_where_how_many_and_by_which_rule() {
    let made = certified(of_day(), day()).unwrap();
    let [one] = &made.destructions[..] else { panic!("{made:?}") };
    assert_eq!((one.request, one.revision, one.epoch, one.mirrors), (request(1), 17, 3, 2));
    assert_eq!((one.drops_epoch.as_str(), one.completed_at), ("cannot", AT.parse().unwrap()));
    let rules: Vec<_> =
        one.buckets.iter().map(|bucket| (bucket.held.as_str(), bucket.rule.as_str())).collect();
    assert_eq!(rules, [("order", "R3"), ("quarantine", "R20")]);
    let sum =
        Total { destructions: 1, buckets: 2, records: 40, parts: 41, quarantined: 3, ..Total::default() };
    assert_eq!(made.total, sum);
    let words = made.words.join("\n");
    for said in [
        "seller ALPHA",
        "gone by 2026-03-31",
        "40 records in 41 parts",
        "cannot take back",
        "2 mirrors at revision 17",
    ] {
        assert!(words.contains(said), "{said}: {words}");
    }
    assert_eq!(verify(&serde_json::to_string(&made).unwrap(), &signer().verifier_key()).unwrap(), made);
}

#[test]
fn the_end_of_a_seller_is_certified_once_all_of_it_is_gone_and_counted() {
    let made = certified(of_seller(), end(40)).unwrap();
    assert_eq!(made.end.as_ref().unwrap().reason, "authorisation-ended");
    assert!(made.words[1].contains("R17: its authorisation ended"), "{:?}", made.words);
    assert_eq!(certified(of_seller(), end(41)).unwrap_err(), CertificateError::OtherSum);
    let mut not_gone = end(40);
    not_gone.pop();
    assert_eq!(certified(of_seller(), not_gone).unwrap_err(), CertificateError::OtherSum);
    let mut without_one = end(40);
    without_one.drain(1..3);
    assert_eq!(certified(of_seller(), without_one).unwrap_err(), CertificateError::OtherSum);
    // Of a seller of which nothing was held there is nothing but its end.
    let nothing = vec![(request(1), ended(None)), (request(1), ended(Some(Went::default())))];
    assert!(certified(of_seller(), nothing.clone()).unwrap().words[0].contains("nothing was held"));
    // Nor is it the end of another.
    let of_other = Of { seller: Some("BETA".parse().unwrap()), ..Of::default() };
    for events in [nothing, end(40)] {
        assert_eq!(certified(of_other.clone(), events).unwrap_err(), CertificateError::Other);
    }
}

#[test]
fn a_day_s_first_sentence_is_of_that_day_and_names_what_went_with_it_apart() {
    let late = BucketName { day: "2026-04-02".parse().unwrap(), ..name("order", DisposalRule::R3, 7) };
    let intended = What::DestructionIntended {
        destruction: id(1),
        buckets: vec![name("order", DisposalRule::R3, 40), late],
        punctures: vec![],
        facts: vec![(seller(), Month(660))],
        details: vec![Month(661)],
        requests: vec![Month(624)],
    };
    let made = certified(of_day(), vec![(request(1), intended), (request(2), completed(id(1)))]).unwrap();
    let (own, beside) = made.words[0].split_once(" With it went ").unwrap();
    assert!(
        own.contains("1 buckets with the personal data of 40 records") && !own.contains("facts"),
        "{own}"
    );
    for said in [
        "2 buckets with the personal data of 47 records",
        "1 months of facts",
        "1 months of details",
        "1 months of requests",
    ] {
        assert!(beside.contains(said), "{said}: {beside}");
    }
}

#[test]
fn what_a_request_punctured_is_certified_by_the_same_means() {
    let bucket = BucketName { holds: None, ..name("order", DisposalRule::R3, 0) };
    let punctured = What::DestructionIntended {
        destruction: id(1),
        buckets: vec![],
        punctures: vec![(bucket, 2)],
        facts: vec![],
        details: vec![],
        requests: vec![],
    };
    let made =
        certified(of_request(), vec![(request(1), punctured), (request(9), completed(id(1)))]).unwrap();
    assert_eq!((made.total.punctures, made.total.buckets, made.destructions[0].disposed), (2, 0, 40));
    assert!(
        made.words[0].contains("2 keys of parts or quarantined documents, one by one"),
        "{:?}",
        made.words
    );
}

#[test]
fn what_is_not_proven_is_not_certified() {
    let check = |of: Of, events: Vec<(RequestId, What)>, error: CertificateError| {
        assert_eq!(certified(of, events).unwrap_err(), error);
    };
    check(of_day(), day()[..1].to_vec(), CertificateError::Incomplete);
    check(of_day(), Vec::new(), CertificateError::Incomplete);
    check(of_day(), day().into_iter().rev().collect(), CertificateError::Order);
    check(
        of_day(),
        day().into_iter().chain([(request(2), completed(id(1)))]).collect(),
        CertificateError::Order,
    );
    check(
        of_day(),
        day().into_iter().chain([(request(2), What::KeysRead {})]).collect(),
        CertificateError::Foreign,
    );
    let older = BucketName { holds: None, ..name("order", DisposalRule::R3, 0) };
    let older = vec![(request(1), intended(id(1), vec![older])), (request(1), completed(id(1)))];
    check(of_day(), older, CertificateError::Uncounted);
    for of in [
        Of { day: Some("2026-03-30".to_owned()), ..of_day() },
        Of { seller: Some("BETA".parse().unwrap()), ..of_day() },
        Of { request: Some(request(1)), ..of_day() },
        Of { request: Some(request(2)), ..of_request() },
        Of::default(),
        of_seller(),
    ] {
        check(of, day(), CertificateError::Other);
    }
    check(of_request(), end(40), CertificateError::Other);
    check(Of { seller: Some("BETA".parse().unwrap()), ..Of::default() }, end(40), CertificateError::Other);
}

#[test]
fn proofs_are_of_one_tree_in_its_order_and_of_the_key_that_is_asked() {
    let (mut log, proofs) = proofs(day());
    let key = signer().verifier_key();
    let note = log.checkpoint.clone();
    log.grow([sample(1)]);
    let later = prove(&log, &key, 7).unwrap();
    let mixed = vec![proofs[0].clone(), later];
    assert_eq!(certify(of_day(), &key, mixed).unwrap_err(), CertificateError::Trees);
    let same = vec![proofs[0].clone(), prove_against(&log, &key, &note, 7).unwrap()];
    assert!(certify(of_day(), &key, same).is_ok(), "also once the log has grown");
    let swapped = vec![proofs[1].clone(), proofs[0].clone()];
    assert_eq!(certify(of_day(), &key, swapped).unwrap_err(), CertificateError::Order);
    let other =
        crate::note::Signer::new(bailee_core::HomeId([8; 16]), bailee_core::Environment::Test, &[1; 32]);
    let refused = certify(of_day(), &other.unwrap().verifier_key(), proofs.clone()).unwrap_err();
    assert!(matches!(refused, CertificateError::Proof { number: 1, .. }), "{refused}");
    let many = |count| certify(of_day(), &key, vec![proofs[0].clone(); count]).unwrap_err();
    assert_eq!(
        [many(PROOFS_MAX), many(PROOFS_MAX + 1)],
        [CertificateError::Order, CertificateError::TooLong]
    );
}

#[test]
fn every_changed_byte_of_a_certificate_is_found() {
    let key = signer().verifier_key();
    for (of, events) in [(of_day(), day()), (of_seller(), end(40))] {
        let text = serde_json::to_string(&certified(of, events).unwrap()).unwrap();
        assert!(verify(&text, &key).is_ok());
        // That of a proof no byte can be changed is tested where proofs are made.
        let proofs = text.find("\"proofs\"").unwrap();
        for at in (0..proofs).chain((proofs..text.len()).step_by(97)) {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let holds = String::from_utf8(bytes).is_ok_and(|changed| verify(&changed, &key).is_ok());
            assert!(!holds, "byte {at}: {}", &text[at.saturating_sub(30)..at]);
        }
    }
}

#[test]
fn a_changed_statement_is_named() {
    let key = signer().verifier_key();
    let made = certified(of_day(), day()).unwrap();
    let check = |change: &dyn Fn(&mut Certificate), member: &'static str| {
        let mut changed = made.clone();
        change(&mut changed);
        let refused = verify(&serde_json::to_string(&changed).unwrap(), &key).unwrap_err();
        assert_eq!(refused, CertificateError::Differs(member));
    };
    check(&|one| one.form.push('1'), "form");
    check(&|one| one.total.records = 39, "total");
    check(&|one| one.destructions[0].buckets[0].parts = 1, "destructions");
    check(&|one| one.destructions[0].disposed = 1, "destructions");
    check(&|one| one.destructions[0].drops_epoch = "at-once".to_owned(), "destructions");
    check(&|one| one.ledger.size += 1, "ledger");
    check(&|one| one.words[0].push('!'), "words");
    check(&|one| one.words.truncate(1), "words");
    let longer = format!("{}{}", serde_json::to_string(&made).unwrap(), " ".repeat(CERTIFICATE_BYTES_MAX));
    assert_eq!(verify(&longer, &key).unwrap_err(), CertificateError::TooLong);
}
