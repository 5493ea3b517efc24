//! A home's own catalogue: more fields, and stricter ones. Every way of being looser is refused by name.

use super::file::{self, Declared, File, Numbers};
use super::{Catalogue, CatalogueError, Field, HOME_FIELD_ID_MIN, Mask};
use crate::Class;

/// `base` with what the home's file says.
pub(super) fn extended(base: &Catalogue, file: File) -> Result<Catalogue, CatalogueError> {
    if !file.ends().is_empty() {
        return Err(CatalogueError::Fixed { path: "[ends]".into(), what: "table" });
    }
    let mut shared = base.shared.clone();
    shared.add_lists(&file)?;
    shared.add_marketplaces(&file)?;
    shared.sources.extend(file.sources().iter().map(|(name, source)| (name.clone(), source.clone())));
    let mut fields = base.fields.clone();
    let numbers = Numbers { min: HOME_FIELD_ID_MIN, max: u16::MAX };
    for declared in file.into_declared() {
        let known = declared.kind.and_then(|kind| base.field_at(kind, &declared.path)).map(|field| field.id);
        match fields.iter_mut().find(|field| Some(field.id) == known) {
            Some(field) => tighten(base, field, declared)?,
            None => fields.push(declared.field(&shared, numbers)?),
        }
    }
    file::assemble(fields, shared)
}

/// Makes a known field stricter.
fn tighten(base: &Catalogue, field: &mut Field, declared: Declared) -> Result<(), CatalogueError> {
    refuse_changes_of_what_is_fixed(field, &declared)?;
    match (field.class, declared.class) {
        (Some(_), None) if declared.fact.is_some() => return Err(CatalogueError::LooserClass(declared.path)),
        (Some(known), Some(class)) if class != known && class != Class::Unclassified => {
            return Err(CatalogueError::LooserClass(declared.path));
        }
        (None, Some(class)) => return become_personal(base, field, class, declared),
        (None, None) => return Ok(()),
        (Some(_), class) => field.class = class.or(field.class),
    }
    if let Some(purposes) = declared.purposes {
        if !purposes.iter().all(|purpose| field.purposes.contains(purpose)) {
            return Err(CatalogueError::MorePurposes(declared.path));
        }
        field.purposes = purposes;
    }
    if field.class == Some(Class::Unclassified) {
        field.purposes.clear();
    }
    if !field.class.is_some_and(|class| file::has_its_purposes(class, &field.purposes)) {
        return Err(CatalogueError::NoPurpose(declared.path));
    }
    field.ends.retain(|(purpose, _)| field.purposes.contains(purpose));
    match declared.mask {
        Some(mask) if !mask.is_at_least(field.mask) => return Err(CatalogueError::WeakerMask(declared.path)),
        Some(mask) => field.mask = mask,
        None => {}
    }
    Ok(())
}

/// A fact that this home holds for personal. Anybody could read it before, so any purpose is stricter than none.
fn become_personal(
    base: &Catalogue,
    field: &mut Field,
    class: Class,
    declared: Declared,
) -> Result<(), CatalogueError> {
    let purposes = declared.purposes.unwrap_or_default();
    let ends = file::purpose_ends(&purposes, None, &base.shared.ends);
    let (Some(ends), true) = (ends, file::has_its_purposes(class, &purposes)) else {
        return Err(CatalogueError::NoPurpose(declared.path));
    };
    field.class = Some(class);
    field.mask = declared.mask.unwrap_or(Mask::Hidden);
    field.reason = None;
    field.purposes = purposes;
    field.ends = ends;
    Ok(())
}

/// What tokens, stored bytes and other homes rely on stays as it is.
fn refuse_changes_of_what_is_fixed(field: &Field, declared: &Declared) -> Result<(), CatalogueError> {
    let changed = [
        (declared.id.is_some_and(|id| id != field.id.0), "number"),
        (declared.cleaner.is_some_and(|cleaner| cleaner != field.cleaner), "cleaner"),
        (declared.searched.is_some() && declared.searched != field.searched, "search"),
        (declared.ends.is_some(), "end"),
        (declared.unit.is_some() && declared.unit != field.unit, "unit"),
    ];
    match changed.iter().find(|(changed, _)| *changed) {
        Some((_, what)) => Err(CatalogueError::Fixed { path: declared.path.clone(), what }),
        None => Ok(()),
    }
}
