//! The post of a home: takes the notices that wait and hands each to the mail server, again and again until it is taken.

use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

use bailee_access::gate::Arms;
use bailee_access::notice::Due;
use bailee_access::{AccessError, Gate};
use bailee_core::{Clock, Entropy, HomeId, NoticeId, RequestId, Timestamp};

use crate::mailer::{MailError, Mailer};
use crate::words;

/// How long one message may take: a mail server greets late on purpose, and looks at what it gets.
const MESSAGE_LIMIT: Duration = Duration::from_secs(60);

/// With less than that left none is begun.
const MESSAGE_LIMIT_MIN: Duration = Duration::from_secs(2);

/// How often it is looked whether whoever sends has done so.
const LOOK_EVERY: Duration = Duration::from_millis(20);

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
        let Some(_one_at_a_time) = self.alone(begun, limit) else { return Ok(Vec::new()) };
        let due = gate.due_notices(clock.now());
        let mut outcomes = Vec::with_capacity(due.len());
        for due in due {
            let left = limit.saturating_sub(begun.elapsed()).min(MESSAGE_LIMIT);
            // A message that is cut off for want of time was not refused by anybody.
            if left < MESSAGE_LIMIT_MIN {
                break;
            }
            let (notice, now) = (due.waiting.id, clock.now());
            let request = RequestId::new(now, entropy);
            let Some(sent) = self.try_one(gate, &due, clock.machine_now(), left)? else {
                gate.notice_over(notice, request, now)?;
                continue;
            };
            let now = clock.now();
            let given_up = match &sent {
                Ok(()) => gate.notice_sent(notice, request, now).map(|()| false)?,
                Err(error) => gate.notice_failed(notice, &error.code, request, now)?,
            };
            outcomes.push(Outcome { notice, failed: sent.err(), given_up });
        }
        Ok(outcomes)
    }

    /// The right to send, once nobody else does; none where that takes too long.
    fn alone(&self, begun: Instant, limit: Duration) -> Option<MutexGuard<'_, ()>> {
        loop {
            match self.sending.try_lock() {
                Ok(alone) => return Some(alone),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if begun.elapsed() >= limit => return None,
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK_EVERY),
            }
        }
    }

    /// Tries a notice once; nothing, where there is nothing left to tell.
    fn try_one(
        &self,
        gate: &Gate,
        due: &Due,
        machine_now: Timestamp,
        limit: Duration,
    ) -> Result<Option<Result<(), MailError>>, AccessError> {
        let (mailer, to) = match (&self.mailer, due.address.as_deref()) {
            (None, _) => return Ok(Some(Err(MailError::new("no-mail")))),
            (_, None) => return Ok(Some(Err(MailError::new("nobody")))),
            (Some(mailer), Some(to)) => (mailer, to),
        };
        let code = match gate.arm(due)? {
            Arms::Over => return Ok(None),
            Arms::None => None,
            Arms::Code(code) => Some(code),
        };
        let words = words::of(due, code.as_ref(), self.home);
        Ok(Some(wait_for(mailer.send(due.waiting.id, to, &words, machine_now, limit))))
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
