//! What people ask for of their own data, and what they agree to (2.2.d, 2.1.b): which right, under which law, by which day, and
//! where it stands. Closed sets and arithmetic; nothing here is personal.

use serde::{Deserialize, Serialize};

use crate::ParseIdError;
use crate::purpose::closed_set;
use crate::time::{Day, Month, Timestamp};

/// Months that a request or a consent is kept after the month of its last step: the three years in which it can be fought about
/// or fined in most of Europe (in Germany § 195 BGB and § 31 OWiG).
pub const KEPT_MONTHS: u16 = 36;
/// Fewest: California has requests kept for 24 months (11 CCR § 7101(a)).
pub const KEPT_MONTHS_MIN: u16 = 24;

/// Days from Monday on that are business days. Holidays are not known here, so that a period is never counted too long.
const BUSINESS_DAYS: i32 = 5;

closed_set! {
    /// What somebody may ask for of their own data.
    Right {
        /// To be given it (GDPR article 15).
        Access => "access",
        /// That it is corrected (article 16).
        Rectify => "rectify",
        /// That it is erased (article 17).
        Erase => "erase",
        /// That it is kept and not used (article 18).
        Restrict => "restrict",
        /// That it is not used any more, since they object to that (article 21).
        Object => "object",
    }
}

closed_set! {
    /// The law under which they ask, which gives the days.
    Law {
        /// Regulation (EU) 2016/679.
        Gdpr => "gdpr",
        /// The same as the law of the United Kingdom.
        UkGdpr => "uk-gdpr",
        /// California Consumer Privacy Act, with its regulations.
        Ccpa => "ccpa",
    }
}

closed_set! {
    /// How it was found out that who asks is who they say.
    Proof {
        /// They named an order and the address that it went to.
        OrderAndAddress => "order-and-address",
        /// They answered from the e-mail address of the order.
        MailAnswered => "mail-answered",
        /// They answered a call to the phone number of the order.
        PhoneAnswered => "phone-answered",
        /// They asked from an account in which they were logged in.
        Account => "account",
        /// They showed a document, of which nothing was kept.
        DocumentSeen => "document-seen",
        /// Amazon passed the request on, and knows them.
        Amazon => "amazon",
        /// Somebody acts for them, who showed that they may.
        Agent => "agent",
    }
}

closed_set! {
    /// Why more time is taken, as they were told.
    Delay {
        /// The request is complex.
        Complex => "complex",
        /// There are many requests.
        ManyRequests => "many-requests",
    }
}

closed_set! {
    /// Why a request is refused.
    Refusal {
        /// Nobody could find out that they are who they say.
        IdentityNotProven => "identity-not-proven",
        /// It is plainly unfounded, or one of too many.
        Unfounded => "unfounded",
        /// Nothing is held of them.
        NothingHeld => "nothing-held",
        /// A law obliges to keep it.
        LegalObligation => "legal-obligation",
        /// It is needed for legal claims.
        LegalClaims => "legal-claims",
        /// It would take away from the rights of others.
        OthersRights => "others-rights",
        /// What is held is right already.
        Accurate => "accurate",
    }
}

closed_set! {
    /// How somebody agreed, or took that back.
    Channel {
        /// In a form on a web page.
        WebForm => "web-form",
        /// By e-mail.
        Mail => "mail",
        /// On the phone.
        Phone => "phone",
        /// On paper.
        Paper => "paper",
        /// In person.
        InPerson => "in-person",
    }
}

/// By which day a request is to be answered, as the law has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// That it has come is to be said by this day, where the law asks for it.
    pub acknowledged: Option<Day>,
    /// It is to be answered by this day.
    pub answered: Day,
    /// The same where more time was taken, and they were told by the first day; none where there is no more.
    pub extended: Option<Day>,
}

impl Deadlines {
    /// Of a request that was received on a day.
    ///
    /// GDPR article 12(3): one month, and two more. A month ends on the day of the same number, or the last of a shorter month
    /// (Regulation 1182/71 article 3(2)(c)); that a last day on a weekend moves on is not used.
    /// CCPA regulations (11 CCR) § 7021: 10 business days to confirm, 45 days, 90 at most; §§ 7026(f) and 7027(g): 15 business
    /// days to stop using.
    pub fn of(law: Law, right: Right, received: Day) -> Self {
        match (law, right) {
            (Law::Gdpr | Law::UkGdpr, _) => Self {
                acknowledged: None,
                answered: received.plus_months(1),
                extended: Some(received.plus_months(3)),
            },
            (Law::Ccpa, Right::Restrict | Right::Object) => {
                Self { acknowledged: None, answered: business_days_after(received, 15), extended: None }
            }
            (Law::Ccpa, Right::Access | Right::Rectify | Right::Erase) => Self {
                acknowledged: Some(business_days_after(received, 10)),
                answered: received.plus(45),
                extended: Some(received.plus(90)),
            },
        }
    }
}

/// The business day so many business days later.
fn business_days_after(day: Day, days: u32) -> Day {
    // 1970-01-01 was a Thursday.
    let is_business_day = |day: &Day| day.0.saturating_add(3).rem_euclid(7) < BUSINESS_DAYS;
    let mut after = day;
    for _ in 0..days {
        after = after.plus(1);
        while !is_business_day(&after) {
            after = after.plus(1);
        }
    }
    after
}

/// Where a request stands. Each step takes the state before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Stage {
    /// It has come.
    Received,
    /// They were told so.
    Acknowledged,
    /// It is known who asks.
    Identified,
    /// What is held of them was looked for.
    Previewed,
    /// What they asked for was done; it may be done again, of what has come since.
    CarriedOut,
    /// It was refused.
    Refused {
        /// Why.
        reason: Refusal,
    },
    /// They took it back.
    Withdrawn,
}

/// Why a request does not take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// It has ended.
    #[error("this is {0} already")]
    Ended(&'static str),
    /// That was said already.
    #[error("this was recorded already")]
    Already,
    /// Nobody knows who asks.
    #[error("first record how it is known who asks, with `bailee subject request identify ID --by …`")]
    NotIdentified,
    /// Nobody has looked what there is.
    #[error("first look what is held of them, with `bailee subject request preview ID`")]
    NotPreviewed,
    /// The law gives no more time, or not any more.
    #[error(
        "the law gives no more time for this: it is asked for once, and told to them within the first period"
    )]
    NoMoreTime,
}

impl StepError {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ended(_) => "request-ended",
            Self::Already => "request-step-taken",
            Self::NotIdentified => "request-not-identified",
            Self::NotPreviewed => "request-not-previewed",
            Self::NoMoreTime => "request-no-more-time",
        }
    }
}

impl Stage {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Acknowledged => "acknowledged",
            Self::Identified => "identified",
            Self::Previewed => "previewed",
            Self::CarriedOut => "carried-out",
            Self::Refused { .. } => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether somebody still waits for an answer.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Received | Self::Acknowledged | Self::Identified | Self::Previewed)
    }

    /// They were told that it has come.
    ///
    /// # Errors
    /// When it has gone further.
    pub const fn acknowledge(self) -> Result<Self, StepError> {
        match self {
            Self::Received => Ok(Self::Acknowledged),
            Self::Acknowledged | Self::Identified | Self::Previewed => Err(StepError::Already),
            ended => Err(StepError::Ended(ended.as_str())),
        }
    }

    /// It was found out who asks.
    ///
    /// # Errors
    /// When that was recorded, or it has ended.
    pub const fn identify(self) -> Result<Self, StepError> {
        match self {
            Self::Received | Self::Acknowledged => Ok(Self::Identified),
            Self::Identified | Self::Previewed => Err(StepError::Already),
            ended => Err(StepError::Ended(ended.as_str())),
        }
    }

    /// What is held of them was looked for: for nobody whom nobody knows.
    ///
    /// # Errors
    /// Before they are identified, and once it was refused or withdrawn.
    pub const fn preview(self) -> Result<Self, StepError> {
        match self {
            Self::Identified | Self::Previewed => Ok(Self::Previewed),
            Self::CarriedOut => Ok(Self::CarriedOut),
            Self::Received | Self::Acknowledged => Err(StepError::NotIdentified),
            ended @ (Self::Refused { .. } | Self::Withdrawn) => Err(StepError::Ended(ended.as_str())),
        }
    }

    /// It was done.
    ///
    /// # Errors
    /// Before it was looked for, and once it was refused or withdrawn.
    pub const fn carry_out(self) -> Result<Self, StepError> {
        match self {
            Self::Previewed | Self::CarriedOut => Ok(Self::CarriedOut),
            Self::Received | Self::Acknowledged => Err(StepError::NotIdentified),
            Self::Identified => Err(StepError::NotPreviewed),
            ended @ (Self::Refused { .. } | Self::Withdrawn) => Err(StepError::Ended(ended.as_str())),
        }
    }

    /// It is refused.
    ///
    /// # Errors
    /// Once it has ended.
    pub const fn refuse(self, reason: Refusal) -> Result<Self, StepError> {
        if self.is_open() { Ok(Self::Refused { reason }) } else { Err(StepError::Ended(self.as_str())) }
    }

    /// They take it back.
    ///
    /// # Errors
    /// Once it has ended.
    pub const fn withdraw(self) -> Result<Self, StepError> {
        if self.is_open() { Ok(Self::Withdrawn) } else { Err(StepError::Ended(self.as_str())) }
    }
}

/// When what was sealed in a month ends, where it is kept for so many whole months after it (R22).
pub fn kept_until(month: Month, months: u16) -> Timestamp {
    month.plus(i32::from(months) + 1).start()
}

/// The version of what somebody was told when they agreed, as whoever wrote it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NoticeVersion(String);

/// Most characters of a notice's version.
pub const NOTICE_CHARACTERS_MAX: usize = 32;

impl NoticeVersion {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for NoticeVersion {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        match (1..=NOTICE_CHARACTERS_MAX).contains(&text.len()) && text.bytes().all(fits) {
            true => Ok(Self(text.to_owned())),
            false => Err(ParseIdError::new(
                "the version of a notice is 1 to 32 letters, digits, dots, hyphens and underscores",
            )),
        }
    }
}

impl TryFrom<String> for NoticeVersion {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, ParseIdError> {
        text.parse()
    }
}

impl From<NoticeVersion> for String {
    fn from(version: NoticeVersion) -> Self {
        version.0
    }
}

#[cfg(test)]
mod tests;
