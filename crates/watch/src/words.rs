//! What a notice says: plain words, ids, codes and times. Never anything of a buyer's.
//!
//! A subject is one of a closed set, so that nothing from anywhere stands in a header.

use bailee_access::notice::{Due, Tells};
use bailee_access::wait::Alone;
use bailee_core::{HomeId, Sensitive};

/// Most characters of somebody's name in a message; names are shorter.
const NAME_CHARACTERS_MAX: usize = 128;

/// A message's subject and text.
pub struct Words {
    /// One of a closed set, in ASCII.
    pub subject: &'static str,
    /// Plain text; its lines end with a line feed. It holds names, and may hold a code.
    pub body: Sensitive<String>,
}

/// The words of a notice of a home; `code` stops what it tells of, where something can be.
pub fn of(due: &Due, code: Option<&Sensitive<String>>, home: HomeId) -> Words {
    let who = due.about.as_deref().map(plain).unwrap_or_else(|| "somebody who is not here any more".into());
    let (subject, told) = match &due.waiting.tells {
        Tells::Test {} => (
            "Bailee: a test",
            "This is the message that you asked for with `bailee mail test`: mail of this home\n\
             arrives.\n"
                .to_owned(),
        ),
        Tells::GlassBroken { grant, by, seller, purpose, until, ticket, review_by } => (
            "Bailee: the glass was broken",
            format!(
                "Somebody took access to personal data without approval, in an emergency.\n\n\
                 who:     {who} (person:{by})\n\
                 seller:  {seller}\n\
                 purpose: {purpose}\n\
                 ticket:  {ticket}\n\
                 until:   {until}\n\
                 grant:   {grant}\n\n\
                 Somebody else, an owner or an officer, reviews it by {review_by}:\n\n\
                 \x20 bailee grant review {grant}\n\
                 \x20 bailee grant review {grant} --not-justified\n\n\
                 Where nobody does, the grant ends and its user is suspended. To end it at once:\n\n\
                 \x20 bailee grant revoke {grant}\n"
            ),
        ),
        Tells::GlassUnreviewed { grant, by } => (
            "Bailee: nobody reviewed the broken glass",
            format!(
                "Nobody reviewed in time a grant that was taken without approval. It has ended, and its\n\
                 user is suspended.\n\n\
                 who:   {who} (person:{by})\n\
                 grant: {grant}\n\n\
                 An owner lets the person in again once it is clear what happened:\n\n\
                 \x20 bailee person resume {by}\n"
            ),
        ),
        Tells::Waits { alone, by, .. } => (
            "Bailee: one person wants to do what takes two",
            format!(
                "You are named as the address outside of a company of one. There, one person wants to do\n\
                 alone what takes two:\n\n\
                 what:  {what} {about}\n\
                 who:   {who} (person:{by})\n\n\
                 Nobody else looks at it. Where you do nothing, it may be done 24 hours after this mail.\n\
                 Ask that person by another way than mail. To stop it, at once and for good:\n\n\
                 \x20 bailee --server https://HOST:PORT stop --code-stdin\n\n\
                 \x20 curl --request POST --header @- https://HOST:PORT/v1/stops\n\n\
                 The first asks for the code below in a line, the second for this line, without blanks\n\
                 at its beginning; HOST:PORT is where that company's Bailee is reached:\n\n\
                 \x20 Authorization: Bearer {code}\n\n\
                 The code opens nothing else. Keep it to yourself.\n",
                what = named(*alone),
                about = alone.about(),
                code = code.map_or("", |code| code.expose().as_str()),
            ),
        ),
        Tells::Stopped { alone, .. } => (
            "Bailee: it was stopped",
            format!(
                "What you wanted to do alone was stopped from outside, for good: {what}\n{about}.\n\n\
                 Talk to whoever reads that address before you ask for it again.\n",
                what = named(*alone),
                about = alone.about(),
            ),
        ),
    };
    Words { subject, body: Sensitive::new(format!("{told}\n{}", foot(home))) }
}

/// What one person wants to do alone.
const fn named(alone: Alone) -> &'static str {
    match alone {
        Alone::ApproveGrant(_) => "to approve a grant that they asked for,",
        Alone::ApproveProposal(_) => "to approve a proposal of their own,",
        Alone::ReviewGrant(_) => "to review a grant that they took without approval,",
    }
}

/// Where it comes from, and why it can be believed as little as any mail.
fn foot(home: HomeId) -> String {
    format!(
        "-- \n\
         From the Bailee home {home}. Nobody reads answers to this address.\n\
         A mail proves nothing: see `bailee ledger tail` for what really happened.\n"
    )
}

/// A name as it can stand in a text: one line, in the order in which it is read.
fn plain(name: &str) -> String {
    let turns = |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let letters = name.chars().take(NAME_CHARACTERS_MAX);
    letters.map(|letter| if letter.is_control() || turns(letter) { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use bailee_access::notice::Waiting;
    use bailee_core::{GrantId, NoticeId, PersonId, Purpose, Recipient};

    use super::*;

    fn due(tells: Tells, about: &str) -> Due {
        let since = "2026-11-23T08:00:00Z".parse().unwrap();
        let waiting = Waiting {
            id: NoticeId([1; 16]),
            to: Recipient::Outside,
            tells,
            since,
            failures: 0,
            next_at: since,
        };
        Due { waiting, address: None, about: Some(about.to_owned()) }
    }

    #[test]
    fn broken_glass_is_told_with_who_what_until_when_and_what_to_do() {
        let tells = Tells::GlassBroken {
            grant: GrantId([2; 16]),
            by: PersonId([3; 16]),
            seller: "ALPHA".parse().unwrap(),
            purpose: Purpose::Incident,
            until: "2026-11-23T09:00:00Z".parse().unwrap(),
            ticket: "OPS-1234".parse().unwrap(),
            review_by: "2026-11-24T08:00:00Z".parse().unwrap(),
        };
        let Words { subject, body } = of(&due(tells, "Zoë 倉庫"), None, HomeId([4; 16]));
        let body = body.expose();
        assert!(subject.is_ascii());
        let grant = "02".repeat(16);
        for told in
            ["Zoë 倉庫", "ALPHA", "incident", "OPS-1234", "2026-11-23T09:00:00Z", "2026-11-24T08:00:00Z"]
        {
            assert!(body.contains(told), "{told}: {body}");
        }
        assert!(body.contains(&format!("bailee grant review {grant}")), "{body}");
    }

    #[test]
    fn a_hostile_name_stays_on_its_line() {
        let tells = Tells::GlassUnreviewed { grant: GrantId([2; 16]), by: PersonId([3; 16]) };
        let lines =
            |name: &str| of(&due(tells.clone(), name), None, HomeId([4; 16])).body.expose().lines().count();
        assert_eq!(lines("Eve\r\n\r\nBcc: a\u{2028}b\u{202e}c"), lines("Eve"));
        assert_eq!(plain("a\u{202e}b\nc"), "a b c");
        assert_eq!(plain(&"n".repeat(NAME_CHARACTERS_MAX + 1)).len(), NAME_CHARACTERS_MAX);
    }
}
