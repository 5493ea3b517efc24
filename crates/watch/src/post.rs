//! The post of a home: takes the notices that wait and hands each to the mail server, again and again until it is taken.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bailee_access::{AccessError, Gate};
use bailee_core::{Clock, Entropy, HomeId, NoticeId, RequestId};

use crate::mailer::{MailError, Mailer};
use crate::words;

/// How long one message may take: a mail server greets late on purpose, and looks at what it gets.
const MESSAGE_LIMIT: Duration = Duration::from_secs(60);

/// The post of a home.
pub struct Post {
    home: HomeId,
    mailer: Option<Mailer>,
    /// Held while notices are sent, so that none goes twice where two ask at once.
    sending: Mutex<()>,
}

/// What became of a notice that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub notice: NoticeId,
    /// Why the server did not take it, if so.
    pub failed: Option<MailError>,
    /// Whether it is not tried again.
    pub given_up: bool,
}

impl Post {
    /// Of a home that sends mail by this server, or sends none.
    pub fn new(home: HomeId, mailer: Option<Mailer>) -> Self {
        Self { home, mailer, sending: Mutex::default() }
    }

    /// Tries every notice that is due, as long as that time lasts; what each came to. Blocks: not to be called on a thread
    /// of an asynchronous runtime.
    ///
    /// # Errors
    /// When what became of one cannot be written.
    pub fn deliver(
        &self,
        gate: &Gate,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
        limit: Duration,
    ) -> Result<Vec<Outcome>, AccessError> {
        let begun = Instant::now();
        let _one_at_a_time = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        let due = gate.due_notices(clock.now());
        let mut outcomes = Vec::with_capacity(due.len());
        for due in due {
            let left = limit.saturating_sub(begun.elapsed()).min(MESSAGE_LIMIT);
            if left.is_zero() {
                break;
            }
            let (notice, machine_now) = (due.waiting.id, clock.machine_now());
            let sent = match (&self.mailer, due.address.as_deref()) {
                (None, _) => Err(MailError::new("no-mail")),
                (_, None) => Err(MailError::new("nobody")),
                (Some(mailer), Some(to)) => {
                    let words = words::of(&due, self.home);
                    wait_for(mailer.send(notice, to, &words, machine_now, left))
                }
            };
            let now = clock.now();
            let request = RequestId::new(now, entropy);
            let given_up = match &sent {
                Ok(()) => gate.notice_sent(notice, request, now).map(|()| false)?,
                Err(error) => gate.notice_failed(notice, &error.code, request, now)?,
            };
            outcomes.push(Outcome { notice, failed: sent.err(), given_up });
        }
        Ok(outcomes)
    }
}

/// Runs it to its end on this thread.
fn wait_for(sending: impl Future<Output = Result<(), MailError>>) -> Result<(), MailError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| MailError::new("no-runtime"))?;
    let sent = runtime.block_on(sending);
    // A look-up of a name that hangs keeps nobody.
    runtime.shutdown_background();
    sent
}
