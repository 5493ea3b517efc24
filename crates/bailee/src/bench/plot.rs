//! The figures as a picture: each as a bar beside the bars of its limits, every number as text.
//!
//! Plain SVG without script or outside parts. A reader of screens hears the title, a description and each row; colours
//! follow the light or dark of the page and carry no meaning alone.

use std::fmt::Write;

use super::figure::{Figure, Measure, number};
use super::table::Report;

const WIDTH: f64 = 920.0;
const MARGIN: f64 = 24.0;
/// Where bars begin, and how wide the longest is.
const BARS: (f64, f64) = (40.0, 540.0);
const LINE: f64 = 20.0;
const BAR: f64 = 12.0;
/// Between two figures.
const GAP: f64 = 18.0;
/// Above the first figure: title, machine, what bars mean.
const HEAD: f64 = 116.0;

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1b1b1f}.title{font-size:18px;font-weight:600}\
.what{font-weight:600}.quiet{fill:#5a5a66}.page{fill:#fff}.figure{fill:#2457c5}.limit{fill:#b8bcc8}\
@media(prefers-color-scheme:dark){text{fill:#ececf1}.quiet{fill:#a5a5b3}.page{fill:#17171b}.figure{fill:#7aa2ff}\
.limit{fill:#565a66}}";

/// The picture of a report.
pub(super) fn plot(report: &Report) -> String {
    let mut body = String::new();
    let mut y = HEAD;
    for figure in &report.figures {
        y = draw(figure, y, &mut body);
    }
    let height = y + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-labelledby=\"title description\">\n<title id=\"title\">{}</title>\n\
         <desc id=\"description\">{}</desc>\n<style>{STYLE}</style>\n\
         <rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\"/>\n",
        escaped(&report.title()),
        escaped(&description(report)),
    );
    text(&mut svg, (MARGIN, 34.0), "title", &report.title());
    text(&mut svg, (MARGIN, 56.0), "quiet", &report.about());
    let legend = "Each figure, and below it the limits measured in the same run. Of times a shorter bar is better, of all else a longer one.";
    text(&mut svg, (MARGIN, 76.0), "quiet", legend);
    svg + &body + "</svg>\n"
}

/// All figures in sentences, for whoever does not see bars.
fn description(report: &Report) -> String {
    let sentence = |figure: &Figure| {
        let limits: String = figure
            .limits
            .iter()
            .map(|limit| {
                let share = number(100.0 * limit.share);
                format!(", beside {}: {} ({share} % of it)", limit.measure.what, said(&limit.measure))
            })
            .collect();
        format!("{}: {}{limits}.", figure.measure.what, said(&figure.measure))
    };
    report.figures.iter().map(sentence).collect::<Vec<_>>().join(" ")
}

/// Draws a figure from there downwards; where the next one begins. A bar says something beside another only.
fn draw(figure: &Figure, mut y: f64, out: &mut String) -> f64 {
    text(out, (MARGIN, y), "what", &figure.measure.what);
    if figure.limits.is_empty() {
        text(out, (BARS.0, y + LINE - 1.0), "", &said(&figure.measure));
        return y + 2.0 * LINE + GAP;
    }
    let measures = [&figure.measure].into_iter().chain(figure.limits.iter().map(|limit| &limit.measure));
    let longest = measures.map(|measure| measure.value).fold(f64::MIN_POSITIVE, f64::max);
    bar(out, y, "figure", figure.measure.value / longest, &said(&figure.measure));
    y += 2.0 * LINE;
    for limit in &figure.limits {
        let said = format!("{} ({} % of it)", said(&limit.measure), number(100.0 * limit.share));
        text(out, (BARS.0, y), "quiet", &format!("beside {}", limit.measure.what));
        bar(out, y, "limit", limit.measure.value / longest, &said);
        y += 2.0 * LINE;
    }
    y + GAP
}

/// A value, and how long the slowest hundredth takes where many ask at once.
fn said(measure: &Measure) -> String {
    match measure.latency {
        Some(latency) => format!("{}, p99 {} ms", measure.shown(), number(latency.p99_ms)),
        None => measure.shown(),
    }
}

/// A bar below its name, of this share of the longest, with its value behind it.
fn bar(out: &mut String, y: f64, class: &str, share: f64, said: &str) {
    let (left, widest) = BARS;
    let width = (share * widest).max(1.0);
    let top = y + LINE - BAR;
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{left}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"2\"/>"
    );
    text(out, (left + width + 8.0, top + BAR - 1.0), "", said);
}

fn text(out: &mut String, (x, y): (f64, f64), class: &str, words: &str) {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let _ = writeln!(out, "<text{class} x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(words));
}

/// Text as it stands in XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::figure::Unit;
    use crate::bench::machine::Machine;

    #[test]
    fn every_figure_and_limit_stands_in_the_picture_as_text_and_is_described() {
        let measure = |what: &str, count| Measure::rate(what, Unit::Orders, count, Duration::from_secs(1));
        let figure =
            Figure::beside("x", measure("orders <collected>", 4_000), [measure("raw & fast", 8_000)]);
        let report = Report::new(Machine::here(&std::env::temp_dir()), 1000, vec![figure]);
        let svg = plot(&report);
        let mut reader = quick_xml_elements(&svg);
        assert_eq!(reader.next().as_deref(), Some("svg"));
        assert!(svg.contains("role=\"img\"") && svg.contains("<title id=\"title\">"));
        for words in
            ["orders &lt;collected&gt;", "4,000 orders/s", "raw &amp; fast", "8,000 orders/s (50.0 % of it)"]
        {
            assert!(svg.matches(words).count() >= 2, "{words} is to be seen and to be heard");
        }
        assert!(!svg.contains("<script") && !svg.contains("href"));
    }

    /// The names of all elements, each of which must be closed.
    fn quick_xml_elements(svg: &str) -> impl Iterator<Item = String> {
        let mut open: Vec<String> = Vec::new();
        let mut all = Vec::new();
        for tag in svg.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()) {
            let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap().to_owned();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name));
            } else {
                all.push(name.clone());
                if !tag.ends_with('/') {
                    open.push(name);
                }
            }
        }
        assert!(open.is_empty(), "{open:?}");
        all.into_iter()
    }
}
