//! `[sign_on]` in `bailee.toml`: the provider of OpenID Connect by which people may come in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bailee_access::sign_on::{HttpRequest, HttpResponse};
use bailee_access::sign_on::{Provider, ProviderSettings, ReadSecret, SecondFactor, Unreachable, Way};
use serde::Deserialize;

use super::config::Config;
use crate::failure::{Failure, Result};
use crate::fetch::Fetch;
use crate::reference::SecretPlace;

/// As a provider is called that has no name.
const NAME: &str = "single sign-on";

/// What `[sign_on]` says, checked.
#[derive(Clone, Debug)]
pub(crate) struct SignOnSettings {
    name: String,
    issuer: String,
    client_id: String,
    client_secret: Option<SecretPlace>,
    second_factor: SecondFactor,
    authorities: Option<PathBuf>,
}

/// The section as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignOnSection {
    name: Option<String>,
    issuer: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    second_factor: Option<String>,
    authorities: Option<PathBuf>,
}

impl SignOnSection {
    /// Checks it; the error is one line.
    pub(crate) fn check(self) -> std::result::Result<Option<SignOnSettings>, String> {
        let Self { name, issuer, client_id, client_secret, second_factor, authorities } = self;
        let (issuer, client_id) = match (issuer, client_id) {
            (Some(issuer), Some(client_id)) => (issuer, client_id),
            (None, None) if client_secret.is_none() && second_factor.is_none() => return Ok(None),
            _ => {
                return Err("[sign_on] issuer and client_id belong together; set both, or neither".to_owned());
            }
        };
        let settings = SignOnSettings {
            name: name.unwrap_or_else(|| NAME.to_owned()),
            issuer,
            client_id,
            client_secret: client_secret.as_deref().map(secret_place).transpose()?,
            second_factor: counts(second_factor.as_deref())?,
            authorities,
        };
        match Provider::new(settings.public(), Arc::new(Nowhere)) {
            Some(_) => Ok(Some(settings)),
            None => Err("[sign_on] issuer is the provider's address, such as \"https://id.example.com\": what it says of \
                         people goes over nothing but https (1.5.a)"
                .to_owned()),
        }
    }
}

impl SignOnSettings {
    /// The provider of a home there.
    /// Its secret and whom to believe are read whenever it is asked, so that others hold at once, and a home whose
    /// provider cannot be asked is open all the same.
    fn provider(&self, home: &Path) -> Result<Provider> {
        let client_secret = self.client_secret.clone().map(|place| {
            let root = home.to_owned();
            let read: ReadSecret = Box::new(move || place.line(&root, "[sign_on] client_secret").ok());
            read
        });
        let way = Fetch::new(self.authorities.as_ref().map(|file| home.join(file)));
        let settings = ProviderSettings { client_secret, ..self.public() };
        let provider = Provider::new(settings, Arc::new(way));
        provider.ok_or_else(|| Failure::failed("[sign_on] issuer is no address of https"))
    }

    /// Where the secret is kept, if there is one.
    pub(super) fn secret(&self) -> Option<&SecretPlace> {
        self.client_secret.as_ref()
    }

    /// All but the secret.
    fn public(&self) -> ProviderSettings {
        ProviderSettings {
            name: self.name.clone(),
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            client_secret: None,
            second_factor: self.second_factor,
        }
    }
}

/// The provider that a home's configuration names.
pub(super) fn provider(home: &Path, config: &Config) -> Result<Option<Arc<Provider>>> {
    config.sign_on.as_ref().map(|settings| settings.provider(home).map(Arc::new)).transpose()
}

/// Nothing is asked while a configuration is checked.
struct Nowhere;

impl Way for Nowhere {
    fn ask(&self, _: HttpRequest) -> std::result::Result<HttpResponse, Unreachable> {
        Err(Unreachable)
    }
}

fn secret_place(reference: &str) -> std::result::Result<SecretPlace, String> {
    SecretPlace::parse(reference).ok_or_else(|| {
        "[sign_on] client_secret is a reference, such as \"file:client.secret\" or \"credential:client-secret\", never a \
         secret itself (2.5.a)"
            .to_owned()
    })
}

fn counts(written: Option<&str>) -> std::result::Result<SecondFactor, String> {
    match written {
        None | Some("own") => Ok(SecondFactor::Own),
        Some("provider") => Ok(SecondFactor::Provider),
        Some(_) => Err("[sign_on] second_factor is \"own\" or \"provider\" (1.1.d)".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> std::result::Result<Option<SignOnSettings>, String> {
        toml::from_str::<SignOnSection>(text).map_err(|error| error.message().to_owned())?.check()
    }

    #[test]
    fn a_provider_is_named_whole_by_https_and_its_secret_by_reference() {
        assert!(check("").unwrap().is_none());
        let whole = "issuer = \"https://id.example.com/realms/a\"\nclient_id = \"bailee\"\n";
        let settings = check(whole).unwrap().unwrap();
        assert_eq!((settings.second_factor, settings.name.as_str()), (SecondFactor::Own, NAME));
        let counts =
            check(&format!("{whole}second_factor = \"provider\"\nclient_secret = \"file:client.secret\""));
        assert_eq!(counts.unwrap().unwrap().second_factor, SecondFactor::Provider);
        for (text, said) in [
            ("issuer = \"http://id.example.com\"\nclient_id = \"bailee\"".to_owned(), "1.5.a"),
            ("issuer = \"http://127.0.0.1:9000\"\nclient_id = \"bailee\"".to_owned(), "1.5.a"),
            ("issuer = \"id.example.com\"\nclient_id = \"bailee\"".to_owned(), "1.5.a"),
            ("issuer = \"https://id.example.com\"".to_owned(), "belong together"),
            ("second_factor = \"provider\"".to_owned(), "belong together"),
            (format!("{whole}second_factor = \"none\""), "1.1.d"),
            (format!("{whole}client_secret = \"s3cr3t\""), "2.5.a"),
            (format!("{whole}scope = \"all\""), "scope"),
        ] {
            let error = check(&text).unwrap_err();
            assert!(error.contains(said) && !error.contains("s3cr3t"), "{text}: {error}");
        }
    }
}
