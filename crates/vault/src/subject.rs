//! What people ask for of their own data (2.2.d): the register of requests, and each request's way.
//!
//! What is known of a request stands apart from who asks: a list opens the one alone. Who asks is sealed under a key that ends,
//! as `left` says. Of each step there is an event of codes and record ids. What is found and done is done by the acts
//! on records; here stands what was found and when it was done, and by which request of the API, so that it can be proved.

mod document;
mod page;

use bailee_core::subject::{Deadlines, Delay, Law, Proof, Refusal, Right, Stage, StepError};
use bailee_core::{Day, Kind, PrincipalId, RecordId, RequestId, SellerId, Sensitive, Timestamp};
use bailee_ledger::authorized::{Authorized, Context, HandleRequests};
use bailee_ledger::event::{self, What};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use document::{Answer, Disclosed};

use crate::find::Query;
use crate::left::{Kept, Left};
use crate::record::RECORDS_MAX;
use crate::{Vault, VaultError};

/// Most times that something is done for one request: a person who goes on and on asks anew.
pub const DONE_MAX: usize = 100;
/// Most sellers that a request speaks of.
pub const SELLERS_MAX: usize = 1000;

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What.
    pub right: Right,
    /// Under which law.
    pub law: Law,
    /// When it was received.
    pub received: Day,
    /// Of whose data; of all, when it names none.
    pub sellers: Vec<SellerId>,
}

/// A request, without who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Names it.
    pub id: RecordId,
    /// What they ask for.
    pub right: Right,
    /// Under which law.
    pub law: Law,
    /// When it was received.
    pub received: Day,
    /// Of whose data; of all, when it names none.
    pub sellers: Vec<SellerId>,
    /// Where it stands.
    pub stage: Stage,
    /// When it was written down.
    pub at: Timestamp,
    /// By whom.
    pub by: PrincipalId,
    /// That they were told it has come.
    pub acknowledged: Option<Step>,
    /// How it is known who asks.
    pub identity: Option<Identity>,
    /// That more time is taken.
    pub extended: Option<Extended>,
    /// What is held of them, as it was looked for last.
    pub records: Vec<Found>,
    /// When that was looked for.
    pub previewed: Option<Step>,
    /// What was done.
    pub done: Vec<Done>,
    /// That it was refused or withdrawn.
    pub ended: Option<Step>,
}

/// A step that somebody took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: PrincipalId,
}

/// How it is known who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// How.
    pub how: Proof,
    /// When that was.
    pub at: Timestamp,
    /// Who found it out.
    pub by: PrincipalId,
}

/// That more time is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extended {
    /// Why, as they were told.
    pub reason: Delay,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: PrincipalId,
}

/// A record that is held of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Whose.
    pub seller: SellerId,
    /// Of what kind.
    pub kind: Kind,
    /// Its id.
    pub record: RecordId,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: PrincipalId,
    /// By which request of the API: the ledger proves it by that.
    pub request: RequestId,
    /// Of how many records.
    pub records: u32,
}

/// A step that is to be taken.
#[derive(Clone, Debug)]
pub enum Taken {
    /// They were told that it has come.
    Acknowledged,
    /// It is known who asks.
    Identified(Proof),
    /// More time is taken, and they were told.
    Extended(Delay),
    /// This is held of them.
    Previewed(Vec<Found>),
    /// It was done, of these.
    CarriedOut(Vec<RecordId>),
    /// It is refused.
    Refused(Refusal),
    /// They took it back.
    Withdrawn,
}

impl Request {
    fn new(id: RecordId, asked: Asked, context: &Context) -> Self {
        let Asked { right, law, received, sellers } = asked;
        Self {
            id,
            right,
            law,
            received,
            sellers,
            stage: Stage::Received,
            at: context.now,
            by: context.principal,
            acknowledged: None,
            identity: None,
            extended: None,
            records: Vec::new(),
            previewed: None,
            done: Vec::new(),
            ended: None,
        }
    }

    /// By which days the law has it answered.
    pub fn deadlines(&self) -> Deadlines {
        Deadlines::of(self.law, self.right, self.received)
    }

    /// The next day by which something is owed: that they are told it has come, or an answer. None once it is answered.
    pub fn due(&self) -> Option<Day> {
        let Deadlines { acknowledged, answered, extended } = self.deadlines();
        let answered = extended.filter(|_| self.extended.is_some()).unwrap_or(answered);
        let told = acknowledged.filter(|_| self.stage == Stage::Received);
        self.stage.is_open().then(|| told.map_or(answered, |told| told.min(answered)))
    }

    /// Whether that day is over.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.due().is_some_and(|due| Day::of(now) > due)
    }

    /// The request after a step, and what its event adds.
    fn take(mut self, taken: Taken, context: &Context) -> Result<(Self, Told), VaultError> {
        let step = Step { at: context.now, by: context.principal };
        let mut told = Told { step: "", reason: None, records: Vec::new() };
        match taken {
            Taken::Acknowledged => {
                self.stage = self.stage.acknowledge()?;
                self.acknowledged = Some(step);
            }
            Taken::Identified(how) => {
                self.stage = self.stage.identify()?;
                self.identity = Some(Identity { how, at: step.at, by: step.by });
                told.reason = Some(how.as_str());
            }
            Taken::Extended(reason) => {
                self.may_extend(context.now)?;
                self.extended = Some(Extended { reason, at: step.at, by: step.by });
                told = Told { step: "extended", reason: Some(reason.as_str()), ..told };
            }
            Taken::Previewed(records) => {
                if records.len() > RECORDS_MAX {
                    return Err(VaultError::TooManyRecords);
                }
                self.stage = self.stage.preview()?;
                told = Told {
                    step: "previewed",
                    records: records.iter().map(|one| one.record).collect(),
                    ..told
                };
                (self.records, self.previewed) = (records, Some(step));
            }
            Taken::CarriedOut(records) => {
                self.stage = self.stage.carry_out()?;
                let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
                if self.done.len() >= DONE_MAX {
                    return Err(StepError::Already.into());
                }
                self.done.push(Done { at: step.at, by: step.by, request: context.request, records: count });
                told.records = records;
            }
            Taken::Refused(reason) => {
                self.stage = self.stage.refuse(reason)?;
                self.ended = Some(step);
                told.reason = Some(reason.as_str());
            }
            Taken::Withdrawn => {
                self.stage = self.stage.withdraw()?;
                self.ended = Some(step);
            }
        }
        if told.step.is_empty() {
            told.step = self.stage.as_str();
        }
        Ok((self, told))
    }

    /// More time is taken once, where the law gives any, and told within the first.
    fn may_extend(&self, now: Timestamp) -> Result<(), StepError> {
        let Deadlines { answered, extended, .. } = self.deadlines();
        match self.stage.is_open() {
            false => Err(StepError::Ended(self.stage.as_str())),
            true if self.extended.is_some() => Err(StepError::Already),
            true if extended.is_none() || Day::of(now) > answered => Err(StepError::NoMoreTime),
            true => Ok(()),
        }
    }

    fn event(&self, told: Told) -> What {
        What::SubjectRequest(event::SubjectRequest {
            asked: self.id,
            step: told.step.to_owned(),
            right: self.right,
            law: self.law,
            received: self.received,
            due: self.due(),
            reason: told.reason.map(str::to_owned),
            records: told.records,
        })
    }
}

/// What the event of a step adds.
struct Told {
    step: &'static str,
    reason: Option<&'static str>,
    records: Vec<RecordId>,
}

impl Vault {
    /// Writes down that somebody asks, and by what they can be found.
    ///
    /// # Errors
    /// [`VaultError::EmptyQuery`], where nothing is searched by; [`VaultError::SaidDay`]; [`VaultError::UnknownSeller`].
    pub fn open_request(
        &self,
        authorized: Authorized<HandleRequests>,
        asked: Asked,
        who: &Query,
    ) -> Result<Request, VaultError> {
        self.check_home(&authorized)?;
        let context = *authorized.context();
        who.check_is_one()?;
        Self::check_said(asked.received, context.now)?;
        for seller in &asked.sellers {
            self.seller_no(seller)?;
        }
        let _alone = self.leaving();
        let card = Request::new(RecordId::random(&*self.base.entropy), asked, &context);
        let kept = Kept { version: 1, card, matter: Matter::of(who).seal()? };
        let what = kept.card.event(Told { step: "received", reason: None, records: Vec::new() });
        self.keep_left(&context, Left::Requests, (kept.card.id, &kept), what)?;
        Ok(kept.card)
    }

    /// Every request that is still kept, the oldest first. Of who asks, nothing is opened.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn requests(&self, authorized: &Authorized<HandleRequests>) -> Result<Vec<Request>, VaultError> {
        self.check_home(authorized)?;
        let mut requests: Vec<Request> = self.left(Left::Requests)?;
        requests.sort_by_key(|one| (one.at, one.id));
        Ok(requests)
    }

    /// A request, without who asks.
    ///
    /// # Errors
    /// [`VaultError::NotLeft`].
    pub fn request(
        &self,
        authorized: &Authorized<HandleRequests>,
        id: RecordId,
    ) -> Result<Request, VaultError> {
        self.check_home(authorized)?;
        Ok(self.left_one::<Request>(Left::Requests, id)?.card)
    }

    /// A request with who asks: an event, since that is personal.
    ///
    /// # Errors
    /// [`VaultError::NotLeft`]; when the ledger cannot be written: then nothing is shown.
    pub fn show_request(
        &self,
        authorized: Authorized<HandleRequests>,
        id: RecordId,
    ) -> Result<(Request, Query), VaultError> {
        self.check_home(&authorized)?;
        let kept = self.left_one::<Request>(Left::Requests, id)?;
        let what = kept.card.event(Told { step: "shown", reason: None, records: Vec::new() });
        self.base.store.append(&[authorized.context().event(what)])?;
        Ok((kept.card, Matter::open(&kept.matter)?))
    }

    /// By what somebody who asked is searched, who is known: for the search itself, which is an event of its own.
    ///
    /// # Errors
    /// [`VaultError::NotLeft`]; before they are identified, and once it has ended.
    pub fn who_asks(
        &self,
        authorized: &Authorized<HandleRequests>,
        id: RecordId,
    ) -> Result<(Request, Query), VaultError> {
        self.check_home(authorized)?;
        let kept = self.left_one::<Request>(Left::Requests, id)?;
        kept.card.stage.preview()?;
        Ok((kept.card, Matter::open(&kept.matter)?))
    }

    /// Takes a step. With its event in one commit.
    ///
    /// # Errors
    /// [`VaultError::NotLeft`]; [`VaultError::Step`] where it does not take this step.
    pub fn step_request(
        &self,
        authorized: Authorized<HandleRequests>,
        id: RecordId,
        taken: Taken,
    ) -> Result<Request, VaultError> {
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let _alone = self.leaving();
        let Kept { version, card, matter } = self.left_one::<Request>(Left::Requests, id)?;
        let (card, told) = card.take(taken, &context)?;
        let what = card.event(told);
        let kept = Kept { version: version.saturating_add(1), card, matter };
        self.keep_left(&context, Left::Requests, (id, &kept), what)?;
        Ok(kept.card)
    }
}

/// Who somebody is, as it is kept. Wiped as it goes.
#[derive(Serialize, Deserialize)]
pub(crate) struct Matter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
}

impl Matter {
    pub(crate) fn of(who: &Query) -> Self {
        let text = |one: &Option<Sensitive<String>>| one.as_ref().map(|one| one.expose().clone());
        Self {
            email: text(&who.email),
            phone: text(&who.phone),
            name: text(&who.name),
            postal_code: text(&who.postal_code),
        }
    }

    pub(crate) fn seal(&self) -> Result<Sensitive<Vec<u8>>, VaultError> {
        let json = serde_json::to_vec(self).map_err(|_| VaultError::Damaged("a request"))?;
        Ok(Sensitive::new(json))
    }

    pub(crate) fn open(matter: &Sensitive<Vec<u8>>) -> Result<Query, VaultError> {
        let mut read: Self =
            serde_json::from_slice(matter.expose()).map_err(|_| VaultError::Damaged("a request"))?;
        Ok(Query {
            email: read.email.take().map(Sensitive::new),
            phone: read.phone.take().map(Sensitive::new),
            name: read.name.take().map(Sensitive::new),
            postal_code: read.postal_code.take().map(Sensitive::new),
        })
    }
}

impl Drop for Matter {
    fn drop(&mut self) {
        let all = [&mut self.email, &mut self.phone, &mut self.name, &mut self.postal_code];
        for text in all.into_iter().filter_map(Option::take) {
            drop(Zeroizing::new(text));
        }
    }
}
