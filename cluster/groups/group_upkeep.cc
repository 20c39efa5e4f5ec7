#include "cluster/groups/group_upkeep.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "cluster/groups/group_records.h"
#include "wire/base/log.h"

namespace cluster::groups {
namespace {

using coordinator::View;
using wire::ErrorCode;

// About a millisecond of work each.
constexpr int kGroupsPerSlice = 256;
constexpr int kRowsPerSlice = 2'048;
// A batch of tombstones stays below any sensible max.message.bytes.
constexpr size_t kRecordsPerWrite = 2'048;

}  // namespace

void GroupUpkeep::next_turn(const char* name, wire::Callback<void()> action) {
  parts_.timers.schedule(name, 0, [this, action = std::move(action)]() mutable {
    coordinator::Outbox::Turn turn(parts_.outbox);
    action();
  });
}

void GroupUpkeep::start() {
  restore_slice(std::nullopt);
  schedule_expiry();
}

// Members that died with the last coordinator must be found out, so every group that has members is
// brought back.
void GroupUpkeep::restore_slice(std::optional<std::string> after) {
  for (int i = 0; i < kGroupsPerSlice; ++i) {
    after = parts_.groups.next_group_with_record(after);
    if (!after) return;
    bool has_members = false;
    parts_.groups.peek(*after,
                       [&](const ClassicGroup& group) { has_members = !group.members().empty(); });
    if (has_members) parts_.groups.find(*after);
  }
  next_turn("restore groups", [this, after = std::move(after)] { restore_slice(after); });
}

void GroupUpkeep::schedule_expiry() {
  parts_.timers.schedule("expire offsets", parts_.options.offsets_retention_check_interval_ms,
                         [this] {
                           coordinator::Outbox::Turn turn(parts_.outbox);
                           schedule_expiry();
                           expire_slice(Pass::kGroupsWithOffsets, std::nullopt);
                         });
}

void GroupUpkeep::expire_slice(Pass pass, std::optional<std::string> after) {
  std::vector<coordinator::Record> records;
  std::vector<std::string> gone;
  bool finished = false;
  for (int i = 0; i < kGroupsPerSlice && records.size() < kRecordsPerWrite; ++i) {
    after = pass == Pass::kGroupsWithOffsets ? parts_.groups.next_group_with_offsets(after)
                                             : parts_.groups.next_group_with_record(after);
    if (after) {
      expire_group(*after, records, gone);
      continue;
    }
    // The second pass begins on the next turn: what this one deletes must be seen as deleted by
    // then.
    finished = pass == Pass::kGroupsWithRecords;
    pass = Pass::kGroupsWithRecords;
    break;
  }
  if (!records.empty()) {
    wire::log::info("offsets partition {}: {} tombstones for expired offsets and {} groups",
                    parts_.runtime.partition(), records.size() - gone.size(), gone.size());
    if (!write(std::move(records))) return;
    for (const std::string& group_id : gone) parts_.groups.erase(group_id);
  }
  if (finished) return drop_idle_objects();
  next_turn("expire slice", [this, pass, after = std::move(after)] { expire_slice(pass, after); });
}

void GroupUpkeep::expire_group(const std::string& group_id,
                               std::vector<coordinator::Record>& records,
                               std::vector<std::string>& gone) const {
  parts_.groups.peek(group_id, [&](const ClassicGroup& group) {
    const bool none_left = parts_.offsets.add_expired(group, records);
    if (!none_left || !group.is_in(ClassicState::kEmpty) || group.has_pending_joins()) return;
    records.push_back(group_tombstone(group_id));
    gone.push_back(group_id);
  });
}

void GroupUpkeep::drop_idle_objects() {
  parts_.groups.drop_unwritten();
  for (const std::string& id : parts_.groups.ids_in_use()) {
    const ClassicGroup* group = parts_.groups.find_in_use(id);
    if (group->durable() && group->is_in(ClassicState::kEmpty) && group->members().empty() &&
        !group->has_pending_joins()) {
      parts_.groups.erase(id);
    }
  }
}

void GroupUpkeep::on_topics_deleted(std::vector<DeletedTopic> topics) {
  std::vector<coordinator::Record> records;
  // A transaction that is still open must not bring back what is forgotten.
  for (const std::string& pending :
       parts_.runtime.state().keys_in_open_transactions(offset_key_prefix())) {
    const std::optional<OffsetKey> key = parse_offset_key(pending);
    const bool is_deleted =
        key && std::any_of(topics.begin(), topics.end(),
                           [&](const auto& topic) { return topic.name == key->topic; });
    if (is_deleted) records.push_back(offset_tombstone(key->group, key->topic, key->partition));
  }
  write(std::move(records));
  forget_slice(std::move(topics), offset_key_prefix());
}

void GroupUpkeep::forget_slice(std::vector<DeletedTopic> topics, std::string from_key) {
  std::vector<coordinator::Record> records;
  const std::string prefix = offset_key_prefix();
  coordinator::MaterializedState::Walk walk = parts_.runtime.state().walk(View::kLatest);
  walk.seek(from_key);
  for (int i = 0; i < kRowsPerSlice; ++i, walk.next()) {
    if (!walk.valid() || !walk.key().starts_with(prefix)) {
      write(std::move(records));
      return;
    }
    const std::optional<OffsetKey> key = parse_offset_key(walk.key());
    if (!key) continue;
    for (const DeletedTopic& topic : topics) {
      if (key->topic != topic.name) continue;
      const std::optional<CommittedOffset> committed = parse_offset_value(walk.value());
      // A commit to the topic of that name that came after it stays.
      if (committed && (committed->topic_id.is_zero() || committed->topic_id == topic.id)) {
        records.push_back(offset_tombstone(key->group, key->topic, key->partition));
      }
    }
  }
  std::string next_key = walk.valid() ? std::string(walk.key()) : key_behind(prefix);
  write(std::move(records));
  // A name of its own for each walk: two deletions may be under way.
  const std::string name = "forget " + topics.front().id.to_string();
  next_turn(name.c_str(), [this, topics = std::move(topics), next_key = std::move(next_key)] {
    forget_slice(topics, next_key);
  });
}

bool GroupUpkeep::write(std::vector<coordinator::Record> records) {
  for (size_t begin = 0; begin < records.size(); begin += kRecordsPerWrite) {
    const size_t end = std::min(begin + kRecordsPerWrite, records.size());
    std::vector<coordinator::Record> part(
        std::make_move_iterator(records.begin() + static_cast<ptrdiff_t>(begin)),
        std::make_move_iterator(records.begin() + static_cast<ptrdiff_t>(end)));
    if (!parts_.runtime.write(std::move(part), [](ErrorCode) {})) return false;
  }
  return true;
}

}  // namespace cluster::groups
