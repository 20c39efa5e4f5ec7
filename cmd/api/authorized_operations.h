// The operations a client is told it may do, as bits by Kafka's AclOperation codes.  Without an
// authorizer these are all that the kind of resource has.
#pragma once

#include <cstdint>

namespace api {

namespace acl_operation {
inline constexpr int32_t kRead = 1 << 3;
inline constexpr int32_t kWrite = 1 << 4;
inline constexpr int32_t kCreate = 1 << 5;
inline constexpr int32_t kDelete = 1 << 6;
inline constexpr int32_t kAlter = 1 << 7;
inline constexpr int32_t kDescribe = 1 << 8;
inline constexpr int32_t kClusterAction = 1 << 9;
inline constexpr int32_t kDescribeConfigs = 1 << 10;
inline constexpr int32_t kAlterConfigs = 1 << 11;
inline constexpr int32_t kIdempotentWrite = 1 << 12;
}  // namespace acl_operation

// What an answer holds if the client did not ask.
inline constexpr int32_t kOperationsNotAsked = INT32_MIN;

inline constexpr int32_t kTopicOperations =
    acl_operation::kRead | acl_operation::kWrite | acl_operation::kCreate |
    acl_operation::kDescribe | acl_operation::kDelete | acl_operation::kAlter |
    acl_operation::kDescribeConfigs | acl_operation::kAlterConfigs;
inline constexpr int32_t kClusterOperations =
    acl_operation::kCreate | acl_operation::kClusterAction | acl_operation::kDescribeConfigs |
    acl_operation::kAlterConfigs | acl_operation::kIdempotentWrite | acl_operation::kAlter |
    acl_operation::kDescribe;

}  // namespace api
