// Every answer that holds an address has the one that is right for the client's connection, and
// those of other nodes as they are registered.
#include "cmd/api/vantage.h"

#include <map>

#include <gmock/gmock.h>

#include "cluster/metadata/delta.h"
#include "cmd/api/handlers.h"
#include "cmd/api/leader_hint.h"
#include "tests/cmd/api/unused_slot.h"
#include "wire/api/describe_cluster.h"
#include "wire/api/fetch.h"
#include "wire/api/metadata.h"
#include "wire/api/produce.h"

namespace api {
namespace {

using testing::ElementsAre;
using testing::Pair;

using Addresses = std::map<wire::NodeId, std::string>;

template <typename Node>
std::string text_of(const Node& node) {
  return node.host + ":" + std::to_string(node.port);
}

// This node is 1; 2 is another one, 3 is fenced.
class VantageTest : public testing::Test {
 protected:
  VantageTest() {
    cluster::metadata::MetadataDelta delta(
        std::make_shared<const cluster::metadata::MetadataImage>());
    for (const wire::NodeId id : {1, 2, 3}) {
      wire::RegisterBrokerRecord broker;
      broker.broker_id = id;
      broker.fenced = id == 3;
      broker.end_points.push_back({"PLAINTEXT", "node-" + std::to_string(id), 9092, 0});
      EXPECT_TRUE(delta.replay({broker, 0}, 0).ok());
    }
    services_.image = std::move(delta).build({});
    services_.node_id = 1;
    connection_.vantage = std::make_shared<Vantage>(
        Vantage{.listener = "PLAINTEXT",
                .own = Vantage::OwnAddress{.node_id = 1, .host = "172.18.0.2", .port = 19092}});
  }

  template <typename Response, typename Request>
  Response call(void (*handle)(RequestContext&, Request, wire::Reply<Response>), Request request) {
    RequestContext context{services_, connection_, slot_, Request::kApiKey, Request::kMaxVersion,
                           1,         "client"};
    const auto answer = std::make_shared<std::optional<Response>>();
    handle(context, std::move(request),
           wire::Reply<Response>([answer](std::optional<Response> given) { *answer = given; }));
    EXPECT_TRUE(answer->has_value());
    return answer->value_or(Response());
  }

  Services services_;
  ConnectionInfo connection_;
  UnusedSlot slot_;
};

TEST_F(VantageTest, IsInMetadata) {
  Addresses told;
  for (const auto& broker : call(handle_metadata, wire::MetadataRequest()).brokers)
    told[broker.node_id] = text_of(broker);
  EXPECT_THAT(told, ElementsAre(Pair(1, "172.18.0.2:19092"), Pair(2, "node-2:9092")));
}

TEST_F(VantageTest, IsInDescribeCluster) {
  wire::DescribeClusterRequest request;
  request.include_fenced_brokers = true;
  Addresses told;
  for (const auto& broker : call(handle_describe_cluster, request).brokers)
    told[broker.broker_id] = text_of(broker);
  EXPECT_THAT(told, ElementsAre(Pair(1, "172.18.0.2:19092"), Pair(2, "node-2:9092"),
                                Pair(3, "node-3:9092")));
}

TEST_F(VantageTest, IsInTheNodeEndpointsOfProduceAndFetch) {
  wire::ProduceResponse produced;
  wire::FetchResponse fetched;
  for (const wire::NodeId id : {1, 2, 1, 3}) {
    add_endpoint(produced.node_endpoints, *services_.image, id, *connection_.vantage);
    add_endpoint(fetched.node_endpoints, *services_.image, id, *connection_.vantage);
  }
  ASSERT_EQ(produced.node_endpoints.size(), 2U);
  EXPECT_EQ(text_of(produced.node_endpoints[0]), "172.18.0.2:19092");
  EXPECT_EQ(text_of(produced.node_endpoints[1]), "node-2:9092");
  ASSERT_EQ(fetched.node_endpoints.size(), 2U);
  EXPECT_EQ(text_of(fetched.node_endpoints[0]), "172.18.0.2:19092");
}

TEST_F(VantageTest, OfAnotherListenerThanTheRegisteredOnesSeesNobody) {
  connection_.vantage = std::make_shared<Vantage>(
      Vantage{.listener = "OTHER",
              .own = Vantage::OwnAddress{.node_id = 1, .host = "172.18.0.2", .port = 19092}});
  EXPECT_TRUE(call(handle_metadata, wire::MetadataRequest()).brokers.empty());
}

}  // namespace
}  // namespace api
