//! Lists that are answered page by page, followed to their end.

use bailee_core::Json;
use bailee_server::Watch;
use serde::Serialize;

use super::{Answer, Client, encoded};

/// Entries of a page: as many as there may be, since all of them are wanted.
const PAGE: u64 = 1000;

impl Client {
    /// Gets a whole list: the answer's member of that name has the entries of every page.
    pub(crate) fn get_all(&self, path: &str, list: &str) -> Answer {
        whole(path, list, |page| self.get(page))
    }

    /// The same, for a list whose progress is heard.
    pub(crate) fn get_all_watched(&self, path: &str, list: &str, watch: &Watch) -> Answer {
        whole(path, list, |page| self.get_watched(page, watch))
    }

    /// The same, for a list that is asked for with a question.
    pub(crate) fn post_all(&self, path: &str, question: &impl Serialize, list: &str) -> Answer {
        whole(path, list, |page| self.post(page, question))
    }

    /// The newest of the ledger's events, or those before an index, from the oldest of them on.
    pub(crate) fn newest_events(&self, number: u64, before: Option<u64>, details: bool) -> Answer {
        let before = before.map(|index| format!("&before={index}")).unwrap_or_default();
        let (mut events, mut cursor) = (Vec::new(), String::new());
        loop {
            let left = number.saturating_sub(events.len() as u64).clamp(1, PAGE);
            let mut page =
                self.get(&format!("/v1/ledger/events?limit={left}&details={details}{before}{cursor}"))?;
            events.splice(0..0, take(&mut page, "events"));
            match next(&page) {
                Some(next) if (events.len() as u64) < number => cursor = next,
                _ => return Ok(with(page, "events", events)),
            }
        }
    }
}

fn whole(path: &str, list: &str, ask: impl Fn(&str) -> Answer) -> Answer {
    let joint = if path.contains('?') { '&' } else { '?' };
    let (mut entries, mut cursor) = (Vec::new(), String::new());
    loop {
        let mut page = ask(&format!("{path}{joint}limit={PAGE}{cursor}"))?;
        entries.extend(take(&mut page, list));
        match next(&page) {
            Some(next) => cursor = next,
            None => return Ok(with(page, list, entries)),
        }
    }
}

/// How the next page is asked for, if there is one.
fn next(page: &Json) -> Option<String> {
    page.member("next").and_then(Json::as_str).map(|next| format!("&cursor={}", encoded(next)))
}

/// The list of a page.
fn elements<'a>(page: &'a mut Json, list: &str) -> Option<&'a mut Vec<Json>> {
    let Json::Object(members) = page else { return None };
    match members.iter_mut().find(|(name, _)| name == list) {
        Some((_, Json::Array(elements))) => Some(elements),
        _ => None,
    }
}

/// The entries of a page, taken out of it.
fn take(page: &mut Json, list: &str) -> Vec<Json> {
    elements(page, list).map(std::mem::take).unwrap_or_default()
}

/// The page as if it were the only one, with these entries.
fn with(mut page: Json, list: &str, entries: Vec<Json>) -> Json {
    if let Some(elements) = elements(&mut page, list) {
        *elements = entries;
    }
    if let Json::Object(members) = &mut page {
        members.retain(|(name, _)| name != "next");
    }
    page
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn json(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_list_is_followed_to_its_end_and_told_as_one() {
        let asked = RefCell::new(Vec::new());
        let pages =
            [r#"{"size":3,"names":["a","b"],"next":"x y"}"#, r#"{"size":3,"names":["c"],"next":null}"#];
        let answer = whole("/v1/names?of=all", "names", |page| {
            asked.borrow_mut().push(page.to_owned());
            Ok(json(pages[asked.borrow().len() - 1]))
        });
        assert!(answer.unwrap() == json(r#"{"size":3,"names":["a","b","c"]}"#));
        let expected = ["/v1/names?of=all&limit=1000", "/v1/names?of=all&limit=1000&cursor=x%20y"];
        assert_eq!(*asked.borrow(), expected);
    }
}
