//! The text format of Prometheus, version 0.0.4: families with a help text and a type, samples with labels.

use std::fmt::{Display, Write};

/// The media type of the text.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A page of metrics that grows.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
    /// The family that samples belong to.
    family: &'static str,
}

/// Name and value.
pub type Label<'a> = (&'a str, &'a str);

impl Page {
    /// The finished text.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Begins a family of numbers that only rise. The name ends in `_total`.
    pub fn counter(&mut self, name: &'static str, help: &str) -> &mut Self {
        self.begin(name, "counter", help)
    }

    /// Begins a family of numbers that go up and down.
    pub fn gauge(&mut self, name: &'static str, help: &str) -> &mut Self {
        self.begin(name, "gauge", help)
    }

    /// Begins a family of histograms.
    pub fn histogram(&mut self, name: &'static str, help: &str) -> &mut Self {
        self.begin(name, "histogram", help)
    }

    /// One sample of the family that was begun last.
    pub fn sample(&mut self, labels: &[Label<'_>], value: impl Display) -> &mut Self {
        self.line("", labels, value)
    }

    /// One histogram: how many are in each bucket, the last without a bound, and the sum. Bounds and sum in nanoseconds.
    pub fn buckets(
        &mut self,
        labels: &[Label<'_>],
        bounds_ns: &[u64],
        (counts, sum_ns): (&[u64], u64),
    ) -> &mut Self {
        let mut in_all = 0;
        let bounds = bounds_ns.iter().map(|bound| seconds(*bound).to_string());
        for (count, bound) in counts.iter().zip(bounds.chain(["+Inf".to_owned()])) {
            in_all += count;
            let labels = [labels, &[("le", &bound)]].concat();
            self.line("_bucket", &labels, in_all);
        }
        self.line("_sum", labels, seconds(sum_ns));
        self.line("_count", labels, in_all)
    }

    fn begin(&mut self, name: &'static str, kind: &str, help: &str) -> &mut Self {
        self.family = name;
        self.put(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"))
    }

    fn line(&mut self, suffix: &str, labels: &[Label<'_>], value: impl Display) -> &mut Self {
        let name = self.family;
        self.put(format_args!("{name}{suffix}"));
        for (at, (label, text)) in labels.iter().enumerate() {
            let open = if at == 0 { '{' } else { ',' };
            self.put(format_args!("{open}{label}=\"{}\"", escaped(text)));
        }
        let close = if labels.is_empty() { "" } else { "}" };
        self.put(format_args!("{close} {value}\n"))
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) -> &mut Self {
        self.text.write_fmt(text).expect("a string takes all text");
        self
    }
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

/// Backslash, quote and line feed are the three octets that are escaped in the value of a label.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_labels_and_buckets() {
        let mut page = Page::default();
        page.gauge("up", "Whether.").sample(&[], 1);
        page.counter("x_total", "All.")
            .sample(&[("zone", "a\\\"b\n."), ("kind", "c")], 7);
        page.histogram("t_seconds", "Time.").buckets(
            &[("by", "d")],
            &[10_000, 2_500_000_000],
            (&[2, 0, 1], 3_500_000_000),
        );
        let wanted = r#"# HELP up Whether.
# TYPE up gauge
up 1
# HELP x_total All.
# TYPE x_total counter
x_total{zone="a\\\"b\n.",kind="c"} 7
# HELP t_seconds Time.
# TYPE t_seconds histogram
t_seconds_bucket{by="d",le="0.00001"} 2
t_seconds_bucket{by="d",le="2.5"} 2
t_seconds_bucket{by="d",le="+Inf"} 3
t_seconds_sum{by="d"} 3.5
t_seconds_count{by="d"} 3
"#;
        assert_eq!(page.into_text(), wanted);
    }
}
