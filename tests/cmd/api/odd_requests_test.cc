// Requests that no client sends, answered as Apache Kafka answers them.  Each was found by ./dev oracle.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cmd/cli/client.h"
#include "tests/cmd/server/broker_thread.h"
#include "wire/api/create_topics.h"
#include "wire/api/delete_records.h"
#include "wire/api/list_offsets.h"

namespace api {
namespace {

using wire::ErrorCode;

class OddRequests : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    broker_ = std::make_unique<server::BrokerThread>();
    ASSERT_EQ(broker_->failure(), "");
    auto client = cli::Client::connect(broker_->bootstrap());
    ASSERT_TRUE(client.ok()) << client.error().detail;
    client_ = std::move(*client);
    wire::CreateTopicsRequest request;
    request.timeout_ms = 10'000;
    auto& topic = request.topics.emplace_back();
    topic.name = "tweets";
    topic.num_partitions = 2;
    topic.replication_factor = 1;
    const auto created = client_->any().call<wire::CreateTopicsResponse>(request);
    ASSERT_TRUE(created.ok()) << created.error().detail;
    ASSERT_EQ(created->topics.at(0).error_code, ErrorCode::kNone);
  }
  static void TearDownTestSuite() {
    client_.reset();
    broker_.reset();
  }

  template <typename Response, typename Request>
  Response call(const Request& request, int16_t version_max = INT16_MAX) {
    auto answer = client_->any().call<Response>(request, version_max);
    EXPECT_TRUE(answer.ok()) << answer.error().detail;
    return answer.ok() ? std::move(*answer) : Response();
  }

  static std::unique_ptr<server::BrokerThread> broker_;
  static std::unique_ptr<cli::Client> client_;
};

std::unique_ptr<server::BrokerThread> OddRequests::broker_;
std::unique_ptr<cli::Client> OddRequests::client_;

TEST_F(OddRequests, DeleteRecordsAnswersAPartitionOnceAndNoEmptyTopic) {
  wire::DeleteRecordsRequest request;
  request.topics.push_back({"nothing", {}});
  request.topics.push_back({"tweets", {{0, 1'000}, {0, 0}}});
  request.topics.push_back({"tweets", {{1, 0}}});
  const auto response = call<wire::DeleteRecordsResponse>(request);
  ASSERT_EQ(response.topics.size(), 1u);
  EXPECT_EQ(response.topics[0].name, "tweets");
  ASSERT_EQ(response.topics[0].partitions.size(), 2u);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::kNone);
}

TEST_F(OddRequests, ListOffsetsRefusesAPartitionThatIsNamedTwiceOnce) {
  wire::ListOffsetsRequest request;
  request.replica_id = -1;
  request.topics.push_back({"nothing", {}});
  auto& topic = request.topics.emplace_back();
  topic.name = "tweets";
  for (const wire::PartitionIndex index : {0, 1, 0}) {
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = index;
    partition.timestamp = -1;
  }
  const auto response = call<wire::ListOffsetsResponse>(request);
  ASSERT_EQ(response.topics.size(), 1u);
  ASSERT_EQ(response.topics[0].partitions.size(), 2u);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(response.topics[0].partitions[1].error_code, ErrorCode::kNone);
}

}  // namespace
}  // namespace api
