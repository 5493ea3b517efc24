//! What is left of a body that nobody reads to its end.
//!
//! Over HTTP/1.1 a request that is refused early would end with a reset: the connection is closed while its caller still
//! sends, and the refusal is lost with it. So the rest is read for a little while and thrown away. It is bounded in bytes
//! and in time, holds no more than a chunk, and keeps its caller's seat, so that it counts against him.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::census::Seat;

/// Most bytes that are thrown away: a refused body of JSON is seldom longer, and a collect of that size still learns why.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// For so long at most.
const TIME_MAX: Duration = Duration::from_secs(5);

/// A body as it comes in, whose rest is thrown away when it is dropped before its end.
pub(super) struct Remains {
    body: Option<Incoming>,
    /// Where its caller sits; none where a body can be refused by itself (HTTP/2).
    seat: Option<Arc<Seat>>,
    /// Whether the caller waits to be told to go on before he sends any of it.
    waits_to_be_asked: bool,
}

impl Remains {
    pub(super) fn new(body: Incoming, seat: Option<Arc<Seat>>, waits_to_be_asked: bool) -> Self {
        Self { body: Some(body), seat, waits_to_be_asked }
    }

    /// The rest is not worth waiting for.
    pub(super) fn leave(&mut self) {
        self.seat = None;
    }
}

impl HttpBody for Remains {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        self.waits_to_be_asked = false;
        if let Poll::Ready(None | Some(Err(_))) = polled {
            self.leave();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

impl Drop for Remains {
    fn drop(&mut self) {
        let (Some(body), Some(seat)) = (self.body.take(), self.seat.take()) else { return };
        // Who waits to be asked sends nothing once he has his answer, unless he is asked.
        if self.waits_to_be_asked || body.is_end_stream() {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                // A limit that is reached ends it as if nobody had read on.
                let _ = timeout(TIME_MAX, throw_away(body)).await;
                drop(seat);
            });
        }
    }
}

async fn throw_away(mut body: Incoming) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > BYTES_MAX {
            return;
        }
    }
}
