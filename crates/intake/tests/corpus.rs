//! The fuzz targets' kept corpus, run through the same functions with the stable toolchain: what once broke a reader
//! never does again.
//!
//! `BAILEE_WRITE_CORPUS=1` writes the seeds anew, from the synthesiser; what a fuzzer found is kept beside them as
//! `found-…`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    unreachable_pub,
    missing_docs,
    reason = "tests may fail loudly"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bailee_intake::synth::{Charset, Format, Shape, Style, Synth};
use flate2::Compression;
use flate2::write::GzEncoder;

#[path = "../../../fuzz/src/lib.rs"]
mod targets;

/// What a target does with its bytes.
type Target = fn(&[u8]);

/// Picks detection, since there are fewer formats and charsets.
const DETECT: u8 = 0xFF;

/// What all of it may take.
const CORPUS_BYTES_MAX: u64 = 200_000;
const INPUT_TIME_MAX: Duration = Duration::from_secs(10);

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

fn made(format: Format, shape: Shape, charset: Charset, seed: u64) -> Vec<u8> {
    let now = "2026-11-01T00:00:00Z".parse().unwrap();
    let synth = Synth { orders: 3, seed, mess_percent: 30, now };
    synth.input(Style { format, shape, charset, ..Style::default() }).flat_map(|chunk| chunk.bytes).collect()
}

fn write_seed(target: &str, name: &str, bytes: &[u8]) {
    let folder = corpus().join(target);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("seed-{name}")), [&[DETECT], bytes].concat()).unwrap();
}

/// An order report in XML around an order of a report with columns.
fn xml() -> String {
    let item = "<Item><AmazonOrderItemCode>1</AmazonOrderItemCode><SKU>S</SKU><Quantity>1</Quantity><ItemPrice><Component>\
        <Type>Principal</Type><Amount currency=\"EUR\">1.00</Amount></Component></ItemPrice></Item>";
    let order = format!(
        "<OrderReport><AmazonOrderID>302-0000000-0000001</AmazonOrderID><BillingData><BuyerName>Jörg M&amp;uuml;ster\
         </BuyerName></BillingData><FulfillmentData><Address><Name><![CDATA[Käthe <Test>]]></Name><City>&#220;bung</City>\
         </Address></FulfillmentData>{item}{item}</OrderReport>"
    );
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!-- c --><AmazonEnvelope>{order}\n{order}</AmazonEnvelope>"
    )
}

fn write_seeds() {
    for format in Format::all() {
        let target = match format {
            Format::Table(_) => "tables",
            Format::OrderReport(_) => "xml",
            _ => "json",
        };
        write_seed(target, format.name(), &made(format, Shape::Page, Charset::default(), 1));
    }
    for (name, charset) in Charset::ALL {
        write_seed("source", name, &made(Format::Orders, Shape::Lines, *charset, 2));
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&made(Format::Orders, Shape::Lines, Charset::default(), 3)).unwrap();
    write_seed("source", "gzip", &packed.finish().unwrap());
    write_seed("xml", "order-report", xml().as_bytes());
    let formats = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mapping/formats");
    let folder = corpus().join("mapping");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["order-report-xml.toml", "orders-2026-01-01.toml"] {
        std::fs::copy(formats.join(name), folder.join(format!("seed-{name}"))).unwrap();
    }
}

#[test]
fn the_kept_corpus_breaks_no_reader() {
    if std::env::var_os("BAILEE_WRITE_CORPUS").is_some() {
        write_seeds();
    }
    let targets: [(&str, Target); 5] = [
        ("json", targets::json),
        ("tables", targets::tables),
        ("xml", targets::xml),
        ("source", targets::source),
        ("mapping", targets::mapping),
    ];
    let mut bytes = 0;
    for (name, target) in targets {
        let mut inputs = 0;
        for file in std::fs::read_dir(corpus().join(name)).unwrap() {
            let path = file.unwrap().path();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            if !file.starts_with("seed-") && !file.starts_with("found-") {
                continue;
            }
            let input = std::fs::read(&path).unwrap();
            let started = Instant::now();
            target(&input);
            assert!(started.elapsed() < INPUT_TIME_MAX, "{name}: {file}");
            // And cut off in its middle, where most of what is wrong with inputs begins.
            target(&input[..input.len() / 2]);
            bytes += input.len() as u64;
            inputs += 1;
        }
        assert!(inputs > 0, "{name} has no corpus");
    }
    assert!(bytes < CORPUS_BYTES_MAX, "{bytes}");
}
