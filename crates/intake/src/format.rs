//! Formats: how a document is written, and how its names become the canonical ones.
//!
//! Orders 2026-01-01 are written in canonical names already and have no mapping. Every other format is a mapping file
//! ([`crate::mapping`]): those that come with the program, and a home's own. Adding one needs no code.

mod error;
mod head;

use std::sync::{Arc, LazyLock, OnceLock};

use bailee_core::Kind;

pub use error::MappingError;
pub use head::{Frame, Head, Recognise, ReferenceShape, Syntax};

use crate::mapping::Mapping;
use crate::mapping::rows::Plan;
use crate::reader::Table;

/// The format whose names are the canonical ones.
pub const CANONICAL: &str = "orders-2026-01-01";

/// How a home's own format is called where its name must not stand: in events (0.e).
pub const OWN: &str = "own-mapping";

/// Longest name of what stands around a document or identifies it, so that a framer need not keep more of a name.
pub const FRAME_NAME_BYTES_MAX: usize = 63;

/// The mapping files that come with the program.
const EMBEDDED: &[&str] = &[
    include_str!("mapping/formats/orders-2026-01-01.toml"),
    include_str!("mapping/formats/orders-v0.toml"),
    include_str!("mapping/formats/order-report-xml.toml"),
    include_str!("mapping/formats/vendor-direct-fulfillment-orders.toml"),
    include_str!("mapping/formats/external-fulfillment-2024-09-11.toml"),
    include_str!("mapping/formats/fulfillment-outbound-2020-07-01.toml"),
    include_str!("mapping/formats/merchant-fulfillment-v0.toml"),
    include_str!("mapping/formats/shipment-invoicing-v0.toml"),
    include_str!("mapping/formats/easy-ship-2022-03-23.toml"),
    include_str!("mapping/formats/order-report.toml"),
    include_str!("mapping/formats/unshipped-orders-report.toml"),
    include_str!("mapping/formats/all-orders-report.toml"),
    include_str!("mapping/formats/fba-shipments-report.toml"),
    include_str!("mapping/formats/vat-invoice-data-report.toml"),
    include_str!("mapping/formats/sc-vat-tax-report.toml"),
    include_str!("mapping/formats/fba-returns-report.toml"),
    include_str!("mapping/formats/returns-report.toml"),
];

/// A format: how its documents are written, and how its names become canonical.
#[derive(Debug)]
pub struct Format {
    head: Head,
    mapping: Option<Mapping>,
    embedded: bool,
    /// The file that it is.
    toml: Box<str>,
    /// The members (JSON), elements (XML) or columns one of which every document has: where its reference stands.
    identifying: Vec<Box<str>>,
}

impl Format {
    /// A home's own format from its mapping file.
    ///
    /// # Errors
    /// The first thing in `toml` that cannot be read or does not fit: the error names it and says what is allowed.
    pub fn parse(toml: &str) -> Result<Self, MappingError> {
        Self::read(toml, false)
    }

    /// A format that comes with the program, and is none of documents.
    pub(crate) fn embed(toml: &str) -> Result<Self, MappingError> {
        Self::read(toml, true)
    }

    fn read(toml: &str, embedded: bool) -> Result<Self, MappingError> {
        let (head, mapping) = crate::mapping::parse(toml)?;
        let reference = reference_member(head.kind);
        let identifying = match &mapping {
            None => vec![reference.into()],
            Some(mapping) => mapping.sources_of(reference),
        };
        if identifying.is_empty() {
            return Err(MappingError::NoReference(reference));
        }
        let mut names = identifying.iter().chain(&head.frame.unwrap).chain(&head.frame.lists);
        if let Some(long) = names.find(|name| name.len() > FRAME_NAME_BYTES_MAX) {
            return Err(MappingError::Path(long.to_string()));
        }
        Ok(Self { head, mapping, embedded, toml: toml.into(), identifying })
    }

    /// Its name, for `--format`.
    pub fn name(&self) -> &str {
        &self.head.name
    }

    /// What it is, in a few words.
    pub fn title(&self) -> &str {
        &self.head.title
    }

    /// Other names that `--format` takes: report types.
    pub fn aliases(&self) -> &[Box<str>] {
        &self.head.names
    }

    /// What its documents are about.
    pub fn kind(&self) -> Kind {
        self.head.kind
    }

    /// What the references of its documents look like.
    pub fn reference(&self) -> ReferenceShape {
        self.head.reference
    }

    /// How its documents are written.
    pub fn syntax(&self) -> Syntax {
        self.head.syntax
    }

    /// By which names it is known.
    pub fn recognise(&self) -> &Recognise {
        &self.head.recognise
    }

    /// What stands around its documents.
    pub fn frame(&self) -> &Frame {
        &self.head.frame
    }

    /// How its names become canonical; `None` when they are.
    pub fn mapping(&self) -> Option<&Mapping> {
        self.mapping.as_ref()
    }

    /// Whether it comes with the program.
    pub fn is_embedded(&self) -> bool {
        self.embedded
    }

    /// Its mapping file, word for word.
    pub fn toml(&self) -> &str {
        &self.toml
    }

    /// How the ledger calls it: a name from the program, never from input.
    pub fn event_name(&self) -> &str {
        if self.embedded { self.name() } else { OWN }
    }

    /// The top-level names one of which every document of it has: where its reference stands.
    pub fn identifying(&self) -> &[Box<str>] {
        &self.identifying
    }

    /// Whether these bytes name what identifies a document of this format: so somebody meant to give one, however
    /// broken it is. The rows of a table always do, since its columns have been recognised.
    pub fn is_meant(&self, bytes: &[u8]) -> bool {
        self.syntax() == Syntax::Table
            || self.identifying.iter().any(|name| memchr::memmem::find(bytes, name.as_bytes()).is_some())
    }
}

/// The canonical member that is the reference of a kind's records.
pub fn reference_member(kind: Kind) -> &'static str {
    match kind {
        Kind::Order | Kind::Return => "orderId",
        Kind::Shipment => "shipmentId",
    }
}

/// The formats that can be read: those that come with the program, and a home's own. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Formats {
    /// INVARIANT: those of documents hold [`CANONICAL`]; each name and alias once.
    all: Vec<Arc<Format>>,
}

impl Formats {
    /// The formats that come with the program.
    ///
    /// # Errors
    /// A mistake in the program, which its tests find.
    pub fn embedded() -> Result<Self, MappingError> {
        static FORMATS: LazyLock<Result<Formats, MappingError>> = LazyLock::new(|| {
            let mut formats = Formats { all: Vec::new() };
            for toml in EMBEDDED {
                formats = formats.with(Format::read(toml, true)?)?;
            }
            Ok(formats)
        });
        FORMATS.clone()
    }

    /// Formats that are none of documents.
    pub(crate) fn of(formats: impl IntoIterator<Item = Format>) -> Self {
        Self { all: formats.into_iter().map(Arc::new).collect() }
    }

    /// These and one more.
    ///
    /// # Errors
    /// [`MappingError::NameTaken`] when one of these has its name, or one of its other names.
    pub fn with(&self, format: Format) -> Result<Self, MappingError> {
        let names = || std::iter::once(format.name()).chain(format.aliases().iter().map(|name| &**name));
        if let Some(taken) = names().find(|name| self.named(name).is_some()) {
            return Err(MappingError::NameTaken(taken.to_owned()));
        }
        let mut all = self.all.clone();
        all.push(Arc::new(format));
        Ok(Self { all })
    }

    /// These without the home's own format of that name, if there is one.
    #[must_use]
    pub fn without_own(&self, name: &str) -> Self {
        let others = self.all.iter().filter(|format| format.is_embedded() || format.name() != name);
        Self { all: others.cloned().collect() }
    }

    /// The format of that name, or of that report type.
    pub fn named(&self, name: &str) -> Option<&Arc<Format>> {
        self.all.iter().find(|format| {
            format.name() == name || format.aliases().iter().any(|alias| alias.eq_ignore_ascii_case(name))
        })
    }

    /// Every format, those that come with the program first.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Format>> {
        self.all.iter()
    }

    /// The format whose names are the canonical ones.
    ///
    /// # Errors
    /// A mistake in the program, which its tests find.
    pub fn canonical(&self) -> Result<&Arc<Format>, MappingError> {
        self.named(CANONICAL).ok_or(MappingError::NoReference(CANONICAL))
    }
}

/// Everything beside a document's own bytes that is needed to read it. Kept, sealed, with what is quarantined, so that
/// it can be read again.
#[derive(Clone, Debug)]
pub struct Form {
    /// Its format.
    pub format: Arc<Format>,
    /// The columns and the dialect, for [`Syntax::Table`].
    pub table: Option<Arc<Table>>,
    /// What the format makes of the columns, worked out once.
    plan: OnceLock<Option<Arc<Plan>>>,
}

impl Form {
    /// The form of a format without a table.
    pub fn new(format: Arc<Format>) -> Self {
        Self { format, table: None, plan: OnceLock::new() }
    }

    /// The form of a table of a format.
    pub fn of_table(format: Arc<Format>, table: Arc<Table>) -> Self {
        Self { format, table: Some(table), plan: OnceLock::new() }
    }

    /// What the format makes of the table's columns; `None` when this is no table, or has no column with the name of
    /// the record.
    pub(crate) fn plan(&self) -> Option<&Plan> {
        let plan = || {
            let kind = self.format.kind();
            let (mapping, table) = (self.format.mapping()?, self.table.as_ref()?);
            Plan::new(kind, mapping, reference_member(kind), table).map(Arc::new)
        };
        self.plan.get_or_init(plan).as_deref()
    }
}
