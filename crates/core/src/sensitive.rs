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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    struct Probe<'a>(&'a Cell<bool>);

    impl Zeroize for Probe<'_> {
        fn zeroize(&mut self) {
            self.0.set(true);
        }
    }

    #[test]
    fn a_value_is_wiped_when_its_box_is_dropped() {
        let wiped = Cell::new(false);
        let value = Sensitive::new(Probe(&wiped));
        assert!(!value.expose().0.get());
        drop(value);
        assert!(wiped.get());
    }

    #[test]
    fn a_change_of_form_stays_in_a_box() {
        let name = Sensitive::new(String::from("synthetic"));
        assert_eq!(*name.map(String::len).expose(), 9);
        assert_eq!(name.expose(), "synthetic");
    }
}
