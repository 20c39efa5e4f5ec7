// Fetch of bytes that are in no memory: the shard does not wait for the disk.
#include <optional>

#include <gtest/gtest.h>

#include "cluster/replica/fetch_session.h"
#include "cluster/replica/partition.h"
#include "cmd/api/handlers.h"
#include "tests/cmd/api/replicas_in_memory.h"
#include "wire/api/fetch.h"
#include "wire/records/record_batch_builder.h"

namespace api {
namespace {

using wire::ErrorCode;

class ColdFetch : public ReplicasInMemory {
 protected:
  static constexpr wire::Uuid kTweets{1, 1};

  ColdFetch() {
    services_.clock = &clock_;
    services_.timers = &timers_;
    services_.disk = &disk_;
    services_.fetch_sessions = &sessions_;
    publish({{"tweets", kTweets}});
    timers_.advance(0);
    append();
    files_.evict_all();
  }

  void append() {
    wire::RecordBatchBuilder builder;
    builder.append(clock_.wall_ms(), "key", "value");
    cluster::replica::AppendRequest request;
    request.produce_version = 9;
    request.required_acks = 1;
    bool done = false;
    replicas_->find(kTweets, 0)
        ->append(builder.build(), request, [&](const cluster::replica::AppendOutcome& outcome) {
          EXPECT_EQ(outcome.error, ErrorCode::kNone);
          done = true;
        });
    EXPECT_TRUE(done);
  }

  void fetch(wire::DurationMs max_wait_ms = 500, int32_t min_bytes = 1) {
    wire::FetchRequest request;
    request.max_wait_ms = static_cast<int32_t>(max_wait_ms);
    request.min_bytes = min_bytes;
    request.max_bytes = 1 << 20;
    request.session_epoch = -1;
    auto& topic = request.topics.emplace_back();
    topic.topic_id = kTweets;
    topic.partitions.emplace_back().partition_max_bytes = 1 << 20;
    RequestContext context{services_, connection_, slot_,   wire::FetchRequest::kApiKey,
                           13,        1,           "client"};
    answer_.reset();
    handle_fetch(context, std::move(request),
                 wire::Reply<wire::FetchResponse>([this](std::optional<wire::FetchResponse> given) {
                   answer_ = std::move(given);
                 }));
  }
  bool has_records() const {
    if (!answer_) return false;
    const auto& data = answer_->responses.at(0).partitions.at(0);
    return data.error_code == ErrorCode::kNone && data.records && !data.records->empty();
  }

  cluster::replica::FetchSessionCache sessions_{10, clock_, random_};
  std::optional<wire::FetchResponse> answer_;
};

TEST_F(ColdFetch, IsAnsweredWhenTheDiskHasBroughtTheRecords) {
  fetch();
  EXPECT_FALSE(answer_);
  disk_.run_all();
  EXPECT_TRUE(has_records());
}

TEST_F(ColdFetch, WithoutPatienceWaitsForTheDiskAllTheSame) {
  fetch(0);
  EXPECT_FALSE(answer_);
  disk_.run_all();
  EXPECT_TRUE(has_records());
}

TEST_F(ColdFetch, ThatWantsMoreBytesGoesOnWaitingForThem) {
  fetch(500, 1'000'000);
  disk_.run_all();
  EXPECT_FALSE(answer_);
  files_.evict_all();
  timers_.advance(500);  // its time is up: what is there is read again
  EXPECT_FALSE(answer_);
  disk_.run_all();
  EXPECT_TRUE(has_records());
}

TEST_F(ColdFetch, IsAnsweredEvenIfMemoryKeepsNothing) {
  fetch();
  for (int reads = 0; reads < 20 && !answer_; ++reads) {
    files_.evict_all();
    disk_.run_one();
    files_.evict_all();
  }
  EXPECT_TRUE(has_records());
}

TEST_F(ColdFetch, WhatIsInMemoryNeedsNoDisk) {
  fetch();
  disk_.run_all();
  fetch();
  EXPECT_TRUE(has_records());
  EXPECT_TRUE(disk_.idle());
}

}  // namespace
}  // namespace api
