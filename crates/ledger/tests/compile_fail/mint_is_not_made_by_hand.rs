use bailee_core::HomeId;
use bailee_ledger::authorized::Mint;

fn made(home: HomeId) -> Mint {
    Mint { home }
}

fn main() {}
