//! By what somebody can be found, on the command line. Each value of `-` is a line of standard input.

use clap::Args;
use serde_json::Value;

use crate::failure::Result;
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
        let mut question = serde_json::Map::new();
        for (name, given) in ["email", "phone", "name", "postal_code"].into_iter().zip(self.given()) {
            let value = match given.as_deref() {
                Some("-") => Some(stdin_line()?.expose().clone()),
                given => given.map(str::to_owned),
            };
            question.insert(name.to_owned(), value.into());
        }
        Ok(question.into())
    }

    fn given(&self) -> [&Option<String>; 4] {
        [&self.email, &self.phone, &self.name, &self.postal_code]
    }
}
