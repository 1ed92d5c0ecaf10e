//! The codes of problems: each with its statuses and what it means, and what they look like in the document.
//!
//! Codes are stable: programs read them. A handler names those that are its own (`x-refusals`, as `409 period_locked`);
//! those that come with a body, a query, an id in the path or a credential are added here, the same for all.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The key under which a handler names its refusals; the document has none of it.
const KEY: &str = "x-refusals";

/// A code.
#[derive(Debug, Clone, Copy)]
pub struct Refusal {
    /// Its name.
    pub code: &'static str,
    /// The statuses that it comes with.
    pub statuses: &'static [u16],
    /// What it means.
    pub says: &'static str,
}

macro_rules! refusals {
    ($($($status:literal)|+ $code:literal: $says:literal;)*) => {
        /// All codes, as the document and the guide list them.
        pub const REFUSALS: &[Refusal] =
            &[$(Refusal { code: $code, statuses: &[$($status),+], says: $says }),*];
    };
}

refusals! {
    400 "bad_assignment": "an assignment is to a pattern, or to a shift with its weekdays";
    400 "bad_id": "the id in the address isn't one";
    400 "bad_multipart": "the multipart body can't be read";
    400 "bad_query": "a parameter is missing, unknown or can't be read";
    400 | 422 "bad_range": "dates that are in the wrong order, too far apart, or mistyped";
    400 "bad_request": "the request can't be understood";
    400 "no_photos": "there is no file in the request";
    400 "not_json": "the body isn't the JSON that belongs here";
    400 "unreadable": "the body ended early";
    401 "credential_needed": "no credential, or one that isn't known or isn't valid any more";
    403 "cross_site": "with the console's cookie, and not from the console's own pages";
    403 "csrf": "with the console's cookie, and without the session's token";
    403 "not_allowed": "the role may not do this";
    403 "own_record": "nobody decides about what is their own, or what they asked for";
    403 "password_change_needed": "the session must choose a new password first";
    404 "not_found": "there is nothing at this address";
    404 "unknown_assignment": "no such assignment";
    404 "unknown_batch": "payroll was given no such batch";
    404 "unknown_correction": "no such correction";
    404 "unknown_holiday": "no holiday on that day";
    404 "unknown_leave": "no such leave";
    404 "unknown_outage": "no such time out of service";
    404 | 422 "unknown_person": "no such person: 404 where the address names them, otherwise 422";
    404 "unknown_report": "no such report, or not as such a file";
    404 | 422 "unknown_shift": "no such shift: 404 where the address names it, otherwise 422";
    404 | 422 "unknown_site": "no such site: 404 where the address names it, otherwise 422";
    405 "method_not_allowed": "this address doesn't take that method";
    408 "timeout": "the request took too long";
    409 "already_exported": "payroll has it already: `batch` says which gave it";
    409 "assignment_overlaps": "another assignment of the person has one of these days";
    409 "cancelled_already": "the batch was taken back already";
    409 "decided_already": "somebody was faster";
    409 "leave_overlaps": "another leave of the person has one of these days";
    409 "locked_already": "the month is locked already";
    409 "no_consent": "the person hasn't consented to face recognition";
    409 "not_exported": "days of an earlier month are booked in this one, and that was never exported";
    409 "not_latest": "another batch came later and counts on this one";
    409 "not_locked": "the month isn't locked";
    409 "not_to_be_given": "the event names somebody, or is none of a face";
    409 "pattern_exists": "a pattern never changes: add it under another id";
    409 "period_locked": "a day that this would change was given to payroll";
    409 "period_provisional": "days of the month may still change";
    409 "person_left": "the person has left";
    409 "policy_elsewhere": "the policy is for another site, or for all";
    409 "policy_raced": "somebody published a revision at the same time";
    409 "raced": "somebody else gave the month at the same time";
    409 "site_exists": "there is a site of this id already";
    409 "staff_no_taken": "another person has this staff number";
    409 "theirs_already": "the punch is theirs already";
    413 "too_large": "the body is over the limit";
    413 "too_many": "too many photographs at once";
    415 "unsupported_media_type": "the body's content type isn't one that is taken here";
    422 "bad_mapping": "the mapping can't be used: its line and what is wrong are in `detail`";
    422 "bad_pattern": "the pattern can't be worked";
    422 "bad_policy": "the policy contradicts itself, or a length in it makes no sense";
    422 "bad_shift": "the shift can't be worked";
    422 "bad_text": "a name that is empty, too long, or holds control characters";
    422 "does_not_fit": "hours that the file can't say: what to change is in `detail`";
    422 "no_days": "no site has days in the month";
    422 "not_a_table": "a calendar holds holidays only";
    422 "outage_end": "the end lies before the beginning, or behind what was approved";
    422 "period_not_begun": "the month hasn't begun";
    422 "reason_needed": "a reason is missing, or too long";
    422 "row_errors": "rows of the file can't be done, so nothing was written: `import.errors` names them";
    422 "too_many_lines": "more lines than one report has: ask for fewer days, or for one site";
    422 "unknown_device": "no such door";
    422 "unknown_leave_kind": "no such kind of leave";
    422 "unknown_pattern": "no such pattern";
    422 "unknown_punch": "no such punch in this person's record";
    422 "unknown_zone": "no such time zone";
    422 "unlikely_date": "a first or last day that is no likely one";
    422 "unlikely_instant": "in the future, or more than 400 days back";
    422 "unreadable_file": "the file can't be read, or is over a limit";
    500 "internal": "the server failed; its log has the cause under the request's id";
    503 "no_models": "this server has no model pack, so it can't make templates";
}

/// What comes with every operation.
const ALWAYS: [&str; 5] =
    ["401 credential_needed", "403 not_allowed", "403 password_change_needed", "408 timeout", "500 internal"];
/// What comes with a change.
const CHANGE: [&str; 2] = ["403 cross_site", "403 csrf"];
/// What comes with a body.
const BODY: [&str; 3] = ["400 unreadable", "413 too_large", "415 unsupported_media_type"];

/// What most operations refuse alike, said once: name, status, codes in order.
const SHARED: [(&str, &str, &[&str]); 11] = [
    ("BadBody", "400", &["not_json", "unreadable"]),
    ("BadId", "400", &["bad_id", "bad_request"]),
    ("BadIdOrBody", "400", &["bad_id", "bad_request", "not_json", "unreadable"]),
    ("BadQuery", "400", &["bad_query"]),
    ("CredentialNeeded", "401", &["credential_needed"]),
    ("NotToBeRead", "403", &["not_allowed", "password_change_needed"]),
    ("NotToBeChanged", "403", &["cross_site", "csrf", "not_allowed", "password_change_needed"]),
    ("TimedOut", "408", &["timeout"]),
    ("TooLarge", "413", &["too_large"]),
    ("UnsupportedMediaType", "415", &["unsupported_media_type"]),
    ("Failed", "500", &["internal"]),
];

/// Writes down what an operation can refuse.
pub(super) fn write(method: &str, operation: &mut Map<String, Value>) {
    let own = operation.remove(KEY);
    let own = own.iter().flat_map(|own| own.as_array().into_iter().flatten()).filter_map(Value::as_str);
    let has = |place: &str| {
        let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
        parameters.filter_map(|parameter| parameter.get("in")).any(|stands| stands == place)
    };
    let mut all: Vec<&str> = ALWAYS.into_iter().chain(own).collect();
    if method != "get" {
        all.extend(CHANGE);
    }
    if has("path") {
        all.extend(["400 bad_id", "400 bad_request"]);
    }
    if has("query") {
        all.push("400 bad_query");
    }
    if let Some(body) = operation.get("requestBody") {
        all.extend(BODY);
        if body.pointer("/content/application~1json").is_some() {
            all.push("400 not_json");
        }
    }
    let mut by_status: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (status, code) in all.iter().filter_map(|said| said.split_once(' ')) {
        by_status.entry(status).or_default().push(code);
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, mut codes) in by_status {
        codes.sort_unstable();
        codes.dedup();
        let shared = SHARED.iter().find(|(_, of, all)| *of == status && *all == codes);
        let answer = match shared {
            Some((name, ..)) => json!({ "$ref": format!("#/components/responses/{name}") }),
            None => answer(&codes),
        };
        responses.insert(status.to_owned(), answer);
    }
}

fn answer(codes: &[&str]) -> Value {
    let with = |code| codes.contains(&code);
    let document = match (with("row_errors"), with("already_exported")) {
        (true, _) => "ImportProblem",
        (_, true) => "PayrollProblem",
        _ => "Problem",
    };
    let schema = json!({
        "allOf": [
            { "$ref": format!("#/components/schemas/{document}") },
            { "type": "object", "properties": { "code": { "enum": codes } } },
        ],
    });
    let names: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    json!({
        "description": names.join(", "),
        "content": { "application/problem+json": { "schema": schema } },
    })
}

/// What operations refuse alike.
pub(super) fn shared() -> Value {
    SHARED.iter().map(|(name, _, codes)| ((*name).to_owned(), answer(codes))).collect::<Map<_, _>>().into()
}

/// The schemas of problems (RFC 9457), with the table of codes.
pub(super) fn schemas() -> [(&'static str, Value); 4] {
    let text = json!({ "type": "string" });
    let problem = json!({
        "type": "object",
        "description": "Why a request was refused (RFC 9457). `code` is for programs and stays as it is; `detail` is for people and may change.",
        "required": ["type", "title", "status", "code", "detail", "request_id"],
        "properties": {
            "type": { "const": "about:blank" },
            "title": text,
            "status": { "type": "integer", "format": "int32", "minimum": 400, "maximum": 599 },
            "code": { "$ref": "#/components/schemas/ProblemCode" },
            "detail": text,
            "request_id": { "type": "string", "description": "As in the header `x-request-id` and in the server's log." },
        },
    });
    let codes: Vec<&str> = REFUSALS.iter().map(|refusal| refusal.code).collect();
    let mut table = String::from("| code | status | meaning |\n|---|---|---|\n");
    REFUSALS.iter().for_each(|refusal| table.push_str(&refusal.row()));
    let import = json!({
        "description": "With the code `row_errors`, what came of each row of the file.",
        "allOf": [
            { "$ref": "#/components/schemas/Problem" },
            { "type": "object", "properties": { "import": { "$ref": "#/components/schemas/ImportReport" } } },
        ],
    });
    let payroll = json!({
        "description": "With the code `already_exported`, the batch that payroll has.",
        "allOf": [
            { "$ref": "#/components/schemas/Problem" },
            { "type": "object", "properties": { "batch": { "$ref": "#/components/schemas/GivenBatch" } } },
        ],
    });
    [
        ("Problem", problem),
        ("PayrollProblem", payroll),
        ("ProblemCode", json!({ "type": "string", "enum": codes, "description": table })),
        ("ImportProblem", import),
    ]
}

impl Refusal {
    /// Its row in a table of codes.
    #[must_use]
    pub fn row(&self) -> String {
        let statuses: Vec<String> = self.statuses.iter().map(u16::to_string).collect();
        format!("| `{}` | {} | {} |\n", self.code, statuses.join(", "), self.says)
    }
}
