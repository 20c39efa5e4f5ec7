#include "cluster/controller/client_quotas.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/cluster/controller/harness.h"

namespace cluster::controller {
namespace {

using wire::ErrorCode;
using Entity = std::vector<std::pair<std::string, std::optional<std::string>>>;
using Ops = std::vector<std::pair<std::string, std::optional<double>>>;

class ClientQuotas : public testing::Test {
 protected:
  ClientQuotas() { cluster_.start(1); }

  static void add(wire::AlterClientQuotasRequest& request, const Entity& entity, const Ops& ops) {
    auto& entry = request.entries.emplace_back();
    for (const auto& [type, name] : entity) {
      auto& part = entry.entity.emplace_back();
      part.entity_type = type;
      part.entity_name = name;
    }
    for (const auto& [key, value] : ops) {
      auto& op = entry.ops.emplace_back();
      op.key = key;
      op.value = value.value_or(0);
      op.remove = !value.has_value();
    }
  }
  wire::AlterClientQuotasResponse::EntryData alter(const Entity& entity, const Ops& ops,
                                                   bool validate_only = false) {
    wire::AlterClientQuotasRequest request;
    request.validate_only = validate_only;
    add(request, entity, ops);
    const auto response = cluster_.call(&Controller::alter_client_quotas, request);
    EXPECT_EQ(response.entries.size(), 1u);
    return response.entries.at(0);
  }
  std::string refusal(const Entity& entity, const Ops& ops) {
    const auto answer = alter(entity, ops);
    EXPECT_EQ(answer.error_code, ErrorCode::kInvalidRequest);
    return answer.error_message.value_or("(none)");
  }
  struct Component {
    std::string type;
    int8_t match_type;
    std::optional<std::string> match;
  };
  wire::DescribeClientQuotasResponse describe(const std::vector<Component>& filter,
                                              bool strict = false) {
    wire::DescribeClientQuotasRequest request;
    request.strict = strict;
    for (const Component& wanted : filter) {
      auto& component = request.components.emplace_back();
      component.entity_type = wanted.type;
      component.match_type = wanted.match_type;
      component.match = wanted.match;
    }
    return describe_client_quotas(cluster_.image().client_quotas(), request);
  }
  // What a filter finds, as type=name pairs.
  std::vector<std::string> found(const std::vector<Component>& filter, bool strict = false) {
    const auto response = describe(filter, strict);
    EXPECT_EQ(response.error_code, ErrorCode::kNone);
    std::vector<std::string> names;
    for (const auto& entry : *response.entries) {
      std::string& name = names.emplace_back();
      for (const auto& part : entry.entity) {
        name += (name.empty() ? "" : ",") + part.entity_type + "=" +
                part.entity_name.value_or("<default>");
      }
    }
    return names;
  }

  Cluster cluster_;
};

TEST_F(ClientQuotas, AreStoredChangedAndRemoved) {
  EXPECT_EQ(alter({{"user", "alice"}}, {{"producer_byte_rate", 1000}}).error_code,
            ErrorCode::kNone);
  EXPECT_EQ(alter({{"user", "alice"}}, {{"producer_byte_rate", 2000}, {"request_percentage", 1.5}})
                .error_code,
            ErrorCode::kNone);
  const auto listed = describe({});
  EXPECT_EQ(listed.error_message, "");
  ASSERT_EQ(listed.entries->size(), 1u);
  const auto& values = listed.entries->at(0).values;
  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(values[0].key, "producer_byte_rate");
  EXPECT_EQ(values[0].value, 2000);
  EXPECT_EQ(values[1].value, 1.5);

  alter({{"user", "alice"}}, {{"producer_byte_rate", std::nullopt}, {"none", std::nullopt}});
  alter({{"user", "alice"}}, {{"request_percentage", std::nullopt}});
  EXPECT_TRUE(describe({}).entries->empty());
}

TEST_F(ClientQuotas, WhatChangesNothingIsNotWritten) {
  alter({{"user", "alice"}}, {{"producer_byte_rate", 1000}});
  const size_t before = cluster_.log.batch_count();
  alter({{"user", "alice"}}, {{"producer_byte_rate", 1000}});
  alter({{"user", "alice"}}, {{"consumer_byte_rate", 1000}}, /*validate_only=*/true);
  EXPECT_EQ(cluster_.log.batch_count(), before);
}

TEST_F(ClientQuotas, RefusesWhatIsNoEntity) {
  const Ops ops = {{"producer_byte_rate", 1}};
  EXPECT_EQ(refusal({}, ops), "Invalid empty client quota entity");
  EXPECT_EQ(refusal({{"group", "g"}}, ops), "Unhandled client quota entity type: group");
  EXPECT_EQ(refusal({{"user", ""}}, ops), "Empty user not supported");
  EXPECT_EQ(refusal({{"user", "u"}, {"ip", "1.1.1.1"}}, ops),
            "Invalid quota entity combination, IP entity shouldnot be combined with User or "
            "ClientId");
}

TEST_F(ClientQuotas, KnowsAddresses) {
  const Ops ops = {{"connection_creation_rate", 5}};
  for (const char* ip :
       {"127.0.0.1", "1.2.3", "4294967295", "::1", "[::1]", "fe80::1%eth0", "localhost"}) {
    EXPECT_EQ(alter({{"ip", ip}}, ops).error_code, ErrorCode::kNone) << ip;
  }
  EXPECT_EQ(alter({{"ip", std::nullopt}}, ops).error_code, ErrorCode::kNone);
  for (const char* ip : {"256.1.1.1", "1.2.3.4.5", "1..2", "4294967296", "1.2.3.", "x", "::g"}) {
    EXPECT_EQ(refusal({{"ip", ip}}, ops),
              std::string(ip) + " is not a valid IP or resolvable host.");
  }
}

TEST_F(ClientQuotas, RefusesWhatIsNoQuota) {
  const auto user = [&](const std::string& key, double value) {
    return refusal({{"user", "u"}}, {{key, value}});
  };
  EXPECT_EQ(user("nokey", 1), "Invalid configuration key nokey");
  EXPECT_EQ(user("connection_creation_rate", 1),
            "Invalid configuration key connection_creation_rate");
  EXPECT_EQ(user("producer_byte_rate", 0), "Quota producer_byte_rate must be greater than 0");
  EXPECT_EQ(user("producer_byte_rate", 1.5), "producer_byte_rate cannot be a fractional value.");
  EXPECT_EQ(user("producer_byte_rate", 1e30),
            "Proposed value for producer_byte_rate is too large for a LONG.");
  EXPECT_EQ(refusal({{"ip", "1.1.1.1"}}, {{"connection_creation_rate", 1e10}}),
            "Proposed value for connection_creation_rate is too large for an INT.");
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(alter({{"user", "u"}}, {{"request_percentage", infinite}}).error_code,
            ErrorCode::kNone);
}

TEST_F(ClientQuotas, ASecondMentionIsRefusedButTheFirstIsDone) {
  wire::AlterClientQuotasRequest request;
  add(request, {{"user", "d"}}, {{"producer_byte_rate", 1}});
  add(request, {{"user", "d"}}, {{"consumer_byte_rate", 1}});
  add(request, {{"user", "e"}, {"client-id", "q"}},
      {{"producer_byte_rate", 1}, {"producer_byte_rate", 2}});
  const auto response = cluster_.call(&Controller::alter_client_quotas, request);
  ASSERT_EQ(response.entries.size(), 2u);
  EXPECT_EQ(response.entries[0].error_message,
            "Ignoring duplicate entity ClientQuotaEntity(entries={client-id=q, user=e})");
  EXPECT_EQ(response.entries[1].error_message,
            "Ignoring duplicate entity ClientQuotaEntity(entries={user=d})");
  EXPECT_EQ(found({}), std::vector<std::string>{"user=d"});
}

TEST_F(ClientQuotas, AreFoundByFilters) {
  using Names = std::vector<std::string>;
  const Ops ops = {{"producer_byte_rate", 1}};
  alter({{"user", "alice"}}, ops);
  alter({{"user", std::nullopt}}, ops);
  alter({{"client-id", "c"}}, ops);
  alter({{"user", "alice"}, {"client-id", "c"}}, ops);
  EXPECT_EQ(found({}).size(), 4u);
  EXPECT_EQ(found({}, /*strict=*/true), Names{});
  EXPECT_EQ(found({{"user", 0, "alice"}}), (Names{"client-id=c,user=alice", "user=alice"}));
  EXPECT_EQ(found({{"user", 0, "alice"}}, true), Names{"user=alice"});
  EXPECT_EQ(found({{"user", 1, std::nullopt}}), Names{"user=<default>"});
  EXPECT_EQ(found({{"user", 2, std::nullopt}, {"client-id", 2, std::nullopt}}),
            Names{"client-id=c,user=alice"});
  EXPECT_EQ(found({{"ip", 2, std::nullopt}}), Names{});
}

TEST_F(ClientQuotas, RefusesFiltersThatMakeNoSense) {
  const auto refused = [&](const std::vector<Component>& filter, ErrorCode code) {
    const auto response = describe(filter);
    EXPECT_EQ(response.error_code, code);
    EXPECT_FALSE(response.entries.has_value());
    return response.error_message.value_or("(none)");
  };
  const ErrorCode invalid = ErrorCode::kInvalidRequest;
  EXPECT_EQ(refused({{"", 0, "x"}}, invalid), "Invalid empty entity type.");
  EXPECT_EQ(refused({{"group", 0, "x"}}, ErrorCode::kUnsupportedVersion),
            "Unsupported entity type group");
  EXPECT_EQ(refused({{"user", 0, "x"}, {"user", 2, std::nullopt}}, invalid),
            "Entity type user cannot appear more than once in the filter.");
  EXPECT_EQ(refused({{"user", 0, std::nullopt}}, invalid),
            "Request specified MATCH_TYPE_EXACT, but set match string to null.");
  EXPECT_EQ(refused({{"user", 2, "x"}}, invalid),
            "Request specified MATCH_TYPE_SPECIFIED, but also specified a match string.");
  EXPECT_EQ(refused({{"user", 3, std::nullopt}}, invalid), "Unknown match type 3");
  EXPECT_EQ(refused({{"user", 2, std::nullopt}, {"ip", 2, std::nullopt}}, invalid),
            "Invalid entity filter component combination. IP filter component should not be used "
            "with user or clientId filter component.");
}

}  // namespace
}  // namespace cluster::controller
