// A core alone: events go in, the test looks at what comes out.  The disk answers at once unless a
// test says otherwise.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/raft/core.h"
#include "wire/base/check.h"
#include "wire/records/record_batch_builder.h"

namespace cluster::raft {

inline wire::Uuid directory_of(wire::NodeId id) {
  return {1000U + static_cast<uint64_t>(id), 1};
}

inline Voter voter(wire::NodeId id, bool with_directory = false) {
  return {{id, with_directory ? directory_of(id) : wire::Uuid{}},
          {{"CONTROLLER", "host" + std::to_string(id), 9093}}};
}

inline wire::Bytes data_batch(wire::Offset base, wire::Epoch epoch, int records = 1) {
  wire::BatchOptions options;
  options.base_offset = base;
  options.partition_leader_epoch = epoch;
  wire::RecordBatchBuilder builder(options);
  for (int i = 0; i < records; ++i) builder.append(1, std::nullopt, "record");
  return builder.build();
}

// Node 1 of the voters 1, 2 and 3, unless set otherwise before start().
class CoreFixture {
 public:
  Config config;
  Recovered recovered;

  CoreFixture() {
    config.node_id = 1;
    config.directory_id = directory_of(1);
    config.cluster_id = "cluster";
    config.static_voters = VoterSet(std::vector<Voter>{voter(1), voter(2), voter(3)});
    config.endpoints = voter(1).endpoints;
  }
  // A log of one record an epoch: {1, 1, 2} is two records of epoch 1 and one of epoch 2.
  void with_log(std::vector<wire::Epoch> epochs) {
    std::vector<EpochStart> starts;
    for (size_t i = 0; i < epochs.size(); ++i) {
      if (starts.empty() || starts.back().epoch != epochs[i]) {
        starts.push_back({epochs[i], static_cast<wire::Offset>(i)});
      }
    }
    const auto end = static_cast<wire::Offset>(epochs.size());
    recovered.log = LogView(0, end, end, std::move(starts), {});
    recovered.election.epoch = epochs.empty() ? 0 : epochs.back();
  }
  void with_dynamic_voters(std::vector<Voter> voters) {
    config.static_voters = VoterSet();
    SnapshotControl control;
    control.kraft_version = 1;
    control.voters = VoterSet(std::move(voters));
    recovered.snapshot_control = std::move(control);
    recovered.log = LogView(0, 0, 0, {}, {{kBootstrapSnapshot, 100}});
  }

  void start() {
    core_.emplace(config, recovered);
    step(Tick{});
  }
  Core& core() { return *core_; }
  const State& state() { return core_->state(); }
  template <typename R>
  bool is() {
    return core_->state().as<R>() != nullptr;
  }

  Actions step(Event event) {
    out = core_->step({now_, 1'700'000'000'000 + now_}, std::move(event));
    for (Outgoing& sent : out.send) sent_.push_back(sent);
    for (Answer& given : out.answers) answers_.push_back(given);
    for (ServedFetch& served : out.fetches) answers_.push_back({served.call, served.response});
    if (!out.append.empty() && flush_at_once) {
      const Actions kept = out;
      step(LogFlushed{core_->log().end()});
      out = kept;
    }
    return out;
  }
  void advance(wire::DurationMs by) {
    now_ += by;
    step(Tick{});
  }
  // Lets the timer ring that is armed.
  void wait() {
    CHECK(core_->next_deadline() != kNever);
    now_ = std::max(now_, core_->next_deadline());
    step(Tick{});
  }

  template <typename ResponseT, typename RequestT>
  std::optional<ResponseT> ask(RequestT request) {
    const CallId call = next_call_++;
    step(Receive{call, std::move(request)});
    return answered<ResponseT>(call);
  }
  template <typename ResponseT>
  std::optional<ResponseT> answered(CallId call) {
    for (const Answer& given : answers_) {
      if (given.call == call) return std::get<ResponseT>(given.response);
    }
    return std::nullopt;
  }
  CallId last_call() const { return next_call_ - 1; }

  // The last request of the kind sent to `to` and not taken so far.
  template <typename RequestT>
  std::optional<Outgoing> take_sent(wire::NodeId to) {
    for (size_t i = sent_.size(); i > 0; --i) {
      if (sent_[i - 1].to != to || !std::holds_alternative<RequestT>(sent_[i - 1].request)) {
        continue;
      }
      Outgoing found = sent_[i - 1];
      sent_.erase(sent_.begin() + static_cast<ptrdiff_t>(i - 1));
      return found;
    }
    return std::nullopt;
  }
  void respond(const Outgoing& to, Response response) {
    step(Answered{to.id, to.to, std::move(response)});
  }

  void vote_in(wire::NodeId by, bool granted) {
    auto asked = take_sent<wire::VoteRequest>(by);
    CHECK(asked.has_value());
    wire::VoteResponse response;
    auto& topic = response.topics.emplace_back();
    topic.topic_name = kTopicName;
    auto& partition = topic.partitions.emplace_back();
    partition.leader_id = -1;
    partition.leader_epoch = core_->epoch();
    partition.vote_granted = granted;
    respond(*asked, std::move(response));
  }
  // Unattached -> leader with the help of node 2.
  void become_leader() {
    while (!is<Prospective>()) wait();
    vote_in(2, true);
    vote_in(2, true);
    CHECK(is<Leader>());
  }
  void follow(wire::NodeId leader, wire::Epoch epoch) {
    wire::BeginQuorumEpochRequest begin;
    auto& topic = begin.topics.emplace_back();
    topic.topic_name = kTopicName;
    auto& partition = topic.partitions.emplace_back();
    partition.leader_id = leader;
    partition.leader_epoch = epoch;
    sent_.clear();
    ask<wire::BeginQuorumEpochResponse>(std::move(begin));
    CHECK(is<Follower>());
  }
  // The leader's answer to the fetch that this follower has sent.
  wire::FetchResponse fetch_answer(wire::NodeId leader) {
    wire::FetchResponse response;
    auto& topic = response.responses.emplace_back();
    topic.topic_id = wire::kMetadataTopicId;
    auto& partition = topic.partitions.emplace_back();
    partition.current_leader.leader_id = leader;
    partition.current_leader.leader_epoch = core_->epoch();
    return response;
  }

  Actions out;
  bool flush_at_once = true;

 private:
  std::optional<Core> core_;
  wire::DurationMs now_ = 1'000;
  CallId next_call_ = 1;
  std::vector<Outgoing> sent_;
  std::vector<Answer> answers_;
};

struct Candidacy {
  wire::NodeId id = 2;
  wire::Epoch epoch = 0;
  wire::Epoch last_epoch = 0;
  wire::Offset last_offset = 0;
  bool pre_vote = false;
};

inline wire::VoteRequest vote_request(const Candidacy& candidacy) {
  wire::VoteRequest request;
  request.cluster_id = "cluster";
  auto& topic = request.topics.emplace_back();
  topic.topic_name = kTopicName;
  auto& partition = topic.partitions.emplace_back();
  partition.replica_id = candidacy.id;
  partition.replica_directory_id = directory_of(candidacy.id);
  partition.replica_epoch = candidacy.epoch;
  partition.last_offset_epoch = candidacy.last_epoch;
  partition.last_offset = candidacy.last_offset;
  partition.pre_vote = candidacy.pre_vote;
  return request;
}

inline wire::FetchRequest fetch_request(wire::NodeId replica, wire::Epoch epoch,
                                        wire::Offset offset, wire::Epoch last_epoch) {
  wire::FetchRequest request;
  request.replica_state.replica_id = replica;
  request.max_wait_ms = 500;
  auto& topic = request.topics.emplace_back();
  topic.topic_id = wire::kMetadataTopicId;
  auto& partition = topic.partitions.emplace_back();
  partition.current_leader_epoch = epoch;
  partition.fetch_offset = offset;
  partition.last_fetched_epoch = last_epoch;
  partition.replica_directory_id = directory_of(replica);
  partition.high_watermark = INT64_MAX;
  return request;
}

}  // namespace cluster::raft
