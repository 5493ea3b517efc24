//! The catalogue that a running home goes by, which an officer can change while it runs.

use std::sync::{Arc, PoisonError, RwLock};

use super::{Catalogue, CatalogueError};

/// The catalogue that a running home goes by. Vault and gate share one, so that both see a change at once.
///
/// Who reads it keeps what it was given for as long as one decision lasts: a catalogue never changes under a reader,
/// another takes its place.
#[derive(Debug)]
pub struct Current {
    /// Without what the home's officer decided: what comes with the program, and the home's extension.
    base: Catalogue,
    catalogue: RwLock<Arc<Catalogue>>,
}

impl Current {
    /// `base` with the decisions of the home's officer, if there are any: a text that [`Self::own_text`] wrote.
    ///
    /// # Errors
    /// When the decisions do not fit the base, which another version of the program or of the extension can do.
    pub fn new(base: Catalogue, own: Option<&str>) -> Result<Self, CatalogueError> {
        let catalogue = match own {
            Some(own) => base.extended(own)?,
            None => base.clone(),
        };
        Ok(Self { base, catalogue: RwLock::new(Arc::new(catalogue)) })
    }

    /// The catalogue as it is now.
    pub fn now(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another in its place.
    pub fn replace(&self, catalogue: Arc<Catalogue>) {
        *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = catalogue;
    }

    /// What `catalogue` decides beyond the base, as a file that [`Self::new`] takes.
    pub fn own_text(&self, catalogue: &Catalogue) -> String {
        super::own::text(&self.base, catalogue)
    }
}

impl From<Catalogue> for Current {
    /// A catalogue without decisions of an officer.
    fn from(base: Catalogue) -> Self {
        let catalogue = RwLock::new(Arc::new(base.clone()));
        Self { base, catalogue }
    }
}
