//! Every kind of event: what it says, that it survives a round trip, and its page of the documentation.

use bailee_core::retention::{DisposalRule, EndReason, Rule};
use bailee_core::{
    Commitment, DeviceId, GrantId, NoticeId, OwnSecret, PasskeyId, ProposalId, Recipient, WaitId,
};

use super::*;
use crate::event::{
    Adoption, Archive, AuthorityMade, BackupMade, Census, Destroyed, Device, DropsEpoch, FieldClassified,
    Holds, InvitationReleased, KeyringExported, Mapping, Notice, PasskeyUsed, Proposal, Reached, Rectified,
    Released, Replayed, Restored, RootKeySplit, SellerEnd, SignOn, Solo, TimeBelieved, Wait, Went,
};

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
        What::PersonLeft { .. } => {
            "All access of a person has ended for good. `told_at` is when it was told, or when the contract ended; the \
             event's own time is the proof against the 24 hours of requirement 1.2.d."
        }
        What::GrantAsked { .. } => {
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
             it is taken in or opened; on that day it is destroyed, and then it is `gone`, with what went."
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
        What::Moved { .. } => "Parts were sealed anew in a later bucket.",
        What::CatalogueRead {} => "The catalogue was read.",
        What::UnclassifiedRead { .. } => {
            "What the catalogue does not name was listed: so many paths, in so many records."
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
             home has no copy; `destroyed`, of an `archive`, or of a `key` and with it of every archive under it."
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

fn samples() -> Vec<What> {
    let (person, session) = (PersonId([0xaa; 16]), SessionId([0xcc; 16]));
    let passkey = PasskeyId([0xee; 16]);
    let code = str::to_owned;
    vec![
        What::HomeMade { environment: Environment::Test, owner: person },
        What::LoggedIn { session },
        What::LogInFailed { person: None },
        What::LoggedOut { session },
        What::FactorConfirmed { session },
        What::RecoveryCodeUsed { person, left: 9 },
        What::AccountLocked { person: None },
        What::AccountUnlocked { person },
        What::PersonInvited {
            person,
            roles: vec![code("operator")],
            until: "2026-11-30T12:00:00Z".parse().unwrap(),
        },
        What::InvitationAccepted { person },
        What::PasswordChanged { person },
        What::FactorEnrolled { person, factor: code("totp") },
        What::SignOn(SignOn { person: Some(person), outcome: code("bound") }),
        What::FactorAsked { person },
        What::PasskeyEnrolled { person, passkey },
        What::PasskeyRemoved { person, passkey },
        What::PasskeyUsed(PasskeyUsed { person, passkey, outcome: code("shown") }),
        What::Device(Device { person, device: Some(DeviceId([0xee; 16])), step: code("enrolled") }),
        What::PersonSuspended { person, reason: code("by-hand") },
        What::InvitationReleased(InvitationReleased { person }),
        What::PersonResumed { person },
        What::PersonLeft {
            person,
            told_at: "2026-11-23T11:00:00Z".parse().unwrap(),
            sessions: 1,
            services: 2,
        },
        What::GrantAsked {
            grant: GrantId([0xab; 16]),
            grantee: PrincipalId::Person(person),
            seller: seller(),
            purpose: Purpose::Fulfilment,
            classes: vec![Class::Identity],
            until: "2026-11-30T12:00:00Z".parse().unwrap(),
            fields_a_day: 1000,
            ticket: Some("OPS-1234".parse().unwrap()),
        },
        What::GrantApproved { grant: GrantId([0xab; 16]) },
        What::GrantRefused { grant: GrantId([0xab; 16]) },
        What::GrantRevoked { grant: GrantId([0xab; 16]) },
        What::GlassBroken {
            grant: GrantId([0xab; 16]),
            seller: seller(),
            purpose: Purpose::Incident,
            until: "2026-11-23T13:00:00Z".parse().unwrap(),
            ticket: "OPS-1234".parse().unwrap(),
        },
        What::GlassReviewed { grant: GrantId([0xab; 16]), justified: true },
        What::Notice(Notice {
            notice: NoticeId([0xac; 16]),
            kind: code("glass-broken"),
            to: Recipient::Person(person),
            step: code("failed"),
            reason: Some(code("unreachable")),
        }),
        What::Proposal(Proposal {
            proposal: ProposalId([0xad; 16]),
            act: code("declassify"),
            step: code("proposed"),
            content: Commitment([0xdd; 32]),
        }),
        What::Wait(Wait {
            wait: WaitId([0xae; 16]),
            act: code("approve-grant"),
            about: id(1),
            step: code("begun"),
        }),
        What::Solo(Solo { declared: true }),
        What::SellerAdded { seller: seller() },
        What::SellerEnded(SellerEnd {
            seller: seller(),
            step: code("gone"),
            reason: EndReason::AmazonNotice,
            on: Day(20_800),
            went: Some(Went {
                destructions: 1,
                buckets: 2,
                records: 40,
                parts: 41,
                quarantined: 3,
                facts: 1,
            }),
        }),
        What::ServiceAdded {
            service: ServiceId([0xee; 16]),
            owner: person,
            sellers: vec![seller()],
            purposes: vec![Purpose::Fulfilment],
            classes: vec![Class::Identity, Class::Address],
        },
        What::ServiceReleased(Released {
            service: ServiceId([0xee; 16]),
            sellers: vec![seller()],
            purposes: vec![Purpose::Fulfilment],
            classes: vec![Class::Identity, Class::Address],
            key: Some(id(1)),
        }),
        What::ServiceKeyAdded { service: ServiceId([0xee; 16]), key: id(1) },
        What::ServiceKeyEnded { service: ServiceId([0xee; 16]), key: id(1) },
        What::ServiceOwnerChanged { service: ServiceId([0xee; 16]), owner: person },
        What::ServiceRemoved { service: ServiceId([0xee; 16]) },
        What::AuthorityMade(AuthorityMade { authority: id(1) }),
        collected(rows(1)),
        What::Quarantined { seller: seller(), items: vec![(id(1), code("order-id-missing"))] },
        What::QuarantineRetried { seller: seller(), items: vec![(id(1), code("taken-in"))] },
        What::QuarantineDiscarded { seller: seller(), reason: code("test-data"), items: vec![id(1)] },
        What::ExpiryChanged { seller: seller(), changes: vec![change(1)] },
        revealed(vec![item(1)]),
        What::RevealFailed { reason: code("bucket-closing") },
        denied(vec![item(1)]),
        What::Found { seller: seller(), terms: vec![TermKind::NamePostalCode], records: vec![id(1)] },
        What::Shown { seller: seller(), records: vec![id(1)] },
        What::QuarantineRead { items: vec![id(1)] },
        What::RetentionRead { record: Some(id(1)) },
        destruction(),
        What::DestructionCompleted(Destroyed {
            destruction: id(1),
            epoch: 2,
            revision: 17,
            mirrors: 2,
            disposed: 40,
            drops_epoch: Some(DropsEpoch::Cannot),
        }),
        erased(1),
        restricted(1),
        What::Rectified(Rectified { seller: seller(), record: named(1), field: FieldId(3), parts: rows(1) }),
        What::Moved { seller: seller(), parts: rows(1) },
        What::CatalogueRead {},
        What::UnclassifiedRead { seller: None, paths: 3, records: 40 },
        What::FieldClassified(FieldClassified {
            field: FieldId(10_000),
            kind: Kind::Order,
            class: Some(Class::FreeText),
            purposes: vec![Purpose::Fulfilment],
            mask: Mask::Hidden,
            catalogue: Digest([0xdd; 32]),
        }),
        What::CatalogueChanged { fields: 300 },
        What::RulesChanged { rules: Digest([0xdd; 32]), policies: 20 },
        What::Reclassified { seller: seller(), facts: 1, parts: rows(1) },
        What::MirrorsChanged { repaired: 1, added: 0 },
        What::Archive(Archive::Made {
            archive: id(1),
            seller: seller(),
            purpose: Purpose::Tax,
            statute: "DE-AO-147".parse().unwrap(),
            until: Day(24_471),
            records: 40,
            values: 320,
            left_out: 0,
            bytes: 40_960,
            digest: Digest([0xdd; 32]),
            key: id(2),
        }),
        What::Adoption(Adoption {
            adoption: id(1),
            step: code("completed"),
            from: 17,
            anchor: 20,
            buckets: 1,
            slots: 12,
            facts: 0,
            details: 0,
            lost_parts: 40,
            lost_facts: 0,
            lost_details: 0,
            reached: Some(Reached { revision: 1044, epoch: 1030, mirrors: 2 }),
        }),
        What::BackupMade(BackupMade {
            backup: RecordId([1; 16]),
            bytes: 1_048_576,
            digest: Digest([7; 32]),
            recipients: vec![RecordId([2; 16])],
        }),
        What::Restored(Restored {
            restore: RecordId([3; 16]),
            backup: RecordId([1; 16]),
            step: code("completed"),
            size: 4711,
            taken_up: Some(5_000),
            known: Some(4720),
            records: Vec::new(),
            replayed: Some(Replayed {
                buckets: 3,
                disposed: 41,
                parts: 2,
                sessions: 1,
                ..Replayed::default()
            }),
        }),
        What::KeyringExported(KeyringExported { digest: Digest([9; 32]), recipients: vec![id(2)] }),
        What::RootKeySplit(RootKeySplit { shares: 5, threshold: 3 }),
        What::PassphraseChanged {},
        What::SecretSeen { secret: OwnSecret::MailPassword, bits: 96 },
        What::SecretOutlived { secret: OwnSecret::MailPassword },
        What::KeysRead {},
        What::LedgerRead { how: code("verify") },
        What::MappingAdded(Mapping { digest: code("00112233445566778899aabbccddeeff") }),
        What::MappingRemoved(Mapping { digest: code("00112233445566778899aabbccddeeff") }),
        What::Census(Census {
            days: 30,
            sellers: 2,
            parts: 1250,
            quarantined: 3,
            earliest: Some(Day(20_800)),
            past: 0,
            exceptions: vec![(Rule::R4, 7)],
            query: code("000102030405060708090a0b0c0d0e0f"),
            result: code("101112131415161718191a1b1c1d1e1f"),
        }),
        What::SystemError { component: code("disk"), code: code("disk-full") },
        What::TimeBelieved(TimeBelieved { before: Some(Timestamp::UNIX_EPOCH), how: code("confirmed") }),
        What::TimeSet {},
    ]
}

/// One that ends a bucket, with what it held.
fn destruction() -> What {
    let mut what = intended(1, 1, 1);
    if let What::DestructionIntended { buckets, .. } = &mut what {
        buckets[0].holds = Some(Holds { rule: DisposalRule::R3, records: 40, parts: 41, quarantined: 0 });
    }
    what
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
