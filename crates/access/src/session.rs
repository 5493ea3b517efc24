//! Sessions of people: opaque, hashed at rest, idle 15 minutes, 8 hours at most.
use bailee_core::{PersonId, Sensitive, SessionId, Timestamp};

/// A new session. The token is shown once.
pub struct NewSession { /// Names it.
    pub id: SessionId, /// Opens it.
    pub token: Sensitive<String>, /// Whose.
    pub person: PersonId, /// Ends at the latest.
    pub ends_at: Timestamp }
