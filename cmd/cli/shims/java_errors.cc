// How Java names and words an error: scripts look for it in what the tools print.
#include <algorithm>

#include "cmd/cli/shims/tool.h"

namespace cli::shims {
namespace {

struct Named {
  wire::ErrorCode code;
  std::string_view name;
};
// The classes whose names are not made of the code's.
constexpr Named kClasses[] = {
    {wire::ErrorCode::kUnknownServerError, "UnknownServer"},
    {wire::ErrorCode::kCorruptMessage, "CorruptRecord"},
    {wire::ErrorCode::kRequestTimedOut, "Timeout"},
    {wire::ErrorCode::kMessageTooLarge, "RecordTooLarge"},
    {wire::ErrorCode::kInvalidTopicException, "InvalidTopic"},
    {wire::ErrorCode::kRecordListTooLarge, "RecordBatchTooLarge"},
    {wire::ErrorCode::kTopicAlreadyExists, "TopicExists"},
    {wire::ErrorCode::kInvalidConfig, "InvalidConfiguration"},
    {wire::ErrorCode::kKafkaStorageError, "KafkaStorage"},
    {wire::ErrorCode::kNonEmptyGroup, "GroupNotEmpty"},
    {wire::ErrorCode::kTopicAuthorizationFailed, "TopicAuthorization"},
    {wire::ErrorCode::kGroupAuthorizationFailed, "GroupAuthorization"},
    {wire::ErrorCode::kClusterAuthorizationFailed, "ClusterAuthorization"},
};

// What Java's clients say where the broker sends a code only.
constexpr Named kMessages[] = {
    {wire::ErrorCode::kUnknownServerError,
     "The server experienced an unexpected error when processing the request."},
    {wire::ErrorCode::kOffsetOutOfRange,
     "The requested offset is not within the range of offsets maintained by the server."},
    {wire::ErrorCode::kUnknownTopicOrPartition, "This server does not host this topic-partition."},
    {wire::ErrorCode::kLeaderNotAvailable,
     "There is no leader for this topic-partition as we are in the middle of a leadership "
     "election."},
    {wire::ErrorCode::kRequestTimedOut, "The request timed out."},
    {wire::ErrorCode::kMessageTooLarge,
     "The request included a message larger than the max message size the server will accept."},
    {wire::ErrorCode::kCoordinatorNotAvailable, "The coordinator is not available."},
    {wire::ErrorCode::kNotCoordinator, "This is not the correct coordinator."},
    {wire::ErrorCode::kInvalidTopicException,
     "The request attempted to perform an operation on an invalid topic."},
    {wire::ErrorCode::kNotEnoughReplicas,
     "Messages are rejected since there are fewer in-sync replicas than required."},
    {wire::ErrorCode::kInvalidGroupId, "The group id is invalid."},
    {wire::ErrorCode::kUnknownMemberId, "The coordinator is not aware of this member."},
    {wire::ErrorCode::kUnsupportedVersion, "The version of API is not supported."},
    {wire::ErrorCode::kTopicAlreadyExists, "Topic with this name already exists."},
    {wire::ErrorCode::kInvalidPartitions, "Number of partitions is below 1."},
    {wire::ErrorCode::kInvalidConfig, "Configuration is invalid."},
    {wire::ErrorCode::kSecurityDisabled, "Security features are disabled."},
    {wire::ErrorCode::kNonEmptyGroup, "The group is not empty."},
    {wire::ErrorCode::kGroupIdNotFound, "The group id does not exist."},
    {wire::ErrorCode::kGroupSubscribedToTopic,
     "Deleting offsets of a topic is forbidden while the consumer group is actively subscribed to "
     "it."},
};

template <size_t kSize>
std::string_view find(const Named (&table)[kSize], wire::ErrorCode code) {
  const auto* found = std::find_if(std::begin(table), std::end(table),
                                   [&](const Named& row) { return row.code == code; });
  return found == std::end(table) ? std::string_view() : found->name;
}

// GROUP_ID_NOT_FOUND -> GroupIdNotFound
std::string camel_case(std::string_view name) {
  std::string text;
  bool begins = true;
  for (const char character : name) {
    if (character == '_') {
      begins = true;
    } else {
      const bool lower = !begins && character >= 'A' && character <= 'Z';
      text += static_cast<char>(lower ? character - 'A' + 'a' : character);
      begins = false;
    }
  }
  return text;
}

}  // namespace

std::string java_class(wire::ErrorCode code) {
  const std::string_view irregular = find(kClasses, code);
  return "org.apache.kafka.common.errors." +
         (irregular.empty() ? camel_case(wire::error_name(code)) : std::string(irregular)) +
         "Exception";
}

std::string java_message(wire::ErrorCode code) {
  const std::string_view known = find(kMessages, code);
  return std::string(known.empty() ? wire::error_message(code) : known);
}

std::string java_message(wire::ErrorCode code, const std::string& broker_message) {
  return broker_message.empty() ? java_message(code) : broker_message;
}

std::string plain_detail(const wire::Error& error) {
  const std::string prefix = std::string(wire::error_name(error.code)) + ": ";
  if (!error.detail.starts_with(prefix)) return error.detail;
  const std::string words = error.detail.substr(prefix.size());
  return words == wire::error_message(error.code) ? java_message(error.code) : words;
}

}  // namespace cli::shims
