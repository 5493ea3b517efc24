//! What can go wrong, named for who can mend it.
use bailee_core::SellerId;

/// Why the vault did not do it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// No such seller.
    #[error("there is no seller {0}; add it with `bailee seller add {0}`")]
    UnknownSeller(SellerId),
    /// Seller is there already.
    #[error("seller {0} is there already")]
    SellerExists(SellerId),
    /// The authorisation was minted for another home.
    #[error("this authorisation belongs to another home")]
    OtherHome,
    /// The input holds no order.
    #[error("the input holds no order; give it Orders 2026-01-01 documents (JSON or NDJSON)")]
    NoOrders,
    /// A query without a term, or with a postal code and no name.
    #[error("a search needs an e-mail, a phone, a name, or a name with a postal code")]
    EmptyQuery,
    /// A time in the future.
    #[error("--as-of lies in the future")]
    AsOfInFuture,
    /// Input.
    #[error(transparent)]
    Intake(#[from] bailee_intake::reader::IntakeError),
    /// Keys.
    #[error(transparent)]
    Keyring(#[from] bailee_crypto::keyring::KeyringError),
    /// Sealed bytes.
    #[error(transparent)]
    Envelope(#[from] bailee_crypto::envelope::EnvelopeError),
    /// Store.
    #[error(transparent)]
    Store(#[from] bailee_store::records::StoreError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] bailee_ledger::log::AppendError),
    /// The caller stopped it between two batches; what was committed stays, and the same input can be collected again.
    #[error("stopped; what was taken in so far stays, and collecting the same input again goes on from there")]
    Stopped,
}
