//! The requirements of the Data Protection Policy, by their ids.
//!
//! Errors, events and tests cite these. The ids are the clauses of the policy with a letter; they are never renumbered.

use crate::purpose::closed_set;

macro_rules! requirements {
    ($($variant:ident => $id:literal, $title:literal;)+) => {
        closed_set! {
            /// A requirement of the policy that something in this program serves.
            Requirement { $(#[doc = $title] $variant => $id),+ }
        }

        impl Requirement {
            /// What it is called, such as `Thirty days`.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

requirements! {
    Collection => "0.a", "Collection";
    Verification => "0.b", "Verification";
    Cleaning => "0.c", "Cleaning";
    Storage => "0.d", "Storage";
    Use => "0.e", "Access and use";
    Management => "0.f", "Management";
    Firewall => "1.1.a", "Firewall";
    UnauthorisedAddressesDenied => "1.1.b", "Unauthorised addresses denied";
    AntiMalware => "1.1.c", "Anti-malware on end-user devices";
    PublicAccess => "1.1.d", "Public access";
    UniqueIdentity => "1.2.a", "Unique identity";
    NoGenericAccounts => "1.2.b", "No generic accounts";
    Baseline => "1.2.c", "Baseline";
    AccessReview => "1.2.d", "Access review";
    NoPersonalDevices => "1.2.e", "No personal devices";
    AccountLockout => "1.2.f", "Account lockout";
    FineGrainedAccess => "1.3.a", "Fine-grained access";
    NeedToKnow => "1.3.b", "Need to know";
    PasswordStrength => "1.4.a", "Password strength";
    PasswordRotation => "1.4.b", "Password rotation";
    EncryptionInTransit => "1.5.a", "Encryption in transit";
    AllEndpoints => "1.5.b", "All endpoints";
    MessageEncryption => "1.5.c", "Message-level encryption";
    IncidentPlan => "1.6.a", "Incident response plan";
    PlanReview => "1.6.b", "Plan review";
    NoticeWithin24Hours => "1.6.c", "Notice within 24 hours";
    Investigation => "1.6.d", "Investigation";
    ChainOfCustody => "1.6.e", "Chain of custody";
    NoSpeakingForAmazon => "1.6.f", "No speaking for Amazon";
    ThirtyDays => "2.1.a", "Thirty days";
    PurposeLimits => "2.1.b", "Purpose limits";
    ColdArchive => "2.1.c", "Cold archive";
    PrivacyPolicy => "2.2.a", "Privacy and data handling policy";
    RecordOfProcessing => "2.2.b", "Record of processing";
    LawsAndRegulations => "2.2.c", "Laws and regulations";
    DataRights => "2.2.d", "Consent and data rights";
    AssetInventory => "2.3.a", "Asset inventory";
    AssetsAbide => "2.3.b", "Assets abide";
    NoLooseMedia => "2.3.c", "No loose media";
    PrintedDocuments => "2.3.d", "Printed documents";
    EncryptionAtRest => "2.4.a", "Encryption at rest";
    Keys => "2.4.b", "Keys";
    NoCredentialsInCode => "2.5.a", "No credentials in code";
    TestAndProductionApart => "2.5.b", "Test and production apart";
    Logged => "2.6.a", "What is logged";
    AllChannels => "2.6.b", "All channels";
    LogsProtected => "2.6.c", "Logs protected";
    NoPiiInLogs => "2.6.d", "No PII in logs";
    NinetyDays => "2.6.e", "Ninety days";
    Alarms => "2.6.f", "Alarms";
    Extraction => "2.6.g", "Extraction";
    AlarmsInvestigated => "2.6.h", "Alarms investigated";
    VulnerabilityPlan => "2.7.a", "Vulnerability plan";
    HardwareScanned => "2.7.b", "Hardware scanned";
    Scans => "2.7.c", "Scans or penetration tests";
    CodeScanned => "2.7.d", "Code scanned before release";
    StorageHardwareChanges => "2.7.e", "Storage hardware changes";
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/policy/requirements.toml");

    #[test]
    fn every_requirement_of_the_policy_is_here_under_its_id_and_title() {
        let policy: toml::Table = std::fs::read_to_string(POLICY).unwrap().parse().unwrap();
        let written: Vec<(&str, &str)> = policy["requirement"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["id"].as_str().unwrap(), row["title"].as_str().unwrap()))
            .collect();
        let ours: Vec<_> = Requirement::ALL.iter().map(|one| (one.as_str(), one.title())).collect();
        assert_eq!(ours, written);
    }
}
