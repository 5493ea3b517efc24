//! What can go wrong, named for who can mend it.

use bailee_core::SellerId;

/// Why the vault did not do it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// No such seller.
    #[error("there is no seller {0}; add it with `bailee seller add {0}`")]
    UnknownSeller(SellerId),
    /// The seller is there already.
    #[error("seller {0} is there already")]
    SellerExists(SellerId),
    /// The seller has ended.
    #[error(
        "seller {0} has ended (R17), and nothing of it is taken in any more; if it authorises you anew, add it under another id, such \
         as with `bailee seller add {0}-2`"
    )]
    SellerEnded(SellerId),
    /// The seller has ended, and nothing comes of saying so again.
    #[error(
        "seller {seller} has ended already, {}", match is_gone {
            true => "and all that was held of it is gone; what is not personal of it ends by itself (R18)".to_owned(),
            false => format!("and is destroyed on {on}; only an earlier day, or `--reason amazon-notice`, makes that stricter"),
        }
    )]
    EndsAlready {
        /// Which.
        seller: SellerId,
        /// The day on which it is destroyed.
        on: bailee_core::Day,
        /// Whether it is.
        is_gone: bool,
    },
    /// A day that is none on which a seller's data can be destroyed.
    #[error(
        "the data of a seller that ends is destroyed today or on one of the next {} days (R17); give such a day",
        crate::ending::END_DAYS_MAX
    )]
    EndDay,
    /// A certificate of what is not destroyed yet.
    #[error("this is not destroyed yet, or was not: {0}")]
    NotDestroyed(&'static str),
    /// More sellers than the store can number.
    #[error("a home holds {} sellers at most", crate::seller::SELLERS_MAX)]
    TooManySellers,
    /// The authorisation was minted for another home.
    #[error("this authorisation belongs to another home")]
    OtherHome,
    /// The authorisation was minted for documents of another kind.
    #[error("this authorisation is for documents of another kind")]
    OtherKind,
    /// The input holds no order.
    #[error(
        "the input holds no order, shipment or return in this format; fetch it again, or name another format with --format"
    )]
    NoOrders,
    /// A query without a term, or with a postal code and no name.
    #[error("a search needs an e-mail, a phone, a name, or a name with a postal code")]
    EmptyQuery,
    /// Somebody is to be known by a name alone.
    #[error("a name alone is that of many; give a postal code, an e-mail or a phone with it")]
    NameAlone,
    /// Nothing that is held was found for a request.
    #[error(
        "nothing that is held was found for this request, and nothing was done; look with `bailee subject request show ID` whether it was written down right, and if so end it with `bailee subject request refuse ID --reason nothing-held`"
    )]
    NothingFound,
    /// What was given to search by has no normal form.
    #[error("what was given as {0} cannot be one; look for a typing error")]
    UnusableTerm(&'static str),
    /// More items than a reveal may name.
    #[error("a reveal names {} items at most; ask for them in several requests", crate::reveal::ITEMS_MAX)]
    TooManyItems,
    /// More records than an act on records may name.
    #[error("an act names {} records at most; do it in several", crate::record::RECORDS_MAX)]
    TooManyRecords,
    /// The record has no personal field of that path, or several.
    #[error(
        "this record has not exactly one personal field of that path; name one as `bailee show` does, an item's by its id"
    )]
    NoSuchField,
    /// A value that intake would not take.
    #[error(transparent)]
    Unfit(bailee_intake::verify::Unfit),
    /// The record is restricted.
    #[error(
        "this record is kept and not used, since whoever it is about asked for that (GDPR article 18); an officer lifts it with \
         `bailee restrict --lift`"
    )]
    Restricted,
    /// The purpose rests on consent, and none covers the record.
    #[error("{0}", crate::consent::NOT_CONSENTED)]
    NotConsented,
    /// A request that does not take this step.
    #[error(transparent)]
    Step(#[from] bailee_core::subject::StepError),
    /// There is no such request or consent.
    #[error("there is no such {0}, or it was kept long enough and has ended")]
    NotLeft(&'static str),
    /// More requests or consents than a home remembers.
    #[error("a home remembers {} requests and as many consents at most", crate::left::LEFT_MAX)]
    TooManyLeft,
    /// A day that cannot be one on which somebody asked or agreed.
    #[error(
        "give the day on which they said so: today or one of the {} days before",
        crate::left::DAYS_BACK_MAX
    )]
    SaidDay,
    /// A consent that was taken back before it was given.
    #[error("this consent was given on a later day; look for a typing error in the day")]
    SaidBefore,
    /// A record that was not found for this request.
    #[error(
        "this record is not among those that were found for this request; look again with `bailee subject request preview ID`"
    )]
    NotFoundFor,
    /// A discard for a reason that is none of the set.
    #[error(
        "there is no such reason; a discard is for one of: {}",
        crate::quarantine::discard::Reason::ALL.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(", ")
    )]
    UnknownReason,
    /// The time jumped ahead, and nobody has confirmed it yet.
    #[error(
        "the time has jumped ahead by more than 48 hours, so nothing is destroyed by it yet; see that this machine's clock is right, \
         and have two people confirm it: one with `bailee retention confirm-time`, the other by approving that"
    )]
    TimeJumped,
    /// A time in the future.
    #[error("--as-of lies in the future; give the time at which the file was fetched from Amazon")]
    AsOfInFuture,
    /// What was decided of a field does not fit the catalogue, or is looser.
    #[error(transparent)]
    Catalogue(bailee_core::catalogue::CatalogueError),
    /// The orders that are held are too few to be told of.
    #[error(transparent)]
    Shape(#[from] bailee_intake::synth::ProfileError),
    /// The authorisation does not say that it may become a fact.
    #[error("it was not allowed that this field becomes a fact")]
    FactNotAllowed,
    /// A name in the path looks like a value.
    #[error(
        "a name in this path looks like a value; classify it by the number that `bailee catalogue unclassified` lists"
    )]
    NameIsValue,
    /// A name in the path can be somebody's.
    #[error(
        "a name in this path can be somebody's address or number, and would stand in the open; it stays sealed until \
         the source sends it as a value"
    )]
    NameIsPersonal,
    /// Nothing unclassified has that number.
    #[error(
        "nothing that is unclassified has this number; `bailee catalogue unclassified` lists what there is"
    )]
    NoSuchNumber,
    /// Every number for a home's own fields has been given.
    #[error("this home has given every number that there is for its own fields")]
    NoMoreFields,
    /// The home's own catalogue cannot be written.
    #[error(
        "the home's own catalogue cannot be written ({0}); free some space or mend its directory, then try again"
    )]
    OwnCatalogue(std::io::ErrorKind),
    /// The same record was being changed by others again and again.
    #[error("the record is being changed by others; try again")]
    Changed,
    /// A batch whose documents have not one outcome each: a fault of the program. Nothing of it was committed.
    #[error("not every document of a batch was accounted for, so none of it was taken in; please report it")]
    Miscounted,
    /// Sealed bytes opened to something this version did not write.
    #[error("{0} opened to something that this version of bailee did not write")]
    Damaged(&'static str),
    /// The input cannot be read.
    #[error(transparent)]
    Intake(#[from] bailee_intake::reader::IntakeError),
    /// There is no backup.
    #[error(transparent)]
    Backup(#[from] crate::backup::BackupFault),
    /// The keyring cannot be used.
    #[error(transparent)]
    Keyring(#[from] bailee_crypto::keyring::KeyringError),
    /// Sealed bytes do not open.
    #[error(transparent)]
    Envelope(#[from] bailee_crypto::envelope::EnvelopeError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] bailee_store::records::StoreError),
    /// The ledger cannot be written.
    #[error(transparent)]
    Ledger(#[from] bailee_ledger::log::AppendError),
    /// Nothing can be archived so, or done with an archive.
    #[error(transparent)]
    Archive(#[from] crate::archive::ArchiveError),
    /// Nothing leaves so, or can be done with an export or a recipient.
    #[error(transparent)]
    Export(#[from] crate::exports::ExportError),
    /// Nothing can be printed so, or done with a print.
    #[error(transparent)]
    Print(#[from] crate::prints::PrintError),
    /// The caller stopped it between two batches; what was committed stays, and the same input can be collected again.
    #[error(
        "stopped; what was taken in so far stays, and collecting the same input again goes on from there"
    )]
    Stopped,
}

impl VaultError {
    /// Whether it is about one record, and says nothing of others: then others can be handed out all the same.
    pub(crate) fn is_of_one_record(&self) -> bool {
        matches!(
            self,
            Self::Damaged(_) | Self::Envelope(_) | Self::Changed | Self::Restricted | Self::NotConsented
        )
    }

    /// A stable code for problem documents and events.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownSeller(_) => "unknown-seller",
            Self::SellerExists(_) => "seller-exists",
            Self::SellerEnded(_) | Self::EndsAlready { .. } => "seller-ended",
            Self::EndDay => "end-day",
            Self::NotDestroyed(_) => "not-destroyed",
            Self::TooManySellers => "too-many-sellers",
            Self::OtherHome => "other-home",
            Self::OtherKind => "other-kind",
            Self::NoOrders => "no-orders",
            Self::EmptyQuery => "empty-query",
            Self::UnusableTerm(_) => "unusable-term",
            Self::TooManyItems => "too-many-items",
            Self::TooManyRecords => "too-many-records",
            Self::Restricted => "restricted",
            Self::NotConsented => "no-consent",
            Self::Step(error) => error.code(),
            Self::NotLeft(_) => "not-found",
            Self::TooManyLeft => "too-many-requests-kept",
            Self::SaidDay | Self::SaidBefore => "said-day",
            Self::NotFoundFor => "not-found-for-request",
            Self::NothingFound => "nothing-found",
            Self::NameAlone => "name-alone",
            Self::NoSuchField => "not-found",
            Self::Unfit(_) => "unfit-value",
            Self::UnknownReason => "unknown-reason",
            Self::TimeJumped => "time-jumped",
            Self::AsOfInFuture => "as-of-in-future",
            Self::Catalogue(error) => error.code(),
            Self::Shape(_) => "too-few-orders",
            Self::FactNotAllowed => "fact-not-allowed",
            Self::NameIsValue => "name-is-a-value",
            Self::NameIsPersonal => "name-is-personal",
            Self::NoSuchNumber => "no-such-number",
            Self::NoMoreFields => "no-more-fields",
            Self::OwnCatalogue(_) => "catalogue-unwritable",
            Self::Changed => "changed-meanwhile",
            Self::Miscounted => "miscounted",
            Self::Damaged(_) => "damaged",
            Self::Intake(_) => "unreadable-input",
            Self::Backup(fault) => fault.code(),
            Self::Keyring(_) => "keyring",
            Self::Envelope(_) => "does-not-open",
            Self::Store(_) => "store",
            Self::Ledger(_) => "ledger-unwritable",
            Self::Archive(error) => error.code(),
            Self::Export(error) => error.code(),
            Self::Print(error) => error.code(),
            Self::Stopped => "stopped",
        }
    }
}
