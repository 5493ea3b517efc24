//! Sign-on by OpenID Connect: the provider that says who somebody is, what is asked of it, and what of its answer is
//! believed (code flow with PKCE, state and nonce; OpenID Connect Core 1.0, RFC 7636).
//!
//! A provider names somebody by issuer and subject, which never change. Its mail address counts once, when somebody comes for the
//! first time, and only verified. Nothing that it says makes a person.
//!
//! What was begun lies in memory alone and ends after ten minutes. It has two names: one goes through the browser (`state`), the
//! other stays with who began it, so that whoever reads the browser's addresses ends nothing that somebody else began.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bailee_core::time::saturating_add;
use bailee_core::{PersonId, Sensitive, SignOnId, Timestamp};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier,
    CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::url::Url;
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, DiscoveryError, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, SubjectIdentifier, TokenResponse, UserInfoError,
};
use serde::{Deserialize, Serialize};

use crate::credential::CredentialHash;
use crate::person::normalised_mail;
use crate::session::FRESH_SECONDS_MAX;

pub use openidconnect::{HttpRequest, HttpResponse};

/// What was begun ends after so long: the time to log in at a provider, with a second factor.
pub const BEGUN_SECONDS_MAX: i64 = 10 * 60;

/// Most that are begun at one time; one more forgets the oldest. Anybody may begin, as often as an address may try to log in.
pub const BEGUN_MAX: usize = 10_000;

/// What a provider says of itself, its keys among it, is asked again after so long.
const METADATA_SECONDS_MAX: i64 = 5 * 60;

/// How far the provider's clock may be off.
const SKEW_SECONDS: i64 = 60;

/// The signatures that are taken. None by a shared secret: who reads the configuration could sign with it.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 5] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// `acr` values that say several factors: those of OpenID's Enhanced Authentication Profile, and of PAPE before it.
const SEVERAL_FACTORS: [&str; 3] =
    ["phr", "phrh", "http://schemas.openid.net/pape/policies/2007/06/multi-factor"];

/// The way to a provider: over TLS, bounded in bytes and time, and without following redirects.
pub trait Way: Send + Sync {
    /// Asks. Blocks.
    ///
    /// # Errors
    /// [`Unreachable`] when nothing came back in time, or too much.
    fn ask(&self, request: HttpRequest) -> Result<HttpResponse, Unreachable>;
}

/// Nothing came back.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the provider does not answer")]
pub struct Unreachable;

/// Whose second factor counts at a sign-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactor {
    /// The home's own is asked as after a password.
    Own,
    /// The provider's counts where it says that there was one just now; else the home's own.
    Provider,
}

/// Reads a secret where it is kept; `None` when it cannot be read.
pub type ReadSecret = Box<dyn Fn() -> Option<Sensitive<String>> + Send + Sync>;

/// What a home knows of its provider.
pub struct ProviderSettings {
    /// As people call it.
    pub name: String,
    /// Its address, `https`.
    pub issuer: String,
    /// What it calls this home.
    pub client_id: String,
    /// Gives what this home shows it, as it is now; a public client has none.
    pub client_secret: Option<ReadSecret>,
    /// Whose second factor counts.
    pub second_factor: SecondFactor,
}

/// A provider, with what was begun there.
pub struct Provider {
    name: String,
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: Option<ReadSecret>,
    second_factor: SecondFactor,
    way: Arc<dyn Way>,
    metadata: Mutex<Option<(Timestamp, CoreProviderMetadata)>>,
    begun: Mutex<HashMap<SignOnId, (Timestamp, Stage)>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// How far somebody is.
pub(crate) enum Stage {
    /// Sent to the provider.
    Sent(Sent),
    /// The provider has said who it is; the second factor is missing.
    Proven(Proven),
}

/// What an answer of the provider has to fit.
pub(crate) struct Sent {
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    redirect: RedirectUrl,
}

/// Who it is.
pub(crate) struct Proven {
    pub(crate) person: PersonId,
    /// When it is the first time.
    pub(crate) to_bind: Option<Subject>,
    /// The invitation that was shown, too.
    pub(crate) accepts: Option<CredentialHash>,
}

/// How a provider names somebody, for good.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    pub(crate) issuer: String,
    pub(crate) subject: String,
}

/// What is believed of a provider's answer.
pub(crate) struct Identity {
    pub(crate) subject: Subject,
    /// Normalised; none that is not verified.
    pub(crate) mail: Option<String>,
    /// How many seconds ago the provider saw a second factor, where it did just now and that counts here.
    pub(crate) factor_age: Option<i64>,
}

/// Why there is no identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// The provider does not answer, or with nothing that can be read.
    Unreachable,
    /// What this home shows it cannot be read.
    Secret,
    /// Its answer is not good; a code of what is wrong with it.
    Refused(&'static str),
}

type Client = openidconnect::core::CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
>;

impl Provider {
    /// A provider with the way to it; `None` when its address is not one of `https`.
    pub fn new(settings: ProviderSettings, way: Arc<dyn Way>) -> Option<Self> {
        let ProviderSettings { name, issuer, client_id, client_secret, second_factor } = settings;
        let is_https = Url::parse(&issuer).is_ok_and(|url| url.scheme() == "https" && url.has_host());
        let issuer = IssuerUrl::new(issuer).ok().filter(|_| is_https)?;
        let client_id = ClientId::new(client_id);
        let (metadata, begun) = (Mutex::default(), Mutex::default());
        Some(Self { name, issuer, client_id, client_secret, second_factor, way, metadata, begun })
    }

    /// As people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Begins: the address to which somebody's browser goes. `id` stays with who asks.
    pub(crate) fn begin(&self, id: SignOnId, redirect: &str, now: Timestamp) -> Result<String, Failed> {
        let redirect = redirect_to(redirect).ok_or(Failed::Refused("redirect"))?;
        let client = self.client(&redirect, now)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge);
        if self.second_factor == SecondFactor::Provider {
            // A factor that was shown in the morning is none at noon: the provider asks again, and says when it did.
            request = request.set_max_age(std::time::Duration::from_secs(FRESH_SECONDS_MAX.unsigned_abs()));
        }
        let (address, state, nonce) = request.url();
        self.keep(id, Stage::Sent(Sent { state, nonce, verifier, redirect }), now);
        Ok(address.into())
    }

    /// Keeps how far somebody is, until ten minutes after they began.
    pub(crate) fn keep(&self, id: SignOnId, stage: Stage, since: Timestamp) {
        let mut begun = self.begun();
        if begun.len() >= BEGUN_MAX {
            begun.retain(|_, (other, _)| since <= ends_at(*other));
        }
        let oldest = begun.iter().filter(|_| begun.len() >= BEGUN_MAX).min_by_key(|(_, (since, _))| *since);
        if let Some(oldest) = oldest.map(|(id, _)| *id) {
            begun.remove(&oldest);
        }
        begun.insert(id, (since, stage));
    }

    /// Takes out what was begun, and when: what is answered wrongly has to begin again.
    pub(crate) fn take(&self, id: SignOnId, now: Timestamp) -> Option<(Timestamp, Stage)> {
        self.begun().remove(&id).filter(|(since, _)| now <= ends_at(*since))
    }

    /// Who it is, by the code that the provider gave the browser.
    pub(crate) fn redeem(
        &self,
        sent: Sent,
        code: String,
        state: &str,
        now: Timestamp,
    ) -> Result<Identity, Failed> {
        if CsrfToken::new(state.to_owned()) != sent.state {
            return Err(Failed::Refused("state"));
        }
        let client = self.client(&sent.redirect, now)?;
        let way = |request| self.way.ask(request);
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(|_| Failed::Unreachable)?;
        let answer = request.set_pkce_verifier(sent.verifier).request(&way).map_err(|error| match error {
            RequestTokenError::ServerResponse(_) => Failed::Refused("code"),
            RequestTokenError::Request(_) => Failed::Unreachable,
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => Failed::Refused("token"),
        })?;
        self.identity(&client, &answer, &sent.nonce, now).inspect_err(|_| {
            // Its keys may be others by now.
            *self.metadata.lock().unwrap_or_else(PoisonError::into_inner) = None;
        })
    }

    fn identity(
        &self,
        client: &Client,
        answer: &CoreTokenResponse,
        nonce: &Nonce,
        now: Timestamp,
    ) -> Result<Identity, Failed> {
        let token = answer.id_token().ok_or(Failed::Refused("token"))?;
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS);
        let claims = token.claims(&verifier, nonce).map_err(|error| refusal(&error))?;
        check_access_token(token, claims, &verifier, answer.access_token())?;
        let subject = Subject { issuer: claims.issuer().to_string(), subject: claims.subject().to_string() };
        let in_token = claims.email().map(|mail| (mail.to_string(), claims.email_verified() == Some(true)));
        let mail = match in_token {
            Some(known) => Some(known),
            None => self.asked_mail(client, answer.access_token(), claims.subject())?,
        };
        let mail = mail.filter(|(_, verified)| *verified).map(|(mail, _)| normalised_mail(&mail));
        let counts = self.second_factor == SecondFactor::Provider;
        let factor_age = factor_age(claims, now).filter(|_| counts);
        Ok(Identity { subject, mail, factor_age })
    }

    /// The mail address with whether it is verified, of a provider whose tokens hold none.
    fn asked_mail(
        &self,
        client: &Client,
        token: &AccessToken,
        subject: &SubjectIdentifier,
    ) -> Result<Option<(String, bool)>, Failed> {
        let Ok(request) = client.user_info(token.clone(), Some(subject.clone())) else { return Ok(None) };
        let way = |request| self.way.ask(request);
        let claims: CoreUserInfoClaims = request.request(&way).map_err(|error| match error {
            UserInfoError::Request(_) => Failed::Unreachable,
            _ => Failed::Refused("user-info"),
        })?;
        let is_verified = claims.email_verified() == Some(true);
        Ok(claims.email().map(|mail| (mail.to_string(), is_verified)))
    }

    fn client(&self, redirect: &RedirectUrl, now: Timestamp) -> Result<Client, Failed> {
        let secret = self.client_secret.as_ref().map(|read| read().ok_or(Failed::Secret)).transpose()?;
        let secret = secret.map(|secret| ClientSecret::new(secret.expose().clone()));
        let (metadata, id) = (self.metadata(now)?, self.client_id.clone());
        Ok(CoreClient::from_provider_metadata(metadata, id, secret).set_redirect_uri(redirect.clone()))
    }

    /// What the provider says of itself.
    fn metadata(&self, now: Timestamp) -> Result<CoreProviderMetadata, Failed> {
        let known = self.metadata.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((since, metadata)) = known
            && now <= saturating_add(since, METADATA_SECONDS_MAX)
        {
            return Ok(metadata);
        }
        // Nobody waits for another one's answer: a provider that is slow is slow for each alone.
        let way = |request| self.way.ask(request);
        let found = CoreProviderMetadata::discover(&self.issuer, &way).map_err(|error| match error {
            // Another issuer than the one that was asked is not the one that is believed.
            DiscoveryError::Validation(_) => Failed::Refused("issuer"),
            _ => Failed::Unreachable,
        })?;
        *self.metadata.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, found.clone()));
        Ok(found)
    }

    fn begun(&self) -> MutexGuard<'_, HashMap<SignOnId, (Timestamp, Stage)>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ends_at(since: Timestamp) -> Timestamp {
    saturating_add(since, BEGUN_SECONDS_MAX)
}

/// A command that listens on this machine (RFC 8252, 7.3): by number, since a name could lead elsewhere.
fn redirect_to(address: &str) -> Option<RedirectUrl> {
    let url = Url::parse(address).ok()?;
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "[::1]"));
    let has_user = !url.username().is_empty() || url.password().is_some();
    let is_plain = !has_user && url.query().is_none() && url.fragment().is_none();
    (url.scheme() == "http" && is_here && is_plain && url.port().is_some())
        .then(|| RedirectUrl::from_url(url))
}

/// The access token belongs to the ID token (OpenID Connect Core, 3.1.3.8), where the provider says to which.
fn check_access_token(
    token: &CoreIdToken,
    claims: &CoreIdTokenClaims,
    verifier: &CoreIdTokenVerifier<'_>,
    access: &AccessToken,
) -> Result<(), Failed> {
    let Some(expected) = claims.access_token_hash() else { return Ok(()) };
    let unsigned = |_| Failed::Refused("signature");
    let algorithm = token.signing_alg().map_err(unsigned)?;
    let key = token.signing_key(verifier).map_err(unsigned)?;
    match AccessTokenHash::from_token(access, algorithm, key) {
        Ok(actual) if actual == *expected => Ok(()),
        Ok(_) | Err(_) => Err(Failed::Refused("access-token")),
    }
}

/// How many seconds ago the provider saw several factors (RFC 8176), if it says that it did, and just now.
fn factor_age(claims: &CoreIdTokenClaims, now: Timestamp) -> Option<i64> {
    let by_methods = claims.auth_method_refs().is_some_and(|all| all.iter().any(|one| one.as_str() == "mfa"));
    let by_class = claims.auth_context_ref().is_some_and(|one| SEVERAL_FACTORS.contains(&one.as_str()));
    let age = now.as_second().saturating_sub(claims.auth_time()?.timestamp());
    (by_methods || by_class).then_some(age.max(0)).filter(|age| *age <= FRESH_SECONDS_MAX + SKEW_SECONDS)
}

fn refusal(error: &ClaimsVerificationError) -> Failed {
    Failed::Refused(match error {
        ClaimsVerificationError::Expired(_) => "expired",
        ClaimsVerificationError::InvalidAudience(_) => "audience",
        ClaimsVerificationError::InvalidIssuer(_) => "issuer",
        ClaimsVerificationError::InvalidNonce(_) => "nonce",
        ClaimsVerificationError::SignatureVerification(_) => "signature",
        _ => "token",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nowhere;

    impl Way for Nowhere {
        fn ask(&self, _: HttpRequest) -> Result<HttpResponse, Unreachable> {
            Err(Unreachable)
        }
    }

    fn provider(issuer: &str) -> Option<Provider> {
        let settings = ProviderSettings {
            name: "Example".into(),
            issuer: issuer.into(),
            client_id: "bailee".into(),
            client_secret: None,
            second_factor: SecondFactor::Own,
        };
        Provider::new(settings, Arc::new(Nowhere))
    }

    fn at(seconds: i64) -> Timestamp {
        saturating_add("2026-11-23T08:00:00Z".parse().unwrap(), seconds)
    }

    fn id(number: usize) -> SignOnId {
        SignOnId(u128::try_from(number).unwrap().to_be_bytes())
    }

    fn stage() -> Stage {
        Stage::Proven(Proven { person: PersonId([1; 16]), to_bind: None, accepts: None })
    }

    #[test]
    fn what_was_begun_is_ended_once_and_in_time() {
        let provider = provider("https://id.example.com").unwrap();
        provider.keep(id(0), stage(), at(0));
        assert!(provider.take(id(1), at(1)).is_none());
        assert!(provider.take(id(0), at(BEGUN_SECONDS_MAX)).is_some(), "N");
        assert!(provider.take(id(0), at(1)).is_none(), "once");
        provider.keep(id(0), stage(), at(0));
        assert!(provider.take(id(0), at(BEGUN_SECONDS_MAX + 1)).is_none(), "N + 1");
    }

    #[test]
    fn one_too_many_forgets_the_oldest() {
        let provider = provider("https://id.example.com").unwrap();
        for number in 0..BEGUN_MAX {
            provider.keep(id(number), stage(), at(i64::from(number > 0)));
        }
        assert_eq!(provider.begun().len(), BEGUN_MAX, "N");
        provider.keep(id(BEGUN_MAX), stage(), at(1));
        assert_eq!(provider.begun().len(), BEGUN_MAX, "N + 1");
        assert!(provider.take(id(0), at(1)).is_none() && provider.take(id(1), at(1)).is_some());
    }

    #[test]
    fn a_provider_is_reached_by_https_and_a_browser_comes_back_to_its_own_machine() {
        for (issuer, is) in [
            ("https://id.example.com", true),
            ("https://id.example.com/realms/one", true),
            ("http://id.example.com", false),
            ("http://127.0.0.1:9000", false),
            ("id.example.com", false),
            ("", false),
        ] {
            assert_eq!(provider(issuer).is_some(), is, "{issuer}");
        }
        for (address, is) in [
            ("http://127.0.0.1:49152/", true),
            ("http://[::1]:49152/back", true),
            ("http://localhost:49152/", false),
            ("https://127.0.0.1:49152/", false),
            ("http://192.0.2.7/", false),
            ("http://127.0.0.1/", false),
            ("http://:secret@127.0.0.1:1/", false),
            ("http://127.0.0.1.evil.example/", false),
            ("http://127.0.0.1@evil.example/", false),
            ("http://127.0.0.1:1/?a=b", false),
            ("http://127.0.0.1:1/#a", false),
        ] {
            assert_eq!(redirect_to(address).is_some(), is, "{address}");
        }
    }

    #[test]
    fn a_provider_that_does_not_answer_is_said_to_be_away() {
        let provider = provider("https://id.example.com").unwrap();
        assert_eq!(provider.begin(id(0), "http://127.0.0.1:1/", at(0)).err(), Some(Failed::Unreachable));
        let unread = Provider { client_secret: Some(Box::new(|| None)), ..provider };
        assert_eq!(unread.begin(id(0), "http://127.0.0.1:1/", at(0)).err(), Some(Failed::Secret));
    }

    #[test]
    fn a_providers_second_factor_is_as_old_as_it_says() {
        let age = |methods: &str, seconds: Option<i64>| {
            let time = |seconds| at(seconds).as_second();
            let claims = serde_json::from_value(serde_json::json!({
                "iss": "https://id.example.com", "sub": "7", "aud": ["bailee"], "iat": time(0), "exp": time(300),
                "amr": [methods], "auth_time": seconds.map(time),
            }));
            factor_age(&claims.unwrap(), at(0))
        };
        assert_eq!(age("mfa", Some(-90)), Some(90));
        assert_eq!(age("mfa", Some(30)), Some(0), "a clock that is ahead");
        let oldest = FRESH_SECONDS_MAX + SKEW_SECONDS;
        assert_eq!(age("mfa", Some(-oldest)), Some(oldest), "N");
        assert_eq!(age("mfa", Some(-oldest - 1)), None, "N + 1");
        assert_eq!(age("pwd", Some(0)), None);
        assert_eq!(age("mfa", None), None);
    }
}
