// The table put together from its files, and looked up by name.
#include <algorithm>
#include <array>
#include <vector>

#include "cluster/config/config_def.h"
#include "cluster/config/config_rows.h"
#include "wire/base/check.h"

namespace cluster::config {
namespace {

using Rows = std::vector<const ConfigDef*>;

constexpr size_t kScopes = 4;
// A name further from every known one than this is no slip of the keyboard.
constexpr size_t kLargestSlip = 4;

void add(Rows& rows, std::span<const ConfigDef> group) {
  for (const ConfigDef& row : group) rows.push_back(&row);
}

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end(),
            [](const ConfigDef* a, const ConfigDef* b) { return a->name < b->name; });
  const auto twice =
      std::adjacent_find(rows.begin(), rows.end(),
                         [](const ConfigDef* a, const ConfigDef* b) { return a->name == b->name; });
  CHECK(twice == rows.end());
  return rows;
}

Rows broker_table() {
  Rows rows;
  for (const auto group :
       {broker_network_rows, broker_log_rows, broker_topics_rows, broker_groups_rows,
        broker_transactions_rows, broker_quorum_rows, broker_replication_rows, broker_metrics_rows,
        broker_security_rows, broker_sasl_rows, broker_ssl_rows, broker_share_groups_rows,
        broker_remote_log_rows, odradek_rows}) {
    add(rows, group());
  }
  return sorted(std::move(rows));
}

Rows table_of(std::span<const ConfigDef> group) {
  Rows rows;
  add(rows, group);
  return sorted(std::move(rows));
}

const Rows& table(Scope scope) {
  static const std::array<Rows, kScopes> kTables = {broker_table(), table_of(topic_rows()),
                                                    table_of(group_rows()),
                                                    table_of(client_metrics_rows())};
  return kTables[static_cast<size_t>(scope)];
}

const ConfigDef* find_exactly(Scope scope, std::string_view name) {
  const Rows& rows = table(scope);
  const auto found = std::lower_bound(
      rows.begin(), rows.end(), name,
      [](const ConfigDef* row, std::string_view wanted) { return row->name < wanted; });
  return found != rows.end() && (*found)->name == name ? *found : nullptr;
}

// listener.name.<listener>.<property>, or listener.name.<listener>.<sasl mechanism>.<property>.
const ConfigDef* find_for_listener(std::string_view name) {
  constexpr std::string_view kPrefix = "listener.name.";
  if (!name.starts_with(kPrefix)) return nullptr;
  const size_t dot = name.find('.', kPrefix.size());
  if (dot == std::string_view::npos) return nullptr;
  const std::string_view property = name.substr(dot + 1);
  if (const ConfigDef* row = find_exactly(Scope::kBroker, property)) return row;
  const size_t next = property.find('.');
  if (next == std::string_view::npos) return nullptr;
  return find_exactly(Scope::kBroker, property.substr(next + 1));
}

// Levenshtein's distance.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] =
          std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? size_t{0} : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::span<const ConfigDef* const> configs(Scope scope) {
  return table(scope);
}

const ConfigDef* find_config(Scope scope, std::string_view name) {
  if (const ConfigDef* row = find_exactly(scope, name)) return row;
  return scope == Scope::kBroker ? find_for_listener(name) : nullptr;
}

std::optional<std::string_view> nearest_config(Scope scope, std::string_view name) {
  std::optional<std::string_view> nearest;
  size_t best = std::min(kLargestSlip, name.size() / 2) + 1;
  for (const ConfigDef* row : table(scope)) {
    const size_t distance = edit_distance(name, row->name);
    if (distance < best) {
      best = distance;
      nearest = row->name;
    }
  }
  return nearest;
}

}  // namespace cluster::config
