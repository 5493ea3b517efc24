//! Typed events: one per act. No free text, no reference, no path or file name from input, no hash of a personal value.
//! What can stand in an event is an id, a number, an instant, or a code of a closed set. Their bytes: [`crate::entry`].

mod act;
mod archive;
mod backup;
mod census;
mod destruction;
mod escrow;
mod export;
mod fields;
mod grant;
mod names;
mod print;
mod rights;
mod shape;
mod subject;
mod two;

use bailee_core::catalogue::TermKind;
use bailee_core::purpose::{Class, Purpose};
use bailee_core::requirement::Requirement;
use bailee_core::{
    GrantId, Kind, Month, OwnSecret, PasskeyId, PersonId, RecordId, SellerId, ServiceId, SessionId, Ticket,
    Timestamp,
};
use serde::{Deserialize, Serialize};

pub use crate::entry::{ENTRY_BYTES_MAX, Entry, EntryError};
pub use act::{AuthorityMade, Device, Event, FieldClassified, Mapping, PasskeyUsed, PersonLeft, SignOn};
pub use archive::Archive;
pub use backup::{BackupDrilled, BackupMade, BackupSent, Replayed, Restored};
pub use census::Census;
pub use destruction::{Destroyed, DropsEpoch, Holds, SellerEnd, Went};
pub use escrow::{KeyringExported, RootKeySplit};
pub use export::Export;
pub use fields::{BucketName, Counts, Digest, ExpiryChange, PartRow, PartRows, RevealedItem};
pub use grant::GrantAsked;
pub use print::Print;
pub use rights::{Erased, KeyedReference, NamedRecord, Rectified, Restricted};
pub use shape::ShapeRead;
pub use subject::{AskedBefore, Consent, SubjectRequest};
pub use two::{Adoption, InvitationReleased, Notice, Proposal, Reached, Released, Solo, TimeBelieved, Wait};

/// What happened. The serialised names are part of the format: never renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum What {
    /// A home was made.
    HomeMade {
        /// Its environment.
        environment: bailee_core::Environment,
        /// Its owner.
        owner: PersonId,
    },
    /// A person came in.
    LoggedIn {
        /// The new session.
        session: SessionId,
    },
    /// Somebody did not. No name: the mail address tried is personal.
    LogInFailed {
        /// The person, when the account exists.
        person: Option<PersonId>,
    },
    /// A session ended.
    LoggedOut {
        /// Which.
        session: SessionId,
    },
    /// A session's second factor was shown again.
    FactorConfirmed {
        /// Which.
        session: SessionId,
    },
    /// A recovery code was used in the place of a second factor.
    RecoveryCodeUsed {
        /// Whose.
        person: PersonId,
        /// How many are left.
        left: u32,
    },
    /// Too many log-ins in a row failed: nobody comes in under that address any more.
    AccountLocked {
        /// The person, when the account exists.
        person: Option<PersonId>,
    },
    /// Somebody else lifted that.
    AccountUnlocked {
        /// Whose account.
        person: PersonId,
    },
    /// A person was invited.
    PersonInvited {
        /// Who.
        person: PersonId,
        /// Their roles, codes of the program.
        roles: Vec<String>,
        /// How long the invitation is good.
        until: Timestamp,
    },
    /// A second person approved an invitation: it can be accepted now.
    InvitationReleased(InvitationReleased),
    /// A person accepted the invitation, and set a password.
    InvitationAccepted {
        /// Who.
        person: PersonId,
    },
    /// A person changed the own password.
    PasswordChanged {
        /// Who.
        person: PersonId,
    },
    /// A person set up a second factor.
    FactorEnrolled {
        /// Who.
        person: PersonId,
        /// `"totp"`.
        factor: String,
    },
    /// What became of a sign-on by the home's provider.
    SignOn(SignOn),
    /// Somebody who is not in yet knows the password, and was given a challenge for a passkey.
    FactorAsked {
        /// Whose account.
        person: PersonId,
    },
    /// A person set up a passkey.
    PasskeyEnrolled {
        /// Who.
        person: PersonId,
        /// Which: an id of its own.
        passkey: PasskeyId,
    },
    /// A person removed a passkey.
    PasskeyRemoved {
        /// Who.
        person: PersonId,
        /// Which.
        passkey: PasskeyId,
    },
    /// A passkey signed what it was asked to.
    PasskeyUsed(PasskeyUsed),
    /// A step in the life of a device on which a person comes in.
    Device(Device),
    /// A person is kept out.
    PersonSuspended {
        /// Who.
        person: PersonId,
        /// Why: a code of the program.
        reason: String,
    },
    /// A person is let in again.
    PersonResumed {
        /// Who.
        person: PersonId,
    },
    /// All access of a person has ended, for good.
    PersonLeft(PersonLeft),
    /// A grant was asked for.
    GrantAsked(GrantAsked),
    /// A grant opens what it covers from now on.
    GrantApproved {
        /// Which.
        grant: GrantId,
    },
    /// A grant that was asked for is not given.
    GrantRefused {
        /// Which.
        grant: GrantId,
    },
    /// A grant opens nothing any more, before its time.
    GrantRevoked {
        /// Which.
        grant: GrantId,
    },
    /// The event's principal took a grant without approval, in an emergency.
    GlassBroken {
        /// Names it.
        grant: GrantId,
        /// Of whose data.
        seller: SellerId,
        /// For what.
        purpose: Purpose,
        /// Until when.
        until: Timestamp,
        /// The ticket given.
        ticket: Ticket,
    },
    /// Somebody else said whether there was reason for that.
    GlassReviewed {
        /// Which.
        grant: GrantId,
        /// Whether there was.
        justified: bool,
    },
    /// A notice was sent to somebody by mail, or could not be.
    Notice(Notice),
    /// Something that takes two people was proposed, approved, done, refused, withdrawn, or its time is over.
    Proposal(Proposal),
    /// One person wants to do what takes two, and somebody outside may stop it.
    Wait(Wait),
    /// Whether a company of one has named somebody outside, who may stop what takes two people.
    Solo(Solo),
    /// A seller was added.
    SellerAdded {
        /// Which.
        seller: SellerId,
    },
    /// A seller's authorisation has ended, and with it all that is held of it (R17).
    SellerEnded(SellerEnd),
    /// A service was added.
    ServiceAdded {
        /// Which.
        service: ServiceId,
        /// Its owner.
        owner: PersonId,
        /// The sellers it is bound to.
        sellers: Vec<SellerId>,
        /// Its purposes.
        purposes: Vec<Purpose>,
        /// Its classes.
        classes: Vec<Class>,
    },
    /// What a service may see was approved by a second person.
    ServiceReleased(Released),
    /// A service has another key.
    ServiceKeyAdded {
        /// Which service.
        service: ServiceId,
        /// Names the key.
        key: RecordId,
    },
    /// A key of a service opens nothing any more.
    ServiceKeyEnded {
        /// Which service.
        service: ServiceId,
        /// Names the key.
        key: RecordId,
    },
    /// Somebody else answers for a service.
    ServiceOwnerChanged {
        /// Which service.
        service: ServiceId,
        /// Who.
        owner: PersonId,
    },
    /// A service was taken away.
    ServiceRemoved {
        /// Which.
        service: ServiceId,
    },
    /// The home's certificate authority was made.
    AuthorityMade(AuthorityMade),
    /// Parts were sealed in one commit of a collect.
    Collected {
        /// Whose.
        seller: SellerId,
        /// Of what kind.
        kind: Kind,
        /// Their source (`"orders-2026-01-01"`): a name from the program, never from input.
        source: String,
        /// The counts of this commit.
        counts: Counts,
        /// Every part sealed.
        parts: PartRows,
    },
    /// Documents failed verification and were sealed into quarantine.
    Quarantined {
        /// Whose.
        seller: SellerId,
        /// Their ids and reason codes.
        items: Vec<(RecordId, String)>,
    },
    /// Quarantined documents were read again, after what kept them out was mended.
    QuarantineRetried {
        /// Whose.
        seller: SellerId,
        /// Their ids, each with `"taken-in"` or the code of the reason why it stays.
        items: Vec<(RecordId, String)>,
    },
    /// Quarantined documents were thrown away.
    QuarantineDiscarded {
        /// Whose.
        seller: SellerId,
        /// Why: a code of a closed set.
        reason: String,
        /// Their ids.
        items: Vec<RecordId>,
    },
    /// A retention decision changed (R14).
    ExpiryChanged {
        /// Whose.
        seller: SellerId,
        /// Every change.
        changes: Vec<ExpiryChange>,
    },
    /// Plaintext is about to be handed out: the exact pairs, an upper bound. Without items: what was asked for is gone.
    Revealed {
        /// Whose.
        seller: SellerId,
        /// Why.
        purpose: Purpose,
        /// The ticket given.
        ticket: Option<Ticket>,
        /// The records and the catalogue fields of each.
        items: Vec<RevealedItem>,
        /// Fields refused in the same request.
        denied: u32,
    },
    /// A reveal that was logged could not be finished, or named something that is not here or does not open.
    RevealFailed {
        /// A code from the program.
        reason: String,
    },
    /// Something was refused.
    Denied {
        /// What was asked, a code from the program (`"reveal"`, `"collect"` …).
        action: String,
        /// Whose.
        seller: Option<SellerId>,
        /// For what.
        purpose: Option<Purpose>,
        /// Why not: a code from the program.
        reason: String,
        /// What it serves.
        requirement: Requirement,
        /// The records it was about, when known.
        items: Vec<RevealedItem>,
    },
    /// Records were searched for.
    Found {
        /// Whose.
        seller: SellerId,
        /// By what kinds of term.
        terms: Vec<TermKind>,
        /// The records found.
        records: Vec<RecordId>,
    },
    /// Facts and masked fields were shown; of no record, when there is none of the reference that was asked for.
    Shown {
        /// Whose.
        seller: SellerId,
        /// Which.
        records: Vec<RecordId>,
    },
    /// Quarantine was listed or shown.
    QuarantineRead {
        /// The items shown; none for a list.
        items: Vec<RecordId>,
    },
    /// Retention was asked about.
    RetentionRead {
        /// The record, if it was one.
        record: Option<RecordId>,
    },
    /// What is held was counted (2.1.a).
    Census(Census),
    /// Keys are about to be made underivable.
    DestructionIntended {
        /// Names this destruction in its completion.
        destruction: RecordId,
        /// Buckets.
        buckets: Vec<BucketName>,
        /// Punctures per bucket.
        punctures: Vec<(BucketName, u32)>,
        /// Facts keys.
        facts: Vec<(SellerId, Month)>,
        /// Keys of details of events.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        details: Vec<Month>,
        /// Keys of requests and consents.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requests: Vec<Month>,
    },
    /// They are underivable.
    DestructionCompleted(Destroyed),
    /// Personal data of records ended because somebody asked (2.2.d).
    Erased(Erased),
    /// Of records nothing is done any more but keeping them, because somebody asked; or they are used again (2.2.d).
    Restricted(Restricted),
    /// A field of a record has another value, because somebody asked (2.2.d).
    Rectified(Rectified),
    /// A step in the life of what somebody asks for of their own data (2.2.d).
    SubjectRequest(SubjectRequest),
    /// Somebody agreed to a purpose, or took that back (2.1.b).
    Consent(Consent),
    /// Parts were sealed anew in a later bucket.
    Moved {
        /// Whose.
        seller: SellerId,
        /// Every part.
        parts: PartRows,
    },
    /// The catalogue was read.
    CatalogueRead {},
    /// What the catalogue does not name was listed. No path: one comes from outside, and may be personal.
    UnclassifiedRead {
        /// Whose; of all sellers, when `None`.
        seller: Option<SellerId>,
        /// How many different paths there are.
        paths: u32,
        /// How many records hold one.
        records: u64,
    },
    /// What the orders that are held are like was measured.
    ShapeRead(ShapeRead),
    /// An officer decided what a field is.
    FieldClassified(FieldClassified),
    /// The catalogue is another than the one that the home went by before: a new version, or an edited extension.
    CatalogueChanged {
        /// How many fields it has.
        fields: u32,
    },
    /// The rules of access are others than before.
    RulesChanged {
        /// Of the policies, the home's own among them, and their schema.
        rules: Digest,
        /// How many policies there are.
        policies: u32,
    },
    /// What is sealed followed a change of the catalogue.
    Reclassified {
        /// Whose.
        seller: SellerId,
        /// Records of which the facts alone were sealed anew.
        facts: u32,
        /// Every part that was.
        parts: PartRows,
    },
    /// The keyring's mirrors were repaired, or one was added.
    MirrorsChanged {
        /// Repaired.
        repaired: u32,
        /// Added.
        added: u32,
    },
    /// A step in the life of an archive that a law demands, or of a key for it (2.1.c).
    Archive(Archive),
    /// A step in the life of what leaves for a registered recipient, or of a recipient (2.6.g, 2.2.d).
    Export(Export),
    /// A step in the life of prints (2.3.d).
    Print(Print),
    /// A keyring older than the home is made the present one, cut to what the home still names.
    Adoption(Adoption),
    /// The home was backed up.
    BackupMade(BackupMade),
    /// A backup was sent elsewhere, or could not be. Never where to.
    BackupSent(BackupSent),
    /// It was tried out whether the home could go on from a backup (2.5.b).
    BackupDrilled(BackupDrilled),
    /// The home goes on from a backup.
    Restored(Restored),
    /// The lasting keyring left the home as a sealed file.
    KeyringExported(KeyringExported),
    /// The root key is about to be split into shares.
    RootKeySplit(RootKeySplit),
    /// The root key is about to be sealed under another passphrase: written before its file is replaced. The key stays.
    PassphraseChanged {},
    /// A secret that the program uses itself was seen for the first time, or is another than before.
    SecretSeen {
        /// Which.
        secret: OwnSecret,
        /// How many guesses it stands up to at least, as a power of two.
        bits: u16,
    },
    /// A secret that the program uses itself is past its age, and still in use (1.4.b).
    SecretOutlived {
        /// Which.
        secret: OwnSecret,
    },
    /// Keys were looked at.
    KeysRead {},
    /// The ledger was read, verified, proved from or exported.
    LedgerRead {
        /// `"tail"`, `"details"`, `"verify"`, `"prove"`, `"export"`.
        how: String,
    },
    /// A mapping of the home's own was added or replaced. Its name could be a person's, and is not told.
    MappingAdded(Mapping),
    /// A mapping of the home's own was taken away.
    MappingRemoved(Mapping),
    /// Something went wrong in the system itself (2.6.a).
    SystemError {
        /// `"panic"`, `"disk"`, `"mirror"`, `"clock"`, `"job"`, `"store"`.
        component: String,
        /// A code from the program.
        code: String,
    },
    /// The time of a test home was set.
    TimeSet {},
    /// A time that had jumped ahead is believed: what is due by it may be destroyed.
    TimeBelieved(TimeBelieved),
}
