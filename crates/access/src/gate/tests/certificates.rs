//! Certificates of services: as keys, but by the machine's time (1.4.b).

use std::sync::Arc;

use bailee_core::time::{DAY_SECONDS, saturating_add};
use bailee_core::{Sensitive, ServiceId, Timestamp};
use bailee_ledger::event::What;
use rcgen::{CertificateParams, KeyPair};
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::fixture::{Home, at, new_service};
use crate::certificate::{IssuedBy, NAMES_MAX, PEM_BYTES_MAX, Shown};
use crate::decision::AUTHENTICATE;
use crate::{AccessError, Presented};

fn service(home: &Home, name: &str) -> (ServiceId, Sensitive<String>) {
    home.gate().add_service(&home.owner(), new_service(name, "S1", &[], &[])).ok().unwrap()
}

pub(super) fn request() -> String {
    let key = KeyPair::generate().unwrap();
    CertificateParams::new(vec!["not-taken.example".to_owned()])
        .unwrap()
        .serialize_request(&key)
        .unwrap()
        .pem()
        .unwrap()
}

pub(super) fn der(pem: &str) -> Vec<u8> {
    parse_x509_pem(pem.as_bytes()).unwrap().1.contents
}

/// What a connection with a certificate presents, so many days after the beginning by the machine's time.
fn shows(home: &Home, certificate: &[u8], by: IssuedBy, day: i64) -> Presented {
    let machine_now: Timestamp = at(day * DAY_SECONDS);
    let certificate = Some(Arc::new(Shown::new(certificate, by).unwrap()));
    Presented { certificate, machine_now, ..home.presented(None, at(0)) }
}

#[test]
fn a_certificate_opens_what_a_key_would_until_the_machine_says_that_it_has_ended() {
    let mut home = Home::new();
    let (id, _) = service(&home, "erp");
    let owner = home.owner();
    let (made, events) = home.events_of(|| home.gate().certify(&owner, id, &request()));
    let made = made.ok().unwrap();
    assert!(matches!(events[0].what, What::AuthorityMade(_)));
    assert_eq!(events[1].what, What::ServiceKeyAdded { service: id, key: made.id });
    let certificate = der(made.pem.as_deref().unwrap());
    home.reopen();
    for (day, comes_in, renews, warned) in [
        (0, true, true, false),
        (74, true, true, false),
        (75, true, true, true),
        (90, true, true, true),
        (91, false, true, true),
        (120, false, true, true),
        (121, false, false, true),
    ] {
        let presented = shows(&home, &certificate, IssuedBy::Home, day);
        assert_eq!(home.gate().authenticate(&presented).is_ok(), comes_in, "{day}");
        assert_eq!(home.gate().authenticate_to_renew(&presented).is_ok(), renews, "{day}");
        assert_eq!(home.gate().ending_key(&presented).is_some(), warned, "{day}");
    }
    let old =
        home.gate().authenticate_to_renew(&shows(&home, &certificate, IssuedBy::Home, 91)).ok().unwrap();
    let next = home.gate().certify(&old, id, &request()).ok().unwrap();
    assert_eq!(next.ends_at, saturating_add(at(91 * DAY_SECONDS), 90 * DAY_SECONDS));
}

#[test]
fn what_it_says_is_an_id_an_end_and_that_it_is_for_clients_alone() {
    let home = Home::new();
    let (id, _) = service(&home, "very-secret-supplier");
    let made = home.gate().certify(&home.owner(), id, &request()).ok().unwrap();
    let certificate = der(made.pem.as_deref().unwrap());
    let (_, read) = X509Certificate::from_der(&certificate).unwrap();
    assert_eq!(read.subject().to_string(), format!("CN={id}"));
    assert_eq!(read.validity().not_after.timestamp(), made.ends_at.as_second());
    assert!(read.subject_alternative_name().unwrap().is_none(), "nothing of a request but its key is taken");
    let usage = read.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth && !usage.any);
    assert!(!read.is_ca());
    let authority = home.gate().authority(&home.owner()).ok().unwrap();
    let authority = der(&authority.pem);
    let (_, authority) = X509Certificate::from_der(&authority).unwrap();
    read.verify_signature(Some(authority.public_key())).unwrap();
}

#[test]
fn a_certificate_that_was_ended_or_is_of_nobody_is_refused() {
    let home = Home::new();
    let (id, _) = service(&home, "erp");
    let made = home.gate().certify(&home.owner(), id, &request()).ok().unwrap();
    let certificate = der(made.pem.as_deref().unwrap());
    // What a home's certificate is known by, nobody else's authority can say.
    let other = shows(&home, &certificate, IssuedBy::Other, 0);
    assert!(home.gate().authenticate(&other).is_err());
    let shown = shows(&home, &certificate, IssuedBy::Home, 0);
    assert!(home.gate().authenticate(&shown).is_ok());
    home.gate().end_key(&home.owner(), id, made.id).ok().unwrap();
    let (denial, _) = home.denied(AUTHENTICATE, || home.gate().authenticate(&shown));
    assert_eq!(denial.code, "unknown-credential");
}

#[test]
fn a_credential_beside_a_certificate_is_of_the_same_service() {
    let home = Home::new();
    let ((id, own), (_, other)) = (service(&home, "erp"), service(&home, "labels"));
    let made = home.gate().certify(&home.owner(), id, &request()).ok().unwrap();
    let certificate = der(made.pem.as_deref().unwrap());
    let person = home.log_in(at(0));
    for (bearer, comes_in) in [(own, true), (other, false), (person, false)] {
        let presented = Presented { bearer: Some(bearer), ..shows(&home, &certificate, IssuedBy::Home, 0) };
        assert_eq!(home.gate().authenticate(&presented).is_ok(), comes_in);
    }
}

#[test]
fn a_service_is_bound_to_the_first_name_of_a_certificate_and_no_two_to_one() {
    let home = Home::new();
    let ((id, _), (other, _)) = (service(&home, "erp"), service(&home, "labels"));
    let of = |names: &[String]| {
        CertificateParams::new(names).unwrap().self_signed(&KeyPair::generate().unwrap()).unwrap()
    };
    let name = "ERP.internal.example".to_owned();
    let first = of(std::slice::from_ref(&name));
    home.gate().bind_certificate(&home.owner(), id, &first.pem()).ok().unwrap();
    let taken = home.gate().bind_certificate(&home.owner(), other, &first.pem());
    assert!(matches!(taken, Err(AccessError::Unacceptable(_))));
    let next = of(&["erp.internal.example".to_owned()]);
    assert!(home.gate().authenticate(&shows(&home, next.der(), IssuedBy::Other, 90)).is_ok(), "another key");
    assert!(home.gate().authenticate(&shows(&home, next.der(), IssuedBy::Other, 91)).is_err());
    assert!(home.gate().authenticate(&shows(&home, next.der(), IssuedBy::Home, 0)).is_err());
    home.gate().bind_certificate(&home.owner(), id, &next.pem()).ok().unwrap();
    let services = home.gate().services(&home.owner()).ok().unwrap();
    let keys = &services.iter().find(|service| service.id == id).unwrap().keys;
    assert_eq!(keys.len(), 2, "bound again, its days begin anew");
    let two = format!("{}{}", next.pem(), first.pem());
    assert!(matches!(
        home.gate().bind_certificate(&home.owner(), other, &two),
        Err(AccessError::Unacceptable(words)) if words.contains("single")
    ));
    for (number, is_read) in [(NAMES_MAX, true), (NAMES_MAX + 1, false)] {
        let names: Vec<_> = (0..number).map(|name| format!("{name}.example")).collect();
        assert_eq!(Shown::new(of(&names).der(), IssuedBy::Other).is_some(), is_read);
    }
}

#[test]
fn a_request_that_is_none_is_refused_in_words() {
    let home = Home::new();
    let (id, _) = service(&home, "erp");
    let filled = |bytes: usize| {
        let request = request();
        format!("{}{request}", "\n".repeat(bytes - request.len()))
    };
    let certify = |request: &str| home.gate().certify(&home.owner(), id, request);
    assert!(certify(&filled(PEM_BYTES_MAX)).is_ok());
    for request in [String::new(), filled(PEM_BYTES_MAX + 1), request().replace("REQUEST", "THING")] {
        assert!(
            matches!(certify(&request), Err(AccessError::Unacceptable(words)) if words.contains("openssl req"))
        );
    }
}
