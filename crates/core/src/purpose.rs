//! Why a field may be used, and how it identifies somebody. Both sets are closed (2.1.b).

macro_rules! closed_set {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident => $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every member, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name by which files, commands and the API know it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or(crate::ParseIdError::new(
                    concat!("this is none of:" $(, " `", $text, "`")+),
                ))
            }
        }
    };
}

closed_set! {
    /// Why a field is used. Nothing else is a purpose.
    Purpose {
        /// To pick, pack, ship and support the order (2.1.b).
        Fulfilment => "fulfilment",
        /// To calculate and remit taxes (2.1.b).
        Tax => "tax",
        /// To produce a tax invoice (2.1.b).
        Invoice => "invoice",
        /// To answer a person who asks about their own data (2.2.d).
        SubjectRequest => "subject-request",
        /// To investigate a security incident (1.6.d).
        Incident => "incident",
    }
}

closed_set! {
    /// How a field identifies somebody. A field without a class is a fact.
    Class {
        /// Names, companies, payment details, references that a buyer chose.
        Identity => "identity",
        /// Phone and e-mail.
        Contact => "contact",
        /// Where somebody lives or works, and what leads there.
        Address => "address",
        /// Tax registrations.
        Tax => "tax",
        /// Anything a person wrote.
        FreeText => "free-text",
        /// A leaf the catalogue does not name: sealed, and revealed to nobody.
        Unclassified => "unclassified",
    }
}

pub(crate) use closed_set;
