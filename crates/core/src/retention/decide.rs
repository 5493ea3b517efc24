//! From evidence to a decision: the rules themselves.

use super::evidence::{Evidence, Package, Status};
use super::{DAYS_AFTER_DELIVERY_MAX, Decision, EvidenceKind, Policy, Profile, Rule};
use crate::Timestamp;
use crate::time::{DAY_SECONDS, saturating_add};

/// R7: days after a cancellation.
const CANCELLED_DAYS: u8 = 5;

/// R5: days after the first delivery, however many packages follow.
const FIRST_DELIVERY_DAYS_MAX: i64 = 60;

/// R6, R10: days after the purchase, however long the order stays open.
const OPEN_DAYS_MAX: i64 = 180;

/// R4: days beyond R2 that a parcel which is still under way can add.
const UNDER_WAY_DAYS_MAX: i64 = 15;

/// No expiry lies further ahead, so that a seller has fewer than 50 live buckets.
const AHEAD_DAYS_MAX: i64 = 45;

/// The earliest and latest delivery of a package, or of an order.
#[derive(Clone, Copy)]
struct Span {
    /// `None` without any usable date.
    lo: Option<Timestamp>,
    hi: Option<Timestamp>,
    kind: EvidenceKind,
    rule: Rule,
}

impl Evidence {
    /// What follows, as of `now`. Pure: the same evidence, policy and present give the same decision.
    pub fn decide(&self, policy: &Policy, now: Timestamp) -> Decision {
        // What is over is not open any more, whatever a document says that is taken in later.
        let is_over = self.over_by.is_some() || self.given_up.is_some() || self.delivered.is_some();
        let status = self.status.filter(|_| !is_over).map(|status| status.value);
        let decision = match (self.cancelled, status) {
            (Some(cancelled), _) => self.ended_by_cancellation(cancelled, policy),
            (None, Some(Status::Open)) => self.still_open(Rule::R10, self.unshipped, policy),
            (None, Some(Status::PartlyShipped)) => {
                self.still_open(Rule::R6, self.unshipped.max(self.partly), policy)
            }
            (None, Some(Status::Shipped) | None) => self.shipped(policy),
        };
        within_sight(decision, now)
    }

    /// R7. A cancelled order is not delivered; but what had shipped all the same keeps its own clock when that is sooner.
    fn ended_by_cancellation(&self, cancelled: Timestamp, policy: &Policy) -> Decision {
        let after = plus_days(cancelled, days(policy).min(CANCELLED_DAYS.into()));
        let shipped = self.shipped(policy);
        let had_shipped = self.shipped_by.is_some()
            || self.shipped.is_some()
            || self.delivered.is_some()
            || self.given_up.is_some()
            || self.over_by.is_some()
            || self.packages.values().any(|package| package.shipped.is_some() || package.is_over());
        Decision {
            rule: Rule::R7,
            evidence: EvidenceKind::NotDeliveredAt,
            lo: cancelled,
            hi: None,
            expires_at: if had_shipped { after.min(shipped.expires_at) } else { after },
            fallback: false,
            capped: false,
            items: Vec::new(),
        }
    }

    /// R10, and R6 while something is still to be shipped.
    fn still_open(&self, rule: Rule, as_of: Option<Timestamp>, policy: &Policy) -> Decision {
        let lo = as_of.max(self.ordered);
        let mut decision = Decision {
            rule: if lo.is_some() { rule } else { Rule::R12 },
            evidence: EvidenceKind::NotDeliveredAt,
            lo: lo.unwrap_or(self.first_intake),
            hi: None,
            expires_at: plus_days(lo.unwrap_or(self.first_intake), days(policy)),
            fallback: lo.is_none(),
            capped: false,
            items: Vec::new(),
        };
        cap(&mut decision, Some(open_cap(self)));
        if rule == Rule::R6 {
            cap(&mut decision, self.first_delivery_cap(policy));
            decision.items = self.items_before(decision.expires_at, policy);
        }
        decision
    }

    /// R1, R2, R5: everything has shipped, or nobody says that it has not.
    fn shipped(&self, policy: &Policy) -> Decision {
        let lone = Package::default();
        let mut spans: Vec<Span> = self.live_packages().map(|package| self.span(package, policy)).collect();
        if spans.is_empty() {
            spans.push(self.span(&lone, policy));
        }
        let last = spans.iter().copied().max_by_key(|span| span.lo);
        let all_over = spans.iter().map(|span| span.hi).collect::<Option<Vec<_>>>();
        let hi = all_over.and_then(|his| his.into_iter().max());
        // What had not shipped when part of it had is the last package, whether it is known yet or not.
        let unseen = self.partly.filter(|partly| last.is_none_or(|last| last.lo < Some(*partly)));
        let lo = [last.and_then(|last| last.lo), unseen].into_iter().max().flatten();
        let fallback = lo.is_none();
        let lo = lo.unwrap_or(self.first_intake);
        let lo = hi.map_or(lo, |hi| lo.min(hi));
        let kind = match (unseen, last) {
            (None, Some(last)) => last.kind,
            _ => EvidenceKind::NotDeliveredAt,
        };
        let rule = match last {
            _ if fallback => Rule::R12,
            _ if spans.len() > 1 || unseen.is_some() => Rule::R5,
            Some(last) => last.rule,
            None => Rule::R2,
        };
        let mut decision = Decision {
            rule,
            evidence: kind,
            lo,
            hi,
            expires_at: plus_days(lo, days(policy)),
            fallback,
            capped: false,
            items: Vec::new(),
        };
        self.extend_under_way(&mut decision, policy);
        cap(&mut decision, self.first_delivery_cap(policy));
        decision.items = self.items_before(decision.expires_at, policy);
        decision
    }

    /// R4. What was seen under way after all that R2 goes by lives on: for as long as it would from then, while the window
    /// that was promised is open, and for some days at most.
    fn extend_under_way(&self, decision: &mut Decision, policy: &Policy) {
        let (Some(seen), Some(until)) = (self.under_way, self.promised_until) else { return };
        let is_open =
            self.cancelled.is_none() && decision.hi.is_none() && matches!(decision.rule, Rule::R2 | Rule::R5);
        if !is_open || policy.profile == Profile::Shipment {
            return;
        }
        let most = plus_days(decision.expires_at, UNDER_WAY_DAYS_MAX);
        let expires_at = plus_days(seen, days(policy)).min(until.value).min(most);
        if expires_at > decision.expires_at {
            *decision = Decision { rule: Rule::R4, lo: seen, expires_at, ..decision.clone() };
        }
    }

    /// R1, R2 and R8 for one package.
    fn span(&self, package: &Package, policy: &Policy) -> Span {
        // R12: delivery before purchase is dropped.
        let after_purchase = |instant: &Timestamp| self.ordered.is_none_or(|ordered| ordered <= *instant);
        let delivered = package.delivered.or(self.delivered).filter(after_purchase);
        if let (Some(at), true) = (delivered, policy.profile != Profile::Shipment) {
            return Span { lo: delivered, hi: Some(at), kind: EvidenceKind::DeliveredAt, rule: Rule::R1 };
        }
        let over_by = [package.delivered_by, self.over_by].into_iter().flatten().min();
        // Sent back after it was delivered, it has arrived before; so it has where somebody saw it as over before that.
        let given_up = package.given_up.or(self.given_up).filter(after_purchase);
        let given_up = given_up.filter(|at| delivered.is_none() && over_by.is_none_or(|by| *at <= by));
        if let (Some(at), true) = (given_up, policy.profile != Profile::Shipment) {
            return Span { lo: given_up, hi: Some(at), kind: EvidenceKind::NotDeliveredAt, rule: Rule::R8 };
        }
        // Seen as delivered by a document that claims to be older than the purchase: then it is as early as can be.
        let hi = delivered.or(over_by.map(|by| self.ordered.map_or(by, |ordered| ordered.max(by))));
        let unshipped = self.ordered.max(self.unshipped).max(package.pending);
        let packed = package.packed.or(self.packed);
        let shipped = package.shipped.or(self.shipped).or_else(|| packed.max(self.earliest_shipping()));
        let mut lo = unshipped.max(shipped);
        if policy.profile == Profile::Balanced {
            lo = lo.max(self.promised_from.map(|promised| promised.value));
        }
        let (kind, rule) = match hi {
            Some(_) => (EvidenceKind::DeliveredBy, Rule::R1),
            None => (EvidenceKind::NotDeliveredAt, Rule::R2),
        };
        Span { lo: lo.map(|lo| hi.map_or(lo, |hi| lo.min(hi))), hi, kind, rule }
    }

    /// The earliest ship date. It is a plan: once the order was seen as shipped before it, it proves nothing.
    fn earliest_shipping(&self) -> Option<Timestamp> {
        let shipped_by = self.shipped_by.unwrap_or(self.first_intake);
        self.ship_from.map(|planned| planned.value).filter(|planned| *planned <= shipped_by)
    }

    /// The packages that go, or went, to somebody. A cancelled one counts only where there is no other: forgetting its
    /// ship time then would raise lo without evidence.
    fn live_packages(&self) -> impl Iterator<Item = &Package> {
        let all_cancelled = self.packages.values().all(|package| package.cancelled);
        self.packages.values().filter(move |package| all_cancelled || !package.cancelled)
    }

    /// R5: sixty days after the first delivery.
    fn first_delivery_cap(&self, policy: &Policy) -> Option<Timestamp> {
        let delivered =
            self.packages.values().map(|package| self.span(package, policy)).filter(|span| span.hi.is_some());
        // R12: one before the purchase is dropped.
        let said = self.first_delivered.filter(|at| self.ordered.is_none_or(|ordered| ordered <= *at));
        let first = delivered.filter_map(|span| span.lo).chain(said).min();
        first.map(|first| plus_days(first, FIRST_DELIVERY_DAYS_MAX))
    }

    /// R5: items whose own packages let them end before the order does.
    fn items_before(&self, order_expires: Timestamp, policy: &Policy) -> Vec<(String, Timestamp)> {
        let mut ends = std::collections::BTreeMap::<&str, Timestamp>::new();
        for package in self.live_packages() {
            let lo = self.span(package, policy).lo.unwrap_or(self.first_intake);
            let expires = plus_days(lo, days(policy));
            for item in &package.items {
                let end = ends.entry(item).or_insert(expires);
                *end = expires.max(*end);
            }
        }
        let sooner = ends.into_iter().filter(|(_, expires)| *expires < order_expires);
        sooner.map(|(item, expires)| (item.to_owned(), expires)).collect()
    }
}

impl Package {
    /// Whether it was delivered, or is not to be any more.
    fn is_over(&self) -> bool {
        self.delivered.is_some() || self.given_up.is_some() || self.delivered_by.is_some()
    }
}

/// R6, R10: how long an open order's data can live at all.
pub(super) fn open_cap(evidence: &Evidence) -> Timestamp {
    plus_days(evidence.purchase(), OPEN_DAYS_MAX)
}

fn cap(decision: &mut Decision, cap: Option<Timestamp>) {
    if let Some(cap) = cap.filter(|cap| *cap < decision.expires_at) {
        decision.expires_at = cap;
        decision.capped = true;
    }
}

/// What lies too far ahead is computed again in time.
fn within_sight(mut decision: Decision, now: Timestamp) -> Decision {
    let horizon = plus_days(now, AHEAD_DAYS_MAX);
    decision.expires_at = decision.expires_at.min(horizon);
    decision.items.retain(|(_, expires)| *expires < decision.expires_at);
    decision
}

/// A policy that was not parsed cannot keep data for longer either.
fn days(policy: &Policy) -> i64 {
    policy.days_after_delivery.clamp(1, DAYS_AFTER_DELIVERY_MAX).into()
}

fn plus_days(instant: Timestamp, days: i64) -> Timestamp {
    saturating_add(instant, days * DAY_SECONDS)
}
