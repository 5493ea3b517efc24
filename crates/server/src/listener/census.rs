//! Who is here: at most so many connections from one address, and so many in all.
//!
//! From an address that has its share nobody more comes in. Where the house is full the connection that has been idle
//! longest goes, of the address that has most: so whoever fills it with idle ones drives out his own.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::pulse::Pulse;

/// Who counts as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Address {
    /// A process of this machine.
    Local,
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// The first half of an IPv6 address: the other half is its holder's to choose.
    V6(u64),
}

impl Address {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

/// The connections that are here.
#[derive(Debug)]
pub(super) struct Census {
    max: usize,
    per_address_max: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    total: usize,
    next: u64,
    /// Of each address its connections, the oldest first.
    addresses: HashMap<Address, BTreeMap<u64, Guest>>,
}

#[derive(Debug)]
struct Guest {
    pulse: Arc<Pulse>,
    leave: Arc<Notify>,
}

/// One connection's place. Free again when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    census: Arc<Census>,
    address: Address,
    number: u64,
    pulse: Arc<Pulse>,
    leave: Arc<Notify>,
}

impl Census {
    pub(super) fn new(max: usize, per_address_max: usize) -> Self {
        Self { max, per_address_max, inner: Mutex::default() }
    }

    /// A place for a new connection; none where its address has its share, or everybody here is at work.
    pub(super) fn seat(self: &Arc<Self>, address: Address) -> Option<Seat> {
        let mut inner = self.lock();
        if inner.addresses.get(&address).is_some_and(|guests| guests.len() >= self.per_address_max) {
            return None;
        }
        if inner.total >= self.max && !inner.make_room() {
            return None;
        }
        let (number, pulse, leave) = (inner.next, Arc::new(Pulse::new()), Arc::new(Notify::new()));
        let guest = Guest { pulse: Arc::clone(&pulse), leave: Arc::clone(&leave) };
        inner.addresses.entry(address).or_default().insert(number, guest);
        inner.next += 1;
        inner.total += 1;
        drop(inner);
        Some(Seat { census: Arc::clone(self), address, number, pulse, leave })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Sends the oldest idle connection away, of the address that has most of those with an idle one.
    fn make_room(&mut self) -> bool {
        let idle = |guests: &BTreeMap<u64, Guest>| {
            guests.iter().find(|(_, guest)| guest.pulse.is_idle()).map(|(number, _)| *number)
        };
        let candidates = self.addresses.iter().filter_map(|(address, guests)| {
            idle(guests).map(|number| (guests.len(), std::cmp::Reverse(number), *address))
        });
        let Some((_, std::cmp::Reverse(number), address)) =
            candidates.max_by_key(|(many, old, _)| (*many, *old))
        else {
            return false;
        };
        if let Some(guest) = self.remove(address, number) {
            guest.leave.notify_one();
        }
        true
    }

    fn remove(&mut self, address: Address, number: u64) -> Option<Guest> {
        let guests = self.addresses.get_mut(&address)?;
        let guest = guests.remove(&number)?;
        if guests.is_empty() {
            self.addresses.remove(&address);
        }
        self.total -= 1;
        Some(guest)
    }
}

impl Seat {
    /// The connection's pulse.
    pub(super) fn pulse(&self) -> &Arc<Pulse> {
        &self.pulse
    }

    /// Waits until the place is needed for another.
    pub(super) async fn is_needed(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.census.lock().remove(self.address, self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(last: u8) -> Address {
        Address::of([192, 0, 2, last].into())
    }

    #[test]
    fn an_address_has_its_share_and_not_one_more() {
        let census = Arc::new(Census::new(100, 2));
        let seats: Vec<Seat> = (0..2).filter_map(|_| census.seat(v4(1))).collect();
        assert_eq!(seats.len(), 2);
        assert!(census.seat(v4(1)).is_none());
        let other = census.seat(v4(2));
        assert!(other.is_some());
        drop(seats);
        assert!(census.seat(v4(1)).is_some());
    }

    #[test]
    fn an_ipv6_customer_counts_as_one_and_a_mapped_address_as_what_it_maps() {
        let of = |text: &str| Address::of(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), v4(1));
    }

    #[tokio::test]
    async fn where_it_is_full_the_oldest_idle_one_of_who_has_most_goes() {
        let census = Arc::new(Census::new(4, 3));
        let lonely = census.seat(v4(1)).unwrap();
        let busy = census.seat(v4(2)).unwrap();
        let flight = busy.pulse().begin();
        let oldest_idle = census.seat(v4(2)).unwrap();
        let young = census.seat(v4(2)).unwrap();
        let new = census.seat(v4(3)).unwrap();
        oldest_idle.is_needed().await;
        // That it leaves only now takes nobody else's place away.
        drop(oldest_idle);
        assert_eq!(census.lock().total, 4);
        let flights = [&lonely, &young, &new].map(|seat| seat.pulse().begin());
        assert!(census.seat(v4(4)).is_none(), "who is at work is not sent away");
        drop((flight, flights));
        assert!(census.seat(v4(4)).is_some());
    }
}
