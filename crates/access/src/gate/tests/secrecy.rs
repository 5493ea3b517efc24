//! Nothing that a person typed or holds can be found in any byte that the gate caused to be written.

use std::path::Path;

use bailee_core::{Class, Environment, Kind, Purpose};
use bailee_store::act::{Act, Change, SellerNo};
use bailee_store::records::Store;
use data_encoding::{BASE64, HEXLOWER};

use super::fixture::{Home, MAIL, OWNER, PASSWORD, at, new_service, seller, sensitive};
use crate::password::Argon2id;

const TRIED_MAIL: &str = "quentin.marker@elsewhere.example";
const TRIED_PASSWORD: &str = "Tried-Marker-99";
const TRIED_PURPOSE: &str = "purpose-marker";
const TRIED_SELLER: &str = "QuentinMarkerSeller";
const SERVICE_NAME: &str = "marker-service";

/// Every file below a directory with its bytes.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

/// The forms in which a text could hide: plain, hexadecimal, UTF-16, and base64 at each of its three alignments.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![
        text.as_bytes().to_vec(),
        text.to_lowercase().into_bytes(),
        HEXLOWER.encode(text.as_bytes()).into_bytes(),
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ];
    for skipped in 0..3 {
        let whole = &text.as_bytes()[skipped..];
        let whole = &whole[..whole.len() / 3 * 3];
        forms.push(BASE64.encode(whole).into_bytes());
    }
    forms
}

#[test]
fn no_mail_name_password_token_or_key_is_found_in_any_file() {
    let mut home = Home::empty(Environment::Test);
    home.reopen_with(Box::new(Argon2id::new().ok().unwrap())).ok().unwrap();
    let gate = home.gate();
    gate.make_owner(OWNER, &sensitive(PASSWORD), home.request(), at(0)).ok().unwrap();
    let changes = vec![Change::AddSeller { no: SellerNo(1), id: seller("S1") }];
    home.store.commit(Act { name: "add-seller", changes, events: Vec::new() }).unwrap();
    let token = home.log_in(at(0));
    let owner = home.caller(token.expose(), at(90));
    let new = new_service(SERVICE_NAME, "S1", &[Purpose::Fulfilment], &[Class::Identity]);
    let (_, key) = gate.add_service(&owner, new).ok().unwrap();
    let service = home.caller(key.expose(), at(90));
    for (mail, password) in [(TRIED_MAIL, TRIED_PASSWORD), (MAIL, TRIED_PASSWORD), (TRIED_MAIL, PASSWORD)] {
        assert!(home.try_log_in(mail, password, None, at(90)).is_err());
    }
    for shown in [TRIED_PASSWORD, &key.expose().replace("bsk_", "bss_"), TRIED_MAIL] {
        assert!(home.try_caller(Some(shown), at(90)).is_err());
    }
    assert!(gate.reveal(&service, TRIED_PURPOSE, None, &[]).is_err());
    assert!(gate.show(&service, &seller(TRIED_SELLER), Kind::Order).is_err());
    let tried = [seller(TRIED_SELLER)].into();
    assert_eq!(gate.may_reveal(&service, Purpose::Tax, &tried).unwrap().len(), 1);

    let secrets = [
        MAIL,
        "Mara.L",
        "Mara Lindqvist",
        "Lindqvist",
        PASSWORD,
        TRIED_MAIL,
        TRIED_PASSWORD,
        TRIED_PURPOSE,
        TRIED_SELLER,
        SERVICE_NAME,
        token.expose(),
        &token.expose()[4..],
        key.expose(),
        &key.expose()[4..],
        "$argon2id$",
    ];
    let written = files(home.directory.path());
    assert!(
        written.iter().any(|(_, bytes)| find(bytes, b"log-in-failed") && find(bytes, b"purpose-unknown"))
    );
    for secret in secrets {
        for form in forms(secret) {
            for (path, bytes) in &written {
                assert!(!find(bytes, &form), "{secret} is in {path}");
            }
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
