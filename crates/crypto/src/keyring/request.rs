//! Request keys: of what people leave with a request or a consent, one for each month (R22).
//!
//! A month's key ends once what was sealed in it has been kept long enough. What is touched again is sealed anew in the month of
//! that, so that there are as many keys as months, however many people ask.

use std::sync::PoisonError;

use bailee_core::{Entropy, Month};

use super::segment::SegmentId;
use super::{Keyring, KeyringError};
use crate::envelope::SealingKey;

impl Keyring {
    /// The request key of a month, if it lives.
    pub fn request(&self, month: Month) -> Option<SealingKey> {
        self.one(&SegmentId::Request(month))
    }

    /// The request key of a month, made durable in every mirror where it was missing.
    ///
    /// # Errors
    /// Those of [`Self::ensure_facts`].
    pub fn ensure_request(&self, month: Month, entropy: &dyn Entropy) -> Result<SealingKey, KeyringError> {
        self.ensure_one(&SegmentId::Request(month), entropy)
    }

    /// The month of every live request key.
    pub fn request_keys(&self) -> Vec<Month> {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        let request = |id: &SegmentId| match id {
            SegmentId::Request(month) => Some(*month),
            _ => None,
        };
        live.keys().filter_map(request).collect()
    }
}
