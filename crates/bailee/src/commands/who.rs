//! By what somebody can be found, on the command line. One value of `-` is read from standard input.

use clap::Args;
use serde_json::{Value, json};

use crate::failure::{Failure, Result};
use crate::screen::stdin_line;

/// By what somebody can be found.
#[derive(Debug, Args)]
pub(super) struct Who {
    /// E-mail address.
    #[arg(long, value_name = "E")]
    email: Option<String>,

    /// Phone number.
    #[arg(long, value_name = "P")]
    phone: Option<String>,

    /// Name.
    #[arg(long, value_name = "N")]
    name: Option<String>,

    /// Postal code; needs a name.
    #[arg(long, value_name = "C", requires = "name")]
    postal_code: Option<String>,
}

impl Who {
    /// Whether nothing was said.
    pub(super) fn is_nobody(&self) -> bool {
        self.given().iter().all(|value| value.is_none())
    }

    /// The same as the API takes it.
    pub(super) fn question(&self) -> Result<Value> {
        let given = self.given();
        let from_stdin = given.iter().filter(|value| value.as_deref() == Some("-")).count();
        if from_stdin > 1 {
            return Err(Failure::usage("only one value can be read from standard input"));
        }
        let line = if from_stdin == 1 { Some(stdin_line()?) } else { None };
        let value = |given: &Option<String>| match (given.as_deref(), &line) {
            (Some("-"), Some(line)) => Some(line.expose().clone()),
            (given, _) => given.map(str::to_owned),
        };
        let [email, phone, name, postal_code] = given.map(value);
        Ok(json!({ "email": email, "phone": phone, "name": name, "postal_code": postal_code }))
    }

    fn given(&self) -> [&Option<String>; 4] {
        [&self.email, &self.phone, &self.name, &self.postal_code]
    }
}
