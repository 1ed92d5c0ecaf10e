//! The console: what admins, HR, technicians and employees see of the centre.
//!
//! Rendered on the server from the same rows as the API; scripts only add what arrives later. Nothing is
//! inline, so that the content security policy can forbid it. Each change is a form that comes back to a
//! page which says what was done. Every word comes from the catalogue.

mod accounts;
mod assets;
mod audit;
mod badge;
mod badge_sheet;
mod codes;
mod dates;
mod devices;
mod login;
mod me;
mod month;
mod password;
mod people;
mod problem;
mod record;
mod reports;
mod session;
mod shell;
mod today;

pub use accounts::{
    change_account_role, create_account, disable_account, enable_account, end_account_sessions,
    list_accounts, set_account_password, show_account,
};
pub use assets::{asset, document_style, plots_style};
pub use audit::{check_audit, list_audit};
pub use badge::{issue_badge, issue_own_badge, revoke_badge, show_badge, show_own_badge};
pub use badge_sheet::print_badges;
pub use devices::{invite_device, list_devices, revoke_device, withdraw_invite};
pub use login::{log_in_by_link, log_in_with_password, log_out, root, show_link, show_log_in};
pub use me::{propose_correction, show_me, withdraw_own_consent};
pub use month::{decide_correction, download_month, show_team};
pub use password::{set_own_password, show_password};
pub use people::{
    add_person, add_photos, erase_person, give_consent, leave, list_people, show_person, withdraw_consent,
};
pub use problem::pages_for_people;
pub use record::page::{change_record, show_month};
pub use reports::show_reports;
pub use shell::Visit;
pub use today::{board, live, today};

use axum::response::Html;
use lintel_core::ids::SiteId;

use crate::api::problem::Problem;
use crate::store::sites::Site;

/// Something to choose from a list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Choice {
    id: String,
    name: String,
    chosen: bool,
}

fn site_choices(sites: &[Site], chosen: Option<&SiteId>) -> Vec<Choice> {
    let choice = |site: &Site| Choice {
        id: site.site_id.to_string(),
        name: site.name.clone(),
        chosen: chosen == Some(&site.site_id),
    };
    sites.iter().map(choice).collect()
}

fn page(template: &impl askama::Template) -> Result<Html<String>, Problem> {
    template.render().map(Html).map_err(|error| Problem::internal(&error))
}
