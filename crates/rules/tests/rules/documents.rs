//! Links lead somewhere: those of the documents, and the documents that sources name.

use crate::repository::{Text, documents, refuse, root, sources};

/// The targets of the links of a Markdown text, code blocks left out.
fn links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            found.extend(line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()));
        }
    }
    found
}

/// The anchor that a heading gets: lower case, punctuation dropped, blanks to hyphens.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

fn has_anchor(document: &str, wanted: &str) -> bool {
    document.lines().any(|line| line.starts_with('#') && anchor(line.trim_start_matches('#')) == wanted)
}

#[test]
fn links_are_found_outside_code() {
    assert_eq!(
        links("[a](x.md) and [b](y/z.md#w)\n```\n[c](no)\n```\n[d](https://e)"),
        ["x.md", "y/z.md#w", "https://e"]
    );
    assert_eq!(anchor(" What is *not* promised, then"), "what-is-not-promised-then");
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut complaints = Vec::new();
    for document in documents() {
        for link in links(&document.content).into_iter().filter(|link| !link.contains("://")) {
            if !leads_somewhere(&document, link) {
                complaints.push(format!("{}: {link} leads nowhere", document.path));
            }
        }
    }
    refuse(&complaints);
}

fn leads_somewhere(document: &Text, link: &str) -> bool {
    let (path, wanted) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let here = root().join(&document.path);
    let target = if path.is_empty() { here } else { here.parent().unwrap().join(path) };
    let Some(wanted) = wanted else { return target.exists() };
    std::fs::read_to_string(target).is_ok_and(|content| has_anchor(&content, wanted))
}

/// `docs/formats/store.md` in a comment is a link too.
#[test]
fn every_document_that_a_source_names_exists() {
    let mut complaints = Vec::new();
    for source in sources() {
        let words = source
            .content
            .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_')));
        for word in words.filter(|word| word.starts_with("docs/") && word.ends_with(".md")) {
            if !root().join(word).exists() {
                complaints.push(format!("{}: {word} does not exist", source.path));
            }
        }
    }
    refuse(&complaints);
}
