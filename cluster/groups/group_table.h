// The groups of one coordinator partition: those in use as objects, the rest as rows until somebody
// asks.
//
// A group exists if it has a record, or a committed offset (a simple consumer's group is nothing
// but offsets).  Objects are made on first use, so a coordinator with a million offsets starts
// without reading them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "cluster/coordinator/materialized_state.h"
#include "cluster/coordinator/string_map.h"
#include "cluster/groups/classic_group.h"
#include "wire/base/callback.h"
#include "wire/base/clock.h"
#include "wire/base/types.h"

namespace cluster::groups {

class GroupTable {
 public:
  // `on_restored`: a group with members has come back from its record.  REQUIRES: clock and state
  // outlive this.
  GroupTable(const wire::Clock& clock, const coordinator::MaterializedState& state,
             wire::Callback<void(ClassicGroup&)> on_restored);

  // The group as it is now, what is not committed yet included; null if there is none.
  ClassicGroup* find(std::string_view group_id);
  // The same, without looking at the rows.
  ClassicGroup* find_in_use(std::string_view group_id);
  // REQUIRES: find() was null.
  ClassicGroup& create(std::string_view group_id);
  // Forgets the object; the rows stay what they are.
  void erase(std::string_view group_id);
  void clear();

  // A commit of nothing has made a group that has no record.  As in Kafka's timeline, others see it
  // when anything that was written behind `written_end` is committed; it lives until the next expiry.
  void keep_unwritten(std::string_view group_id, wire::Offset written_end);
  void on_high_watermark(wire::Offset high_watermark);
  void drop_unwritten();

  // Shows the group as others may see it (its creation is committed).  False if there is none.
  bool view(std::string_view group_id, absl::FunctionRef<void(const ClassicGroup&)> show) const;
  // Shows the group as it is now, without keeping an object for it.  False if there is none.
  bool peek(std::string_view group_id, absl::FunctionRef<void(const ClassicGroup&)> show) const;
  // Every group that view() would show, each once.
  std::vector<std::string> visible_ids() const;
  std::vector<std::string> ids_in_use() const;

  // The group of the first offset row, or group row, behind those of `after`, as latest; for walks
  // in steps.
  std::optional<std::string> next_group_with_offsets(const std::optional<std::string>& after) const;
  std::optional<std::string> next_group_with_record(const std::optional<std::string>& after) const;

 private:
  std::optional<ClassicGroup> restore(coordinator::View view, std::string_view group_id) const;
  bool has_offsets(coordinator::View view, std::string_view group_id) const;

  const wire::Clock& clock_;
  const coordinator::MaterializedState& state_;
  wire::Callback<void(ClassicGroup&)> on_restored_;
  coordinator::StringMap<std::unique_ptr<ClassicGroup>> groups_;
  coordinator::StringMap<wire::Offset> unwritten_;  // group -> what was written when it was made
};

}  // namespace cluster::groups
