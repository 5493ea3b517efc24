//! A decision in plain sentences, for people. Dates and rules only, no personal data.

use super::{CLOSING_DAYS, Decision, EvidenceKind, Policy, Profile, Rule, bucket_day};
use crate::{Kind, Timestamp};

impl Decision {
    /// The decision on a record of a kind in words: what is known, what follows, and when the data is gone.
    pub fn words(&self, kind: Kind, policy: &Policy) -> String {
        let mut words = format!("{} {}", self.known(kind), self.follows(policy));
        if self.capped {
            words.push_str(" That is a cap: nothing that arrives later can extend it.");
        }
        if !self.items.is_empty() {
            words.push_str(
                " Gift messages of items in earlier packages end sooner, with their own package (R5).",
            );
        }
        for (purpose, days) in policy.sooner().filter(|_| self.rule != Rule::R7) {
            let by = shown(self.expiry_of(None, policy.early_by(&[purpose])));
            words.push_str(&format!(
                " What serves {purpose} alone is kept for {days} of them, so that is gone by {by} (R21)."
            ));
        }
        let day = bucket_day(self.expires_at);
        let closing = day.plus(-CLOSING_DAYS);
        words.push_str(&format!(
            " It is closed to every use from the start of {closing} (UTC), and destroyed in every copy before {day} begins (R3)."
        ));
        words
    }

    fn known(&self, kind: Kind) -> String {
        let lo = shown(self.lo);
        let it = match kind {
            // What is returned is an order.
            Kind::Order | Kind::Return => "order",
            Kind::Shipment => "shipment",
        };
        match (self.rule, self.evidence) {
            (Rule::R12, EvidenceKind::DeliveredBy) => {
                let by = self.hi.map_or_else(String::new, |hi| format!(" by {}", shown(hi)));
                format!(
                    "The {it} was over{by}, delivered or given up, and no date says for how long (R12), so it counts from its first intake or from that, whichever is earlier: {lo}."
                )
            }
            (Rule::R12, _) => {
                format!("No date of the {it} is usable (R12), so it counts from its first intake at {lo}.")
            }
            (Rule::R7, _) => format!("The {it} was cancelled, or cannot be fulfilled, since {lo} (R7)."),
            (Rule::R10, _) => format!("The {it} had not shipped as of {lo} (R10)."),
            (Rule::R6, _) => format!("Part of the {it} had not shipped as of {lo} (R6)."),
            (Rule::R4, _) => format!(
                "The {it} was still under way at {lo}, within the time in which its delivery was promised (R4): an exception, of fifteen days at most."
            ),
            (Rule::R8, _) => {
                format!("The {it} was given up at {lo}: refused, lost, undeliverable or sent back (R8).")
            }
            (Rule::R5, EvidenceKind::DeliveredAt) => {
                format!("The last of several packages was delivered at {lo} (R5).")
            }
            (Rule::R5, _) => {
                format!("The last of several packages cannot have been delivered before {lo} (R5).")
            }
            (_, EvidenceKind::DeliveredAt) => format!("The {it} was delivered at {lo} ({}).", self.rule),
            (_, EvidenceKind::DeliveredBy) => {
                let by = self.hi.map_or_else(String::new, |hi| format!(" by {}", shown(hi)));
                format!(
                    "The {it} was over{by}, delivered or given up, and cannot have been delivered before {lo} ({}).",
                    self.rule
                )
            }
            (_, EvidenceKind::NotDeliveredAt) => {
                format!(
                    "The {it} has shipped, and nothing proves its delivery; it cannot have been delivered before {lo} ({}).",
                    self.rule
                )
            }
        }
    }

    fn follows(&self, policy: &Policy) -> String {
        let expires = shown(self.expires_at);
        let profile = match policy.profile {
            Profile::Strict => "",
            Profile::Balanced => " (profile balanced, which counts from the start of the promised window)",
            Profile::Shipment => " (profile shipment, which counts from the ship time)",
        };
        if self.rule == Rule::R7 {
            return format!("Its personal data must be gone by {expires}, five days later at most.");
        }
        format!(
            "Personal data is kept for {} days after delivery at most{profile}, so it must be gone by {expires}.",
            policy.days_after_delivery
        )
    }
}

fn shown(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
