//! The story: the life of an order's personal data, from its intake to its end.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::search::{copy, search};
use super::stage::{Line, Stage};
use crate::failure::{Failure, Result};
use crate::home::make::{replace_private, write_private};
use crate::screen::{BOLD, DIM, GOOD};

/// When the story begins. Told to the home, so that every telling is the same.
const BEGIN: &str = "2026-03-02T09:00:00Z";
/// Thirty-one days later.
const LATER: &str = "2026-04-02T09:00:00Z";
/// The password of the demonstration's only person.
const PASSWORD: &str = "Only-for-the-demo-7\n";
/// The mail address of the same.
const MAIL: &str = "ada@example.com";

/// Tells the whole story.
pub(super) fn tell(stage: &Stage<'_>) -> Result<()> {
    let key = set_up(stage)?;
    let order = take_in(stage)?;
    reveal_and_deny(stage, &order, &key)?;
    keep_an_old_copy(stage)?;
    forget(stage, &order)?;
    search_for_traces(stage, &order)?;
    verify(stage)?;
    stage.chapter("That was the spine")?;
    stage.say("Sealed on the way in, revealed only for a purpose and after the ledger said so, gone on its day, proved.")
}

/// Says how to try the home, with fresh orders in it.
pub(super) fn invite(stage: &Stage<'_>) -> Result<()> {
    let fresh = stage.play(&quiet(&["synth", "--orders", "50", "--seed", "8", "--now", LATER], ""))?;
    stage.play(&quiet(&["collect", "--seller", "ALPHA", "-"], &fresh))?;
    let reference =
        fresh.lines().find_map(|line| Order::parse(line).map(|order| order.reference)).unwrap_or_default();
    stage.chapter("Try it yourself")?;
    stage.say("The home is kept until Ctrl-C, with fifty fresh orders in it. In another terminal:")?;
    let lines = [
        format!(
            "export BAILEE_HOME={} XDG_STATE_HOME={}",
            stage.path("home").display(),
            stage.path("state").display()
        ),
        format!("{} show ALPHA/{reference}", stage.program().display()),
        format!("{} reveal ALPHA/{reference} --purpose fulfilment", stage.program().display()),
        format!("{} ledger tail", stage.program().display()),
    ];
    lines.iter().try_for_each(|line| stage.say(format_args!("{BOLD}  {line}{BOLD:#}")))?;
    stage.say(format_args!(
        "{DIM}When the session has ended: login --as {MAIL}, password {}{DIM:#}",
        PASSWORD.trim()
    ))
}

/// An order of the story, with what only the story may know.
struct Order {
    reference: String,
    name: String,
    /// Personal values of it: name, street, postal code with city.
    values: Vec<String>,
}

impl Order {
    /// The order, if it has been shipped to somebody with a name.
    fn parse(line: &str) -> Option<Self> {
        let order: Value = serde_json::from_str(line).ok()?;
        let order = order.get("order").unwrap_or(&order);
        let text = |pointer: &str| order.pointer(pointer)?.as_str().map(str::to_owned);
        text("/fulfillment/fulfillmentStatus").filter(|status| status == "SHIPPED")?;
        let name = text("/recipient/deliveryAddress/name")?;
        let values = [
            "/recipient/deliveryAddress/addressLine1",
            "/recipient/deliveryAddress/phone",
            "/buyer/buyerEmail",
        ];
        Some(Self {
            reference: text("/orderId")?,
            values: values.iter().filter_map(|pointer| text(pointer)).chain([name.clone()]).collect(),
            name,
        })
    }

    fn path(&self) -> String {
        format!("ALPHA/{}", self.reference)
    }
}

fn quiet<'a>(words: &'a [&'a str], stdin: &'a str) -> Line<'a> {
    Line { words, stdin, quiet: true, ..Line::default() }
}

fn set_up(stage: &Stage<'_>) -> Result<String> {
    stage.chapter("A home is made")?;
    stage.say("It has a keyring in two mirrors, a root key, and one person with a password. No default account exists.")?;
    let owner = format!("Ada Muster <{MAIL}>");
    let init = ["init", "--environment", "test", "--owner", &owner, "--now", BEGIN, "--password-stdin"];
    stage.play(&Line { words: &init, stdin: PASSWORD, ..Line::default() })?;
    log_in(stage)?;
    stage.run(&["seller", "add", "ALPHA"])?;
    stage.say("")?;
    stage.say(
        "A program that prints labels gets a key: for one seller, one purpose and two classes of field.",
    )?;
    let words = [
        "service",
        "add",
        "labels",
        "--seller",
        "ALPHA",
        "--purpose",
        "fulfilment",
        "--class",
        "identity,address",
    ];
    let answer = stage.run(&[&words[..], &["--output", "json"]].concat())?;
    let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
    let key = answer.get("key").and_then(Value::as_str).map(str::to_owned);
    key.ok_or_else(|| Failure::failed("the service got no key"))
}

fn log_in(stage: &Stage<'_>) -> Result<()> {
    let words = ["login", "--as", MAIL, "--password-stdin"];
    stage.play(&Line { words: &words, stdin: PASSWORD, ..Line::default() }).map(drop)
}

fn take_in(stage: &Stage<'_>) -> Result<Order> {
    stage.chapter("Orders come in")?;
    stage.say("Two hundred synthetic orders from eighteen marketplaces, a tenth of them messy. What is broken is set aside with")?;
    stage.say("its reason and can be looked into; everything else goes in.")?;
    let orders = stage
        .play(&quiet(&["synth", "--orders", "200", "--seed", "7", "--mess", "10", "--now", BEGIN], ""))?;
    let file = stage.path("orders.ndjson");
    write_private(&file, orders.as_bytes())?;
    stage.say(format_args!(
        "{BOLD}  $ bailee synth --orders 200 --seed 7 --mess 10 --now {BEGIN} > orders.ndjson{BOLD:#}"
    ))?;
    let words = ["collect", "--seller", "ALPHA", "--emit", "tokens.ndjson", "orders.ndjson"];
    stage.play(&Line { words: &words, ends: 3, ..Line::default() })?;
    stage.run(&["quarantine", "list"])?;
    let file = stage.path("tokens.ndjson");
    let tokens = fs::read_to_string(&file).map_err(|error| Failure::file(&file, &error))?;
    // One that went in clean: the words of a broken one could be anything.
    let order = tokens
        .lines()
        .filter_map(Order::parse)
        .find_map(|taken| {
            orders.lines().filter_map(Order::parse).find(|order| order.reference == taken.reference)
        })
        .ok_or_else(|| Failure::failed("no order of the story has an address"))?;
    stage.say("")?;
    stage.say("Back come the same documents with a token in the place of each personal value. This is what applications keep:")?;
    show_recipient(stage, &tokens, &order)?;
    Ok(order)
}

/// Shows what stands in the place of an order's recipient.
fn show_recipient(stage: &Stage<'_>, documents: &str, order: &Order) -> Result<()> {
    let mut all = documents.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let document =
        all.find(|document| document.get("orderId").and_then(Value::as_str) == Some(&order.reference));
    let recipient = document.as_ref().and_then(|document| document.get("recipient"));
    stage.show(&serde_json::to_string_pretty(&recipient).unwrap_or_default(), DIM)
}

fn reveal_and_deny(stage: &Stage<'_>, order: &Order, key: &str) -> Result<()> {
    let path = order.path();
    stage.chapter("Who looks sees a mask; who has a purpose sees the value")?;
    stage.run(&["show", &path])?;
    stage.say("")?;
    stage.say(
        "The label service reveals what its purpose and classes allow; the ledger has it before it opens:",
    )?;
    let reveal = ["reveal", &path, "--purpose", "fulfilment"];
    stage.play(&Line { words: &reveal, key: Some(key), ..Line::default() })?;
    stage.say("")?;
    stage.say("For another purpose it is refused, and the refusal is an event as well:")?;
    let reveal = ["reveal", &path, "--purpose", "tax"];
    stage.play(&Line { words: &reveal, key: Some(key), ends: 4, ..Line::default() })?;
    stage.say("")?;
    stage.say("Searching gives references, never values; the name comes from standard input, out of the shell's history:")?;
    let find = ["find", "--seller", "ALPHA", "--name", "-"];
    stage.play(&Line { words: &find, stdin: &format!("{}\n", order.name), ..Line::default() })?;
    stage.run(&["retention", "explain", &path]).map(drop)
}

/// What a thief, or a backup, would have: everything but the keyring.
fn keep_an_old_copy(stage: &Stage<'_>) -> Result<()> {
    copy(&stage.path("home"), &stage.path("old-copy"), &["keyring", "root.key", "lock"])
}

fn forget(stage: &Stage<'_>, order: &Order) -> Result<()> {
    stage.chapter("Thirty-one days pass")?;
    stage.say("Every order's data lies under the key of its day. Destroying that key ends all of it, in every copy:")?;
    stage.run(&["--now", LATER, "retention", "run"])?;
    stage.play(&Line {
        words: &["reveal", &order.path(), "--purpose", "fulfilment"],
        ends: 5,
        ..Line::default()
    })?;
    stage.say("")?;
    stage.say("The same file again does not bring it back; the facts stay, the personal data does not:")?;
    stage
        .play(&Line { words: &["collect", "--seller", "ALPHA", "orders.ndjson"], ends: 3, ..Line::default() })
        .map(drop)
}

fn search_for_traces(stage: &Stage<'_>, order: &Order) -> Result<()> {
    stage.chapter("No trace, and no way back")?;
    let places: Vec<PathBuf> =
        ["home", "home.checkpoints", "old-copy"].iter().map(|name| stage.path(name)).collect();
    let searched = search(&places, &order.values)?;
    if !searched.found.is_empty() {
        return Err(Failure::failed("a personal value was found in the home"));
    }
    stage.say(format_args!(
        "{GOOD}Nothing{GOOD:#} of this order's name, street, phone or mail is in any of {} files ({} kB) of the home, its \
         checkpoints",
        searched.files,
        searched.bytes / 1000
    ))?;
    stage.say("and its old copy: not plain, in base64, hexadecimal, percent-encoded or UTF-16.")?;
    stage.say("")?;
    stage.say("The copy from before, as a thief or a backup has it, without the keyring:")?;
    let show = ["--home", "old-copy", "reveal", &order.path(), "--purpose", "fulfilment"];
    stage.play(&Line { words: &show, ends: 1, ..Line::default() }).map(drop)
}

fn verify(stage: &Stage<'_>) -> Result<()> {
    stage.chapter("The ledger proves it")?;
    stage.say("Every act is an entry of a Merkle tree, signed, without personal data. It verifies anywhere, offline:")?;
    stage.run(&["ledger", "tail", "-n", "6"])?;
    stage.run(&["ledger", "verify"])?;
    stage.run(&["ledger", "export", "--out", "ledger"])?;
    stage.run(&["ledger", "verify", "ledger"])?;
    stage.say("")?;
    stage.say("One flipped bit in it is found:")?;
    flip_a_bit(&stage.path("ledger/tile/entries"))?;
    stage.play(&Line { words: &["ledger", "verify", "ledger"], ends: 6, ..Line::default() }).map(drop)
}

/// Flips a bit in the middle of the first bundle of entries.
fn flip_a_bit(entries: &std::path::Path) -> Result<()> {
    let mut bundle = entries.to_owned();
    while bundle.is_dir() {
        let below = fs::read_dir(&bundle).map_err(|error| Failure::file(&bundle, &error))?;
        let first = below.flatten().map(|entry| entry.path()).min();
        bundle = first.ok_or_else(|| Failure::failed("the export holds no entries"))?;
    }
    let mut bytes = fs::read(&bundle).map_err(|error| Failure::file(&bundle, &error))?;
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    replace_private(&bundle, &bytes)
}
