use std::io::{Cursor, Read};

use super::*;

/// Everything that a source gives, and the error it ends with.
fn all(input: &[u8], charset: Option<Charset>) -> (Vec<u8>, Detected, Option<SourceError>) {
    let mut source = Source::open(Box::new(Cursor::new(input.to_vec())), charset);
    let mut text = Vec::new();
    let error = source.read_to_end(&mut text).err();
    (text, source.detected(), error.map(|error| SourceError::of(&error).unwrap()))
}

#[test]
fn ascii_passes() {
    let (text, _, _) = all("{\"orderId\":\"1\"}\n".repeat(10).as_bytes(), None);
    assert_eq!(text, "{\"orderId\":\"1\"}\n".repeat(10).as_bytes());
}
