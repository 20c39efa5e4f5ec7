// The memory of one produce serves the next: nothing of the one before may be left in it.
#include "cmd/api/produce_answer.h"

#include <gtest/gtest.h>

#include "cmd/api/produce.h"
#include "tests/cmd/api/replicas_in_memory.h"
#include "wire/records/record_batch_builder.h"
#include "wire/writer.h"

namespace api {
namespace {

using wire::ErrorCode;

class KeepsAnswer final : public ResponseSlot {
 public:
  void fill() override { ++filled; }
  void fail(std::string_view reason) override { refusal = reason; }

  int filled = 0;
  std::string refusal;
};

class ProduceMemoryTest : public ReplicasInMemory {
 protected:
  static constexpr wire::Uuid kTweets{1, 1};
  static constexpr wire::Uuid kOthers{2, 2};

  ProduceMemoryTest() {
    publish({{"tweets", kTweets}, {"others", kOthers}});
    timers_.advance(0);
  }

  static wire::Bytes batch() {
    wire::RecordBatchBuilder builder;
    builder.append(1'700'000'000'000, "key", "value");
    return builder.build();
  }
  static wire::ProduceRequest request_for(std::string name, wire::Uuid id, int partitions) {
    wire::ProduceRequest request;
    request.acks = 1;
    auto& topic = request.topic_data.emplace_back();
    topic.name = std::move(name);
    topic.topic_id = id;
    for (int i = 0; i < partitions; ++i) {
      topic.partition_data.emplace_back().index = i;
      topic.partition_data.back().records = batch();
    }
    return request;
  }

  // As it came over a connection.
  wire::ProduceResponse serve(const wire::ProduceRequest& request, int16_t version) {
    wire::Writer out;
    request.encode(out, version);
    wire::Reader in(out.take_contiguous());
    KeepsAnswer slot;
    RequestContext context{services_, connection_, slot,    wire::ApiKey::kProduce,
                           version,   1,           "client"};
    serve_produce(context, in);
    EXPECT_EQ(slot.refusal, "");
    EXPECT_EQ(slot.filled, 1);
    wire::ProduceResponse response;
    const size_t header = version >= 9 ? 5 : 4;
    wire::Reader answer(slot.answer().take_contiguous().slice(header));
    response.decode(answer, version);
    EXPECT_TRUE(answer.ok()) << answer.error();
    EXPECT_EQ(answer.remaining(), 0u);
    return response;
  }
  static ErrorCode error_of(const wire::ProduceResponse& response, size_t partition = 0) {
    return response.responses.at(0).partition_responses.at(partition).error_code;
  }
};

TEST_F(ProduceMemoryTest, NamesIdsAndPartitionsAreThoseOfTheRequest) {
  for (int round = 0; round < 3; ++round) {
    const auto by_name = serve(request_for("tweets", {}, 2), 9);
    EXPECT_EQ(by_name.responses.at(0).name, "tweets");
    EXPECT_EQ(by_name.responses.at(0).partition_responses.size(), 2u);
    EXPECT_EQ(error_of(by_name), ErrorCode::kNone);
    EXPECT_EQ(error_of(by_name, 1), ErrorCode::kUnknownTopicOrPartition);
    const auto by_id = serve(request_for("", kOthers, 1), 13);
    EXPECT_EQ(by_id.responses.at(0).topic_id, kOthers);
    EXPECT_EQ(by_id.responses.at(0).partition_responses.size(), 1u);
    EXPECT_EQ(error_of(by_id), ErrorCode::kNone);
    EXPECT_EQ(by_id.responses.at(0).partition_responses[0].base_offset, round);
    EXPECT_EQ(error_of(serve(request_for("", {7, 7}, 1), 13)), ErrorCode::kUnknownTopicId);
  }
}

TEST_F(ProduceMemoryTest, AnErrorAndItsWordsAreForgotten) {
  auto keyless = request_for("tweets", {}, 1);
  keyless.topic_data[0].partition_data[0].records.reset();
  EXPECT_EQ(error_of(serve(keyless, 9)), ErrorCode::kInvalidRecord);
  const auto response = serve(request_for("tweets", {}, 1), 9);
  const auto& entry = response.responses.at(0).partition_responses.at(0);
  EXPECT_EQ(entry.error_code, ErrorCode::kNone);
  EXPECT_EQ(entry.error_message, std::nullopt);
  EXPECT_TRUE(entry.record_errors.empty());
  EXPECT_TRUE(response.node_endpoints.empty());
}

TEST_F(ProduceMemoryTest, TheTransactionOfAnEarlierRequestIsForgotten) {
  auto request = request_for("tweets", {}, 1);
  request.transactional_id = "txn";
  EXPECT_EQ(error_of(serve(request, 9)), ErrorCode::kNone);
  wire::Writer out;
  request_for("tweets", {}, 1).encode(out, 2);  // has no such field
  wire::Reader in(out.take_contiguous());
  wire::ProduceRequest next = services_.produce_memory->take_request();
  next.decode(in, 2);
  EXPECT_EQ(next.transactional_id, std::nullopt);
}

TEST_F(ProduceMemoryTest, RecordsAreLetGoOf) {
  (void)serve(request_for("tweets", {}, 1), 9);
  const wire::ProduceRequest kept = services_.produce_memory->take_request();
  ASSERT_EQ(kept.topic_data.size(), 1u);
  EXPECT_EQ(kept.topic_data[0].partition_data.at(0).records, std::nullopt);
}

TEST_F(ProduceMemoryTest, WhatIsLargeIsNotKept) {
  (void)serve(request_for("tweets", {}, 1000), 9);
  EXPECT_TRUE(services_.produce_memory->take_request().topic_data.empty());
}

// The broker stops: who waits is told by the Reply that goes with the answer.
TEST_F(ProduceMemoryTest, AnAnswerThatIsDroppedOutlivesItsMemory) {
  KeepsAnswer slot;
  RequestContext context{services_, connection_, slot, wire::ApiKey::kProduce, 9, 1, "client"};
  bool dropped = false;
  auto memory = std::make_unique<ProduceMemory>();
  auto answer = std::make_unique<ProduceAnswerRef>(memory->take_answer());
  (*answer)->begin(context, ProduceReply([&](auto response) { dropped = !response.has_value(); }),
                   1);
  memory.reset();
  answer.reset();
  EXPECT_TRUE(dropped);
}

}  // namespace
}  // namespace api
