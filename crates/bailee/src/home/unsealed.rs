//! What looks like a secret in a configuration, also in a comment: it is refused by its line, and never said again (2.5.a).
//!
//! Every place that takes a secret takes a reference alone, and refuses anything else. This is for the rest: keys and
//! tokens that somebody pasted where they seemed to belong, and addresses with a password in them. What is looked for has
//! a form of its own, so that nothing else is taken for it.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};

/// How keys and tokens begin that a home of Amazon's sellers may have at hand, with the fewest characters of one.
const BEGINNINGS: [(&str, usize); 19] = [
    // Login with Amazon, and the Selling Partner API: client secrets, tokens of refresh and of access.
    ("amzn1.oa2-cs.", 40),
    ("Atzr|", 20),
    ("Atza|", 20),
    // Amazon Web Services.
    ("AKIA", 20),
    ("ASIA", 20),
    // Those of this program.
    ("bss_", 47),
    ("bsk_", 47),
    ("biv_", 47),
    ("bst_", 47),
    ("bks_", 60),
    // Forges, chats and payments.
    ("ghp_", 36),
    ("github_pat_", 40),
    ("glpat-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("sk_live_", 20),
    ("AIza", 39),
    ("AGE-SECRET-KEY-", 59),
    // A signed token: two parts of JSON and a signature.
    ("eyJ", 60),
];

/// Bytes of keys and of what is like them: a text that spells just so many in digits is one.
const KEY_BYTES: [usize; 3] = [32, 48, 64];

/// Refuses a configuration in which something looks like a secret; says the line and nothing of it.
pub(super) fn refuse(text: &str) -> Result<(), String> {
    match text.lines().position(holds_one) {
        None => Ok(()),
        Some(at) => Err(format!(
            "line {}: this looks like a secret, which does not belong in this file: keep it in a file that nobody else \
             may read, write where it is (\"file:PATH\", or \"credential:NAME\" of systemd), and change it, since it was \
             seen here (2.5.a)",
            at + 1
        )),
    }
}

/// Whether a line holds what looks like a secret.
fn holds_one(line: &str) -> bool {
    line.contains("PRIVATE KEY-----")
        || line
            .split(|character: char| character.is_whitespace() || "\"'`,;=()[]{}<>".contains(character))
            .any(is_one)
        || has_password(line)
        || spelt(line)
}

fn is_one(word: &str) -> bool {
    BEGINNINGS.iter().any(|(beginning, characters)| word.starts_with(beginning) && word.len() >= *characters)
}

/// Whether there is an address with a password: `scheme://name:password@host`.
fn has_password(line: &str) -> bool {
    line.split("://").skip(1).any(|rest| {
        let end = rest.find(['/', '"', '\'', ' ', '?', '#']).unwrap_or(rest.len());
        let authority = rest.get(..end).unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
}

/// Whether a word spells out as many bytes as a key has, however it is quoted. References are none of those: what they
/// name was judged already.
fn spelt(line: &str) -> bool {
    let parts =
        line.split(|character: char| character.is_whitespace() || "\"'`,;:()[]{}<>".contains(character));
    // What stands behind `=`, also where no blank is between the two; its own signs at the end stay.
    let words = parts.flat_map(|word| {
        let value = word.trim_end_matches('=').rfind('=').and_then(|at| word.get(at + 1..));
        [word, value.unwrap_or_default()]
    });
    words.into_iter().any(|value| {
        let bytes = [
            BASE64.decode(value.as_bytes()),
            BASE64_NOPAD.decode(value.as_bytes()),
            BASE64URL.decode(value.as_bytes()),
            BASE64URL_NOPAD.decode(value.as_bytes()),
            HEXLOWER_PERMISSIVE.decode(value.as_bytes()),
        ];
        let is_mixed = value.bytes().any(|byte| byte.is_ascii_digit())
            && value.bytes().any(|byte| byte.is_ascii_alphabetic());
        // A path can be read as digits too, but does not end as they do.
        let is_path = value.contains('/') && !value.ends_with('=');
        is_mixed && !is_path && bytes.into_iter().flatten().any(|bytes| KEY_BYTES.contains(&bytes.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::config::TEMPLATE;

    #[test]
    fn what_looks_like_a_secret_is_refused_by_its_line_and_not_repeated() {
        let key: Vec<u8> = (7..39).map(|byte| byte * 5).collect();
        let (base64, hex) = (BASE64.encode(&key), HEXLOWER_PERMISSIVE.encode(&key));
        for secret in [
            format!("note = \"{base64}\""),
            format!("note = \"file:{base64}\""),
            format!("note = \"{}\"", BASE64URL_NOPAD.encode(&key)),
            format!("# root_key = \"{hex}\""),
            format!("note = '{base64}'"),
            format!("# the key is {base64}, I think"),
            format!("# root_key={hex}"),
            "# -----BEGIN EC PRIVATE KEY-----".to_owned(),
            format!("client = 'amzn1.oa2-cs.v1.{}'", "0f".repeat(32)),
            format!("# refresh token Atzr|{}", "IwEB".repeat(20)),
            "access = \"AKIAABCDEFGHIJKLMNOP\"".to_owned(),
            format!("key = bsk_{}", "A".repeat(43)),
            "otlp = \"https://ada:hunter2@collector.example\"".to_owned(),
            "# postgres://bailee:pass/word@db.example/bailee was: postgres://bailee:pw@db.example".to_owned(),
            format!("token = \"eyJ{}\"", "x.".repeat(40)),
        ] {
            let error = refuse(&format!("[home]\n\n{secret}\n")).unwrap_err();
            assert!(error.starts_with("line 3: ") && error.contains("2.5.a"), "{error}");
            assert!(
                !error.contains("hunter2") && !error.contains(&base64) && !error.contains("bsk_"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_belongs_in_a_configuration_is_none() {
        assert_eq!(refuse(TEMPLATE), Ok(()));
        for line in [
            "id = \"0123456789abcdef0123456789abcdef\"",
            "root_key = \"file:/srv/bailee/production/keys/on/its/own/disk/rootkey\"",
            "directory = \"/var/lib/bailee/home1/AbCdEfGhIjKlMnOpQrStUvWx\"",
            "otlp = \"https://collector.example:4318/v1/logs?who=a@b.example\"",
            "from = \"Bailee <bailee@warehouse.example>\"",
            "# AKIA is how a key begins, and so is eyJ",
        ] {
            assert_eq!(refuse(line), Ok(()), "{line}");
        }
    }
}
