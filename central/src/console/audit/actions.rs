//! What the audit's actions mean, in words, in the order in which a reader looks for them.

use lintel_runtime::catalogue::Words;

use super::super::Choice;

/// The code in the row, and its text. An action that isn't here is shown by its code alone.
const ACTIONS: &[(&str, &str)] = &[
    ("person.view", "audit-person-view"),
    ("people.view", "audit-people-view"),
    ("month.view", "audit-month-view"),
    ("days.view", "audit-days-view"),
    ("today.view", "audit-today-view"),
    ("assignments.view", "audit-assignments-view"),
    ("leave.view", "audit-leave-view"),
    ("accounts.view", "audit-accounts-view"),
    ("payroll.view", "audit-payroll-view"),
    ("audit.view", "audit-audit-view"),
    ("person.add", "audit-person-add"),
    ("person.move", "audit-person-move"),
    ("person.allow", "audit-person-allow"),
    ("person.leave_on", "audit-person-leave-on"),
    ("person.remove", "audit-person-remove"),
    ("person.erase", "audit-person-erase"),
    ("consent.give", "audit-consent-give"),
    ("consent.withdraw", "audit-consent-withdraw"),
    ("template.add", "audit-template-add"),
    ("badge.issue", "audit-badge-issue"),
    ("badge.print", "audit-badge-print"),
    ("badge.revoke", "audit-badge-revoke"),
    ("correction.propose", "audit-correction-propose"),
    ("correction.approve", "audit-correction-approve"),
    ("correction.reject", "audit-correction-reject"),
    ("employment.change", "audit-employment-change"),
    ("shift.put", "audit-shift-put"),
    ("pattern.add", "audit-pattern-add"),
    ("assignment.add", "audit-assignment-add"),
    ("assignment.end", "audit-assignment-end"),
    ("assignment.delete", "audit-assignment-delete"),
    ("holiday.put", "audit-holiday-put"),
    ("holiday.delete", "audit-holiday-delete"),
    ("leave.ask", "audit-leave-ask"),
    ("leave.record", "audit-leave-record"),
    ("leave.approve", "audit-leave-approve"),
    ("leave.reject", "audit-leave-reject"),
    ("leave.cancel", "audit-leave-cancel"),
    ("policy.publish", "audit-policy-publish"),
    ("period.lock", "audit-period-lock"),
    ("period.unlock", "audit-period-unlock"),
    ("payroll.export", "audit-payroll-export"),
    ("payroll.cancel", "audit-payroll-cancel"),
    ("outage.declare", "audit-outage-declare"),
    ("outage.approve", "audit-outage-approve"),
    ("outage.end", "audit-outage-end"),
    ("account.create", "audit-account-create"),
    ("account.role", "audit-account-role"),
    ("account.password", "audit-account-password"),
    ("account.sessions", "audit-account-sessions"),
    ("account.disable", "audit-account-disable"),
    ("account.enable", "audit-account-enable"),
    ("session.open", "audit-session-open"),
    ("session.close", "audit-session-close"),
    ("session.refuse", "audit-session-refuse"),
    ("link.create", "audit-link-create"),
    ("token.create", "audit-token-create"),
    ("token.revoke", "audit-token-revoke"),
    ("site.add", "audit-site-add"),
    ("site.change", "audit-site-change"),
    ("device.invite", "audit-device-invite"),
    ("device.invite_withdraw", "audit-device-invite-withdraw"),
    ("device.join", "audit-device-join"),
    ("device.add", "audit-device-add"),
    ("device.reset", "audit-device-reset"),
    ("device.renew", "audit-device-renew"),
    ("device.certificate_proven", "audit-device-certificate-proven"),
    ("device.revoke", "audit-device-revoke"),
    ("backup.create", "audit-backup-create"),
    ("backup.restore", "audit-backup-restore"),
    ("keys.export", "audit-keys-export"),
    ("retention.run", "audit-retention-run"),
];

/// An action in words.
pub(super) fn in_words(words: Words<'_>, action: &str) -> Option<String> {
    ACTIONS.iter().find(|(code, _)| *code == action).map(|(_, id)| words.say(id))
}

/// All actions to choose from.
pub(super) fn choices(words: Words<'_>, chosen: &str) -> Vec<Choice> {
    let choice = |(code, id): &(&str, &str)| Choice {
        id: (*code).to_owned(),
        name: words.say(id),
        chosen: *code == chosen,
    };
    ACTIONS.iter().map(choice).collect()
}
