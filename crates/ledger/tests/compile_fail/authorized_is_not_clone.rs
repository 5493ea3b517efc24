use bailee_ledger::authorized::{Authorized, Reveal};

fn twice(authorized: Authorized<Reveal>) -> (Authorized<Reveal>, Authorized<Reveal>) {
    (authorized.clone(), authorized)
}

fn main() {}
