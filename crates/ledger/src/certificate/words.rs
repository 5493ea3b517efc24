//! A certificate in sentences.

use std::collections::BTreeSet;

use super::{Bucket, Certificate, Destruction, Of, Total};

/// All that a certificate states. Whoever reads these alone knows what it says; the rest of it is the same in numbers.
pub(super) fn of(certificate: &Certificate) -> Vec<String> {
    let Certificate { of, end, destructions, total, ledger, .. } = certificate;
    let mut words = vec![subject(of, total, destructions)];
    if let Some(end) = end {
        let why = match end.reason.as_str() {
            "amazon-notice" => "Amazon demanded that its data be deleted",
            _ => "its authorisation ended",
        };
        words.push(format!(
            "The seller ended at {} (R17: {why}); from then on nothing of it was taken in and nothing of it was opened. It was to \
             be destroyed on {}, and all of it was gone at {}.",
            end.ended_at, end.on, end.gone_at
        ));
        if end.reason != "amazon-notice" {
            words.push("What is not personal stays for 18 months after its first intake (R18).".to_owned());
        }
    }
    words.extend(destructions.iter().map(sentence));
    let declared: BTreeSet<&str> = destructions.iter().map(|one| one.drops_epoch.as_str()).collect();
    words.extend(declared.into_iter().map(declaration));
    words.push(format!(
        "Each of these statements is of entries of the ledger {}, whose proofs follow: they lead to the root of its first {} \
         entries, which its key has signed.",
        ledger.origin, ledger.size
    ));
    words
}

fn subject(of: &Of, total: &Total, destructions: &[Destruction]) -> String {
    let what = match of {
        Of { seller: Some(seller), day: Some(day), .. } => {
            format!("what was held of seller {seller} and had to be gone by {day}")
        }
        Of { seller: Some(seller), .. } => format!("all that was held of seller {seller}"),
        Of { request, .. } => {
            let request = request.map(|request| request.to_string()).unwrap_or_default();
            format!("what was destroyed by request {request}")
        }
    };
    let own = of_its_day(of, destructions);
    let beside = match &own {
        Some(own) if own != total => {
            format!(" With it went what had to be gone at the same time; in all {}.", listed(total))
        }
        _ => String::new(),
    };
    format!("This certifies the disposal of {what}: {}.{beside}", listed(own.as_ref().unwrap_or(total)))
}

/// What of it is of the day that a certificate is of, if it is of one.
fn of_its_day(of: &Of, destructions: &[Destruction]) -> Option<Total> {
    let (Some(seller), Some(day)) = (&of.seller, &of.day) else { return None };
    let is_of_it = |bucket: &&Bucket| bucket.seller == *seller && bucket.day == *day;
    let of_it = |one: &Destruction| Destruction {
        buckets: one.buckets.iter().filter(is_of_it).cloned().collect(),
        punctures: Vec::new(),
        facts: Vec::new(),
        details: Vec::new(),
        requests: Vec::new(),
        ..one.clone()
    };
    Some(Total::of(&destructions.iter().map(of_it).collect::<Vec<_>>()))
}

fn listed(total: &Total) -> String {
    let Total { buckets, records, parts, quarantined, punctures, facts, details, requests, .. } = total;
    let mut held = Vec::new();
    if *buckets > 0 {
        held.push(format!(
            "{buckets} buckets with the personal data of {records} records in {parts} parts and {quarantined} quarantined documents"
        ));
    }
    if *punctures > 0 {
        held.push(format!("{punctures} keys of parts or quarantined documents, one by one"));
    }
    if *facts > 0 {
        held.push(format!("{facts} months of facts"));
    }
    if *details > 0 {
        held.push(format!("{details} months of details of events"));
    }
    if *requests > 0 {
        held.push(format!("{requests} months of requests and consents"));
    }
    if held.is_empty() {
        held.push("nothing, since nothing was held".to_owned());
    }
    held.join(", and ")
}

fn sentence(one: &Destruction) -> String {
    let rules: BTreeSet<&str> = one.buckets.iter().map(|bucket| bucket.rule.as_str()).collect();
    let rules: Vec<&str> = rules.into_iter().map(rule).collect();
    let why = if rules.is_empty() { String::new() } else { format!(" ({})", rules.join("; ")) };
    format!(
        "Destruction {} was intended at {}{why} and completed at {}: with it the personal data of {} records ended. Its keys were \
         taken out of the keyring, which was read back from {} mirrors at revision {}, and every epoch before epoch {} was dropped, \
         so that nothing that is stored derives them.",
        one.destruction,
        one.intended_at,
        one.completed_at,
        one.disposed,
        one.mirrors,
        one.revision,
        one.epoch
    )
}

fn rule(rule: &str) -> &'static str {
    match rule {
        "R17" => "R17: its seller had ended",
        "R20" => "R20: the time of quarantine was over",
        _ => "R3: its day had come",
    }
}

/// What the provider of the root key declares, and what follows of it for old copies.
fn declaration(drops_epoch: &str) -> String {
    let copies = "an old copy of the keyring, together with the root key,";
    match drops_epoch {
        "at-once" => {
            format!("As the provider of the root key declares, {copies} opens nothing of it from then on.")
        }
        "cannot" => format!(
            "The provider of the root key cannot take back what it wrapped: {copies} still opens what was destroyed since that copy \
             was made. No backup holds either."
        ),
        after => format!(
            "As the provider of the root key declares, {copies} opens nothing of it from so long after on: {after}."
        ),
    }
}
