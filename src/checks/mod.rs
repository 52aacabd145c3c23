//! Every built-in check, in the order of reports. A check is one file here and one card in `controls/checks/`.

mod agent_changes_approved_in_period;
mod air_gap_closes_public_routes;
mod air_gap_declared;
mod api_endpoint_not_redirected;
mod audit_log_appendable_by_hook_user;
mod audit_log_current_and_continuous;
mod audit_log_path_declared;
mod audit_log_protected_from_users;
mod audit_log_reaches_storage;
mod audit_log_readers_limited;
mod audit_logs_forwarded_off_host;
mod auto_mode_locked_off;
mod bypass_mode_locked_off;
mod bypass_mode_set_nowhere;
mod changes_approved_by_another_in_period;
mod changes_listed_completely_in_period;
mod changes_reference_a_ticket_in_period;
mod changes_signed_by_trusted_keys_in_period;
mod commit_attribution_kept;
mod commit_message_hook_declared;
mod commit_message_hook_in_force;
mod commit_message_hook_refuses_bad_messages;
mod compliance_documents_current;
mod control_changes_approved_in_period;
mod cost_metrics_exported;
mod cost_tracking_declared;
mod credential_access_blocked;
mod credential_files_denied_by_rule;
mod credential_hook_covers_every_tool;
mod credential_hook_declared;
mod credential_hook_fails_closed;
mod credential_hook_managed;
mod credential_hook_script_protected;
mod credential_reads_blocked;
mod credential_source_is_dynamic;
mod credentials_file_private;
mod credentials_refused_before_push;
mod declared_retention_has_a_mechanism;
mod denied_tools_have_no_open_twin;
mod deny_list_names_destructive_commands;
mod deny_rules_stop_destructive_commands;
mod destructive_commands_blocked;
mod direct_egress_restricted;
mod earlier_log_bytes_unchanged;
mod effective_mode_non_permissive;
mod enforcement_not_impaired;
mod every_known_call_is_in_the_log;
mod file_change_log_declared;
mod file_changes_logged_in_period;
mod file_changes_recorded;
mod files_outside_project_ask_first;
mod forensic_search_declared;
mod forensic_search_hides_its_pattern;
mod helper_programs_protected;
mod hooks_locked_to_managed;
mod incident_records_outlive_rotation;
mod incident_register_complete;
mod incident_script_declared;
mod incident_script_leaves_a_record;
mod installed_client_has_no_known_flaws;
mod log_rotation_declared;
mod log_times_in_order;
mod log_users_known_to_roster;
mod log_writable_after_rotation;
mod login_events_exported;
mod login_events_recorded_in_period;
mod login_method_declared;
mod login_restricted_by_managed_settings;
mod login_tracking_declared;
mod managed_files_writable_by_administrators_only;
mod managed_hooks_cannot_be_taken_over;
mod managed_memory_present;
mod managed_settings_declared;
mod managed_settings_read_by_client;
mod managed_settings_well_formed;
mod mcp_allowlist_by_url_or_command;
mod mcp_launch_commands_pinned;
mod mcp_project_servers_need_approval;
mod mcp_restriction_declared;
mod mcp_restrictions_not_inert;
mod mcp_servers_in_register;
mod mcp_servers_locked_to_managed;
mod mcp_urls_use_tls;
mod minimum_client_version_required;
mod model_choice_locked;
mod model_pin_declared;
mod no_allow_rule_grants_arbitrary_code;
mod no_ask_rule_is_dead;
mod no_bypass_sessions_in_period;
mod no_credential_file_read_in_period;
mod no_deny_rule_is_dead;
mod no_destructive_command_succeeded_in_period;
mod no_direct_push_in_period;
mod no_hook_is_inert;
mod no_hook_script_has_known_faults;
mod no_inert_environment_names;
mod no_inert_files;
mod no_inert_keys_in_settings;
mod no_launcher_skips_permissions;
mod no_literal_secrets_in_mcp_files;
mod no_literal_secrets_in_scripts;
mod no_literal_secrets_in_settings;
mod no_managed_source_is_shadowed;
mod no_secret_added_in_period;
mod oldest_record_reaches_back_ninety_days;
mod permission_mode_declared;
mod permission_rules_locked_to_managed;
mod phi_egress_blocked;
mod phi_guard_declared;
mod phi_output_redacted;
mod phi_sanitizer_declared;
mod pii_detector_declared;
mod pii_inputs_confirmed;
mod pre_commit_hook_declared;
mod pre_commit_hook_in_force;
mod pre_commit_rejects_credentials;
mod pre_push_hook_declared;
mod pre_push_hook_in_force;
mod pre_push_hook_refuses_protected_branches;
mod provider_credentials_short_lived;
mod proxy_declared;
mod proxy_exceptions_are_narrow;
mod proxy_read_by_client;
mod repository_history_complete;
mod retention_bounds_can_be_met;
mod retention_schedule_declared;
mod retention_within_bounds;
mod role_rules_declared;
mod rotation_keeps_ninety_days;
mod rotation_scripts_exist;
mod secrets_manager_declared;
mod server_managed_settings_fail_closed;
mod sessions_ran_on_sound_versions;
mod settings_not_loosened_in_period;
mod tls_checks_on;
mod tool_calls_recorded_by_hook;
mod tool_calls_recorded_in_period;
mod tool_logging_covers_failures_and_denials;
mod tool_logging_hook_declared;
mod tool_logging_managed;
mod transcript_retention_managed;
mod unusual_usage_could_be_noticed;
mod users_match_assigned_profile;
mod windows_policy_declared;
mod windows_policy_read_by_client;

use crate::{
    facts::Facts,
    model::{CheckId, Judgement},
};

/// A claim that can be judged from facts.
pub struct Check {
    name: &'static str,
    pub judge: fn(&Facts<'_>) -> Judgement,
}

impl Check {
    /// The check's id: the name of its file.
    pub fn id(&self) -> CheckId {
        CheckId::parse(self.name).expect("check files are named like check ids")
    }
}

macro_rules! checks {
    ($($name:ident),+ $(,)?) => {
        /// Every check.
        pub static ALL: &[Check] = &[$(Check {
            name: stringify!($name),
            judge: $name::judge,
        }),+];
    };
}

checks!(
    agent_changes_approved_in_period,
    air_gap_closes_public_routes,
    air_gap_declared,
    api_endpoint_not_redirected,
    audit_log_appendable_by_hook_user,
    audit_log_current_and_continuous,
    audit_log_path_declared,
    audit_log_protected_from_users,
    audit_log_reaches_storage,
    audit_log_readers_limited,
    audit_logs_forwarded_off_host,
    auto_mode_locked_off,
    bypass_mode_locked_off,
    bypass_mode_set_nowhere,
    changes_approved_by_another_in_period,
    changes_listed_completely_in_period,
    changes_reference_a_ticket_in_period,
    changes_signed_by_trusted_keys_in_period,
    commit_attribution_kept,
    commit_message_hook_declared,
    commit_message_hook_in_force,
    commit_message_hook_refuses_bad_messages,
    compliance_documents_current,
    control_changes_approved_in_period,
    cost_metrics_exported,
    cost_tracking_declared,
    credential_access_blocked,
    credential_files_denied_by_rule,
    credential_hook_covers_every_tool,
    credential_hook_declared,
    credential_hook_fails_closed,
    credential_hook_managed,
    credential_hook_script_protected,
    credential_reads_blocked,
    credential_source_is_dynamic,
    credentials_refused_before_push,
    credentials_file_private,
    declared_retention_has_a_mechanism,
    denied_tools_have_no_open_twin,
    deny_list_names_destructive_commands,
    deny_rules_stop_destructive_commands,
    destructive_commands_blocked,
    direct_egress_restricted,
    earlier_log_bytes_unchanged,
    effective_mode_non_permissive,
    enforcement_not_impaired,
    every_known_call_is_in_the_log,
    file_change_log_declared,
    file_changes_logged_in_period,
    file_changes_recorded,
    files_outside_project_ask_first,
    forensic_search_declared,
    forensic_search_hides_its_pattern,
    helper_programs_protected,
    hooks_locked_to_managed,
    incident_records_outlive_rotation,
    incident_register_complete,
    incident_script_declared,
    incident_script_leaves_a_record,
    installed_client_has_no_known_flaws,
    log_rotation_declared,
    log_times_in_order,
    log_users_known_to_roster,
    log_writable_after_rotation,
    login_events_exported,
    login_events_recorded_in_period,
    login_method_declared,
    login_restricted_by_managed_settings,
    login_tracking_declared,
    managed_files_writable_by_administrators_only,
    managed_hooks_cannot_be_taken_over,
    managed_memory_present,
    managed_settings_declared,
    managed_settings_read_by_client,
    managed_settings_well_formed,
    mcp_allowlist_by_url_or_command,
    mcp_launch_commands_pinned,
    mcp_project_servers_need_approval,
    mcp_restriction_declared,
    mcp_restrictions_not_inert,
    mcp_servers_in_register,
    mcp_servers_locked_to_managed,
    mcp_urls_use_tls,
    minimum_client_version_required,
    model_choice_locked,
    model_pin_declared,
    no_allow_rule_grants_arbitrary_code,
    no_ask_rule_is_dead,
    no_bypass_sessions_in_period,
    no_credential_file_read_in_period,
    no_deny_rule_is_dead,
    no_destructive_command_succeeded_in_period,
    no_direct_push_in_period,
    no_hook_is_inert,
    no_hook_script_has_known_faults,
    no_inert_environment_names,
    no_inert_files,
    no_inert_keys_in_settings,
    no_launcher_skips_permissions,
    no_literal_secrets_in_mcp_files,
    no_literal_secrets_in_scripts,
    no_literal_secrets_in_settings,
    no_managed_source_is_shadowed,
    no_secret_added_in_period,
    oldest_record_reaches_back_ninety_days,
    permission_mode_declared,
    permission_rules_locked_to_managed,
    phi_egress_blocked,
    phi_guard_declared,
    phi_output_redacted,
    phi_sanitizer_declared,
    pii_detector_declared,
    pii_inputs_confirmed,
    pre_commit_hook_declared,
    pre_commit_hook_in_force,
    pre_commit_rejects_credentials,
    pre_push_hook_declared,
    pre_push_hook_in_force,
    pre_push_hook_refuses_protected_branches,
    provider_credentials_short_lived,
    proxy_declared,
    proxy_exceptions_are_narrow,
    proxy_read_by_client,
    repository_history_complete,
    retention_bounds_can_be_met,
    retention_schedule_declared,
    retention_within_bounds,
    role_rules_declared,
    rotation_keeps_ninety_days,
    rotation_scripts_exist,
    secrets_manager_declared,
    server_managed_settings_fail_closed,
    sessions_ran_on_sound_versions,
    settings_not_loosened_in_period,
    tls_checks_on,
    tool_calls_recorded_by_hook,
    tool_calls_recorded_in_period,
    tool_logging_covers_failures_and_denials,
    tool_logging_hook_declared,
    tool_logging_managed,
    transcript_retention_managed,
    unusual_usage_could_be_noticed,
    users_match_assigned_profile,
    windows_policy_declared,
    windows_policy_read_by_client,
);
