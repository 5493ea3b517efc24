//! What the API is, for documents that are checked in.

use super::document::DOCUMENT;
use super::markdown;

/// The OpenAPI 3.1 document, as `GET /openapi.json` answers it.
pub fn openapi() -> String {
    let mut text = serde_json::to_string_pretty(&*DOCUMENT).unwrap_or_default();
    text.push('\n');
    text
}

/// Every route in a table, in Markdown.
pub fn api() -> String {
    markdown::api()
}

/// Every type of problem in a table, in Markdown.
pub fn problems() -> String {
    markdown::problems()
}
