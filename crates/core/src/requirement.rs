//! The requirements of the Data Protection Policy, by their ids.
//!
//! Errors, events and tests cite these. The ids are the clauses of the policy with a letter; they are never renumbered.

use crate::purpose::closed_set;

closed_set! {
    /// A requirement of the policy that something in this program serves.
    Requirement {
        /// Collection
        Collection => "0.a",
        /// Verification
        Verification => "0.b",
        /// Cleaning
        Cleaning => "0.c",
        /// Storage
        Storage => "0.d",
        /// Access and use
        Use => "0.e",
        /// Management
        Management => "0.f",
        /// Public access
        PublicAccess => "1.1.d",
        /// Unique identity
        UniqueIdentity => "1.2.a",
        /// No generic accounts
        NoGenericAccounts => "1.2.b",
        /// Fine-grained access
        FineGrainedAccess => "1.3.a",
        /// Need to know
        NeedToKnow => "1.3.b",
        /// Password strength
        PasswordStrength => "1.4.a",
        /// Thirty days
        ThirtyDays => "2.1.a",
        /// Purpose limits
        PurposeLimits => "2.1.b",
        /// Encryption at rest
        EncryptionAtRest => "2.4.a",
        /// Keys
        Keys => "2.4.b",
        /// No credentials in code
        NoCredentialsInCode => "2.5.a",
        /// Test and production apart
        TestAndProductionApart => "2.5.b",
        /// What is logged
        Logged => "2.6.a",
        /// Logs protected
        LogsProtected => "2.6.c",
        /// No PII in logs
        NoPiiInLogs => "2.6.d",
        /// Ninety days
        NinetyDays => "2.6.e",
    }
}
