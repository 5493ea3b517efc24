//! How an event is named, and which of its texts are codes.

use super::{Archive, Census, Export, Print, TimeBelieved, What};

impl What {
    /// The kind of event, as the entry names it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::HomeMade { .. } => "home-made",
            Self::LoggedIn { .. } => "logged-in",
            Self::LogInFailed { .. } => "log-in-failed",
            Self::LoggedOut { .. } => "logged-out",
            Self::FactorConfirmed { .. } => "factor-confirmed",
            Self::RecoveryCodeUsed { .. } => "recovery-code-used",
            Self::AccountLocked { .. } => "account-locked",
            Self::AccountUnlocked { .. } => "account-unlocked",
            Self::PersonInvited { .. } => "person-invited",
            Self::InvitationAccepted { .. } => "invitation-accepted",
            Self::PasswordChanged { .. } => "password-changed",
            Self::FactorEnrolled { .. } => "factor-enrolled",
            Self::SignOn(_) => "sign-on",
            Self::FactorAsked { .. } => "factor-asked",
            Self::PasskeyEnrolled { .. } => "passkey-enrolled",
            Self::PasskeyRemoved { .. } => "passkey-removed",
            Self::PasskeyUsed(_) => "passkey-used",
            Self::Device(_) => "device",
            Self::PersonSuspended { .. } => "person-suspended",
            Self::PersonResumed { .. } => "person-resumed",
            Self::PersonLeft(_) => "person-left",
            Self::GrantAsked(_) => "grant-asked",
            Self::GrantApproved { .. } => "grant-approved",
            Self::GrantRefused { .. } => "grant-refused",
            Self::GrantRevoked { .. } => "grant-revoked",
            Self::GlassBroken { .. } => "glass-broken",
            Self::GlassReviewed { .. } => "glass-reviewed",
            Self::Notice(_) => "notice",
            Self::Proposal(_) => "proposal",
            Self::Wait(_) => "wait",
            Self::Solo(_) => "solo",
            Self::SellerAdded { .. } => "seller-added",
            Self::SellerEnded(_) => "seller-ended",
            Self::ServiceAdded { .. } => "service-added",
            Self::InvitationReleased(_) => "invitation-released",
            Self::ServiceReleased(_) => "service-released",
            Self::ServiceKeyAdded { .. } => "service-key-added",
            Self::ServiceKeyEnded { .. } => "service-key-ended",
            Self::ServiceOwnerChanged { .. } => "service-owner-changed",
            Self::ServiceRemoved { .. } => "service-removed",
            Self::AuthorityMade(_) => "authority-made",
            Self::Collected { .. } => "collected",
            Self::Quarantined { .. } => "quarantined",
            Self::QuarantineRetried { .. } => "quarantine-retried",
            Self::QuarantineDiscarded { .. } => "quarantine-discarded",
            Self::ExpiryChanged { .. } => "expiry-changed",
            Self::Revealed { .. } => "revealed",
            Self::RevealFailed { .. } => "reveal-failed",
            Self::Denied { .. } => "denied",
            Self::Found { .. } => "found",
            Self::Shown { .. } => "shown",
            Self::QuarantineRead { .. } => "quarantine-read",
            Self::RetentionRead { .. } => "retention-read",
            Self::Census(_) => "census",
            Self::DestructionIntended { .. } => "destruction-intended",
            Self::DestructionCompleted(_) => "destruction-completed",
            Self::Erased(_) => "erased",
            Self::Restricted(_) => "restricted",
            Self::Rectified(_) => "rectified",
            Self::SubjectRequest(_) => "subject-request",
            Self::Consent(_) => "consent",
            Self::Moved { .. } => "moved",
            Self::CatalogueRead {} => "catalogue-read",
            Self::UnclassifiedRead { .. } => "unclassified-read",
            Self::ShapeRead(_) => "shape-read",
            Self::FieldClassified(_) => "field-classified",
            Self::CatalogueChanged { .. } => "catalogue-changed",
            Self::RulesChanged { .. } => "rules-changed",
            Self::Reclassified { .. } => "reclassified",
            Self::Archive(_) => "archive",
            Self::Export(_) => "export",
            Self::Print(_) => "print",
            Self::Adoption(_) => "adoption",
            Self::BackupMade(_) => "backup-made",
            Self::BackupSent(_) => "backup-sent",
            Self::BackupDrilled(_) => "backup-drilled",
            Self::Restored(_) => "restored",
            Self::KeyringExported(_) => "keyring-exported",
            Self::RootKeySplit(_) => "root-key-split",
            Self::PassphraseChanged {} => "passphrase-changed",
            Self::MirrorsChanged { .. } => "mirrors-changed",
            Self::SecretSeen { .. } => "secret-seen",
            Self::SecretOutlived { .. } => "secret-outlived",
            Self::KeysRead { .. } => "keys-read",
            Self::LedgerRead { .. } => "ledger-read",
            Self::MappingAdded(_) => "mapping-added",
            Self::MappingRemoved(_) => "mapping-removed",
            Self::SystemError { .. } => "system-error",
            Self::TimeBelieved(_) => "time-believed",
            Self::TimeSet { .. } => "time-set",
        }
    }

    /// Every text in the event that is a code of the program. Each must be 1 to 40 of `a-z`, `0-9` and `-`, so that no
    /// free text can stand in an entry.
    pub(crate) fn codes(&self) -> Vec<&str> {
        match self {
            Self::Collected { source, .. } => vec![source],
            Self::Quarantined { items, .. } | Self::QuarantineRetried { items, .. } => {
                items.iter().map(|(_, code)| code.as_str()).collect()
            }
            Self::RevealFailed { reason } | Self::QuarantineDiscarded { reason, .. } => vec![reason],
            Self::Denied { action, reason, .. } => vec![action, reason],
            Self::DestructionIntended { buckets, punctures, .. } => {
                let punctured = punctures.iter().map(|(bucket, _)| bucket);
                buckets.iter().chain(punctured).map(|bucket| bucket.held.as_str()).collect()
            }
            Self::LedgerRead { how } | Self::TimeBelieved(TimeBelieved { how, .. }) => vec![how],
            Self::Census(Census { query, result, .. }) => vec![query, result],
            Self::MappingAdded(mapping) | Self::MappingRemoved(mapping) => vec![&mapping.digest],
            Self::SystemError { component, code } => vec![component, code],
            Self::PersonInvited { roles, .. } => roles.iter().map(String::as_str).collect(),
            Self::PersonSuspended { reason, .. } => vec![reason],
            Self::FactorEnrolled { factor, .. } => vec![factor],
            Self::PasskeyUsed(used) => vec![&used.outcome],
            Self::SignOn(sign_on) => vec![&sign_on.outcome],
            Self::Device(device) => vec![&device.step],
            Self::Notice(notice) => {
                [&notice.kind, &notice.step].into_iter().chain(&notice.reason).map(String::as_str).collect()
            }
            Self::Proposal(proposal) => vec![&proposal.act, &proposal.step],
            Self::Wait(wait) => vec![&wait.act, &wait.step],
            Self::SubjectRequest(one) => {
                [&one.step].into_iter().chain(&one.reason).map(String::as_str).collect()
            }
            Self::Consent(consent) => vec![&consent.step],
            Self::Adoption(adoption) => vec![&adoption.step],
            Self::Restored(restored) => vec![&restored.step],
            Self::SellerEnded(end) => vec![&end.step],
            Self::Archive(Archive::Failed { reason, .. } | Archive::HoldLifted { reason, .. }) => {
                vec![reason]
            }
            Self::Archive(Archive::Destroyed { how, .. }) => vec![how],
            Self::Export(Export::Failed { reason, .. }) => vec![reason],
            Self::Archive(_) | Self::Export(_) | Self::Print(Print::Added { .. }) => Vec::new(),
            Self::Print(Print::Made { paper, form, .. }) => vec![paper, form],
            Self::Print(Print::Ended { how, .. }) => vec![how],
            Self::HomeMade { .. }
            | Self::LoggedIn { .. }
            | Self::LogInFailed { .. }
            | Self::LoggedOut { .. }
            | Self::FactorConfirmed { .. }
            | Self::RecoveryCodeUsed { .. }
            | Self::AccountLocked { .. }
            | Self::AccountUnlocked { .. }
            | Self::InvitationAccepted { .. }
            | Self::PasswordChanged { .. }
            | Self::FactorAsked { .. }
            | Self::PasskeyEnrolled { .. }
            | Self::PasskeyRemoved { .. }
            | Self::PersonResumed { .. }
            | Self::PersonLeft(_)
            | Self::GrantAsked(_)
            | Self::GrantApproved { .. }
            | Self::GrantRefused { .. }
            | Self::GrantRevoked { .. }
            | Self::GlassBroken { .. }
            | Self::GlassReviewed { .. }
            | Self::Solo(_)
            | Self::SellerAdded { .. }
            | Self::ServiceAdded { .. }
            | Self::InvitationReleased(_)
            | Self::ServiceReleased(_)
            | Self::ServiceKeyAdded { .. }
            | Self::ServiceKeyEnded { .. }
            | Self::ServiceOwnerChanged { .. }
            | Self::ServiceRemoved { .. }
            | Self::AuthorityMade(_)
            | Self::ExpiryChanged { .. }
            | Self::Revealed { .. }
            | Self::Found { .. }
            | Self::Shown { .. }
            | Self::QuarantineRead { .. }
            | Self::RetentionRead { .. }
            | Self::DestructionCompleted(_)
            | Self::Erased(_)
            | Self::Restricted(_)
            | Self::Rectified(_)
            | Self::Moved { .. }
            | Self::CatalogueRead {}
            | Self::UnclassifiedRead { .. }
            | Self::ShapeRead(_)
            | Self::FieldClassified(_)
            | Self::CatalogueChanged { .. }
            | Self::RulesChanged { .. }
            | Self::Reclassified { .. }
            | Self::BackupMade(_)
            | Self::BackupSent(_)
            | Self::BackupDrilled(_)
            | Self::KeyringExported(_)
            | Self::RootKeySplit(_)
            | Self::PassphraseChanged {}
            | Self::MirrorsChanged { .. }
            | Self::SecretSeen { .. }
            | Self::SecretOutlived { .. }
            | Self::KeysRead {}
            | Self::TimeSet {} => Vec::new(),
        }
    }
}
