use bailee_ledger::authorized::{Authorized, Reveal};

fn open(_: Authorized<Reveal>) {}

fn twice(authorized: Authorized<Reveal>) {
    open(authorized);
    open(authorized);
}

fn main() {}
