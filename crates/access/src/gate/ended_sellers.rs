//! What the end of a seller takes away (R17): services bound to it lose it, and its grants end.

use bailee_core::{RequestId, SellerId, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{Event, Released, What};
use bailee_store::act::Act;

use super::Gate;
use crate::error::AccessError;
use crate::grant::{Filed, Wanted};
use crate::register::Entry;
use crate::service::Service;

impl Gate {
    /// Does that of every seller that has ended, where it was cut off.
    ///
    /// # Errors
    /// Those of [`Self::end_access_to`].
    pub fn end_access_to_each(
        &self,
        request: RequestId,
        now: Timestamp,
        sellers: &[SellerId],
    ) -> Result<(), AccessError> {
        let context = Context::system(request, now);
        sellers.iter().try_for_each(|seller| self.end_access_to(&context, seller))
    }

    /// Takes from everybody what they might see of a seller that has ended: a service that has no other seller is removed, any
    /// other loses this one, and grants and what was asked for of it end. What was taken without approval is reviewed all the same.
    /// Doing it again changes nothing. Writes `ServiceRemoved`, `ServiceReleased` and `GrantRevoked`.
    ///
    /// # Errors
    /// When it cannot be sealed or committed; what is left is taken when this is called again.
    pub fn end_access_to(&self, context: &Context, seller: &SellerId) -> Result<(), AccessError> {
        self.follow()?;
        let _writing = self.writing();
        let (removed, bound) = self.services_of(seller);
        let grants = self.grants_of_seller(seller, context.now);
        let mut events: Vec<Event> = Vec::new();
        let mut changes = Vec::new();
        for entry in &removed {
            changes.push(entry.deletion());
            events.push(context.event(What::ServiceRemoved { service: entry.value.id }));
        }
        for entry in &bound {
            changes.push(self.sealer.put(entry)?);
            let Service { id, sellers, purposes, classes, .. } = entry.value.clone();
            let released = Released { service: id, sellers, purposes, classes, key: None };
            events.push(context.event(What::ServiceReleased(released)));
        }
        for entry in &grants {
            changes.push(self.sealer.put(entry)?);
            events.push(context.event(What::GrantRevoked { grant: entry.value.id }));
        }
        if events.is_empty() {
            return Ok(());
        }
        self.commit(Act { name: "end-access-to-seller", changes, events }, |known| {
            removed.iter().for_each(|entry| known.drop_service(entry.value.id));
            bound.into_iter().for_each(|entry| known.keep_service(entry));
            grants.into_iter().for_each(|entry| known.keep_grant(entry));
        })
    }

    /// The services of that seller alone; and the others that are bound to it, as they are without it.
    fn services_of(&self, seller: &SellerId) -> (Vec<Entry<Service>>, Vec<Entry<Service>>) {
        let known = self.known();
        let services = known.services();
        let bound = services.into_iter().filter(|entry| entry.value.sellers.contains(seller));
        let (alone, others): (Vec<_>, Vec<_>) = bound.partition(|entry| entry.value.sellers.len() == 1);
        let without = |entry: &Entry<Service>| {
            let mut service = entry.value.clone();
            service.sellers.retain(|one| one != seller);
            entry.next(service)
        };
        (alone.into_iter().cloned().collect(), others.into_iter().map(without).collect())
    }

    /// Every grant of a seller's data that is not over, as it is once it has ended.
    fn grants_of_seller(&self, seller: &SellerId, now: Timestamp) -> Vec<Entry<Filed>> {
        let known = self.known();
        let open = known
            .grants
            .values()
            .filter(|entry| entry.value.wanted.seller == *seller && now < entry.value.wanted.until);
        let ended = |entry: &Entry<Filed>| {
            let Filed { life, ref wanted, .. } = entry.value;
            // What nobody approved opens nothing more, and is reviewed all the same.
            let (life, wanted) = match life.due_at() {
                Some(_) => (life, Wanted { until: now, ..wanted.clone() }),
                None => (life.end(now)?, wanted.clone()),
            };
            Some(entry.next(Filed { life, wanted, ..entry.value.clone() }))
        };
        open.filter_map(ended).collect()
    }
}
