#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "exec/rows.h"
#include "exec/running.h"

namespace exec {

/// Columns of SHOW in their order. Source: streams-tasks-sql.md 6.1.
namespace layout {
inline constexpr std::string_view kDatabases =
    "created_on:ltz name is_default is_current origin owner comment options retention_time kind owner_role_type "
    "object_visibility data_quality_monitoring_settings "
    "resharing_settings";
inline constexpr std::string_view kSchemas =
    "created_on:ltz name is_default is_current database_name owner comment options retention_time owner_role_type "
    "classification_profile_database "
    "classification_profile_schema classification_profile object_visibility is_nested";
inline constexpr std::string_view kRoles =
    "created_on:ltz name is_default is_current is_inherited assigned_to_users:number granted_to_roles:number "
    "granted_roles:number owner comment "
    "is_from_organization_user_group";
inline constexpr std::string_view kUsers =
    "name created_on:ltz login_name display_name first_name last_name email mins_to_unlock days_to_expiry comment "
    "disabled must_change_password snowflake_lock "
    "default_warehouse default_namespace default_role default_secondary_roles ext_authn_duo ext_authn_uid "
    "mins_to_bypass_mfa owner last_success_login:ltz "
    "expires_at_time:ltz locked_until_time:ltz has_password has_rsa_public_key type has_mfa has_pat "
    "has_workload_identity is_from_organization_user";
inline constexpr std::string_view kWarehouses =
    "name state type size min_cluster_count:number max_cluster_count:number started_clusters:number running:number "
    "queued:number is_default is_current auto_suspend "
    "auto_resume available provisioning quiescing other created_on:ltz resumed_on:ltz updated_on:ltz owner comment "
    "enable_query_acceleration "
    "query_acceleration_max_scale_factor:number resource_monitor actives:number pendings:number failed:number "
    "suspended:number uuid scaling_policy owner_role_type "
    "resource_constraint generation query_throughput_multiplier max_query_performance_level disabled_reasons tables";
inline constexpr std::string_view kIntegrations = "name type category enabled comment created_on:ltz";
inline constexpr std::string_view kParameters = "key value default level description type";
inline constexpr std::string_view kTerse = "created_on:ltz name kind database_name schema_name";
}  // namespace layout

/// How SHOW lists one kind of schema object.
struct Listing {
  std::vector<catalog::ObjectKind> kinds;
  std::string_view columns, terse;
  base::Status (*add)(Running&, const catalog::Record&, Rows&, bool terse);
};
/// By the plural that SHOW names: "TABLES", "FILE FORMATS".
std::optional<Listing> listing_of(std::string_view plural);

/// {"type":"FIXED","precision":38,...}: the data_type of SHOW COLUMNS.
std::string data_type_json(const catalog::LogicalType& type, bool nullable);

}  // namespace exec
