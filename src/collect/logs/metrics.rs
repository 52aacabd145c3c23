//! OTLP-JSON exports of metrics: the data points of the client's counters (client-contract 7.3).

use super::event::Event;
use super::fields::{Field, Fields};
use super::json::{self, Raw};
use super::otlp;
use super::tally::{Measure, Point};
use super::transcript::identity;
use super::when::{self, When};
use crate::model::activity::Shape;

/// Calls `seen` for every data point inside a checked `resourceMetrics` array; returns their number.
pub fn points<'a>(resource_metrics: &'a [u8], mut seen: impl FnMut(&'a [u8], Point, Event<'a>)) -> u64 {
    let mut points = 0;
    let scopes: [&[u8]; 2] = [b"scopeMetrics", b"instrumentationLibraryMetrics"];
    otlp::each_entry(resource_metrics, scopes, b"metrics", |metric, shared| {
        let (mut name, mut kinds) = (None, Vec::new());
        otlp::each_member(metric, |key, value| match key {
            b"name" => name = value.text(),
            b"sum" | b"gauge" | b"histogram" | b"exponentialHistogram" | b"summary" => {
                kinds.extend(value.object())
            }
            _ => {}
        });
        let name = name.unwrap_or_default();
        let short = name.strip_prefix(b"claude_code.").unwrap_or(name);
        for kind in kinds {
            let (mut list, mut is_total) = (None, false);
            let _ = json::members(kind, 0, |key, value| match key {
                b"dataPoints" => list = value.array(),
                b"aggregationTemporality" => is_total = is_cumulative(value),
                _ => {}
            });
            let Some(list) = list else { continue };
            json::elements(list, |point| {
                if let Some(bytes) = point.object() {
                    points += 1;
                    let (point, event) = one(bytes, shared, short, is_total);
                    seen(bytes, point, event);
                }
            });
        }
    });
    points
}

fn is_cumulative(value: Raw<'_>) -> bool {
    value.count() == Some(2) || value.text() == Some(b"AGGREGATION_TEMPORALITY_CUMULATIVE")
}

fn one<'a>(point: &'a [u8], shared: Option<&'a [u8]>, name: &[u8], is_total: bool) -> (Point, Event<'a>) {
    let (mut attributes, mut nanos, mut since, mut amount) = (None, Raw::Absent, Raw::Absent, Raw::Absent);
    let _ = json::members(point, 0, |key, value| match key {
        b"attributes" => attributes = value.array(),
        b"timeUnixNano" => nanos = value,
        b"startTimeUnixNano" => since = value,
        b"asInt" | b"asDouble" => amount = value,
        _ => {}
    });
    let mut fields = Fields::new();
    for list in [shared, attributes].into_iter().flatten() {
        otlp::read_attributes(list, &mut fields);
    }
    let measure = measure(name, fields.get(Field::Type).text().unwrap_or_default());
    let scale = if measure == Some(Measure::Cost) { 1e6 } else { 1.0 };
    let amount = amount.number().map_or(0, |n| (n.clamp(0.0, 1e15) * scale).round() as u64);
    let series = is_total.then(|| {
        let start = if let Raw::Text(text, _) | Raw::Number(text) = since { text } else { &[] };
        identity(&[name, shared.unwrap_or_default(), attributes.unwrap_or_default(), start])
    });
    let text = |field| fields.get(field).text().filter(|text| !text.is_empty());
    let event = Event {
        shape: Some(Shape::Metric),
        when: time(nanos),
        user: text(Field::User).or_else(|| text(Field::UserId)),
        session: text(Field::Session),
        ..Event::default()
    };
    (Point { measure, amount, series }, event)
}

fn time(nanos: Raw<'_>) -> Option<When> {
    nanos.number().and_then(when::epoch)
}

fn measure(name: &[u8], kind: &[u8]) -> Option<Measure> {
    match (name, kind) {
        (b"token.usage", b"input") => Some(Measure::Input),
        (b"token.usage", b"output") => Some(Measure::Output),
        (b"token.usage", b"cacheRead") => Some(Measure::CacheRead),
        (b"token.usage", b"cacheCreation") => Some(Measure::CacheCreation),
        (b"cost.usage", _) => Some(Measure::Cost),
        (b"session.count", _) => Some(Measure::Sessions),
        _ => None,
    }
}
