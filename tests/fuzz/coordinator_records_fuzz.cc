// The keys and values of `__consumer_offsets` and `__transaction_state`: read from a log that any
// broker, or a broken disk, may have written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "cluster/groups/classic_group.h"
#include "cluster/groups/group_records.h"
#include "cluster/transactions/transaction_records.h"

using namespace cluster::groups;  // NOLINT: a program of one function
namespace transactions = cluster::transactions;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // The first byte says where the key ends.
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t key_size = bytes.empty() ? 0 : data[0] % (bytes.size() + 1);
  const std::string_view key = bytes.substr(0, key_size);
  const std::string_view value = bytes.substr(key_size);

  if (const auto offset = parse_offset_key(key)) {
    // What parses is what would be written, but for keys of the old type.
    const std::string written = offset_key(offset->group, offset->topic, offset->partition);
    if (written.substr(2) != key.substr(2)) std::abort();
  }
  if (const auto group = parse_group_key(key)) {
    if (group_key(*group) != key) std::abort();
  }
  if (const auto committed = parse_offset_value(value)) {
    const auto record = offset_record("group", "topic", 0, *committed);
    const auto again = parse_offset_value(record.value->view());
    if (!again || again->offset != committed->offset) std::abort();
  }
  if (const auto stored = parse_group_value(value)) {
    const ClassicGroup group("group", *stored);
    (void)group.is_subscribed_to("topic");
    (void)group.to_record(nullptr);
  }
  if (const auto id = transactions::parse_transaction_key(key)) {
    if (transactions::transaction_key(*id) != key) std::abort();
  }
  if (const auto metadata = transactions::parse_transaction_value(value)) {
    const auto written = transactions::transaction_record("id", *metadata, 2);
    if (transactions::parse_transaction_value(written.value->view()) != metadata) std::abort();
  }
  cluster::coordinator::Record record{wire::Bytes::copy(key), wire::Bytes::copy(value)};
  (void)inspect_record(record);
  (void)transactions::inspect_record(record);
  return 0;
}
