//! `bailee render`: documents that are made inside.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use bailee_core::{Json, Sensitive};
use clap::{Args, ValueEnum};
use data_encoding::BASE64;
use serde_json::json;

use super::record::RecordName;
use crate::draft::Drafts;
use crate::failure::{Exit, Failure, Result};
use crate::screen::text;
use crate::visit::Visit;

/// Make a label, a packing slip or an invoice of an order, without its values leaving as data.
///
/// It is a reveal of the fields that the template names: the label and the slip for the purpose `fulfilment`, the invoice for
/// `invoice`. Each document has a number, under which it stays open until `bailee print destroyed` says what became of it.
/// Templates of your own are `<home>/templates/label.toml`, `packing-slip.toml` and `invoice.toml`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  bailee render label ALPHA/250-1234567-1234567 --out label.pdf
  bailee render label ALPHA/250-1234567-1234567 --format zpl | nc printer 9100
  bailee render packing-slip ALPHA/250-1234567-1234567 --out slip.html

Exit status 4: a field of the template is denied to you; then there is no document. 5: the order is gone or unknown.")]
pub(crate) struct Render {
    /// What.
    #[arg(value_enum)]
    paper: Paper,
    /// Of which order.
    #[arg(value_name = "S/REF")]
    record: RecordName,
    /// A label as pdf, unless you say zpl; the others are html.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Where it goes; to standard output without it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Paper {
    Label,
    PackingSlip,
    Invoice,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Html,
    Pdf,
    Zpl,
}

impl Render {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let drafts = match &self.out {
            // Before a number is given to it.
            Some(out) => Some((out, Drafts::of([&**out])?)),
            None if visit.screen.is_json() || std::io::stdout().is_terminal() => {
                return Err(Failure::usage("say with --out FILE where the document goes"));
            }
            None => None,
        };
        let name =
            |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
        let answer = visit.client.post(
            "/v1/renders",
            &json!({
                "seller": self.record.seller,
                "reference": self.record.reference,
                "paper": name(self.paper.to_possible_value()),
                "format": self.format.and_then(|format| name(format.to_possible_value())),
            }),
        )?;
        let broken = || Failure::failed("the answer is no document; ask again");
        let file = answer.member("file").and_then(Json::as_str).ok_or_else(broken)?;
        let file = Sensitive::new(BASE64.decode(file.as_bytes()).map_err(|_| broken())?);
        let print = text(&answer, "print");
        let Some((out, drafts)) = drafts else {
            let mut stdout = std::io::stdout().lock();
            stdout
                .write_all(file.expose())
                .and_then(|()| stdout.flush())
                .map_err(|error| Failure::stdout(&error))?;
            visit.screen.note(then(&print));
            return Ok(Exit::Done);
        };
        drafts.write(&[file.expose()])?;
        match visit.screen.is_json() {
            true => visit.screen.json(&json!({ "print": answer.member("print"), "out": out }))?,
            false => {
                visit.screen.line(format_args!("print {print} is in {}", out.display()))?;
                visit.screen.note(then(&print));
            }
        }
        Ok(Exit::Done)
    }
}

fn then(print: &str) -> String {
    format!(
        "when it is no more here, say so: `bailee print destroyed {print} --how shredded`, or `--how sent` with its parcel"
    )
}
