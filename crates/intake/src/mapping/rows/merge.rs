//! A further row of the same record.

use bailee_core::Json;
use bailee_core::catalogue;

use super::{Node, Which};
use crate::clean;
use crate::verify::Flaw;

/// Merges what a further row says into what the rows before it said, both built along `plan`.
pub(super) fn merge(
    known: &mut Json,
    further: Json,
    plan: Option<&Node>,
    place: Option<catalogue::Node<'_>>,
) -> Result<(), Flaw> {
    let mut further = further;
    match (&mut *known, &mut further) {
        (Json::Object(known), Json::Object(further)) => {
            for (name, value) in std::mem::take(further) {
                match known.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, known)) => {
                        let plan = plan.and_then(|plan| plan.member(&name));
                        merge(known, value, plan, place.and_then(|place| place.member(&name)))?;
                    }
                    None => known.push((name, value)),
                }
            }
            Ok(())
        }
        (Json::Array(known), Json::Array(further)) => {
            let further = std::mem::take(further);
            further.into_iter().try_for_each(|element| self::element(known, element, plan, place))
        }
        _ => leaf(known, further, place),
    }
}

/// Merges an element into the list that has its twin, if there is one.
fn element(
    known: &mut Vec<Json>,
    further: Json,
    plan: Option<&Node>,
    place: Option<catalogue::Node<'_>>,
) -> Result<(), Flaw> {
    let says =
        |element: &Json, name: &str, word: &str| element.member(name).and_then(Json::as_str) == Some(word);
    let is_it = |which: &&Which| says(&further, &which.name, &which.word);
    let which = match plan {
        Some(Node::Which(elements)) => elements.iter().find(is_it),
        _ => None,
    };
    let (one, plan) = match plan {
        Some(Node::List { one, element }) => (*one, Some(&**element)),
        _ => (false, which.map(|which| &which.element)),
    };
    let key = place.and_then(catalogue::Node::list_key);
    let twin = match (one, &further, key) {
        _ if which.is_some() => {
            which.and_then(|which| known.iter_mut().find(|known| says(known, &which.name, &which.word)))
        }
        (true, _, _) => known.first_mut(),
        (false, Json::Object(_), Some(key)) => {
            let id = further.member(key).and_then(Json::as_str);
            id.and_then(|id| known.iter_mut().find(|known| says(known, key, id)))
        }
        (false, Json::Object(_), None) => None,
        (false, _, _) => {
            if !known.contains(&further) {
                known.push(further);
            }
            return Ok(());
        }
    };
    match twin {
        Some(twin) => merge(twin, further, plan, place.and_then(catalogue::Node::element)),
        None => {
            known.push(further);
            Ok(())
        }
    }
}

/// Two values for one place.
fn leaf(known: &mut Json, further: Json, place: Option<catalogue::Node<'_>>) -> Result<(), Flaw> {
    if *known == further {
        return Ok(());
    }
    match place.and_then(catalogue::Node::field) {
        Some(field) if field.is_personal() => {
            let cleaned = |value: &Json| value.as_str().map(|text| clean::clean(field.cleaner, text, None));
            if cleaned(known) == cleaned(&further) { Ok(()) } else { Err(Flaw::RowsDisagree) }
        }
        Some(_) => {
            *known = further;
            Ok(())
        }
        None => {
            // Nobody knows what it is, so nobody can say which of them is right.
            match known {
                Json::Array(all) if !all.contains(&further) => all.push(further),
                Json::Array(_) => {}
                _ => {
                    let first = std::mem::replace(known, Json::Null);
                    *known = Json::Array(vec![first, further]);
                }
            }
            Ok(())
        }
    }
}
