use bailee_core::HomeId;
use bailee_ledger::authorized::{Administer, Authorized, Context};

fn made(home: HomeId, context: Context) -> Authorized<Administer> {
    Authorized { home, context, action: Administer }
}

fn main() {}
