//! Normal forms for the index: what two spellings of the same e-mail, phone or name have in common.

/// The normal form of an e-mail address; `None` when it is none.
pub fn email(_value: &str) -> Option<String> { todo!() }
/// The normal form of a phone number without its extension; `None` when too short to be one.
pub fn phone(_value: &str, _country: Option<&str>) -> Option<String> { todo!() }
/// The normal form of a name: case, width, accents and order of white space do not count.
pub fn name(_value: &str) -> Option<String> { todo!() }
/// The normal form of a name with a postal code.
pub fn name_postal_code(_name: &str, _postal_code: &str) -> Option<String> { todo!() }
