use bailee_ledger::authorized::Mint;

fn copied(mint: Mint) -> (Mint, Mint) {
    (mint.clone(), mint)
}

fn main() {}
