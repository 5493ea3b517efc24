//! The guard: what it does not know is not told.
//!
//! Of an event of ours pass: the sentence, which a rule of the repository keeps free of anything but the source's own
//! words; and fields that are listed here, if their value is of the kind that is listed: a number, or a code made of
//! lower-case letters, digits and `-:`, or a route's template. Of anybody else's (the libraries of HTTP, TLS, the runtime)
//! passes the place in its source, and nothing else. What was dropped is counted in the line itself.

use std::fmt::{Debug, Write};

use bailee_core::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::home::clock::system_now;

/// What ours begin with.
const OURS: &str = "bailee";
/// Longest code: an id with what it is of.
const CODE_BYTES_MAX: usize = 64;
/// Longest template of a route.
const ROUTE_BYTES_MAX: usize = 128;

/// What a field may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Code,
    Method,
    Route,
}

/// Every field that passes.
const FIELDS: &[(&str, Kind)] = &[
    ("acts", Kind::Number),
    ("bytes", Kind::Number),
    ("code", Kind::Code),
    ("connections", Kind::Number),
    ("events", Kind::Number),
    ("method", Kind::Method),
    ("micros", Kind::Number),
    ("principal", Kind::Code),
    ("request", Kind::Code),
    ("route", Kind::Route),
    ("status", Kind::Number),
];

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A sentence.
    Text,
    /// A JSON object.
    Json,
}

/// Lets through what it knows, to where it is told.
pub(super) struct Guard<W>(W);

impl<W: Fn(Line)> Guard<W> {
    pub(super) fn new(write: W) -> Self {
        Self(write)
    }
}

impl<S: Subscriber, W: Fn(Line) + 'static> Layer<S> for Guard<W> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        (self.0)(Line::of(event, system_now()));
    }
}

/// What has passed of an event.
pub(super) struct Line {
    pub(super) at: Timestamp,
    pub(super) level: Level,
    pub(super) target: &'static str,
    pub(super) message: String,
    /// Numbers, and texts of which the guard knows the kind.
    pub(super) fields: Map<String, Value>,
    /// How many fields did not pass.
    pub(super) dropped: u64,
}

impl Line {
    fn of(event: &Event<'_>, at: Timestamp) -> Self {
        let about = event.metadata();
        let (level, target, message) = (*about.level(), about.target(), String::new());
        let mut line = Self { at, level, target, message, fields: Map::new(), dropped: 0 };
        match is_ours(about) {
            true => event.record(&mut line),
            false => line.message = place(about),
        }
        line
    }

    pub(super) fn written(self, form: Form) -> String {
        match form {
            Form::Text => self.text(),
            Form::Json => self.json(),
        }
    }

    fn text(self) -> String {
        let Self { at, level, target, message, fields, dropped } = self;
        let mut line = format!("{at} {level} {target}: {message}");
        // Writing into a string does not fail.
        for (name, value) in &fields {
            let _ = match value {
                Value::String(code) => write!(line, " {name}={code}"),
                number => write!(line, " {name}={number}"),
            };
        }
        if dropped > 0 {
            let _ = write!(line, " dropped={dropped}");
        }
        line.push('\n');
        line
    }

    fn json(self) -> String {
        let Self { at, level, target, message, fields, dropped } = self;
        let mut all = Map::new();
        all.insert("at".to_owned(), at.to_string().into());
        all.insert("level".to_owned(), level.as_str().to_ascii_lowercase().into());
        all.insert("target".to_owned(), target.into());
        all.insert("message".to_owned(), message.into());
        all.extend(fields);
        if dropped > 0 {
            all.insert("dropped".to_owned(), dropped.into());
        }
        format!("{}\n", Value::Object(all))
    }

    fn number(&mut self, field: &Field, number: impl Into<Value>) {
        match kind(field) {
            Some(Kind::Number) => self.keep(field, number),
            _ => self.dropped += 1,
        }
    }

    fn keep(&mut self, field: &Field, value: impl Into<Value>) {
        self.fields.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Line {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.number(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match kind(field) {
            Some(kind) if is_of(kind, value) => self.keep(field, value),
            _ => self.dropped += 1,
        }
    }

    /// The sentence comes this way, and whatever somebody would like to be formatted.
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            _ => self.dropped += 1,
        }
    }
}

fn is_ours(about: &Metadata<'_>) -> bool {
    let rest = about.module_path().and_then(|module| module.strip_prefix(OURS));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', ':']))
}

/// Where in its source somebody else says something.
fn place(about: &Metadata<'_>) -> String {
    let line = about.line().map(|line| format!(" line {line}")).unwrap_or_default();
    format!("{}{line}", about.module_path().unwrap_or("unknown"))
}

fn kind(field: &Field) -> Option<Kind> {
    FIELDS.iter().find(|(name, _)| *name == field.name()).map(|(_, kind)| *kind)
}

fn is_of(kind: Kind, value: &str) -> bool {
    let made_of = |most: usize, more: &[u8]| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        !value.is_empty()
            && value.len() <= most
            && value.bytes().all(|byte| is_plain(byte) || more.contains(&byte))
    };
    match kind {
        Kind::Number => false,
        Kind::Code => made_of(CODE_BYTES_MAX, b"-:"),
        Kind::Method => {
            value == "other" || (value.len() <= 7 && value.bytes().all(|byte| byte.is_ascii_uppercase()))
        }
        Kind::Route => made_of(ROUTE_BYTES_MAX, b"/{}_-:."),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    const MARKED: &str = "Juniper Fernsby";

    fn told(form: Form, tell: impl FnOnce()) -> String {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&lines);
        let guard =
            Guard::new(move |line: Line| to.lock().unwrap().extend_from_slice(line.written(form).as_bytes()));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(guard), tell);
        String::from_utf8(lines.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn numbers_and_codes_that_are_known_pass_and_nothing_else_does() {
        let line = told(Form::Json, || {
            tracing::warn!(
                status = 404,
                code = "not-found",
                route = "/v1/sellers/{seller}/orders:find",
                request = MARKED,
                principal = %MARKED,
                bytes = MARKED,
                micros = ?MARKED,
                name = MARKED,
                age = 44,
                "answered"
            );
        });
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&line["status"], &line["code"]), (&404.into(), &"not-found".into()));
        assert_eq!(line["route"], "/v1/sellers/{seller}/orders:find");
        assert_eq!((&line["message"], &line["level"]), (&"answered".into(), &"warn".into()));
        assert_eq!(line["dropped"], 6);
        assert!(!line.to_string().contains("Juniper") && line["age"].is_null(), "{line}");
    }

    #[test]
    fn of_somebody_elses_event_only_the_place_passes() {
        let elsewhere = told(Form::Text, || {
            // As a library would: its module is not ours, whatever target it claims.
            struct Callsite;
            impl tracing::callsite::Callsite for Callsite {
                fn set_interest(&self, _: tracing::subscriber::Interest) {}
                fn metadata(&self) -> &Metadata<'_> {
                    &ABOUT
                }
            }
            static CALLSITE: Callsite = Callsite;
            static ABOUT: Metadata<'static> = Metadata::new(
                "event",
                "bailee::claimed",
                tracing::Level::ERROR,
                Some("h2/src/codec.rs"),
                Some(17),
                Some("h2::codec"),
                tracing::field::FieldSet::new(&["message", "code"], tracing::callsite::Identifier(&CALLSITE)),
                tracing::metadata::Kind::EVENT,
            );
            let fields = ABOUT.fields();
            let [message, code] = ["message", "code"].map(|name| fields.field(name).unwrap());
            let values: [(&Field, Option<&dyn tracing::field::Value>); 2] =
                [(&message, Some(&MARKED)), (&code, Some(&"juniper"))];
            Event::dispatch(&ABOUT, &fields.value_set(&values));
        });
        assert!(elsewhere.ends_with("h2::codec line 17\n"), "{elsewhere}");
        assert!(!elsewhere.to_ascii_lowercase().contains("juniper"), "{elsewhere}");
    }

    #[test]
    fn a_code_is_no_sentence_and_no_address() {
        for (value, passes) in [
            ("person:1fcad1735a8f8804ff4fa395e8c8a9a2", true),
            ("disk-full", true),
            ("Jane", false),
            ("jane doe", false),
            ("jane@example.com", false),
            ("", false),
            (&"a".repeat(CODE_BYTES_MAX), true),
            (&"a".repeat(CODE_BYTES_MAX + 1), false),
        ] {
            assert_eq!(is_of(Kind::Code, value), passes, "{value}");
        }
        assert!(!is_of(Kind::Method, "JANE DOE") && is_of(Kind::Method, "DELETE"));
    }
}
