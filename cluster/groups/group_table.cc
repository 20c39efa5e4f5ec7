#include "cluster/groups/group_table.h"

#include <set>
#include <utility>

#include "cluster/groups/group_records.h"
#include "wire/base/check.h"

namespace cluster::groups {

using coordinator::View;

GroupTable::GroupTable(const wire::Clock& clock, const coordinator::MaterializedState& state,
                       wire::Callback<void(ClassicGroup&)> on_restored)
    : clock_(clock), state_(state), on_restored_(std::move(on_restored)) {}

bool GroupTable::has_offsets(View view, std::string_view group_id) const {
  const std::string prefix = offset_key_prefix(group_id);
  coordinator::MaterializedState::Walk walk = state_.walk(view);
  walk.seek(prefix);
  return walk.valid() && walk.key().starts_with(prefix);
}

std::optional<ClassicGroup> GroupTable::restore(View view, std::string_view group_id) const {
  if (const std::optional<std::string> row = state_.get(view, group_key(group_id))) {
    if (const auto value = parse_group_value(*row)) {
      return ClassicGroup(std::string(group_id), *value);
    }
  }
  if (!has_offsets(view, group_id) &&
      state_.keys_in_open_transactions(offset_key_prefix(group_id)).empty()) {
    return std::nullopt;
  }
  ClassicGroup simple(std::string(group_id), clock_.wall_ms());
  simple.set_durable();
  return simple;
}

ClassicGroup* GroupTable::find_in_use(std::string_view group_id) {
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? nullptr : found->second.get();
}

ClassicGroup* GroupTable::find(std::string_view group_id) {
  if (ClassicGroup* group = find_in_use(group_id)) return group;
  std::optional<ClassicGroup> restored = restore(View::kLatest, group_id);
  if (!restored) return nullptr;
  ClassicGroup* group =
      groups_.emplace(std::string(group_id), std::make_unique<ClassicGroup>(std::move(*restored)))
          .first->second.get();
  if (!group->members().empty()) on_restored_(*group);
  return group;
}

ClassicGroup& GroupTable::create(std::string_view group_id) {
  const auto [added, is_new] =
      groups_.emplace(std::string(group_id),
                      std::make_unique<ClassicGroup>(std::string(group_id), clock_.wall_ms()));
  CHECK(is_new);
  return *added->second;
}

void GroupTable::erase(std::string_view group_id) {
  groups_.erase(group_id);
  unwritten_.erase(group_id);
}

void GroupTable::clear() {
  groups_.clear();
  unwritten_.clear();
}

void GroupTable::keep_unwritten(std::string_view group_id, wire::Offset written_end) {
  unwritten_.try_emplace(std::string(group_id), written_end);
}

void GroupTable::on_high_watermark(wire::Offset high_watermark) {
  for (auto it = unwritten_.begin(); it != unwritten_.end();) {
    if (it->second >= high_watermark) {
      ++it;
      continue;
    }
    if (ClassicGroup* group = find_in_use(it->first)) group->set_durable();
    unwritten_.erase(it++);
  }
}

void GroupTable::drop_unwritten() {
  for (const auto& [group_id, end] : std::exchange(unwritten_, {})) {
    const ClassicGroup* group = find_in_use(group_id);
    if (group != nullptr && group->is_unused()) erase(group_id);
  }
}

bool GroupTable::view(std::string_view group_id,
                      absl::FunctionRef<void(const ClassicGroup&)> show) const {
  if (const auto found = groups_.find(group_id); found != groups_.end()) {
    if (!found->second->durable()) return false;
    show(*found->second);
    return true;
  }
  const std::optional<ClassicGroup> restored = restore(View::kCommitted, group_id);
  if (restored) show(*restored);
  return restored.has_value();
}

bool GroupTable::peek(std::string_view group_id,
                      absl::FunctionRef<void(const ClassicGroup&)> show) const {
  if (const auto found = groups_.find(group_id); found != groups_.end()) {
    show(*found->second);
    return true;
  }
  const std::optional<ClassicGroup> restored = restore(View::kLatest, group_id);
  if (restored) show(*restored);
  return restored.has_value();
}

std::vector<std::string> GroupTable::visible_ids() const {
  std::set<std::string> ids;
  coordinator::MaterializedState::Walk walk = state_.walk(View::kCommitted);
  const std::string offsets = offset_key_prefix();
  for (walk.seek(offsets); walk.valid() && walk.key().starts_with(offsets);) {
    const std::optional<OffsetKey> key = parse_offset_key(walk.key());
    if (!key) break;
    ids.insert(key->group);
    walk.seek(key_behind(offset_key_prefix(key->group)));  // the other offsets of the group
  }
  for (const std::string& pending : state_.keys_in_open_transactions(offsets)) {
    if (auto key = parse_offset_key(pending)) ids.insert(std::move(key->group));
  }
  const std::string records = group_key_prefix();
  for (walk.seek(records); walk.valid() && walk.key().starts_with(records); walk.next()) {
    if (auto group = parse_group_key(walk.key())) ids.insert(std::move(*group));
  }
  for (const auto& [id, group] : groups_) {
    if (group->durable()) {
      ids.insert(id);
    } else {
      ids.erase(id);
    }
  }
  return {ids.begin(), ids.end()};
}

std::vector<std::string> GroupTable::ids_in_use() const {
  std::vector<std::string> ids;
  ids.reserve(groups_.size());
  for (const auto& [id, group] : groups_) ids.push_back(id);
  return ids;
}

std::optional<std::string> GroupTable::next_group_with_offsets(
    const std::optional<std::string>& after) const {
  coordinator::MaterializedState::Walk walk = state_.walk(View::kLatest);
  walk.seek(after ? key_behind(offset_key_prefix(*after)) : offset_key_prefix());
  if (!walk.valid()) return std::nullopt;
  std::optional<OffsetKey> key = parse_offset_key(walk.key());
  if (!key) return std::nullopt;
  return std::move(key->group);
}

std::optional<std::string> GroupTable::next_group_with_record(
    const std::optional<std::string>& after) const {
  coordinator::MaterializedState::Walk walk = state_.walk(View::kLatest);
  walk.seek(after ? key_behind(group_key(*after)) : group_key_prefix());
  if (!walk.valid()) return std::nullopt;
  return parse_group_key(walk.key());
}

}  // namespace cluster::groups
