//! The certificate and key that a command shows to a server elsewhere.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::failure::{Failure, Result};
use crate::pem;
use crate::state::Place;

/// The variables that name their files.
const VARIABLES: [&str; 2] = ["BAILEE_CERTIFICATE", "BAILEE_CERTIFICATE_KEY"];

/// A certificate and its key.
#[derive(Clone)]
pub(crate) struct ClientIdentity(pub(super) Arc<CertifiedKey>);

impl ClientIdentity {
    /// What the environment names; none where it names neither.
    pub(crate) fn given() -> Result<Option<Self>> {
        let named = |name| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let (certificate, key) = match VARIABLES.map(named) {
            [None, None] => return Ok(None),
            [Some(certificate), Some(key)] => (certificate, key),
            _ => {
                return Err(Failure::usage(
                    "BAILEE_CERTIFICATE and BAILEE_CERTIFICATE_KEY belong together; set both",
                ));
            }
        };
        Self::read(&certificate, &key)?.map(Some).ok_or_else(|| {
            Failure::failed(
                "BAILEE_CERTIFICATE and BAILEE_CERTIFICATE_KEY are no certificate and its key as PEM",
            )
        })
    }

    /// That of the device that this machine is there; none where it was not enrolled.
    pub(crate) fn of_device(place: &Place) -> Result<Option<Self>> {
        let [certificate, key] = place.device_files()?;
        match certificate.exists() && key.exists() {
            // Two that do not belong together: an enrolment that did not come to its end.
            true => Self::read(&certificate, &key),
            false => Ok(None),
        }
    }

    /// Whether it is this very certificate.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.cert == other.0.cert
    }

    /// What two files hold; none where that is no certificate and its key.
    fn read(certificate: &Path, key: &Path) -> Result<Option<Self>> {
        let (certificate, key) = (pem::read(certificate)?, pem::read_key(key)?);
        let chain = CertificateDer::pem_slice_iter(&certificate).collect::<std::result::Result<Vec<_>, _>>();
        let key = PrivateKeyDer::from_pem_slice(&key);
        let identity = match (chain, key) {
            (Ok(chain), Ok(key)) => CertifiedKey::from_der(chain, key, &default_provider()).ok(),
            _ => None,
        };
        Ok(identity.map(|identity| Self(Arc::new(identity))))
    }
}
