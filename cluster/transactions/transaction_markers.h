// Tells partitions how a transaction has ended: WriteTxnMarkers to the leader of each, until every
// one has the marker or is gone (Kafka's TransactionMarkerChannelManager and its completion
// handler).
//
// Markers for one broker travel together, one request at a time; what comes meanwhile joins the
// next.  A marker that fails for now goes to whoever leads the partition then, after a pause that
// doubles while failures last.  What is still to be sent is known from the log, so nothing here
// survives a restart or needs to.
//
// Lives on the coordinators' shard.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "cluster/timers.h"
#include "cluster/transactions/cluster_view.h"
#include "cluster/transport.h"
#include "wire/api/write_txn_markers.h"
#include "wire/base/callback.h"
#include "wire/base/types.h"

namespace cluster::transactions {

// How a transaction has ended, as WriteTxnMarkers says it.
struct TransactionMarker {
  std::string transactional_id;  // for the log
  wire::ProducerId producer_id = wire::kNoProducerId;
  wire::ProducerEpoch producer_epoch = wire::kNoProducerEpoch;
  wire::Epoch coordinator_epoch = wire::kNoEpoch;
  bool committed = false;
  int16_t transaction_version = 0;
};

class TransactionMarkers {
 public:
  struct Ports {
    Timers& timers;
    Transport& transport;
    const ClusterView& cluster;
  };
  // REQUIRES: every port outlives this.
  explicit TransactionMarkers(Ports ports);
  ~TransactionMarkers();

  TransactionMarkers(const TransactionMarkers&) = delete;
  TransactionMarkers& operator=(const TransactionMarkers&) = delete;

  // Calls `settled` once for each partition: it has the marker, or needs none any more.  Never
  // before send() returns.  `coordinator_partition`: of `__transaction_state`.
  void send(wire::PartitionIndex coordinator_partition, TransactionMarker marker,
            const std::set<TopicPartition>& partitions,
            wire::Callback<void(const TopicPartition&)> settled);
  // The coordinator partition is led here no more: its markers are the next leader's.
  void forget(wire::PartitionIndex coordinator_partition);
  // Leaders have changed: what waits for one tries again.
  void on_leaders_changed();

  // Transactions that still have markers on their way.
  size_t size() const { return jobs_.size(); }

 private:
  using JobId = uint64_t;
  struct Job {
    wire::PartitionIndex coordinator_partition;
    TransactionMarker marker;
    size_t unsettled;
    wire::Callback<void(const TopicPartition&)> settled;
  };
  // Partitions of one job with one leader.
  struct Entry {
    JobId job;
    std::vector<TopicPartition> partitions;
  };
  struct Broker {
    std::deque<Entry> queue;
    bool in_flight = false;
  };

  void route(JobId job, const std::vector<TopicPartition>& partitions);
  void flush(wire::NodeId node);
  wire::WriteTxnMarkersRequest request_of(const std::vector<Entry>& entries) const;
  void on_answer(wire::NodeId node, std::vector<Entry> entries, wire::Result<PeerResponse> answer);
  // What becomes of the job's partitions after an answer; those to be sent again.
  std::vector<TopicPartition> sort_out(const Entry& entry,
                                       const std::map<TopicPartition, wire::ErrorCode>& errors);
  void settle(JobId job, const TopicPartition& partition);
  void retry_later(JobId job, std::vector<TopicPartition> partitions);
  void retry_now();
  void on_timer();
  // Settles what turned out to be deleted, on a turn of its own.
  void settle_later(JobId job, const TopicPartition& partition);

  Ports ports_;
  absl::flat_hash_map<JobId, Job> jobs_;
  JobId last_job_ = 0;
  std::map<wire::NodeId, Broker> brokers_;
  std::vector<Entry> waiting_;
  std::vector<std::pair<JobId, TopicPartition>> gone_;
  wire::DurationMs retry_delay_ms_;
  TimerId retry_timer_ = kNoTimer;
  TimerId settle_timer_ = kNoTimer;
  // Answers that come after this is gone find it empty.
  std::shared_ptr<TransactionMarkers*> self_;
};

}  // namespace cluster::transactions
