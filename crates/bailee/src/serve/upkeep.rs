//! What a server does besides answering: the newest checkpoint leaves the home, notices are sent, what falls due on a day is
//! done, and mirrors of the keyring that are put back, emptied or damaged under it are mended.
//!
//! Without a server every command does it around itself. What fails is an event, and is tried again after a while.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::home::Home;

/// How soon a checkpoint leaves after the ledger has grown.
const ANCHOR_EVERY: Duration = Duration::from_secs(5);
/// How often it is asked whether another day has begun; then one value is read.
const DAY_EVERY: Duration = Duration::from_secs(60);
/// How soon it is seen that a mirror no longer holds the keyring's head: until then, collects are refused.
const HEADS_EVERY: Duration = Duration::from_secs(5);
/// How soon a notice is sent after it was filed.
const NOTICES_EVERY: Duration = Duration::from_secs(1);
/// How long notices are sent before it is looked at what else waits.
const NOTICES_LIMIT: Duration = Duration::from_secs(5 * 60);
/// How often each mirror is read whole.
const MIRRORS_EVERY: Duration = Duration::from_secs(60);
/// How long something that failed is left alone.
const REST: Duration = Duration::from_secs(15 * 60);

/// Does it, for as long as it is let.
pub(super) async fn keep_up(home: Arc<Home>) {
    tokio::join!(
        again(&home, ANCHOR_EVERY, |home| match home.anchor_if_grown() {
            Ok(()) => true,
            Err(_) => {
                tracing::error!("the newest checkpoint could not leave the home");
                home.report("checkpoints", "not-anchored");
                false
            }
        }),
        again(&home, NOTICES_EVERY, |home| {
            let delivered = home.deliver(NOTICES_LIMIT).is_ok();
            if !delivered {
                // What is not written down as sent would be sent again, and again.
                tracing::error!("what became of a notice could not be written");
            }
            delivered
        }),
        again(&home, DAY_EVERY, |home| home.keep_up().unwrap_or(false)),
        again(&home, DAY_EVERY, Home::ask_and_dispose),
        tend(&home),
    );
}

/// Mends mirrors for as long as it is let. What cannot be mended is told once, and again after a rest.
async fn tend(home: &Arc<Home>) {
    let (mut looked, mut told) = (Instant::now(), None);
    loop {
        tokio::time::sleep(HEADS_EVERY).await;
        let is_time = looked.elapsed() >= MIRRORS_EVERY;
        let here = Arc::clone(home);
        let tended = tokio::task::spawn_blocking(move || {
            (is_time || !here.mirrors_are_current()).then(|| here.tend_mirrors())
        });
        match tended.await.unwrap_or(Some(Err("mirrors"))) {
            None => continue,
            Some(Ok(mended)) => {
                told = None;
                if mended > 0 {
                    tracing::warn!(
                        mirrors = mended,
                        "mirrors of the keyring were not up to date and were mended"
                    );
                }
            }
            Some(Err(code)) => {
                if told.is_none_or(|(before, at): (&str, Instant)| before != code || at.elapsed() >= REST) {
                    tracing::error!(
                        code,
                        "a mirror of the keyring could not be mended; nothing is sealed until it is"
                    );
                    home.report("mirror", code);
                    told = Some((code, Instant::now()));
                }
            }
        }
        looked = Instant::now();
    }
}

/// Does something again and again, on a thread that may block; rests when it failed.
async fn again(home: &Arc<Home>, every: Duration, act: fn(&Home) -> bool) {
    loop {
        let begun = Instant::now();
        let home = Arc::clone(home);
        let went_well = tokio::task::spawn_blocking(move || act(&home)).await.unwrap_or(false);
        tokio::time::sleep_until(begun + if went_well { every } else { REST }).await;
    }
}
