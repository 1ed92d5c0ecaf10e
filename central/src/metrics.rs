//! Counters of this process, and the text that Prometheus reads.
//!
//! Written by hand: a handful of counters needs no registry. Labels are taken from closed sets (routes,
//! methods, roads), so that nobody outside can make the text grow.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lintel_core::road::Road;

use crate::ingest::Accepted;
use crate::ingest::mqtt::MqttCounters;

/// Events by what became of them, for one road.
#[derive(Debug, Default)]
pub struct EventCounts {
    accepted: AtomicU64,
    duplicate: AtomicU64,
    rejected: AtomicU64,
}

/// Events by road.
#[derive(Debug, Default)]
pub struct Events {
    https: EventCounts,
    mqtt: EventCounts,
}

impl Events {
    /// Adds what [`crate::ingest::accept()`] made of a batch.
    pub fn accepted(&self, road: Road, accepted: &Accepted) {
        let (duplicate, rejected) = (accepted.body.duplicate.len(), accepted.body.rejected.len());
        self.count(road, accepted.stored as u64, duplicate as u64, rejected as u64);
    }

    /// Adds what became of a batch.
    pub fn count(&self, road: Road, accepted: u64, duplicate: u64, rejected: u64) {
        let counts = match road {
            Road::Https => &self.https,
            Road::Mqtt => &self.mqtt,
        };
        counts.accepted.fetch_add(accepted, Ordering::Relaxed);
        counts.duplicate.fetch_add(duplicate, Ordering::Relaxed);
        counts.rejected.fetch_add(rejected, Ordering::Relaxed);
    }
}

/// Upper bounds of the duration buckets, in milliseconds.
const BUCKETS_MS: [u64; 7] = [5, 20, 50, 200, 1_000, 5_000, 30_000];

#[derive(Debug, Default, Clone, Copy)]
struct Timing {
    count: u64,
    sum_us: u64,
    within: [u64; BUCKETS_MS.len()],
}

type RequestKey = (String, String, u16);

/// Requests by route, method and status.
#[derive(Debug, Default)]
pub struct Requests(Mutex<BTreeMap<RequestKey, Timing>>);

impl Requests {
    /// Adds one. `route` is the pattern, never the path.
    pub fn count(&self, route: &str, method: &str, status: u16, took: Duration) {
        // Methods are a client's choice; unknown ones are one.
        let method = match method {
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
            _ => "other",
        };
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        // A poisoned lock only means that some count is one behind.
        let mut requests = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let timing = requests.entry((route.to_owned(), method.to_owned(), status)).or_default();
        timing.count += 1;
        timing.sum_us = timing.sum_us.saturating_add(took_us);
        for (bound, count) in BUCKETS_MS.iter().zip(timing.within.iter_mut()) {
            *count += u64::from(took_ms <= *bound);
        }
    }
}

/// All counters.
#[derive(Debug, Default)]
pub struct Metrics {
    /// HTTP requests.
    pub requests: Requests,
    /// Events.
    pub events: Events,
    /// The broker's road.
    pub mqtt: Arc<MqttCounters>,
}

/// What is read from the database when the metrics are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Jobs waiting.
    pub jobs_waiting: i64,
    /// Newest ingest number.
    pub ingest_no: i64,
    /// Per device: id, last seen (UTC ms), events it has not delivered yet.
    pub devices: Vec<(String, Option<i64>, Option<u64>)>,
}

impl Metrics {
    /// The text exposition format, version 0.0.4.
    #[must_use]
    pub fn render(&self, gauges: &Gauges) -> String {
        let mut out = String::new();
        self.render_events(&mut out);
        self.render_mqtt(&mut out);
        self.render_requests(&mut out);
        render_gauges(&mut out, gauges);
        out
    }

    fn render_events(&self, out: &mut String) {
        head(out, "lintel_events_total", "counter", "Events by road and what became of them.");
        for (road, counts) in [("https", &self.events.https), ("mqtt", &self.events.mqtt)] {
            for (outcome, count) in [
                ("accepted", &counts.accepted),
                ("duplicate", &counts.duplicate),
                ("rejected", &counts.rejected),
            ] {
                let count = count.load(Ordering::Relaxed);
                line(
                    out,
                    format_args!("lintel_events_total{{road=\"{road}\",outcome=\"{outcome}\"}} {count}"),
                );
            }
        }
    }

    fn render_mqtt(&self, out: &mut String) {
        let mqtt = &*self.mqtt;
        head(out, "lintel_mqtt_connected", "gauge", "Whether the connection to the broker stands.");
        let connected = u8::from(mqtt.connected.load(Ordering::Relaxed));
        line(out, format_args!("lintel_mqtt_connected {connected}"));
        head(
            out,
            "lintel_mqtt_messages_total",
            "counter",
            "Messages from the broker and what became of them.",
        );
        for (outcome, count) in [
            ("received", &mqtt.received),
            ("acked", &mqtt.acked),
            ("refused", &mqtt.refused),
            ("dropped", &mqtt.dropped),
            ("foreign", &mqtt.foreign),
        ] {
            let count = count.load(Ordering::Relaxed);
            line(out, format_args!("lintel_mqtt_messages_total{{outcome=\"{outcome}\"}} {count}"));
        }
    }

    fn render_requests(&self, out: &mut String) {
        const NAME: &str = "lintel_http_request_duration_seconds";
        head(out, NAME, "histogram", "Requests by route, method and status.");
        let requests = self.requests.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        for ((route, method, status), timing) in requests {
            let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
            for (bound, count) in BUCKETS_MS.iter().zip(timing.within) {
                let le = format!("{}.{:03}", bound / 1000, bound % 1000);
                line(out, format_args!("{NAME}_bucket{{{labels},le=\"{le}\"}} {count}"));
            }
            line(out, format_args!("{NAME}_bucket{{{labels},le=\"+Inf\"}} {}", timing.count));
            let (s, us) = (timing.sum_us / 1_000_000, timing.sum_us % 1_000_000);
            line(out, format_args!("{NAME}_sum{{{labels}}} {s}.{us:06}"));
            line(out, format_args!("{NAME}_count{{{labels}}} {}", timing.count));
        }
    }
}

fn render_gauges(out: &mut String, gauges: &Gauges) {
    head(out, "lintel_jobs_waiting", "gauge", "Jobs that are not done yet.");
    line(out, format_args!("lintel_jobs_waiting {}", gauges.jobs_waiting));
    head(out, "lintel_ingest_no", "gauge", "Newest number in the order of all accepted events.");
    line(out, format_args!("lintel_ingest_no {}", gauges.ingest_no));
    head(out, "lintel_device_last_seen_seconds", "gauge", "When a device was last heard of, Unix time.");
    for (device, seen, _) in &gauges.devices {
        if let Some(seen) = seen {
            line(out, format_args!("lintel_device_last_seen_seconds{{device=\"{device}\"}} {}", seen / 1000));
        }
    }
    head(
        out,
        "lintel_device_backlog",
        "gauge",
        "Events that a device has not delivered yet, as it said last.",
    );
    for (device, _, backlog) in &gauges.devices {
        if let Some(backlog) = backlog {
            line(out, format_args!("lintel_device_backlog{{device=\"{device}\"}} {backlog}"));
        }
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    line(out, format_args!("# HELP {name} {help}"));
    line(out, format_args!("# TYPE {name} {kind}"));
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String can't fail.
    writeln!(out, "{text}").ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exposition_is_this_one() {
        let metrics = Metrics::default();
        metrics.events.count(Road::Mqtt, 5, 1, 0);
        metrics.requests.count("/api/v1/people", "GET", 200, Duration::from_millis(12));
        metrics.requests.count("/api/v1/people", "GET", 200, Duration::from_millis(70));
        metrics.requests.count("(none)", "BREW", 404, Duration::ZERO);
        let gauges = Gauges {
            jobs_waiting: 2,
            ingest_no: 6,
            devices: vec![("door-1".into(), Some(1_700_000_000_123), Some(3)), ("door-2".into(), None, None)],
        };
        insta::assert_snapshot!(metrics.render(&gauges));
    }
}
