//! Lines of a carrier's feed: a reference and a status, and where they are known a package, a time, an as-of.

use bailee_core::retention::{News, ParcelNews, Seen, parse_date};
use bailee_core::{Json, Reference, Timestamp};

use super::{Heard, Origin, Reason, Request, feed_format};
use crate::IntakeError;
use crate::format::{Format, MappingError};
use crate::reader::Raw;
use crate::reader::table::{Cell, Found, Table, normalised, scan};

/// Longest status that is looked at, in bytes: the longest code that is known has a third of it.
const STATUS_BYTES_MAX: usize = 100;

/// Codes that say nothing of a parcel's way: it is being made ready.
const SILENT: &[&str] = &[
    "labelcreated",
    "orderpreparing",
    "orderplaced",
    "carrierassigned",
    "readyforreceive",
    "pretransit",
    "inforeceived",
    "informationreceived",
    "bookingconfirmed",
    "deliveryestimateupdated",
];

/// What a feed says, by the names of its columns or members.
#[derive(Default)]
pub(super) struct Line {
    reference: Option<String>,
    package: Option<String>,
    status: Option<String>,
    time: Option<String>,
    as_of: Option<String>,
}

/// Which column is which; none for one that is passed over.
pub(super) struct Columns(Vec<Option<Name>>);

#[derive(Clone, Copy)]
enum Name {
    Reference,
    Package,
    Status,
    Time,
    AsOf,
}

impl Name {
    /// What a heading, or the name of a member, stands for.
    fn of(format: &Format, heading: &str) -> Option<Self> {
        let mapping = format.mapping()?;
        let heading = normalised(heading);
        match mapping.headings().meant(&heading).unwrap_or(&heading) {
            "reference" => Some(Self::Reference),
            "package" => Some(Self::Package),
            "status" => Some(Self::Status),
            "time" => Some(Self::Time),
            "as-of" => Some(Self::AsOf),
            _ => None,
        }
    }
}

impl Columns {
    pub(super) fn of(table: &Table) -> Result<Self, IntakeError> {
        let format = feed_format()?;
        Ok(Self(table.columns.iter().map(|column| Name::of(&format, column)).collect()))
    }

    /// Every row of a document, with the line on which it stands.
    pub(super) fn rows(
        &self,
        raw: &Raw,
        table: &Table,
        request: &Request,
    ) -> Vec<(u64, Result<Heard, Reason>)> {
        let mut rows = Vec::new();
        let mut line = raw.position.line;
        let Ok(mut rest) = std::str::from_utf8(raw.bytes.expose()) else {
            return vec![(line, Err(Reason::Encoding))];
        };
        let (columns, mut cells) = (self.0.len(), Vec::new());
        while !rest.is_empty() {
            let found = scan(rest.as_bytes(), table.dialect, columns, true, &mut cells);
            let Found::Row { taken, .. } = found else {
                rows.push((line, Err(Reason::Syntax)));
                break;
            };
            let (row, behind) = rest.split_at_checked(taken).unwrap_or((rest, ""));
            // Which cell is missing shows nowhere: a status would stand one cell too far.
            let is_whole = cells.len() == columns;
            let said = if is_whole { self.line(row, &cells).heard(request) } else { Err(Reason::Syntax) };
            rows.push((line, said));
            line += row.matches('\n').count().max(1) as u64;
            rest = behind;
        }
        rows
    }

    fn line(&self, row: &str, cells: &[Cell]) -> Line {
        let mut line = Line::default();
        for (name, cell) in self.0.iter().zip(cells) {
            if let Some(name) = name {
                line.set(*name, &cell.text(row));
            }
        }
        line
    }
}

impl Line {
    /// The line that a JSON object is; members of other names are passed over.
    pub(super) fn of_json(json: &Json) -> Result<Self, MappingError> {
        let format = feed_format()?;
        let mut line = Self::default();
        for (member, value) in json.members() {
            let Some(name) = Name::of(&format, member) else { continue };
            match value {
                Json::String(text) => line.set(name, text),
                Json::Integer(number) => line.set(name, &number.to_string()),
                _ => {}
            }
        }
        Ok(line)
    }

    /// Whether it says anything of a feed.
    pub(super) fn is_one(&self) -> bool {
        self.reference.is_some() || self.status.is_some()
    }

    /// Of two columns of one meaning the first that is not empty.
    fn set(&mut self, name: Name, text: &str) {
        let place = match name {
            Name::Reference => &mut self.reference,
            Name::Package => &mut self.package,
            Name::Status => &mut self.status,
            Name::Time => &mut self.time,
            Name::AsOf => &mut self.as_of,
        };
        let text = text.trim();
        if place.is_none() && !text.is_empty() {
            *place = Some(text.to_owned());
        }
    }

    /// What it says.
    pub(super) fn heard(self, request: &Request) -> Result<Heard, Reason> {
        if request.origin.is_some_and(|origin| origin != Origin::CarrierFeed) {
            return Err(Reason::OtherShape);
        }
        let reference = reference(self.reference.as_deref(), request)?;
        let package = match self.package {
            Some(package) if !Request::is_package(&package) => return Err(Reason::BadPackage),
            package => package.map(String::into_boxed_str),
        };
        let package = package.or_else(|| request.package_of(&reference));
        let (at, as_of) = (date(self.time.as_deref())?, date(self.as_of.as_deref())?);
        let status = self.status.ok_or(Reason::NoStatus)?;
        let parcel = |what| News::Parcel(ParcelNews { package, what, at, as_of });
        let news = match seen(&status)? {
            Some(what) => vec![parcel(what)],
            None => Vec::new(),
        };
        Ok(Heard { reference, news })
    }
}

/// The record that an entry names, or that was named beside it.
pub(super) fn reference(own: Option<&str>, request: &Request) -> Result<Reference, Reason> {
    match own {
        Some(own) => own.parse().map_err(|_| Reason::BadReference),
        None => request.reference.clone().ok_or(Reason::NoReference),
    }
}

/// A status, or a carrier's code; `None` for one that says nothing of the way.
fn seen(status: &str) -> Result<Option<Seen>, Reason> {
    if status.len() > STATUS_BYTES_MAX {
        return Err(Reason::UnknownStatus);
    }
    let letters = status.chars().filter(char::is_ascii_alphanumeric);
    let word: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    match Seen::of_code(status) {
        Some(seen) => Ok(Some(seen)),
        None if SILENT.contains(&word.as_str()) => Ok(None),
        None => Err(Reason::UnknownStatus),
    }
}

fn date(text: Option<&str>) -> Result<Option<Timestamp>, Reason> {
    text.map(|text| parse_date(text).ok_or(Reason::BadTime)).transpose()
}
