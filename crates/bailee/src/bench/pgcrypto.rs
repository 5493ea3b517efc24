//! `bailee bench --against pgcrypto`: what many do instead, columns sealed by PostgreSQL's pgcrypto, in the same run on the
//! same records with as many clients.
//!
//! It is not the same thing: no event precedes a read there, nobody is asked for a purpose, the key travels in every
//! statement, and raw AES tells no changed value from a sound one. It reaches PostgreSQL by a local socket without TLS, and the
//! values of a write lie in a table of it already: all of that is in its favour.

use std::time::Duration;

use super::figure::{Figure, Measure, Unit};
use super::https::{Asking, Server};
use super::orders::{FIELDS, Order, Orders};
use super::place::Place;
use super::postgres::Postgres;
use super::progress::Progress;
use super::reveal::{CLIENTS, Held};
use crate::failure::Result;

/// Records, at most: sealing one by passphrase takes a millisecond or two, before anything is measured.
pub(super) const RECORDS_MAX: u64 = 20_000;

const COLLECT: &str = "/v1/sellers/BENCH/orders:collect?source=bench";
/// Stands in the answer of a collect that took its one order in.
const COLLECTED: &str = "\"collected\":1,";

/// A way to seal a column, by the functions of pgcrypto.
struct Sealing {
    table: &'static str,
    what: &'static str,
    /// Seals a column of text: an expression of SQL with `{}` in its place.
    seal: &'static str,
    open: &'static str,
}

/// The defaults of the passphrase functions; and AES-256-CBC with a fresh vector for each row, in a column of its own.
const SEALINGS: [Sealing; 2] = [
    Sealing {
        table: "by_passphrase",
        what: "pgp_sym_encrypt",
        seal: "pgp_sym_encrypt({}, 'a passphrase that nobody uses')",
        open: "pgp_sym_decrypt({}, 'a passphrase that nobody uses')",
    },
    Sealing {
        table: "by_aes",
        what: "raw AES without authentication",
        seal: "encrypt_iv(convert_to({}, 'UTF8'), '\\x2b7e151628aed2a6abf7158809cf4f3c2b7e151628aed2a6abf7158809cf4f3c', iv, 'aes')",
        open: "convert_from(decrypt_iv({}, '\\x2b7e151628aed2a6abf7158809cf4f3c2b7e151628aed2a6abf7158809cf4f3c', iv, 'aes'), 'UTF8')",
    },
];

/// Reads and writes of one record each, by Bailee and beside it by pgcrypto.
pub(super) fn compare(held: &Held<'_>, orders: &Orders) -> Result<[Figure; 2]> {
    let server = Server::of_home(held.place)?;
    let read = held.reveal_ones(&server)?;
    let written = collect_ones(&server, held, orders)?;
    drop(server);
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    for (read, write) in pgcrypto(held.place, held.records, held.lasts)? {
        reads.push(read);
        writes.push(write);
    }
    Ok([Figure::beside("against-reads", read, reads), Figure::beside("against-writes", written, writes)])
}

/// Collects orders one by one, each a request, durable and audited.
fn collect_ones(server: &Server, held: &Held<'_>, orders: &Orders) -> Result<Measure> {
    let what = "orders collected over HTTPS, one each, 32 clients";
    let _busy = Progress::spinning(what);
    let (orders, first) = (orders.clone(), held.records);
    let question = move |number| {
        let mut line = String::new();
        orders.line(first + number, &mut line);
        line.into()
    };
    let asking = Asking {
        path: COLLECT,
        question: Box::new(question),
        each: 1,
        holds: COLLECTED,
        clients: CLIENTS,
        lasts: held.lasts,
    };
    server.ask(what, Unit::Records, asking, held.key)
}

/// Reads and writes by each way of sealing.
fn pgcrypto(place: &Place, records: u64, lasts: Duration) -> Result<Vec<(Measure, Measure)>> {
    let busy = Progress::spinning("filling PostgreSQL");
    let postgres = Postgres::start(place)?;
    postgres.sql(&format!(
        "CREATE EXTENSION pgcrypto; CREATE TABLE plain (n bigint PRIMARY KEY, {})",
        columns(|column| format!("{column} text"))
    ))?;
    postgres.copy("plain", (0..records).map(line))?;
    for sealing in &SEALINGS {
        postgres.sql(&sealing.create())?;
        postgres.sql(&sealing.insert("true"))?;
    }
    postgres.sql("VACUUM ANALYZE")?;
    postgres.sql("CHECKPOINT")?;
    drop(busy);
    let one = |sealing: &Sealing| {
        let _busy = Progress::spinning("asking PostgreSQL");
        let bench = |verb, statement: String| {
            let what = format!("rows {verb} by pgcrypto, {} ({})", sealing.what, postgres.version);
            let script = format!("\\set n random(0, {})\n{statement};\n", records.saturating_sub(1));
            postgres.bench(&what, &script, CLIENTS, lasts)
        };
        Ok((bench("read", sealing.select())?, bench("written", sealing.insert("n = :n"))?))
    };
    SEALINGS.iter().map(one).collect()
}

impl Sealing {
    fn create(&self) -> String {
        let columns = columns(|column| format!("{column} bytea"));
        format!("CREATE TABLE {} (id bigserial PRIMARY KEY, n bigint, iv bytea, {columns})", self.table)
    }

    /// Seals the plain rows for which this holds. They get the ids that follow.
    fn insert(&self, which: &str) -> String {
        let sealed = columns(|column| self.seal.replace("{}", column));
        let rows =
            format!("(SELECT *, gen_random_bytes(16) AS iv FROM plain WHERE {which} ORDER BY n OFFSET 0)");
        let columns = columns(str::to_owned);
        format!("INSERT INTO {} (n, iv, {columns}) SELECT n, iv, {sealed} FROM {rows} AS plain", self.table)
    }

    fn select(&self) -> String {
        let opened = columns(|column| self.open.replace("{}", column));
        format!("SELECT n, {opened} FROM {} WHERE id = :n + 1", self.table)
    }
}

/// Something of each column, with commas between.
fn columns(of: impl Fn(&str) -> String) -> String {
    (1..=FIELDS.len()).map(|number| of(&format!("f{number}"))).collect::<Vec<_>>().join(", ")
}

/// A record as a line to copy.
fn line(number: u64) -> String {
    format!("{number}\t{}", Order::of(number).values().join("\t"))
}
