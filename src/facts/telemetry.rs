//! Telemetry that managed settings deliver (`client-contract` 7.3).

use super::Session;
use crate::model::{Conclusion, Evidence};

impl Session<'_> {
    /// Whether managed settings export one signal: switched on, the selector set, a protocol, and an endpoint. The
    /// protocol has no default, so without it nothing is sent.
    pub fn exports(&self, selector: &str, prefix: &str, what: &str) -> Conclusion {
        let mut missing = Vec::new();
        let mut evidence: Vec<Evidence> = Vec::new();
        let mut need = |names: &[String], wanted: fn(&str) -> bool| {
            let found = names.iter().find_map(|name| {
                let value = self.administered(&format!("env.{name}"))?;
                let text = value.value.as_str().map_or_else(|| value.value.to_string(), str::to_owned);
                wanted(&text).then(|| self.cite(&value))
            });
            match found {
                Some(seen) => evidence.push(seen),
                None => missing.push(names.join(" or ")),
            }
        };
        need(&["CLAUDE_CODE_ENABLE_TELEMETRY".to_owned()], |text| matches!(text, "1" | "true"));
        need(&[selector.to_owned()], |text| text.split(',').any(|exporter| exporter.trim() == "otlp"));
        need(&[format!("{prefix}_PROTOCOL"), "OTEL_EXPORTER_OTLP_PROTOCOL".to_owned()], |text| {
            matches!(text, "grpc" | "http/json" | "http/protobuf")
        });
        need(&[format!("{prefix}_ENDPOINT"), "OTEL_EXPORTER_OTLP_ENDPOINT".to_owned()], |text| {
            !text.trim().is_empty()
        });
        match (missing.is_empty(), evidence.first().cloned()) {
            (true, Some(first)) => {
                let message = format!("managed settings export {what}");
                Conclusion::pass(&*self.subject, first, message).citing(evidence.into_iter().skip(1))
            }
            _ => {
                let evidence = if evidence.is_empty() { self.sources() } else { evidence };
                let message =
                    format!("managed settings do not export {what}: {} is not set", missing.join(", "));
                Conclusion::fail(&*self.subject, evidence, message)
            }
        }
    }

    /// Why exported events name nobody: at a cloud provider the client knows no account, and sends an anonymous id
    /// unless the resource attributes name the person (`client-contract` 7.3).
    pub fn telemetry_without_a_person(&self) -> Option<(String, Evidence)> {
        let (provider, evidence) = self.provider()?;
        let attributes = self.administered("env.OTEL_RESOURCE_ATTRIBUTES");
        let helper = self.administered("otelHeadersHelper").is_some();
        let named = attributes.as_ref().and_then(|value| value.value.as_str()).is_some_and(|text| {
            text.split(',').filter_map(|pair| pair.split_once('=')).any(|(name, value)| {
                ["user", "employee", "person"].iter().any(|word| name.to_lowercase().contains(word))
                    && !value.trim().is_empty()
            })
        });
        (!named && !helper).then(|| {
            let message = format!(
                "no logging hook records every call, and the exported events name no person: with {provider} the client sends an anonymous id, and env.OTEL_RESOURCE_ATTRIBUTES sets no enduser.id"
            );
            (message, evidence)
        })
    }
}
