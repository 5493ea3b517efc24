use bailee_ledger::authorized::{Authorized, Context, Mint, Reveal};

fn unlogged(mint: &Mint, context: Context, reveal: Reveal) -> Authorized<Reveal> {
    mint.act(context, reveal)
}

fn main() {}
