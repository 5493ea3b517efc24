//! Problems: every refusal and failure as RFC 9457 says it, with the requirement it serves.
//!
//! A problem's texts are from the program. What a database, a parser or a panic said may carry values, and stays
//! inside.

pub(crate) mod types;

use std::any::Any;

use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bailee_access::{AccessError, Denial};
use bailee_core::requirement::Requirement;
use bailee_core::{ParseIdError, RequestId};
use bailee_ledger::log::{AppendError, SourceError};
use bailee_store::records::StoreError;
use bailee_vault::VaultError;
use bailee_vault::archive::ArchiveError;
use bailee_vault::backup::BackupFault;
use bailee_vault::exports::ExportError;
use bailee_vault::prints::PrintError;
use serde::Serialize;

use crate::fault::Fault;

/// What every problem's `type` begins with; the rest is its code.
pub const PROBLEM_TYPE_PREFIX: &str = "urn:bailee:problem:";

/// Why a request was not done.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    requirement: Option<Requirement>,
    remedy: Option<String>,
    /// What few problems have.
    further: Option<Box<Further>>,
    fault: Option<Fault>,
}

/// What few problems have.
#[derive(Clone, Debug, Default)]
struct Further {
    /// The first ledger entry concerned, when a verification failed.
    index: Option<u64>,
    /// The id of what the request is about, when that is all that can be told of it.
    id: Option<String>,
    /// Seconds after which it may be asked again.
    retry_after: Option<u64>,
    /// The methods that there are instead.
    allow: Option<&'static str>,
}

/// The document of RFC 9457.
#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    requirement: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    request_id: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { status, code, detail, requirement: None, remedy: None, further: None, fault: None }
    }

    /// What was sent is not what this route takes.
    pub(crate) fn unacceptable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// The route takes other methods: these.
    pub(crate) fn only(methods: &'static str) -> Self {
        no_method().with_further(|further| further.allow = Some(methods))
    }

    /// There is no such thing, or the caller may not know of it.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    /// A fault of the program, of which the caller learns no more than that.
    pub(crate) fn internal(fault: Fault) -> Self {
        let detail = "something went wrong inside bailee; the ledger names it under this request's id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).with_fault(fault)
    }

    /// A panic. Its message may carry values, so it is not even looked at.
    pub(crate) fn from_panic(_message: &(dyn Any + Send)) -> Self {
        Self::internal(Fault::new("panic", "handler"))
    }

    /// A verification that failed, at the entry of that index when one can be named.
    pub(crate) fn verification(detail: impl Into<String>, index: Option<u64>) -> Self {
        Self::unacceptable("verification-failed", detail)
            .serving(Requirement::LogsProtected)
            .with_further(|further| further.index = index)
    }

    pub(crate) fn serving(self, requirement: Requirement) -> Self {
        Self { requirement: Some(requirement), ..self }
    }

    /// Names what it is about.
    pub(crate) fn about(self, id: String) -> Self {
        self.with_further(|further| further.id = Some(id))
    }

    /// It may be asked again after so long.
    pub(crate) fn after_seconds(self, seconds: u64) -> Self {
        self.with_further(|further| further.retry_after = Some(seconds))
    }

    #[cfg(test)]
    pub(crate) fn retry_after(&self) -> Option<u64> {
        self.further.as_ref()?.retry_after
    }

    fn with_further(mut self, change: impl FnOnce(&mut Further)) -> Self {
        change(self.further.get_or_insert_default());
        self
    }

    pub(crate) fn with_fault(self, fault: Fault) -> Self {
        Self { fault: Some(fault), ..self }
    }

    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// Whether whoever asks was refused, rather than what they wrote, or something failed.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
    }

    pub(crate) fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// The problem as JSON.
    pub(crate) fn json(&self, request: RequestId) -> String {
        let further = self.further.as_deref();
        let document = Document {
            r#type: format!("{PROBLEM_TYPE_PREFIX}{}", self.code),
            title: types::of(self.code).map_or("Problem", |one| one.title),
            status: self.status.as_u16(),
            detail: &self.detail,
            requirement: self.requirement.map(Requirement::as_str),
            remedy: self.remedy.as_deref(),
            index: further.and_then(|further| further.index),
            id: further.and_then(|further| further.id.as_deref()),
            request_id: request.to_string(),
        };
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// The answer that carries it, in the place of the router's own, which says what methods there are.
    pub(crate) fn render(&self, bare: &Response, request: RequestId) -> Response {
        let mut response = (self.status, self.json(request)).into_response();
        let headers = response.headers_mut();
        if let Some(methods) = bare.headers().get(ALLOW) {
            headers.insert(ALLOW, methods.clone());
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let further = self.further.as_deref();
        if let Some(seconds) = further.and_then(|further| further.retry_after) {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if let Some(methods) = further.and_then(|further| further.allow) {
            headers.insert(ALLOW, HeaderValue::from_static(methods));
        }
        response
    }
}

impl IntoResponse for Problem {
    /// Leaves the problem with the answer; the edge renders it, since it knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// For every path that is no route.
pub(crate) async fn no_such_route() -> Problem {
    Problem::not_found("there is no such route")
}

/// For a route's other methods. The router says which there are.
pub(crate) async fn no_such_method() -> Problem {
    no_method()
}

fn no_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "this route does not take this method")
}

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Self {
        let status = if denial.unauthenticated { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
        let problem = Self::new(status, denial.code, denial.words).serving(denial.requirement);
        Self { remedy: Some(denial.remedy), ..problem }
    }
}

impl From<ParseIdError> for Problem {
    fn from(error: ParseIdError) -> Self {
        Self::unacceptable("bad-id", error.to_string())
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            AccessError::Denied(denial) => denial.into(),
            AccessError::Store(error) => error.into(),
            AccessError::Ledger(error) => error.into(),
            AccessError::Unacceptable(_) => Self::unacceptable(code, words),
            AccessError::Against(requirement, words) => Self::unacceptable(code, words).serving(requirement),
            AccessError::HasOwner | AccessError::Moved => Self::new(StatusCode::CONFLICT, code, words),
            AccessError::Missing(_) => Self::not_found(words),
            AccessError::BreachedFile(..) => Self::new(StatusCode::SERVICE_UNAVAILABLE, code, "the file of known passwords cannot be used, so no password can be set; the operator of this home must mend it")
                .with_fault(Fault::new("disk", code)),
            AccessError::ProviderAway => Self::new(StatusCode::SERVICE_UNAVAILABLE, code, words)
                .with_fault(Fault::new("provider", "away")),
            AccessError::Uncertified => Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, words)
                .with_fault(Fault::new("job", "certificate")),
            AccessError::Hashing => Self::new(StatusCode::SERVICE_UNAVAILABLE, code, words)
                .with_fault(Fault::new("memory", "password-hashing")),
            AccessError::Keyring(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "keyring-unusable", words)
                .with_fault(Fault::new("mirror", code)),
            // Rules are read when a home is opened: no request meets this.
            AccessError::Rules(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the access rules cannot be used")
                    .with_fault(Fault::new("job", code))
            }
            AccessError::Unreadable(_) | AccessError::Envelope(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, words)
                    .with_fault(Fault::new("store", code))
            }
        }
    }
}

impl From<AppendError> for Problem {
    fn from(error: AppendError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ledger-unwritable", error.to_string())
            .serving(Requirement::Logged)
            .with_fault(Fault::new("disk", "ledger-unwritable"))
    }
}

impl From<SourceError> for Problem {
    fn from(_: SourceError) -> Self {
        let detail = "the ledger cannot be read; run `bailee ledger verify`";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ledger-unreadable", detail)
            .with_fault(Fault::new("store", "ledger-unreadable"))
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let unavailable = |code, fault| {
            Self::new(StatusCode::SERVICE_UNAVAILABLE, code, error.to_string()).with_fault(fault)
        };
        match error {
            StoreError::Conflict => Self::new(StatusCode::CONFLICT, "conflict", error.to_string()),
            StoreError::DiskFull => unavailable("disk-full", Fault::new("disk", "full")),
            StoreError::Unusable(_) | StoreError::Damaged | StoreError::Newer { .. } | StoreError::Closed => {
                unavailable("store-unusable", Fault::new("store", error.code()))
            }
        }
    }
}

fn of_backup(fault: &BackupFault) -> Problem {
    let (code, words) = (fault.code(), fault.to_string());
    match fault {
        BackupFault::NotListed(_) | BackupFault::Removable(_) => {
            // It is said once, in its own place.
            let alone = words.strip_suffix(" (2.3.c)").map(str::to_owned);
            Problem::unacceptable(code, alone.unwrap_or(words)).serving(Requirement::NoLooseMedia)
        }
        BackupFault::NoRecipients => {
            Problem::unacceptable(code, words).serving(Requirement::EncryptionAtRest)
        }
        BackupFault::AnotherHome => {
            let alone = words.strip_suffix(" (2.5.b)").map(str::to_owned);
            Problem::unacceptable(code, alone.unwrap_or(words)).serving(Requirement::TestAndProductionApart)
        }
        BackupFault::KeyReadable(_) => {
            let alone = words.strip_suffix(" (2.4.b)").map(str::to_owned);
            Problem::unacceptable(code, alone.unwrap_or(words)).serving(Requirement::Keys)
        }
        BackupFault::Place { .. }
        | BackupFault::File { .. }
        | BackupFault::Key { .. }
        | BackupFault::Unread(_)
        | BackupFault::Ledger => Problem::unacceptable(code, words),
        BackupFault::Unwritten(_) => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, words).with_fault(Fault::new("disk", code))
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        match error {
            VaultError::UnknownSeller(_) | VaultError::NotDestroyed(_) => {
                Self::new(StatusCode::NOT_FOUND, code, words)
            }
            VaultError::SellerEnded(_) | VaultError::EndsAlready { .. } => {
                Self::new(StatusCode::CONFLICT, code, words).serving(Requirement::ThirtyDays)
            }
            VaultError::EndDay => Self::unacceptable(code, words).serving(Requirement::ThirtyDays),
            VaultError::SellerExists(_) | VaultError::Changed => Self::new(StatusCode::CONFLICT, code, words),
            VaultError::NoOrders | VaultError::Intake(_) => {
                Self::unacceptable(code, words).serving(Requirement::Verification)
            }
            VaultError::TooManySellers
            | VaultError::EmptyQuery
            | VaultError::UnusableTerm(_)
            | VaultError::TooManyItems
            | VaultError::TooManyRecords
            | VaultError::Unfit(_)
            | VaultError::UnknownReason
            | VaultError::AsOfInFuture => Self::unacceptable(code, words),
            VaultError::Restricted => {
                Self::new(StatusCode::FORBIDDEN, code, words).serving(Requirement::DataRights)
            }
            VaultError::NotConsented => {
                Self::new(StatusCode::FORBIDDEN, code, words).serving(Requirement::PurposeLimits)
            }
            VaultError::Step(_) => {
                Self::new(StatusCode::CONFLICT, code, words).serving(Requirement::DataRights)
            }
            VaultError::NotLeft(_) | VaultError::NotFoundFor | VaultError::NothingFound => {
                Self::new(StatusCode::NOT_FOUND, code, words)
            }
            VaultError::TooManyLeft
            | VaultError::NameAlone
            | VaultError::SaidDay
            | VaultError::SaidBefore => Self::unacceptable(code, words),
            VaultError::TimeJumped => {
                Self::new(StatusCode::CONFLICT, code, words).serving(Requirement::ThirtyDays)
            }
            VaultError::Archive(error) => of_archive(&error),
            VaultError::Export(error) => error.into(),
            VaultError::Print(error) => of_print(&error),
            VaultError::Stopped => Self::new(StatusCode::SERVICE_UNAVAILABLE, code, words),
            VaultError::Store(error) => error.into(),
            VaultError::Ledger(error) => error.into(),
            VaultError::Backup(fault) => of_backup(&fault),
            VaultError::Keyring(error) => Self::new(StatusCode::SERVICE_UNAVAILABLE, error.code(), words)
                .serving(Requirement::Keys)
                .with_fault(Fault::new("mirror", error.code())),
            VaultError::Envelope(_) | VaultError::Damaged(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, words)
                    .serving(Requirement::EncryptionAtRest)
                    .with_fault(Fault::new("store", code))
            }
            VaultError::Catalogue(error) => {
                let requirement = error.requirement();
                // It is said once, in its own place.
                let suffix = requirement.map(|requirement| format!(" ({requirement})"));
                let alone = suffix.and_then(|suffix| words.strip_suffix(&suffix).map(str::to_owned));
                Self { requirement, ..Self::unacceptable(code, alone.unwrap_or(words)) }
            }
            VaultError::Shape(_) => {
                Self::new(StatusCode::CONFLICT, code, "fewer orders are held than may be told of")
                    .serving(Requirement::TestAndProductionApart)
            }
            VaultError::NameIsValue | VaultError::NameIsPersonal => {
                Self::unacceptable(code, words).serving(Requirement::Collection)
            }
            VaultError::NoMoreFields => Self::unacceptable(code, words),
            VaultError::NoSuchField => Self::new(StatusCode::NOT_FOUND, code, words),
            VaultError::NoSuchNumber => Self::new(StatusCode::NOT_FOUND, code, words),
            VaultError::OwnCatalogue(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, code, words).with_fault(Fault::new("disk", code))
            }
            VaultError::OtherHome
            | VaultError::OtherKind
            | VaultError::Miscounted
            | VaultError::FactNotAllowed => Self::internal(Fault::new("job", code)),
        }
    }
}

impl From<ArchiveError> for Problem {
    fn from(error: ArchiveError) -> Self {
        of_archive(&error)
    }
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        let status = match code {
            "not-found" => StatusCode::NOT_FOUND,
            "recipient-not-registered" => StatusCode::FORBIDDEN,
            "export-too-large" | "recipient-key" | "unacceptable" => StatusCode::UNPROCESSABLE_ENTITY,
            "export-not-made" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::CONFLICT,
        };
        let requirement = match error {
            ExportError::OtherPurpose(_) | ExportError::Purposes => Requirement::PurposeLimits,
            ExportError::Stale
            | ExportError::NothingToTell
            | ExportError::Confirmed
            | ExportError::Replaced(_) => Requirement::DataRights,
            _ => Requirement::Extraction,
        };
        let problem = Self::new(status, code, words).serving(requirement);
        match code {
            "export-not-made" => problem.with_fault(Fault::new("job", code)),
            _ => problem,
        }
    }
}

fn of_archive(error: &ArchiveError) -> Problem {
    let (code, words) = (error.code(), error.to_string());
    let status = match code {
        "not-found" => StatusCode::NOT_FOUND,
        "archive-too-large" | "archive-key" | "unacceptable" => StatusCode::UNPROCESSABLE_ENTITY,
        "archive-not-made" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    };
    let problem = Problem::new(status, code, words).serving(Requirement::ColdArchive);
    match code {
        "archive-not-made" => problem.with_fault(Fault::new("job", code)),
        _ => problem,
    }
}

fn of_print(error: &PrintError) -> Problem {
    let (code, words) = (error.code(), error.to_string());
    let status = match code {
        "not-found" => StatusCode::NOT_FOUND,
        "print-ended" | "too-many-prints" | "template-unusable" => StatusCode::CONFLICT,
        "print-not-made" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let problem = Problem::new(status, code, words);
    match error {
        PrintError::Template(_) => problem.serving(Requirement::PurposeLimits),
        _ if code == "print-not-made" => problem.with_fault(Fault::new("job", code)),
        _ => problem.serving(Requirement::PrintedDocuments),
    }
}
