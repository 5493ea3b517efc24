//! Retention: status, explanation, moves and disposal.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use bailee_core::retention::{CLOSING_DAYS, DisposalRule, Ended, Phase, Rule, bucket_day, phase};
use bailee_core::{Day, Kind, Reference, RequestId, SellerId, Timestamp};
use bailee_crypto::bucket::{BucketId, BucketUse};
use bailee_ledger::authorized::{Authorized, Context, ReadRetention, RunRetention};
use bailee_ledger::event::What;
use bailee_store::act::{Act, BucketNo, BucketState, RecordRow, RecordState};
use bailee_store::records::BucketSummary;

use crate::destruction::Held;
use crate::ending::End;
use crate::facts::Facts;
use crate::hold::keeping::{Before, Decide};
use crate::hold::settling::Counts;
use crate::{Vault, VaultError};

/// Seconds of an hour.
const HOUR_SECONDS: i64 = 3600;

/// Why a record's personal data ends when it does.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Explained {
    /// The rule (`"R2"`).
    pub rule: String,
    /// The kind of evidence (`"not-delivered-at"` …).
    pub evidence: String,
    /// The earliest instant of delivery.
    pub lo: Timestamp,
    /// The latest.
    pub hi: Option<Timestamp>,
    /// Personal data must be gone by then.
    pub expires_at: Timestamp,
    /// It is closed, and destroyed, from then on.
    pub closes_at: Timestamp,
    /// The clock's profile (`"strict"` …).
    pub profile: String,
    /// `"live"`, `"closing"`, `"disposed"`, `"erased"` or `"lost"`.
    pub state: String,
    /// All of it in sentences.
    pub words: String,
}

/// One seller's buckets.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Status {
    /// Whose.
    pub seller: SellerId,
    /// Its buckets that are not destroyed, earliest first.
    pub buckets: Vec<BucketLine>,
    /// Parts that end by a rule that is not the ordinary course, by rule.
    pub exceptions: Vec<ExceptionLine>,
    /// Buckets destroyed so far.
    pub destroyed: u64,
}

/// How many parts end by a rule that is not the ordinary course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ExceptionLine {
    /// The rule: R4 (under way), R5, R6 or R10 (ended by a cap), R12 (no date of use).
    pub rule: Rule,
    /// Parts.
    pub parts: u64,
}

/// One bucket.
#[derive(Clone, Debug, serde::Serialize)]
pub struct BucketLine {
    /// `"order"` or `"quarantine"`.
    pub held: &'static str,
    /// Its day, as `2026-11-23`.
    pub day: String,
    /// `"open"`, `"closing"`, or `"late"`: it should have been destroyed a day ago and was not (R3).
    pub state: &'static str,
    /// It is closed, and destroyed, from then on.
    pub closes_at: Timestamp,
    /// How many of the days that personal data is kept after a delivery are over for its day; none in quarantine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<i32>,
    /// Parts or items in it.
    pub parts: u64,
}

/// On which day (UTC) what a server does each day was done last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Daily {
    /// All that was due had been destroyed.
    disposed: Option<Day>,
    /// A census was taken.
    counted: Option<Day>,
    /// The hour in which what closes at midnight was looked through for what a hold keeps.
    kept: Option<i64>,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Ran {
    /// Records whose personal data ended.
    pub disposed: u64,
    /// Buckets destroyed.
    pub buckets_destroyed: u64,
    /// Records that were sealed to archives under holds, before anything was destroyed; one that two holds keep is counted twice.
    pub archived: u64,
    /// Of those whose personal data ended, how many have fields in an archive of a hold.
    pub held: u64,
    /// How many of them a hold was to archive, and did not.
    pub missed: u64,
}

impl Explained {
    /// Its seller has ended before its own day (R17).
    fn closed_by(&mut self, end: &End) {
        self.rule = DisposalRule::R17.to_string();
        self.closes_at = end.at;
        self.expires_at = self.expires_at.min(end.on.plus(1).start());
        self.words = format!(
            "its seller ended at {}, which closed it; it is destroyed on {} (R17). Without that: {}",
            end.at, end.on, self.words
        );
    }
}

impl Vault {
    /// Live buckets by seller and day; of one seller when given.
    ///
    /// # Errors
    /// When the store cannot be read, or the ledger written.
    pub fn retention_status(
        &self,
        authorized: Authorized<ReadRetention>,
        only: Option<&SellerId>,
    ) -> Result<Vec<Status>, VaultError> {
        self.check_home(&authorized)?;
        self.log_retention_read(&authorized, None)?;
        let now = authorized.context().now;
        let mut all: Vec<Status> = Vec::new();
        let exceptions = self.base.store.exceptions()?;
        let mut buckets = self.base.store.buckets()?;
        buckets.sort_by_key(|summary| (summary.bucket.seller, summary.bucket.day));
        for summary in buckets {
            let Some(seller) = self.seller_id(summary.bucket.seller) else { continue };
            if only.is_some_and(|only| *only != seller) {
                continue;
            }
            if all.last().is_none_or(|status| status.seller != seller) {
                let of_seller =
                    exceptions.iter().filter(|(bucket, ..)| bucket.seller == summary.bucket.seller);
                let mut by_rule = BTreeMap::new();
                of_seller.for_each(|(_, rule, parts)| *by_rule.entry(*rule).or_default() += parts);
                let exceptions = by_rule.into_iter().map(|(rule, parts)| ExceptionLine { rule, parts });
                all.push(Status {
                    seller,
                    buckets: Vec::new(),
                    exceptions: exceptions.collect(),
                    destroyed: 0,
                });
            }
            let Some(status) = all.last_mut() else { continue };
            match summary.state {
                BucketState::Destroyed => status.destroyed += 1,
                BucketState::Open | BucketState::Destroying => {
                    let end = self.end_of(&status.seller);
                    status.buckets.push(self.bucket_line(&summary, end, now));
                }
            }
        }
        Ok(all)
    }

    fn bucket_line(&self, summary: &BucketSummary, end: Option<End>, now: Timestamp) -> BucketLine {
        let BucketNo { held, day, .. } = summary.bucket;
        let since =
            Day::of(now).0.saturating_sub(day.plus(-i32::from(self.base.policy.days_after_delivery)).0);
        BucketLine {
            held: Held::of(held).as_str(),
            day: day.to_string(),
            state: match phase(day, now) {
                Phase::Open if summary.state == BucketState::Open && end.is_none() => "open",
                Phase::Open | Phase::Closing => "closing",
                Phase::Late | Phase::Past => "late",
            },
            closes_at: end.iter().map(|end| end.at).fold(day.plus(-CLOSING_DAYS).start(), Timestamp::min),
            age: (held == BucketUse::Order).then_some(since.max(0)),
            parts: summary.parts + summary.quarantined,
        }
    }

    /// Moves what is due to move, archives what a hold keeps of what closes soon, as the gate allows, and destroys what is due to go.
    /// `progress` hears how many of how many steps are done.
    ///
    /// # Errors
    /// When a mirror of the keyring is out of reach, destruction is not complete: run it again when it is back.
    /// [`VaultError::TimeJumped`], before anything is done.
    pub fn retention_run(
        &self,
        authorized: Authorized<RunRetention>,
        gate: &dyn Decide,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Ran, VaultError> {
        self.check_home(&authorized)?;
        let ran = self.run(authorized.context(), gate, progress);
        if !matches!(ran, Err(VaultError::TimeJumped)) {
            // Where it cannot be written, the next run takes it: what is destroyed is destroyed.
            let _ = self.take_census(authorized.context());
        }
        ran
    }

    /// Does the same as the system itself, and takes a census once a day. A server calls this again and again, and before it
    /// answers anybody; where nothing is due, it reads the buckets and no more, and once an hour the holds.
    ///
    /// # Errors
    /// As for [`Self::retention_run`]: what is left is done at the next call.
    pub fn dispose_due(&self, now: Timestamp, gate: &dyn Decide) -> Result<Ran, VaultError> {
        self.refuse_behind()?;
        let today = Day::of(now);
        let mut daily = self.daily.lock().unwrap_or_else(PoisonError::into_inner);
        // A batch that began before midnight can bring what is closing since.
        let is_done = (daily.disposed, daily.counted) == (Some(today), Some(today));
        let context = Context::system(RequestId::new(now, &*self.base.entropy), now);
        let hour = Some(now.as_second().div_euclid(HOUR_SECONDS));
        if is_done && self.due(now, None)?.is_empty() && self.ends_due(now).is_empty() {
            // What came in today and closes at midnight was not there when the day's run looked.
            let is_kept = std::mem::replace(&mut daily.kept, hour) == hour;
            let archived = if is_kept { 0 } else { self.keep_held(&context, gate, &Before::Midnight) };
            return Ok(Ran { archived, ..Ran::default() });
        }
        daily.kept = hour;
        let ran = self.run(&context, gate, &mut |_, _| {});
        if matches!(ran, Err(VaultError::TimeJumped)) {
            return ran;
        }
        // What could not be destroyed is told as well, and no more often.
        if daily.counted != Some(today) {
            self.take_census(&context)?;
            daily.counted = Some(today);
        }
        let ran = ran?;
        daily.disposed = Some(today);
        Ok(ran)
    }

    fn run(
        &self,
        context: &Context,
        gate: &dyn Decide,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Ran, VaultError> {
        self.check_time(context.now)?;
        // What is due to go goes even when something that is to stay could not be moved, or kept.
        let moved = self.move_due_parts(context, None);
        let archived = self.keep_held(context, gate, &Before::Day);
        let Counts { held, missed } = self.intend_due(context, None)?;
        let completed = self.complete_destructions(context, progress)?;
        self.finish_ends(context)?;
        moved?;
        self.forget_seen(context.now)?;
        Ok(Ran { disposed: completed.disposed, buckets_destroyed: completed.buckets, archived, held, missed })
    }

    /// The alarm of R3, when the destruction of a bucket is a day late; the same where its seller has ended (R17).
    pub(crate) fn late_alarm(&self, now: Timestamp) -> Result<Option<What>, VaultError> {
        let ends_late = |end: End| now >= end.on.plus(1).start();
        let is_late = |summary: &BucketSummary| {
            summary.state != BucketState::Destroyed
                && (phase(summary.bucket.day, now) >= Phase::Late
                    || self.end_of_no(summary.bucket.seller).is_some_and(ends_late))
        };
        let (component, code) = ("job".to_owned(), "disposal-late".to_owned());
        let alarm = What::SystemError { component, code };
        Ok(self.base.store.buckets()?.iter().any(is_late).then_some(alarm))
    }
}

impl Vault {
    /// Explains one record's clock; `None` when there is no such record, or its facts have ended.
    ///
    /// # Errors
    /// When it does not open, or the ledger cannot be written.
    pub fn retention_explain(
        &self,
        authorized: Authorized<ReadRetention>,
        seller: &SellerId,
        kind: Kind,
        reference: &Reference,
    ) -> Result<Option<Explained>, VaultError> {
        self.check_home(&authorized)?;
        let found = self.look_up(seller, kind, reference)?;
        self.log_retention_read(&authorized, found.as_ref().map(|(row, _)| row.id))?;
        let Some((row, Some(facts))) = found else { return Ok(None) };
        Ok(Some(self.explained(seller, &row, &facts, authorized.context().now)?.1))
    }

    /// The state of a record's personal data, and why it ends when it does.
    pub(crate) fn explained(
        &self,
        seller: &SellerId,
        row: &RecordRow,
        facts: &Facts,
        now: Timestamp,
    ) -> Result<(&'static str, Explained), VaultError> {
        let decision = facts.about.evidence.decide(&self.base.policy, now);
        let main = facts.about.main().filter(|_| row.state == RecordState::Live);
        let gone = match main {
            Some(main) if self.is_open(seller, main, now) => None,
            _ => Some(self.gone(seller, row, facts, facts.about.main(), now)?),
        };
        let state = gone.as_ref().map_or("live", |gone| gone.state);
        let erased = gone.as_ref().filter(|gone| gone.state == "erased");
        // The bucket that holds it: a later one that the decision asks for takes it over only when this one closes.
        let day = facts.about.main().map_or(bucket_day(decision.expires_at), |main| main.day);
        let closes_at = BucketId { seller: seller.clone(), held: BucketUse::Order, day }.closes_at();
        let forgotten = facts.about.end.as_ref().filter(|end| end.ended == Ended::Forgotten);
        let mut words = match (&gone, forgotten) {
            (Some(gone), None) if gone.state == "erased" => format!(
                "it was erased on {}, since somebody asked for it; nothing that comes in brings it back (R16)",
                gone.when
            ),
            (Some(gone), None) if gone.state == "lost" => format!(
                "it is lost since {}, when this home went on from a backup or with an older keyring; it is held again once it is \
                 collected again",
                gone.when
            ),
            (Some(gone), Some(_)) => format!(
                "it had ended by itself when this home was restored on {}: erased, rectified or moved, which only a copy of the \
                 ledger could have told; nothing that comes in brings it back (R16)",
                gone.when
            ),
            _ => decision.words(row.kind, &self.base.policy),
        };
        if state == "live" && day < bucket_day(decision.expires_at) {
            words.push_str(&format!(
                " Until now it lies with what closes at {closes_at}, and it is moved on from there in the last days before."
            ));
        }
        let mut explained = Explained {
            rule: erased.map_or_else(|| decision.rule.to_string(), |gone| gone.rule.clone()),
            evidence: decision.evidence.to_string(),
            lo: decision.lo,
            hi: decision.hi,
            expires_at: decision.expires_at,
            closes_at,
            profile: self.base.policy.profile.to_string(),
            state: state.to_owned(),
            words,
        };
        // What ended by a rule of its own before that is told as it was.
        let by_itself = facts.about.end.is_some();
        if let Some(end) = self.end_of(seller).filter(|end| end.at < closes_at && !by_itself) {
            explained.closed_by(&end);
        }
        Ok((state, explained))
    }

    pub(crate) fn log_retention_read(
        &self,
        authorized: &Authorized<ReadRetention>,
        record: Option<bailee_core::RecordId>,
    ) -> Result<(), VaultError> {
        let events = vec![authorized.context().event(What::RetentionRead { record })];
        self.base.store.commit(Act { name: "read-retention", changes: Vec::new(), events })?;
        Ok(())
    }
}
