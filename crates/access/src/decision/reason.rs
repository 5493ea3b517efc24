//! Every reason for which something is refused: its stable code, and the requirement it serves.

use bailee_core::requirement::Requirement;

use crate::Denial;

/// Why something is refused. The code is part of the API and of the ledger's format: never renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing was shown that says who is calling.
    NoCredential,
    /// What was shown opens nothing.
    UnknownCredential,
    /// The session has ended.
    SessionEnded,
    /// The service's key is past its age.
    KeyTooOld,
    /// Who knows the service's key may not come in any more, or no second person has approved what it shows.
    KeyNotTrusted,
    /// The session was begun in another place.
    SessionElsewhere,
    /// Over the network people come in on enrolled devices, and this is none, or not theirs.
    DeviceMissing,
    /// Mail and password do not belong together, or to anybody.
    LogInFailed,
    /// What a provider or a browser brought does not fit, or means nobody here.
    SignOnFailed,
    /// Too many log-ins in a row failed.
    AccountLocked,
    /// The account has a second factor, and none was shown.
    SecondFactorNeeded,
    /// A second factor is asked of everybody, and the account has none, or the session was begun without.
    SecondFactorMissing,
    /// The second factor was shown too long ago for this.
    SecondFactorStale,
    /// The password is past its age.
    PasswordExpired,
    /// An invitation opens nothing but its acceptance.
    InvitationOpen,
    /// An invitation takes the code of whoever approved it, too.
    ApprovalMissing,
    /// Somebody else must do it.
    AnotherPerson,
    /// No role of the person allows it.
    RoleNotAllowed,
    /// No service may do it.
    ServiceNotAllowed,
    /// The service is not bound to that seller.
    SellerNotGranted,
    /// A person's role alone reveals nothing.
    NoGrant,
    /// The purpose is none of the closed set.
    PurposeUnknown,
    /// The service was not given that purpose.
    PurposeNotGranted,
    /// The field may not be used for that purpose by anybody.
    PurposeNotOfField,
    /// The service was not given that class.
    ClassNotGranted,
    /// Every grant that covers it has ended.
    GrantEnded,
    /// Every live grant that covers it is spent for this day.
    VolumeSpent,
    /// A policy of the home's own forbids it.
    HomePolicy,
    /// A second person must approve it.
    SecondPerson,
    /// Somebody outside is to be told first, and may stop it.
    OutsideFirst,
    /// The field is unclassified, and so revealed to nobody.
    Unclassified,
    /// The record is kept and not used, since whoever it is about asked for that.
    Restricted,
    /// The purpose rests on consent, and none covers the record.
    NoConsent,
}

impl Reason {
    /// The code of it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoCredential => "no-credential",
            Self::UnknownCredential => "unknown-credential",
            Self::SessionEnded => "session-ended",
            Self::KeyTooOld => "key-too-old",
            Self::SessionElsewhere => "session-elsewhere",
            Self::DeviceMissing => "device-missing",
            Self::KeyNotTrusted => "key-not-trusted",
            Self::LogInFailed => "log-in-failed",
            Self::SignOnFailed => "sign-on-failed",
            Self::AccountLocked => "account-locked",
            Self::SecondFactorNeeded => "second-factor-needed",
            Self::SecondFactorMissing => "second-factor-missing",
            Self::SecondFactorStale => "second-factor-stale",
            Self::PasswordExpired => "password-expired",
            Self::InvitationOpen => "invitation-open",
            Self::ApprovalMissing => "approval-missing",
            Self::AnotherPerson => "another-person",
            Self::RoleNotAllowed => "role-not-allowed",
            Self::ServiceNotAllowed => "service-not-allowed",
            Self::SellerNotGranted => "seller-not-granted",
            Self::NoGrant => "no-grant",
            Self::PurposeUnknown => "purpose-unknown",
            Self::PurposeNotGranted => "purpose-not-granted",
            Self::PurposeNotOfField => "purpose-not-of-field",
            Self::ClassNotGranted => "class-not-granted",
            Self::GrantEnded => "grant-ended",
            Self::VolumeSpent => "volume-spent",
            Self::HomePolicy => "home-policy",
            Self::SecondPerson => "second-person",
            Self::OutsideFirst => "outside-first",
            Self::Unclassified => "unclassified",
            Self::Restricted => "restricted",
            Self::NoConsent => "no-consent",
        }
    }

    /// The requirement it serves.
    pub const fn requirement(self) -> Requirement {
        match self {
            Self::NoCredential
            | Self::UnknownCredential
            | Self::LogInFailed
            | Self::SignOnFailed
            | Self::SecondFactorNeeded
            | Self::SecondFactorMissing
            | Self::SecondFactorStale => Requirement::PublicAccess,
            Self::AccountLocked | Self::AnotherPerson => Requirement::AccountLockout,
            Self::InvitationOpen => Requirement::UniqueIdentity,
            // An open session that somebody else finds would let two people act under one id.
            Self::SessionEnded | Self::SessionElsewhere => Requirement::UniqueIdentity,
            Self::DeviceMissing => Requirement::NoPersonalDevices,
            Self::KeyTooOld | Self::PasswordExpired => Requirement::PasswordRotation,
            Self::KeyNotTrusted => Requirement::AccessReview,
            Self::NoGrant
            | Self::GrantEnded
            | Self::VolumeSpent
            | Self::OutsideFirst
            | Self::ApprovalMissing => Requirement::NeedToKnow,
            Self::PurposeUnknown | Self::PurposeNotOfField | Self::NoConsent => Requirement::PurposeLimits,
            Self::RoleNotAllowed
            | Self::ServiceNotAllowed
            | Self::SellerNotGranted
            | Self::PurposeNotGranted
            | Self::ClassNotGranted
            | Self::HomePolicy => Requirement::FineGrainedAccess,
            Self::Unclassified => Requirement::Collection,
            Self::Restricted => Requirement::DataRights,
            Self::SecondPerson => Requirement::Use,
        }
    }

    /// Whether the caller is not known at all.
    pub const fn is_unauthenticated(self) -> bool {
        matches!(
            self,
            Self::NoCredential
                | Self::UnknownCredential
                | Self::SessionEnded
                | Self::KeyTooOld
                | Self::SessionElsewhere
                | Self::DeviceMissing
                | Self::LogInFailed
                | Self::SignOnFailed
                | Self::AccountLocked
                | Self::SecondFactorNeeded
        )
    }

    /// The refusal, in words and with what to do about it.
    pub(crate) fn denial(self, words: impl Into<String>, remedy: impl Into<String>) -> Denial {
        Denial {
            code: self.code(),
            words: words.into(),
            requirement: self.requirement(),
            remedy: remedy.into(),
            unauthenticated: self.is_unauthenticated(),
        }
    }
}
