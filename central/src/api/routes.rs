//! Every route with what it takes to be let in. The routers are built from this table, and the test that
//! knocks at each door without a credential reads the same one.

use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, delete, get, post};
use axum::{Extension, Router};
use lintel_core::limits::MAX_PACKET_BYTES;
use tower_http::timeout::TimeoutLayer;

use super::v1::records::{corrections, days, exceptions, reports, timesheets};
use super::v1::rosters::{assignments, holidays, leave, outages, patterns, periods, policies, shifts};
use super::v1::{description, imports, payroll};
use super::{device, join, layers, openapi, v1};
use crate::app::AppState;
use crate::auth::door;
use crate::auth::guard::{self, Admission};
use crate::imports::limits::MAX_FILE_BYTES;
use crate::{console, health};

/// What it takes to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing: health, the look of the log-in page, and a link that is a credential itself.
    Open,
    /// Loopback or a token; the handler looks.
    Metrics,
    /// Nothing but the console's own page: this is where somebody becomes known.
    LogIn,
    /// An API token or a session.
    Person,
    /// As `Person`, asked for by an open page by itself: it keeps no session alive.
    Watch,
    /// As `Person`, and for somebody too who must choose a new password first.
    PasswordFirst,
    /// As `Person`, and a body of photographs.
    Upload,
    /// As `Person`, and a file of rows.
    Import,
    /// A door's certificate, or its token where the settings allow it.
    Device,
    /// A join code's token in the body; the handler looks.
    Join,
    /// A door's certificate, also an expired one.
    Renewal,
}

/// One route.
#[derive(Debug)]
pub struct Route {
    /// Methods that it answers, for the tests.
    pub methods: &'static [&'static str],
    /// Its pattern.
    pub path: &'static str,
    /// Who is let in.
    pub access: Access,
    make: fn() -> MethodRouter<AppState>,
}

const fn route(
    methods: &'static [&'static str],
    path: &'static str,
    access: Access,
    make: fn() -> MethodRouter<AppState>,
) -> Route {
    Route { methods, path, access, make }
}

/// A name and a few long passwords, each byte of them escaped.
const LOG_IN_BYTES: usize = 16 * 1024;

/// A token and a signing request of [`lintel_core::join::MAX_CSR_BYTES`], escaped as JSON.
const JOIN_BODY_BYTES: usize = 8 * 1024;

/// A request that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// The same for photographs and files of rows: on a small machine a dozen photographs take a while to be measured.
const UPLOAD_PATIENCE: Duration = Duration::from_secs(600);

const GET: &[&str] = &["GET"];
const POST: &[&str] = &["POST"];

/// The people's listener.
pub const PEOPLE: &[Route] = &[
    route(GET, "/health", Access::Open, || get(health::ready)),
    route(GET, "/health/live", Access::Open, || get(health::live)),
    route(GET, "/health/ready", Access::Open, || get(health::ready)),
    route(GET, "/api/health", Access::Open, || get(health::ready)),
    route(GET, "/metrics", Access::Metrics, || get(health::metrics)),
    route(GET, "/", Access::Open, || get(console::root)),
    route(GET, "/assets/{name}", Access::Open, || get(console::asset)),
    route(&["GET", "POST"], "/console/login", Access::LogIn, || {
        get(console::show_log_in).post(console::log_in_with_password)
    }),
    route(&["GET", "POST"], "/console/login/{link}", Access::LogIn, || {
        get(console::show_link).post(console::log_in_by_link)
    }),
    route(GET, "/console", Access::Person, || get(console::today)),
    route(GET, "/console/board", Access::Watch, || get(console::board)),
    route(GET, "/console/events", Access::Watch, || get(console::live)),
    route(POST, "/console/logout", Access::PasswordFirst, || post(console::log_out)),
    route(&["GET", "POST"], "/console/password", Access::PasswordFirst, || {
        get(console::show_password).post(console::set_own_password)
    }),
    route(&["GET", "POST"], "/console/people", Access::Person, || {
        get(console::list_people).post(console::add_person)
    }),
    route(GET, "/console/people/{id}", Access::Person, || get(console::show_person)),
    route(POST, "/console/people/{id}/consent", Access::Person, || post(console::give_consent)),
    route(POST, "/console/people/{id}/withdraw", Access::Person, || post(console::withdraw_consent)),
    route(POST, "/console/people/{id}/photos", Access::Upload, || post(console::add_photos)),
    route(POST, "/console/people/{id}/leave", Access::Person, || post(console::leave)),
    route(POST, "/console/people/{id}/erase", Access::Person, || post(console::erase_person)),
    route(POST, "/console/people/{id}/badge", Access::Person, || post(console::issue_badge)),
    route(GET, "/console/people/{id}/badge.svg", Access::Person, || get(console::show_badge)),
    route(POST, "/console/people/{id}/badge/revoke", Access::Person, || post(console::revoke_badge)),
    route(GET, "/console/people/{id}/month", Access::Person, || get(console::show_month)),
    route(POST, "/console/people/{id}/corrections", Access::Person, || post(console::change_record)),
    route(POST, "/console/badges", Access::Person, || post(console::print_badges)),
    route(GET, "/console/month", Access::Person, || get(console::show_team)),
    route(GET, "/console/month.csv", Access::Person, || get(console::download_month)),
    route(GET, "/console/reports", Access::Person, || get(console::show_reports)),
    route(POST, "/console/corrections/{id}", Access::Person, || post(console::decide_correction)),
    route(&["GET", "POST"], "/console/devices", Access::Person, || {
        get(console::list_devices).post(console::invite_device)
    }),
    route(POST, "/console/devices/{id}/withdraw", Access::Person, || post(console::withdraw_invite)),
    route(POST, "/console/devices/{id}/revoke", Access::Person, || post(console::revoke_device)),
    route(&["GET", "POST"], "/console/accounts", Access::Person, || {
        get(console::list_accounts).post(console::create_account)
    }),
    route(GET, "/console/accounts/{id}", Access::Person, || get(console::show_account)),
    route(POST, "/console/accounts/{id}/role", Access::Person, || post(console::change_account_role)),
    route(POST, "/console/accounts/{id}/password", Access::Person, || post(console::set_account_password)),
    route(POST, "/console/accounts/{id}/sessions", Access::Person, || post(console::end_account_sessions)),
    route(POST, "/console/accounts/{id}/disable", Access::Person, || post(console::disable_account)),
    route(POST, "/console/accounts/{id}/enable", Access::Person, || post(console::enable_account)),
    route(&["GET", "POST"], "/console/audit", Access::Person, || {
        get(console::list_audit).post(console::check_audit)
    }),
    route(GET, "/console/me", Access::Person, || get(console::show_me)),
    route(POST, "/console/me/corrections", Access::Person, || post(console::propose_correction)),
    route(POST, "/console/me/badge", Access::Person, || post(console::issue_own_badge)),
    route(GET, "/console/me/badge.svg", Access::Person, || get(console::show_own_badge)),
    route(POST, "/console/me/withdraw", Access::Person, || post(console::withdraw_own_consent)),
    route(&["GET", "POST"], "/api/v1/people", Access::Person, || {
        get(v1::people::list_people).post(v1::people::create_person)
    }),
    route(&["DELETE"], "/api/v1/people/{id}", Access::Person, || delete(v1::people::remove_person)),
    route(&["POST", "DELETE"], "/api/v1/people/{id}/consent", Access::Person, || {
        post(v1::people::record_consent).delete(v1::people::withdraw_consent)
    }),
    route(POST, "/api/v1/people/{id}/photos", Access::Upload, || post(v1::photos::add_photos)),
    route(GET, "/api/v1/attendance/days", Access::Person, || get(v1::attendance::list_attendance_days)),
    route(GET, "/api/v1/days", Access::Person, || get(days::list_days)),
    route(GET, "/api/v1/people/{id}/days", Access::Person, || get(days::list_days_of_person)),
    route(GET, "/api/v1/timesheets", Access::Person, || get(timesheets::list_timesheets)),
    route(GET, "/api/v1/exceptions", Access::Person, || get(exceptions::list_exceptions)),
    route(&["GET", "POST"], "/api/v1/corrections", Access::Person, || {
        get(corrections::list_corrections).post(corrections::change_record)
    }),
    route(POST, "/api/v1/corrections/{id}/decision", Access::Person, || post(corrections::decide_correction)),
    // `{id}` is the report's name and its ending, such as `monthly.xlsx`.
    route(GET, "/api/v1/reports/{id}", Access::Person, || get(reports::download_report)),
    route(GET, "/api/v1/shifts", Access::Person, || get(shifts::list_shifts)),
    route(&["GET", "PUT"], "/api/v1/shifts/{id}", Access::Person, || {
        get(shifts::get_shift).put(shifts::put_shift)
    }),
    route(&["GET", "POST"], "/api/v1/patterns", Access::Person, || {
        get(patterns::list_patterns).post(patterns::create_pattern)
    }),
    route(&["GET", "POST"], "/api/v1/assignments", Access::Person, || {
        get(assignments::list_assignments).post(assignments::create_assignment)
    }),
    route(&["DELETE"], "/api/v1/assignments/{id}", Access::Person, || delete(assignments::delete_assignment)),
    route(POST, "/api/v1/assignments/{id}/end", Access::Person, || post(assignments::end_assignment)),
    route(&["GET", "PUT", "DELETE"], "/api/v1/holidays", Access::Person, || {
        get(holidays::list_holidays).put(holidays::put_holiday).delete(holidays::delete_holiday)
    }),
    route(&["GET", "POST"], "/api/v1/leave", Access::Person, || {
        get(leave::list_leave).post(leave::record_leave)
    }),
    route(GET, "/api/v1/leave/kinds", Access::Person, || get(leave::list_leave_kinds)),
    route(POST, "/api/v1/leave/{id}/decision", Access::Person, || post(leave::decide_leave)),
    route(POST, "/api/v1/leave/{id}/cancel", Access::Person, || post(leave::cancel_leave)),
    route(&["GET", "POST"], "/api/v1/policies", Access::Person, || {
        get(policies::list_policies).post(policies::publish_policy)
    }),
    route(GET, "/api/v1/policies/in-force", Access::Person, || get(policies::get_policy_in_force)),
    route(&["GET", "POST"], "/api/v1/periods", Access::Person, || {
        get(periods::list_periods).post(periods::lock_period)
    }),
    route(POST, "/api/v1/periods/unlock", Access::Person, || post(periods::unlock_period)),
    route(&["GET", "POST"], "/api/v1/payroll", Access::Person, || {
        get(payroll::list_batches).post(payroll::export_month)
    }),
    route(GET, "/api/v1/payroll/{id}", Access::Person, || get(payroll::get_batch)),
    route(GET, "/api/v1/payroll/{id}/file", Access::Person, || get(payroll::download_file)),
    route(POST, "/api/v1/payroll/{id}/cancel", Access::Person, || post(payroll::cancel_batch)),
    route(&["GET", "POST"], "/api/v1/out-of-service", Access::Person, || {
        get(outages::list_outages).post(outages::declare_outage)
    }),
    route(POST, "/api/v1/out-of-service/{id}/approve", Access::Person, || post(outages::approve_outage)),
    route(POST, "/api/v1/out-of-service/{id}/end", Access::Person, || post(outages::end_outage)),
    route(POST, "/api/v1/imports/people", Access::Import, || post(imports::import_people)),
    route(POST, "/api/v1/imports/assignments", Access::Import, || post(imports::import_assignments)),
    route(POST, "/api/v1/imports/contract-hours", Access::Import, || post(imports::import_contract_hours)),
    route(POST, "/api/v1/imports/leave", Access::Import, || post(imports::import_leave)),
    route(POST, "/api/v1/imports/holidays", Access::Import, || post(imports::import_holidays)),
    route(GET, "/api/v1/devices", Access::Person, || get(v1::devices::list_devices)),
    route(&["GET", "POST"], "/api/v1/sites", Access::Person, || {
        get(v1::sites::list_sites).post(v1::sites::create_site)
    }),
    route(&["GET", "PATCH"], "/api/v1/sites/{id}", Access::Person, || {
        get(v1::sites::get_site).patch(v1::sites::change_site)
    }),
    route(GET, "/api/v1/openapi.json", Access::Person, || {
        get(description::get_description).layer(Extension(description::Document(openapi::text)))
    }),
];

/// The doors' listener.
pub const DEVICES: &[Route] = &[
    route(GET, "/health/live", Access::Open, || get(health::live)),
    route(GET, "/device/v1/hello", Access::Device, || get(device::hello)),
    route(POST, "/device/v1/events", Access::Device, || post(device::send_events)),
    route(POST, "/device/v1/heartbeat", Access::Device, || post(device::heartbeat)),
    route(GET, "/device/v1/gallery", Access::Device, || get(device::get_gallery)),
    route(POST, "/device/v1/gallery/confirm", Access::Device, || post(device::confirm_gallery)),
    route(POST, "/device/v1/join", Access::Join, || post(join::join_device)),
    route(POST, "/device/v1/renew", Access::Renewal, || post(join::renew_certificate)),
];

/// The people's router.
pub fn people(state: &AppState) -> Router {
    build(PEOPLE, state)
}

/// The doors' router.
pub fn devices(state: &AppState) -> Router {
    build(DEVICES, state)
}

fn build(table: &[Route], state: &AppState) -> Router {
    let server = &state.settings().server;
    let of = |access: Access, limit: usize| {
        let routes = table.iter().filter(|route| route.access == access);
        let router = routes.fold(Router::new(), |router, route| router.route(route.path, (route.make)()));
        // The guard stands inside of the limit's layer and outside of every handler.
        let router = match access {
            _ if !router.has_routes() => return router,
            Access::Open | Access::Metrics | Access::LogIn | Access::Join => router,
            Access::Person | Access::Upload | Access::Import | Access::Watch | Access::PasswordFirst => {
                let admission = Admission {
                    counts: access != Access::Watch,
                    before_password: access == Access::PasswordFirst,
                };
                router.route_layer(from_fn_with_state((state.clone(), admission), guard::person))
            }
            Access::Device => router.route_layer(from_fn_with_state(state.clone(), door::device)),
            Access::Renewal => router.route_layer(from_fn_with_state(state.clone(), door::renewal)),
        };
        let patience =
            if matches!(access, Access::Upload | Access::Import) { UPLOAD_PATIENCE } else { PATIENCE };
        router
            .layer(DefaultBodyLimit::max(limit))
            .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, patience))
    };
    of(Access::Open, 1024)
        .merge(of(Access::Metrics, 1024))
        .merge(of(Access::LogIn, LOG_IN_BYTES))
        .merge(of(Access::Person, server.max_body_bytes))
        .merge(of(Access::Watch, 1024))
        .merge(of(Access::PasswordFirst, LOG_IN_BYTES))
        .merge(of(Access::Upload, server.max_upload_bytes))
        .merge(of(Access::Import, MAX_FILE_BYTES))
        .merge(of(Access::Device, MAX_PACKET_BYTES))
        .merge(of(Access::Join, JOIN_BODY_BYTES))
        .merge(of(Access::Renewal, JOIN_BODY_BYTES))
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(from_fn(console::pages_for_people))
        .layer(from_fn_with_state(state.clone(), layers::wrap))
        .with_state(state.clone())
}
