//! Bodies at the edge of the network: one that comes in too slowly ends, and one that goes out shows its pulse.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::limits::Limits;
use super::pulse::Flight;
use super::remains::Remains;

/// Why a body ended early.
#[derive(Debug, thiserror::Error)]
#[error("the body came in too slowly")]
struct TooSlow;

/// A request's body with patience. Time in which we wait uses it up, bytes that come in give it back: so whoever drips is
/// cut off as whoever is silent. Time in which we do not ask for more counts against nobody.
pub(super) struct Patient {
    body: Remains,
    /// What is left.
    patience: Duration,
    patience_max: Duration,
    bytes_per_second_min: u32,
    /// Since when we wait.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Patient {
    pub(super) fn new(body: Remains, limits: &Limits) -> Self {
        Self {
            body,
            patience: limits.body,
            patience_max: limits.body,
            bytes_per_second_min: limits.body_bytes_per_second_min.max(1),
            waiting: None,
        }
    }

    /// Something came in.
    fn take(&mut self, bytes: usize) {
        if let Some((since, _)) = self.waiting.take() {
            self.patience = self.patience.saturating_sub(since.elapsed());
        }
        let earned =
            Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / self.bytes_per_second_min;
        self.patience = self.patience.saturating_add(earned).min(self.patience_max);
    }

    /// Nothing is there yet: whether to go on waiting.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let left = self.patience;
        let (_, end) = self.waiting.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(tokio::time::sleep_until(now + left)))
        });
        end.as_mut().poll(context)
    }
}

impl HttpBody for Patient {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => {
                let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref);
                self.take(bytes.map_or(0, Bytes::len));
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => self.wait(context).map(|()| {
                self.body.leave();
                Some(Err(TooSlow.into()))
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body that tells its connection's pulse whether we or the caller are waited for.
pub(super) struct Leaving {
    body: Body,
    flight: Flight,
}

impl Leaving {
    pub(super) fn new(body: Body, flight: Flight) -> Self {
        Self { body, flight }
    }
}

impl HttpBody for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        match frame {
            Poll::Pending => self.flight.ours(),
            Poll::Ready(_) => self.flight.theirs(),
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
