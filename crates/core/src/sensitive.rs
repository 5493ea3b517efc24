//! Plaintext personal data, in a box that cannot be printed.
//!
//! [`Sensitive`] has no `Debug`, `Display`, `Serialize` or `Clone`, so plaintext reaches a log, an error or a copy
//! only through [`Sensitive::expose`], which a reviewer can search for. It is wiped when it is dropped.

use zeroize::Zeroize;

/// A value that must not be shown, printed, stored or copied by accident.
pub struct Sensitive<T: Zeroize>(T);

impl<T: Zeroize> Sensitive<T> {
    /// Puts a plaintext value into its box.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The plaintext. Every use of this is a place where personal data may leave.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// Changes the plaintext into another form without its leaving the box.
    pub fn map<U: Zeroize>(&self, change: impl FnOnce(&T) -> U) -> Sensitive<U> {
        Sensitive(change(&self.0))
    }
}

impl<T: Zeroize> Drop for Sensitive<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
