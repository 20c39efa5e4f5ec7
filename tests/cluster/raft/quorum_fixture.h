// A few drivers in one process: real logs on file systems that forget what was not synced, a
// transport that hands messages over on the next turn.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cluster/raft/driver.h"
#include "storage/fs/faulty_file_system.h"
#include "tests/cluster/fake_timers.h"
#include "wire/base/check.h"

namespace cluster::raft {

struct Recorder final : metadata::MetadataLogListener {
  std::vector<std::string> records;
  std::vector<metadata::SnapshotId> snapshots;
  std::vector<metadata::LeaderAndEpoch> leaders;

  void on_commit(const metadata::CommittedBatch& batch) override {
    for (const wire::Bytes& record : batch.records) records.emplace_back(record.view());
  }
  void on_snapshot(metadata::SnapshotId id, wire::TimestampMs,
                   const std::vector<wire::Bytes>& state) override {
    snapshots.push_back(id);
    records.clear();
    for (const wire::Bytes& record : state) records.emplace_back(record.view());
  }
  void on_leader_change(metadata::LeaderAndEpoch leader) override { leaders.push_back(leader); }
};

class Quorum {
 public:
  struct Node {
    explicit Node(const wire::Clock& clock) : files(clock) {}

    wire::NodeId id = 0;
    storage::FaultyFileSystem files;
    wire::SeededRandom random{7};
    storage::ManualDiskExecutor disk;
    std::unique_ptr<storage::StorageServices> services;
    std::unique_ptr<Transport> transport;
    std::unique_ptr<Recorder> recorder;
    std::unique_ptr<Driver> driver;
    bool connected = true;
  };

  explicit Quorum(wire::NodeId voters, wire::NodeId observers = 0) : voters_(voters) {
    for (wire::NodeId id = 1; id <= voters + observers; ++id) {
      auto node = std::make_unique<Node>(clock_);
      node->id = id;
      node->services.reset(
          new storage::StorageServices{node->files, clock_, node->random, node->disk});
      node->transport = std::make_unique<Wires>(*this, *node);
      nodes_.push_back(std::move(node));
    }
  }

  Node& node(wire::NodeId id) { return *nodes_[static_cast<size_t>(id - 1)]; }
  Driver& driver(wire::NodeId id) { return *node(id).driver; }
  Recorder& recorder(wire::NodeId id) { return *node(id).recorder; }
  wire::ManualClock& clock() { return clock_; }
  FakeTimers& timers() { return timers_; }

  virtual ~Quorum() = default;
  virtual DriverOptions options_of(wire::NodeId id) {
    DriverOptions options;
    options.directory = "/data";
    options.quorum.node_id = id;
    options.quorum.directory_id = {1000U + static_cast<uint64_t>(id), 1};
    options.quorum.cluster_id = "cluster";
    std::vector<Voter> voters;
    for (wire::NodeId voter = 1; voter <= voters_; ++voter) {
      voters.push_back({{voter, {}}, {{"CONTROLLER", "localhost", 9093}}});
    }
    options.quorum.static_voters = VoterSet(std::move(voters));
    options.quorum.can_be_voter = id <= voters_;
    options.quorum.endpoints = {{"CONTROLLER", "localhost", 9093}};
    options.quorum.seed = static_cast<uint64_t>(id);
    return options;
  }

  void start(wire::NodeId id) {
    Node& one = node(id);
    auto opened = Driver::open(*one.services, *one.transport, timers_, options_of(id));
    if (!opened.ok()) std::fprintf(stderr, "%s\n", opened.error().detail.c_str());
    CHECK(opened.ok());
    one.driver = std::move(*opened);
    one.recorder = std::make_unique<Recorder>();
    one.driver->subscribe(*one.recorder);
    one.driver->start();
  }
  void start_all() {
    for (auto& one : nodes_) start(one->id);
  }
  // The process ends; the power too, if so asked.
  void stop(wire::NodeId id, bool power_cut) {
    Node& one = node(id);
    one.driver.reset();
    one.disk.run_all();
    power_cut ? one.files.lose_unsynced() : one.files.keep_all();
  }

  void advance(wire::DurationMs duration_ms) {
    settle();
    for (; duration_ms > 0; duration_ms -= 10) {
      timers_.advance(10);
      settle();
    }
  }
  // Disks and messages until nothing is under way.
  void settle() {
    for (int round = 0; round < 100; ++round) {
      timers_.run_due();
      for (auto& one : nodes_) one->disk.run_all();
    }
  }
  wire::NodeId leader() {
    for (auto& one : nodes_) {
      if (one->driver && one->driver->core().is_leader() &&
          one->driver->leader().leader_id == one->id) {
        return one->id;
      }
    }
    return wire::kNoNode;
  }

 private:
  class Wires final : public Transport {
   public:
    Wires(Quorum& quorum, Node& from) : quorum_(quorum), from_(from) {}

    void send(wire::NodeId to, PeerRequest request,
              wire::Callback<void(wire::Result<PeerResponse>)> done) override {
      quorum_.timers_.schedule(0, [this, to, request = std::move(request),
                                   done = std::move(done)]() mutable {
        Node& target = quorum_.node(to);
        if (!target.driver || !target.connected || !from_.connected) {
          return done(wire::Error{wire::ErrorCode::kNetworkException, "not connected"});
        }
        std::visit([&](auto&& message) { deliver(target, std::move(message), std::move(done)); },
                   std::move(request));
      });
    }

   private:
    template <typename RequestT>
    void deliver(Node& target, RequestT request,
                 wire::Callback<void(wire::Result<PeerResponse>)> done) {
      if constexpr (std::is_same_v<RequestT, wire::ApiVersionsRequest>) {
        wire::ApiVersionsResponse response;
        auto& feature = response.supported_features.emplace_back();
        feature.name = "kraft.version";
        feature.max_version = 1;
        done(PeerResponse(std::move(response)));
      } else {
        call(target, std::move(request), std::move(done));
      }
    }
    void call(Node& target, wire::VoteRequest request, auto done) {
      target.driver->handle(std::move(request), reply<wire::VoteResponse>(target, std::move(done)));
    }
    void call(Node& target, wire::BeginQuorumEpochRequest request, auto done) {
      target.driver->handle(std::move(request),
                            reply<wire::BeginQuorumEpochResponse>(target, std::move(done)));
    }
    void call(Node& target, wire::EndQuorumEpochRequest request, auto done) {
      target.driver->handle(std::move(request),
                            reply<wire::EndQuorumEpochResponse>(target, std::move(done)));
    }
    void call(Node& target, wire::FetchRequest request, auto done) {
      target.driver->handle(std::move(request),
                            reply<wire::FetchResponse>(target, std::move(done)));
    }
    void call(Node& target, wire::FetchSnapshotRequest request, auto done) {
      target.driver->handle(std::move(request),
                            reply<wire::FetchSnapshotResponse>(target, std::move(done)));
    }
    void call(Node& target, wire::UpdateRaftVoterRequest request, auto done) {
      target.driver->handle(std::move(request),
                            reply<wire::UpdateRaftVoterResponse>(target, std::move(done)));
    }
    template <typename Other>
    void call(Node&, Other, auto done) {
      done(wire::Error{wire::ErrorCode::kUnsupportedVersion, "not a quorum request"});
    }
    template <typename ResponseT>
    wire::Reply<ResponseT> reply(Node& target,
                                 wire::Callback<void(wire::Result<PeerResponse>)> done) {
      return wire::Reply<ResponseT>(
          [this, &target, done = std::move(done)](std::optional<ResponseT> response) mutable {
            if (!response || !target.connected || !from_.connected) return;
            done(PeerResponse(std::move(*response)));
          });
    }

    Quorum& quorum_;
    Node& from_;
  };

  wire::NodeId voters_;
  wire::ManualClock clock_;
  FakeTimers timers_{clock_};
  std::vector<std::unique_ptr<Node>> nodes_;
};

inline wire::Bytes record(std::string_view text) {
  return wire::Bytes::copy(text);
}

}  // namespace cluster::raft
