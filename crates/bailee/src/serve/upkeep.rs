//! What a server does besides answering: the newest checkpoint leaves the home, and what falls due on a day is done.
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
        again(&home, DAY_EVERY, |home| home.keep_up().unwrap_or(false)),
    );
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
