//! Samples of what people ask for and agree to, and what is said of them.

use bailee_core::subject::{Channel, Law, Right};

use super::*;
use crate::event::{Consent, SubjectRequest};

pub(super) const REQUEST: &str = "A step in the life of what somebody asks for of their own data (requirement 2.2.d): `received`, `acknowledged`, \
     `identified`, `extended`, `previewed`, `carried-out`, `refused`, `withdrawn`; `shown`, where who asks was shown. Who asks \
     stands in a sealed register alone. Days count from 1970.";

pub(super) const CONSENT: &str = "Somebody agreed to a purpose for these records (`given`), or took that back (`withdrawn`). Who that is stands in a sealed \
     register alone. Days count from 1970.";

pub(super) fn request(count: usize) -> What {
    What::SubjectRequest(SubjectRequest {
        asked: id(9),
        step: "previewed".to_owned(),
        right: Right::Erase,
        law: Law::Gdpr,
        received: Day(20_500),
        due: Some(Day(20_531)),
        reason: Some("order-and-address".to_owned()),
        records: (0..count).map(id).collect(),
    })
}

pub(super) fn consent(count: usize) -> What {
    What::Consent(Consent {
        consent: id(9),
        step: "given".to_owned(),
        purpose: Purpose::Fulfilment,
        how: Channel::WebForm,
        on: Day(20_500),
        records: (0..count).map(id).collect(),
    })
}
