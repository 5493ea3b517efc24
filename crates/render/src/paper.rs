//! What can be made, for what, and in which forms. Closed sets.

use bailee_core::{ParseIdError, Purpose};
use serde::{Deserialize, Serialize};

/// What can be made of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Paper {
    /// What is stuck on a parcel.
    Label,
    /// What lies in it.
    PackingSlip,
    /// What says what it cost.
    Invoice,
}

impl Paper {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Label, Self::PackingSlip, Self::Invoice];

    /// Its name, and that of its template.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::PackingSlip => "packing-slip",
            Self::Invoice => "invoice",
        }
    }

    /// For what its fields are used (2.1.b).
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::Label | Self::PackingSlip => Purpose::Fulfilment,
            Self::Invoice => Purpose::Invoice,
        }
    }

    /// The forms that it comes in; the first, unless another is asked for.
    pub const fn forms(self) -> &'static [Form] {
        match self {
            Self::Label => &[Form::Pdf, Form::Zpl],
            Self::PackingSlip | Self::Invoice => &[Form::Html],
        }
    }
}

impl std::str::FromStr for Paper {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let found = Self::ALL.into_iter().find(|paper| paper.as_str() == text);
        found.ok_or(ParseIdError::new("a document is a label, a packing-slip or an invoice"))
    }
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A page for any browser, with all that it needs in it.
    Html,
    /// A page for any printer.
    Pdf,
    /// Commands for a printer of labels.
    Zpl,
}

impl Form {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Html, Self::Pdf, Self::Zpl];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Zpl => "zpl",
        }
    }

    /// How it is called between programs.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Pdf => "application/pdf",
            Self::Zpl => "application/vnd.zebra-zpl",
        }
    }
}

impl std::str::FromStr for Form {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let found = Self::ALL.into_iter().find(|form| form.as_str() == text);
        found.ok_or(ParseIdError::new("a document's format is html, pdf or zpl"))
    }
}
