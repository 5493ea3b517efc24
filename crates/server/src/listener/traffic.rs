//! Connections, counted: how many are here and at what, and why those that were sent away went.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Counts of a listener's connections. Shared with whoever wants to know them.
#[derive(Debug, Default)]
pub struct Traffic {
    arrived: AtomicU64,
    handshaking: AtomicU64,
    standing: AtomicU64,
    working: AtomicU64,
    cut: [AtomicU64; Cut::ALL.len()],
}

/// Why a connection was cut off, or not taken at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Its address has its share, or everybody here is at work.
    NoRoom,
    /// Somebody else needed its place.
    MadeRoom,
    /// It spoke no TLS, or not in time.
    Handshake,
    /// It had been silent for too long.
    Late,
    /// It was another user's, at the socket.
    OtherUser,
}

impl Cut {
    const ALL: [Self; 5] = [Self::NoRoom, Self::MadeRoom, Self::Handshake, Self::Late, Self::OtherUser];

    fn as_str(self) -> &'static str {
        match self {
            Self::NoRoom => "no-room",
            Self::MadeRoom => "made-room",
            Self::Handshake => "handshake",
            Self::Late => "late",
            Self::OtherUser => "other-user",
        }
    }
}

/// What a connection is at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    Handshaking,
    Standing,
    Working,
}

/// One that is counted, for as long as this lives.
pub(super) struct Counted<'t>(&'t AtomicU64);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Traffic {
    pub(super) fn arrive(&self) {
        self.arrived.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn cut(&self, why: Cut) {
        if let Some(count) = self.cut.get(why as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts one at a stage, until what is returned is dropped.
    pub(super) fn at(&self, stage: Stage) -> Counted<'_> {
        let count = match stage {
            Stage::Handshaking => &self.handshaking,
            Stage::Standing => &self.standing,
            Stage::Working => &self.working,
        };
        count.fetch_add(1, Ordering::Relaxed);
        Counted(count)
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        let now = |count: &AtomicU64| i64::try_from(count.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        let open = Family::<[(&'static str, &'static str); 1], Gauge>::default();
        open.get_or_create(&[("state", "handshaking")]).set(now(&self.handshaking));
        open.get_or_create(&[("state", "open")]).set(now(&self.standing));
        registry.register("connections", "Connections that stand", open);
        let working = Gauge::<i64>::default();
        working.set(now(&self.working));
        registry.register("requests_under_way", "Requests whose answer has not begun", working);
        let arrived = ConstCounter::new(self.arrived.load(Ordering::Relaxed));
        registry.register("connections_arrived", "Connections that arrived", arrived);
        let cut = Family::<[(&'static str, &'static str); 1], prometheus_client::metrics::counter::Counter>::default();
        for (why, count) in Cut::ALL.iter().zip(&self.cut) {
            cut.get_or_create(&[("why", why.as_str())]).inc_by(count.load(Ordering::Relaxed));
        }
        registry.register("connections_cut", "Connections that were cut off, or not taken", cut);
    }
}
