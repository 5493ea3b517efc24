//! When a purpose has ended for a field (R21): what nothing else needs any more goes before the clock says so (2.1.b).

use super::{DAYS_AFTER_DELIVERY_MAX, Policy};
use crate::purpose::Purpose;
use crate::requirement::Requirement;

/// The fewest days for which a purpose can last: a bucket closes two days before its own, so what ended sooner would never
/// be held at all.
pub const PURPOSE_DAYS_MIN: u8 = 3;

/// For how many days after delivery each purpose lasts, where that is not as long as the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PurposeDays {
    fulfilment: Option<u8>,
    tax: Option<u8>,
    invoice: Option<u8>,
}

impl PurposeDays {
    /// The days of a purpose that keeps data. That somebody may ask for their data, or that an incident may be looked into,
    /// is no reason to keep any.
    fn of(&mut self, purpose: Purpose) -> Option<&mut Option<u8>> {
        match purpose {
            Purpose::Fulfilment => Some(&mut self.fulfilment),
            Purpose::Tax => Some(&mut self.tax),
            Purpose::Invoice => Some(&mut self.invoice),
            Purpose::SubjectRequest | Purpose::Incident => None,
        }
    }
}

impl Policy {
    /// The same with so many days after delivery for a purpose.
    ///
    /// # Errors
    /// Fewer than [`PURPOSE_DAYS_MIN`], more than the clock gives, or a purpose that keeps nothing.
    pub fn with_purpose(mut self, purpose: Purpose, days: i64) -> Result<Self, PurposeDaysError> {
        let most = self.days_after_delivery;
        let fits = u8::try_from(days).ok().filter(|days| (PURPOSE_DAYS_MIN..=most).contains(days));
        let refused = PurposeDaysError { purpose, days, most };
        let (Some(place), Some(days)) = (self.purposes.of(purpose), fits) else { return Err(refused) };
        *place = Some(days);
        Ok(self)
    }

    /// The purposes that end before the clock does, and after how many days.
    pub fn sooner(&self) -> impl Iterator<Item = (Purpose, u8)> {
        let (mut own, most) = (self.purposes, self.days_after_delivery);
        let days = move |purpose: &Purpose| Some((*purpose, (*own.of(*purpose)?)?));
        Purpose::ALL.iter().filter_map(days).filter(move |(_, days)| *days < most)
    }

    /// By how many days a field that is used for these purposes ends before the clock does: when the last of them ends. None
    /// for one that no purpose keeps: it ends with the clock.
    pub fn early_by(&self, purposes: &[Purpose]) -> u8 {
        let clock = self.days_after_delivery.clamp(1, DAYS_AFTER_DELIVERY_MAX);
        let mut own = self.purposes;
        let days = purposes.iter().filter_map(|purpose| own.of(*purpose).map(|days| days.unwrap_or(clock)));
        clock.saturating_sub(days.max().unwrap_or(clock))
    }
}

/// A number of days that a purpose cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{purpose} = {days} is not allowed: fulfilment, tax and invoice last {PURPOSE_DAYS_MIN} to {most} days after delivery, no longer \
     than the clock, and no other purpose keeps data (2.1.b)"
)]
pub struct PurposeDaysError {
    purpose: Purpose,
    days: i64,
    most: u8,
}

impl PurposeDaysError {
    /// The stable code of it.
    pub const fn code(self) -> &'static str {
        "purpose-days"
    }

    /// The requirement that it would break.
    pub const fn requirement(self) -> Requirement {
        Requirement::PurposeLimits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retention::Profile;

    #[test]
    fn a_purpose_lasts_no_longer_than_the_clock_and_only_three_keep_anything() {
        let policy = Policy::new(20, Profile::Strict).unwrap();
        for (purpose, days, is_allowed) in [
            (Purpose::Fulfilment, 2, false),
            (Purpose::Fulfilment, 3, true),
            (Purpose::Tax, 20, true),
            (Purpose::Tax, 21, false),
            (Purpose::Invoice, -1, false),
            (Purpose::Invoice, 70_000, false),
            (Purpose::SubjectRequest, 10, false),
            (Purpose::Incident, 10, false),
        ] {
            assert_eq!(policy.with_purpose(purpose, days).is_ok(), is_allowed, "{purpose} {days}");
        }
        let refused = policy.with_purpose(Purpose::Tax, 21).unwrap_err();
        assert_eq!((refused.code(), refused.requirement()), ("purpose-days", Requirement::PurposeLimits));
        assert!(refused.to_string().contains("2.1.b"));
    }

    #[test]
    fn a_field_ends_with_the_last_of_its_purposes() {
        use Purpose::{Fulfilment, Incident, Invoice, SubjectRequest, Tax};
        let plain = Policy::default();
        let policy = plain.with_purpose(Fulfilment, 10).unwrap().with_purpose(Tax, 25).unwrap();
        for (purposes, early) in [
            (&[Fulfilment, SubjectRequest, Incident][..], 20),
            (&[Fulfilment, Tax, Incident], 5),
            (&[Tax], 5),
            (&[Fulfilment, Tax, Invoice], 0),
            // None that keeps it: with the clock.
            (&[SubjectRequest, Incident], 0),
            (&[], 0),
        ] {
            assert_eq!(policy.early_by(purposes), early, "{purposes:?}");
            assert_eq!(plain.early_by(purposes), 0);
        }
    }
}
