#include "cluster/transactions/transaction_records.h"

#include <map>
#include <utility>
#include <vector>

#include "wire/base/log.h"
#include "wire/coordinator/transaction_log.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace cluster::transactions {
namespace {

constexpr int16_t kTransactionLogType = 0;
constexpr int16_t kClassicValueVersion = 0;
constexpr int16_t kFlexibleValueVersion = 1;

template <typename Message>
wire::Bytes encode_prefixed(int16_t prefix, const Message& message, int16_t version) {
  wire::Writer writer;
  writer.write(prefix);
  message.encode(writer, version);
  return writer.take_contiguous();
}

template <typename Message>
std::optional<Message> decode_behind_prefix(std::string_view bytes, int16_t version) {
  wire::Reader reader(wire::Bytes::copy(bytes.substr(sizeof(int16_t))));
  Message message;
  message.decode(reader, version);
  if (!reader.ok()) return std::nullopt;
  return message;
}

bool is_known_value_version(std::string_view value) {
  const std::optional<int16_t> version = coordinator::leading_int16(value);
  return version && *version >= wire::TransactionLogValue::kMinVersion &&
         *version <= wire::TransactionLogValue::kMaxVersion;
}

}  // namespace

std::string transaction_key(std::string_view transactional_id) {
  wire::TransactionLogKey key;
  key.transactional_id = transactional_id;
  return std::string(encode_prefixed(kTransactionLogType, key, 0).view());
}

coordinator::Record transaction_record(std::string_view transactional_id,
                                       const TransactionMetadata& metadata,
                                       int16_t transaction_version) {
  wire::TransactionLogValue value;
  value.producer_id = metadata.producer_id;
  value.producer_epoch = metadata.producer_epoch;
  value.transaction_timeout_ms = metadata.timeout_ms;
  value.transaction_status = static_cast<int8_t>(metadata.state);
  value.transaction_last_update_timestamp_ms = metadata.last_update_ms;
  value.transaction_start_timestamp_ms = metadata.start_ms;
  value.transaction_partitions = std::nullopt;
  if (metadata.state != TransactionState::kEmpty) {
    auto& topics = value.transaction_partitions.emplace();
    for (const TopicPartition& partition : metadata.partitions) {
      if (topics.empty() || topics.back().topic != partition.topic) {
        topics.emplace_back().topic = partition.topic;
      }
      topics.back().partition_ids.push_back(partition.partition);
    }
  }
  int16_t version = kClassicValueVersion;
  if (transaction_version >= kFlexibleRecordsVersion) {
    version = kFlexibleValueVersion;
    value.previous_producer_id = metadata.previous_producer_id;
    value.next_producer_id = metadata.next_producer_id;
    value.client_transaction_version = metadata.client_version;
  }
  return {wire::Bytes::adopt(transaction_key(transactional_id)),
          encode_prefixed(version, value, version)};
}

coordinator::Record transaction_tombstone(std::string_view transactional_id) {
  return {wire::Bytes::adopt(transaction_key(transactional_id)), std::nullopt};
}

std::optional<std::string> parse_transaction_key(std::string_view key) {
  if (coordinator::leading_int16(key) != kTransactionLogType) return std::nullopt;
  auto parsed = decode_behind_prefix<wire::TransactionLogKey>(key, 0);
  // Two keys for one id would be two rows.
  if (!parsed || transaction_key(parsed->transactional_id) != key) return std::nullopt;
  return std::move(parsed->transactional_id);
}

std::optional<TransactionMetadata> parse_transaction_value(std::string_view bytes) {
  if (!is_known_value_version(bytes)) return std::nullopt;
  const auto value =
      decode_behind_prefix<wire::TransactionLogValue>(bytes, *coordinator::leading_int16(bytes));
  if (!value) return std::nullopt;
  const std::optional<TransactionState> state = state_of(value->transaction_status);
  if (!state || *state == TransactionState::kDead ||
      *state == TransactionState::kPrepareEpochFence) {
    return std::nullopt;
  }
  if (value->producer_id < 0 || value->producer_epoch < 0) return std::nullopt;
  TransactionMetadata metadata;
  metadata.producer_id = value->producer_id;
  metadata.previous_producer_id = value->previous_producer_id;
  metadata.next_producer_id = value->next_producer_id;
  metadata.producer_epoch = value->producer_epoch;
  metadata.timeout_ms = value->transaction_timeout_ms;
  metadata.state = *state;
  metadata.start_ms = value->transaction_start_timestamp_ms;
  metadata.last_update_ms = value->transaction_last_update_timestamp_ms;
  metadata.client_version = value->client_transaction_version;
  if (*state == TransactionState::kEmpty) return metadata;
  if (!value->transaction_partitions) return std::nullopt;
  for (const auto& topic : *value->transaction_partitions) {
    for (const int32_t partition : topic.partition_ids) {
      metadata.partitions.insert({topic.topic, partition});
    }
  }
  return metadata;
}

coordinator::PartitionRuntime::Verdict inspect_record(coordinator::Record& record) {
  using Verdict = coordinator::PartitionRuntime::Verdict;
  const std::optional<int16_t> type = coordinator::leading_int16(record.key.view());
  if (!type) return Verdict::kRefuse;
  if (*type != kTransactionLogType) {
    wire::log::warn("a record of the unknown type {} in the transaction log is skipped", *type);
    return Verdict::kSkip;
  }
  if (!parse_transaction_key(record.key.view())) return Verdict::kRefuse;
  if (!record.value) return Verdict::kTake;
  const std::optional<int16_t> version = coordinator::leading_int16(record.value->view());
  if (!version) return Verdict::kRefuse;
  if (!is_known_value_version(record.value->view())) {
    wire::log::warn("a transaction log value of the unknown version {} is skipped", *version);
    return Verdict::kSkip;
  }
  return parse_transaction_value(record.value->view()) ? Verdict::kTake : Verdict::kRefuse;
}

}  // namespace cluster::transactions
