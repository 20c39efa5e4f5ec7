// Topics that come into being because somebody asked for them: auto-creation, and the coordinators'
// internal topics.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config/first_topics.h"
#include "cmd/api/services.h"
#include "wire/base/callback.h"
#include "wire/error_code.h"

namespace api {

inline constexpr std::string_view kOffsetsTopic = "__consumer_offsets";
inline constexpr std::string_view kTransactionTopic = "__transaction_state";
inline constexpr std::string_view kShareStateTopic = "__share_group_state";

// A topic that belongs to the broker: clients are told so, and consumers of everything leave it
// out.
bool is_internal_topic(std::string_view name);

// Creates the topics and calls `done`, with an error for each that could not be, once the image has
// them with their leaders: old clients take the first answer about a topic for final.  A topic that
// exists is no error. Whether creation is allowed (auto.create.topics.enable) is the caller's
// question.
void create_topics_on_demand(Services& services, const std::vector<std::string>& names,
                             wire::Callback<void(std::map<std::string, wire::ErrorCode>)> done);

// What the broker's configuration says shall be there from the start (odradek.create.topics); `done` as above.
void create_first_topics(Services& services, const std::vector<cluster::config::FirstTopic>& topics,
                         wire::Callback<void(std::map<std::string, wire::ErrorCode>)> done);

}  // namespace api
