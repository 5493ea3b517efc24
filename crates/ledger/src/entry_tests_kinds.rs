//! Every kind of event: what it says, that it survives a round trip, and its page of the documentation.

#[path = "entry_tests_samples.rs"]
mod samples;

use super::*;
use crate::event::What;
use samples::samples;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats/events.md");
const MARK: &str =
    "<!-- generated: `UPDATE_DOCS=1 cargo test -p bailee-ledger events` writes what follows -->\n";

/// One of each kind, with what it says. A new kind fails to compile here until it has its sentence; then it needs its
/// sample below.
fn sentence(what: &What) -> &'static str {
    match what {
        What::HomeMade { .. } => "A home was made, with its environment and its owner.",
        What::LoggedIn { .. } => "A person came in; `session` names the new session and does not open it.",
        What::LogInFailed { .. } => "Somebody did not come in. `person` is null when no such account exists.",
        What::LoggedOut { .. } => "A session ended.",
        What::FactorConfirmed { .. } => {
            "The second factor of a session was shown again, for what takes a fresh one."
        }
        What::RecoveryCodeUsed { .. } => "A recovery code stood in for a second factor; so many are left.",
        What::AccountLocked { .. } => {
            "Too many log-ins in a row failed. `person` is null when no such account exists."
        }
        What::AccountUnlocked { .. } => "Somebody else lifted the lock of an account.",
        What::PersonInvited { .. } => {
            "A person was invited, with these roles; the invitation is good until then."
        }
        What::InvitationReleased(_) => {
            "A second person approved an invitation of somebody who could approve things: it can be accepted now."
        }
        What::InvitationAccepted { .. } => "A person accepted an invitation and set a password.",
        What::PasswordChanged { .. } => "A person changed the own password.",
        What::FactorEnrolled { .. } => "A person set up a second factor: `totp`.",
        What::SignOn(_) => {
            "What became of a sign-on by the home's provider: `bound` the first time, `signed-on`, or what was wrong. `person` is \
             null when the provider means nobody here."
        }
        What::FactorAsked { .. } => {
            "Somebody who is not in yet knew the password of an account, and was given a challenge for a passkey."
        }
        What::PasskeyEnrolled { .. } => "A person set up a passkey, which has an id of its own here.",
        What::PasskeyRemoved { .. } => "A person removed a passkey.",
        What::PasskeyUsed(_) => {
            "A passkey signed a challenge: `shown`, or `counter-went-back`, which is refused since two may be signing as one."
        }
        What::Device(_) => {
            "A step in the life of a device on which a person comes in over the network: `invited` (a code for one was made), \
             `enrolled`, `renewed`, `ended`."
        }
        What::PersonSuspended { .. } => "A person is kept out, for this reason.",
        What::PersonResumed { .. } => "A person is let in again.",
        What::PersonLeft(_) => {
            "All access of a person has ended for good. `told_at` is when it was told, or when the contract ended; the \
             event's own time is the proof against the 24 hours of requirement 1.2.d."
        }
        What::GrantAsked(_) => {
            "A grant was asked for: for whom, of what, for what, until when, how much a day."
        }
        What::GrantApproved { .. } => "A grant opens what it covers from now on.",
        What::GrantRefused { .. } => "A grant that was asked for is not given.",
        What::GrantRevoked { .. } => "A grant opens nothing any more, before its time.",
        What::GlassBroken { .. } => {
            "The principal took a grant without approval, in an emergency. It ends by itself, and is reviewed within a day."
        }
        What::GlassReviewed { .. } => "Somebody else said whether there was reason to break the glass.",
        What::Notice(_) => {
            "A notice of that kind was `sent` (the mail server took it), `failed` for that reason and is tried again, or was \
             `given-up`. `to` is a person by id, or `outside`; never an address."
        }
        What::Proposal(_) => {
            "Something that takes two people was `proposed`, `approved` by somebody else, `done`, `refused`, `withdrawn`, or \
             has `expired`. `content` is a salted commitment to all of it, the same in every step."
        }
        What::Wait(_) => {
            "One person wants to do what takes two: somebody outside is told (`begun`), and may stop it (`stopped`); where \
             nobody does it is `done` after a day, as an exception. `about` names the grant, the proposal or the person."
        }
        What::Solo(_) => {
            "A company of one has named somebody outside, who is told of what takes two people and may stop it; or has no \
             longer."
        }
        What::SellerAdded { .. } => "A seller was added.",
        What::SellerEnded(_) => {
            "A seller's authorisation has ended, or Amazon demands that its data be deleted (R17). From `ended` on nothing of \
             it is taken in or opened; on that day it is destroyed, and then it is `gone`, with what went. \
             `stricter`: from here on it is for this reason and on this day."
        }
        What::ServiceAdded { .. } => "A service was added, bound to sellers, purposes and classes.",
        What::ServiceReleased(_) => {
            "What a service may see from now on. A second person approved it: until then it was added without purposes and \
             classes. Or one of its sellers ended, and it has lost that."
        }
        What::ServiceKeyAdded { .. } => "A service has another key; `key` names it and opens nothing.",
        What::ServiceKeyEnded { .. } => "A key of a service opens nothing any more.",
        What::ServiceOwnerChanged { .. } => "Somebody else answers for a service.",
        What::ServiceRemoved { .. } => "A service was taken away.",
        What::AuthorityMade(_) => {
            "The home's certificate authority was made; `authority` is the serial number of its certificate."
        }
        What::Collected { .. } => {
            "Documents were taken in: the counts of the commit, and every part sealed by it."
        }
        What::Quarantined { .. } => {
            "Documents failed verification: the id of each in quarantine, and the reason's code."
        }
        What::QuarantineRetried { .. } => {
            "Quarantined documents were read again: `taken-in`, or the code of the reason why one stays."
        }
        What::QuarantineDiscarded { .. } => "Quarantined documents were thrown away, for this reason.",
        What::ExpiryChanged { .. } => "The retention clock decided anew (rule R14).",
        What::Revealed { .. } => {
            "Plaintext is about to be handed out. Written before anything is opened: an upper bound on what was \
             disclosed. `denied` counts the fields that the same request was refused. Without items, something was \
             asked for that is gone, or was never held."
        }
        What::RevealFailed { .. } => {
            "A reveal with the same request id could not be finished, or named something that is not here or does not \
             open: the reason's code."
        }
        What::Denied { .. } => "Something was refused: what, why, and which requirement that serves.",
        What::Found { .. } => "Records were searched for, by these kinds of term; those found.",
        What::Shown { .. } => {
            "Facts and masked fields of records were shown; without records, there was none of the reference asked for."
        }
        What::QuarantineRead { .. } => "Quarantine was listed (no items) or items of it were shown.",
        What::RetentionRead { .. } => "The retention clock was asked about, in general or for one record.",
        What::Census(_) => {
            "What is held was counted, over store and keyring together (requirement 2.1.a): `past` are the buckets whose day has \
             begun, of which there should be none. `query` and `result` are halves of the SHA-256 of what was asked and of what \
             was found."
        }
        What::DestructionIntended { .. } => {
            "Keys are about to be made underivable: of whole buckets, with what each held and by which rule it goes, of so \
             many parts of a bucket, of the facts of a month. Days and months count from 1970."
        }
        What::DestructionCompleted(_) => {
            "They are underivable, in that many mirrors, under the keyring's new epoch and revision; that many records \
             have ended. `drops_epoch` is what the provider of the root key declares of the epoch before."
        }
        What::Erased(_) => {
            "Personal data of records ended because whoever it is about asked for that (requirement 2.2.d): of each its id, and what \
             a restore needs to bury it again: the HMAC of its reference, its kind, and the month of its first intake, counted \
             from 1970."
        }
        What::Restricted(_) => {
            "Of records nothing is done any more but keeping them, because whoever they are about asked for that (requirement \
             2.2.d), or that is over (`lifted`). Records are named as in `erased`."
        }
        What::Rectified(_) => {
            "A field of a record has another value, because whoever it is about asked for that (requirement 2.2.d): the part that was \
             sealed anew. The one before is punctured by the destruction that follows."
        }
        What::SubjectRequest(_) => subject::REQUEST,
        What::Consent(_) => subject::CONSENT,
        What::Moved { .. } => "Parts were sealed anew in a later bucket.",
        What::CatalogueRead {} => "The catalogue was read.",
        What::UnclassifiedRead { .. } => {
            "What the catalogue does not name was listed: so many paths, in so many records."
        }
        What::ShapeRead(_) => {
            "What the orders that are held are like was measured, for test data that is like them (requirement 2.5.b): counts and shares of \
             so many orders, which were opened for it."
        }
        What::FieldClassified(_) => {
            "An officer decided what a field is. `class` is null for a fact; `catalogue` is SHA-256 of the file that \
             holds the decision, which begins with random bytes."
        }
        What::CatalogueChanged { .. } => {
            "The catalogue is another than the one that the home went by before: a new version, or an edited extension."
        }
        What::RulesChanged { .. } => {
            "The rules of access are others than those that the home went by before: SHA-256 of all policies with their \
             schema, and how many policies there are."
        }
        What::Reclassified { .. } => {
            "What is sealed followed a change of the catalogue: every part sealed anew, and how many records of which \
             the facts alone were."
        }
        What::MirrorsChanged { .. } => "Mirrors of the keyring were repaired, or added.",
        What::Archive(_) => {
            "A step in the life of an archive that a law demands, or of an offline key for it (requirement 2.1.c): `key-added`; `made`, \
             with what was sealed and the SHA-256 of the file, which is ciphertext; `failed`; `fetched`; `placed`, since when the \
             home has no copy; `destroyed`, of an `archive`, or of a `key` and with it of every archive under it. Of a hold, by which the \
             system archives before each record's day (R15): `hold-added`; `hold-lifted`, since when its archives are to be destroyed; \
             `hold-missed`, of records that ended and are in no archive as they were then."
        }
        What::Export(_) => {
            "A step in the life of a registered recipient, or of what leaves sealed to one (requirements 2.6.g, 2.2.d): \
             `recipient-added` and `recipient-removed`; `made`, with what was sealed and the SHA-256 of the file, which is ciphertext; \
             `failed`; `fetched`; `let-go`, since when the home has no copy; `told`, how many of the records that somebody has a \
             recipient is told to delete, to stop using, to replace, or may use again; `confirmed`, that it has done so. What was opened for an \
             export stands in `revealed` of the same request; names, addresses and references stand in sealed registers alone."
        }
        What::Print(_) => {
            "A step in the life of prints (requirement 2.3.d): `made` of a record, after what was opened for it; `added`, which was made \
             elsewhere; `ended`, and how. Where it lies and who destroyed it stands in a sealed register alone."
        }
        What::Adoption(_) => {
            "A keyring older than the revision that the home knew of is made the present one (`intended`, `completed`), or is \
             not, since another was there before (`dropped`): how many keys go, since they were destroyed meanwhile or nothing \
             lies under them, and how much is lost, since its keys were made meanwhile."
        }
        What::BackupMade(_) => {
            "The home was backed up: the file's size and SHA-256, and for whom it is sealed, each the first half of the SHA-256 of a \
             public key. Written before the file gets its name, and so also where that then fails."
        }
        What::BackupSent(_) => {
            "A backup was sent elsewhere by the home's own command (`sent`), or could not be."
        }
        What::BackupDrilled(_) => {
            "A restore drill: how long it took until everything of a backup was open, how old its data is, and how many parts opened, \
             have no key any more, or did not open."
        }
        What::Restored(_) => {
            "The home goes on from a backup, under a new origin of its ledger (`begun` is the first event of that): the entries \
             before it are `size`, and where more are `known` from a checkpoint, those between are lost. `forgotten` names records \
             whose personal data was ended one by one since the backup; `completed` counts all that had ended and does not come back."
        }
        What::KeyringExported(_) => {
            "The lasting keyring, which outlives every bucket, was given out as a file: its SHA-256, and for whom it is sealed, each the \
             first half of the SHA-256 of a public key; nobody, where it is sealed under the root key. It holds no key of a bucket."
        }
        What::RootKeySplit(_) => {
            "The root key is about to be split, before a share is written: into how many, and how many of them bring it back."
        }
        What::PassphraseChanged {} => {
            "The root key is about to be sealed under another passphrase: written before its file is replaced, and so also \
             where that then fails. The root key itself stays."
        }
        What::SecretSeen { .. } => {
            "A secret that the program uses itself was seen for the first time, or is another than before: how many \
             guesses it stands up to at least, as a power of two."
        }
        What::SecretOutlived { .. } => {
            "A secret that the program uses itself is past its age, and still in use (requirement 1.4.b)."
        }
        What::KeysRead {} => "The state of the keys was looked at.",
        What::LedgerRead { .. } => "The ledger was read: `tail`, `verify`, `prove` or `export`.",
        What::MappingAdded(_) => {
            "A mapping of the home's own was added or replaced: the first half of the SHA-256 of its file."
        }
        What::MappingRemoved(_) => "A mapping of the home's own was taken away.",
        What::SystemError { .. } => "Something went wrong in the system itself (requirement 2.6.a).",
        What::TimeSet {} => "The time of a test home was set.",
        What::TimeBelieved(_) => {
            "A time that had jumped ahead is believed, since two people `confirmed` it or a `second-source` says the same: what is due by \
             it may be destroyed. `before` is the time that was believed last."
        }
    }
}

#[test]
fn every_kind_survives_a_round_trip_and_is_named_as_it_says() {
    for what in samples() {
        let written = entries(what.clone()).unwrap();
        assert_eq!(written.len(), 1);
        let text = str::from_utf8(&written[0].bytes).unwrap();
        assert!(text.contains(&format!(",\"event\":\"{}\"", what.name())), "{text}");
        assert!(!text.contains(['\n', ' ']), "{text}");
        assert_eq!(Event::parse(&written[0].bytes).unwrap(), event(what));
    }
}

#[test]
fn the_documentation_of_events_is_up_to_date() {
    let mut generated = String::new();
    for what in samples() {
        let bytes = entries(what.clone()).unwrap().remove(0).bytes;
        let line = String::from_utf8(bytes).unwrap();
        generated.push_str(&format!(
            "\n### `{}`\n{}\n\n```json\n{line}\n```\n",
            what.name(),
            sentence(&what)
        ));
    }
    let text = std::fs::read_to_string(DOCUMENT).unwrap();
    let (head, found) = text.split_once(MARK).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(DOCUMENT, format!("{head}{MARK}{generated}")).unwrap();
    } else {
        assert!(found == generated, "docs/formats/events.md is out of date: run with UPDATE_DOCS=1");
    }
}
