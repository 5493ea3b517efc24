//! An event as a whole: when, who, by which request, from where, and what.

use bailee_core::{Commitment, PersonId, PrincipalId, RequestId, Timestamp};
use serde::{Deserialize, Serialize};

use super::What;

/// One act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When, by the home's clock.
    pub at: Timestamp,
    /// Who.
    pub principal: PrincipalId,
    /// The request that it belongs to.
    pub request: RequestId,
    /// Where the request came from: a commitment to a detail that is sealed under the key of this month. None of what
    /// the system does by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Commitment>,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What became of a sign-on by the home's provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignOn {
    /// The person, when the provider means somebody here.
    pub person: Option<PersonId>,
    /// `"signed-on"`, `"bound"` before it the first time, or what was wrong.
    pub outcome: String,
}
