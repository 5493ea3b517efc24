//! The secrets that the program uses itself. A closed set, so that a name of one can stand in an event (2.5.a).

use crate::purpose::closed_set;

closed_set! {
    /// A secret that the program uses itself. The configuration says where it is kept, and never what it is.
    OwnSecret {
        /// The passphrase under which the root key lies.
        RootPassphrase => "root-passphrase",
        /// The key of the server's own certificate, where it has one of its owner's.
        ServerKey => "server-key",
        /// The password by which mail is handed in.
        MailPassword => "mail-password",
        /// The secret by which the home is known to the provider of its sign-on.
        SignOnSecret => "sign-on-secret",
    }
}
