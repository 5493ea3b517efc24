//! Lists, page by page: `limit` and `cursor` in, `next` out.
//!
//! A cursor names the entry behind which the next page begins, by a key that never changes and by which the list is
//! sorted: what is added or taken away meanwhile makes no entry appear twice and none be left out. It is opaque to
//! callers and needs no seal: each page is decided on anew, and a forged one says no more than where to begin.

use axum::http::Uri;
use bailee_core::SellerId;
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use crate::body;
use crate::problem::Problem;

/// Entries of a page, unless asked otherwise.
pub(crate) const PAGE: usize = 100;
/// Most entries of a page.
pub(crate) const PAGE_MAX: usize = 1000;

/// The query of a list that takes nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    limit: Option<u64>,
    cursor: Option<String>,
}

/// The query of a list that takes a seller.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhichOf {
    seller: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// Which page of a list is wanted.
pub(crate) struct Page<K> {
    list: &'static str,
    /// Behind which entry it begins.
    pub(crate) after: Option<K>,
    /// Most entries of it.
    pub(crate) limit: usize,
}

impl<K: std::str::FromStr + std::fmt::Display + Ord> Page<K> {
    /// The page of a list that an address asks for, whose query holds nothing else.
    pub(crate) fn asked(list: &'static str, uri: &Uri) -> Result<Self, Problem> {
        let Which { limit, cursor } = body::query(uri)?;
        Self::of(list, limit, cursor.as_deref())
    }

    /// The same of a list that may be asked for of one seller alone.
    pub(crate) fn asked_of(list: &'static str, uri: &Uri) -> Result<(Option<SellerId>, Self), Problem> {
        let WhichOf { seller, limit, cursor } = body::query(uri)?;
        let seller = seller.map(|text| text.parse()).transpose()?;
        Ok((seller, Self::of(list, limit, cursor.as_deref())?))
    }

    /// The page of a list that a query asks for. A cursor of another list is refused.
    pub(crate) fn of(list: &'static str, limit: Option<u64>, cursor: Option<&str>) -> Result<Self, Problem> {
        let limit = match limit.map(usize::try_from) {
            None => PAGE,
            Some(Ok(limit)) if (1..=PAGE_MAX).contains(&limit) => limit,
            Some(_) => {
                return Err(Problem::unacceptable(
                    "bad-query",
                    format!("a page has 1 to {PAGE_MAX} entries"),
                ));
            }
        };
        let after = cursor.map(|cursor| opened(list, cursor).ok_or_else(bad_cursor)).transpose()?;
        Ok(Self { list, after, limit })
    }

    /// The page, cut out of the whole list in any order, and the cursor of the next, if there is one.
    pub(crate) fn cut<T>(&self, mut all: Vec<T>, key: impl Fn(&T) -> K) -> (Vec<T>, Option<String>) {
        all.retain(|entry| self.after.as_ref().is_none_or(|after| key(entry) > *after));
        all.sort_by_cached_key(&key);
        let is_last = all.len() <= self.limit;
        all.truncate(self.limit);
        let next = all.last().filter(|_| !is_last).map(|last| self.cursor(&key(last)));
        (all, next)
    }

    /// The cursor that begins behind an entry.
    pub(crate) fn cursor(&self, key: &K) -> String {
        BASE64URL_NOPAD.encode(format!("{}:{key}", self.list).as_bytes())
    }
}

fn opened<K: std::str::FromStr>(list: &str, cursor: &str) -> Option<K> {
    let text = String::from_utf8(BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?).ok()?;
    text.strip_prefix(list)?.strip_prefix(':')?.parse().ok()
}

fn bad_cursor() -> Problem {
    Problem::unacceptable(
        "bad-cursor",
        "this cursor is not of this list; begin without one, and follow `next`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(limit: u64, cursor: Option<&str>) -> Page<u64> {
        Page::of("numbers", Some(limit), cursor).unwrap()
    }

    #[test]
    fn nothing_comes_twice_and_nothing_is_left_out_while_things_come_and_go() {
        let mut all: Vec<u64> = (0..100).map(|number| number * 10).collect();
        let (mut told, mut cursor) = (Vec::new(), None);
        loop {
            let (entries, next) = page(7, cursor.as_deref()).cut(all.clone(), |number| *number);
            told.extend(entries);
            // One before and one behind the cursor; the entry that the cursor names goes.
            all.extend([told[told.len() - 1] - 5, told[told.len() - 1] + 5]);
            all.retain(|number| number % 10 == 5 || Some(number) != told.last());
            let Some(next) = next else { break };
            cursor = Some(next);
        }
        assert!(told.is_sorted_by(|one, other| one < other));
        assert_eq!(told.iter().filter(|number| *number % 10 == 0).count(), 100);
    }

    #[test]
    fn the_last_page_has_no_next_even_when_it_is_full() {
        assert_eq!(page(3, None).cut(vec![3, 1, 2], |number| *number), (vec![1, 2, 3], None));
        assert!(page(3, None).cut(vec![4, 3, 1, 2], |number| *number).1.is_some());
    }

    #[test]
    fn a_cursor_of_another_list_or_of_nobody_is_refused() {
        let of_others = Page::<u64>::of("others", None, None).unwrap().cursor(&7);
        for cursor in [&of_others, "", "7", "****", &BASE64URL_NOPAD.encode(b"numbers:x")] {
            let refused = Page::<u64>::of("numbers", None, Some(cursor));
            assert_eq!(refused.err().map(|problem| problem.code()), Some("bad-cursor"), "{cursor}");
        }
    }

    #[test]
    fn a_page_has_its_limits() {
        let limit = |limit| Page::<u64>::of("numbers", Some(limit), None).map(|page| page.limit).ok();
        assert_eq!((limit(0), limit(1), limit(1000), limit(1001)), (None, Some(1), Some(1000), None));
    }
}
