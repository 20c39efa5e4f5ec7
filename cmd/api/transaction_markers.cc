// WriteTxnMarkers (key 27), v0-v2.  v1: flexible.  v2: the transaction.version (KIP-1228).
// Sent by transaction coordinators, and by a tool that ends a hanging transaction.
#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "cluster/config/broker_config.h"
#include "cluster/groups/group_coordinator.h"
#include "cluster/replica/replica_set.h"
#include "cmd/api/handlers.h"
#include "wire/api/write_txn_markers.h"
#include "wire/records/control_record.h"

namespace api {
namespace {

using cluster::replica::AppendOutcome;
using wire::ErrorCode;
using wire::WriteTxnMarkersRequest;
using wire::WriteTxnMarkersResponse;

// The answer under construction: complete once every partition has said what became of its marker.
class MarkersAnswer {
 public:
  explicit MarkersAnswer(wire::Reply<WriteTxnMarkersResponse> reply) : reply_(std::move(reply)) {}
  ~MarkersAnswer() { reply_(std::move(response_)); }

  // The results of one producer; its markers may be several.
  size_t producer(wire::ProducerId id) {
    for (size_t i = 0; i < response_.markers.size(); ++i) {
      if (response_.markers[i].producer_id == id) return i;
    }
    response_.markers.emplace_back().producer_id = id;
    return response_.markers.size() - 1;
  }
  void add(size_t producer, const std::string& topic, wire::PartitionIndex partition,
           ErrorCode error) {
    auto& topics = response_.markers[producer].topics;
    auto found = std::find_if(topics.begin(), topics.end(),
                              [&](const auto& each) { return each.name == topic; });
    if (found == topics.end()) {
      topics.emplace_back().name = topic;
      found = std::prev(topics.end());
    }
    found->partitions.push_back({partition, error});
  }

 private:
  wire::Reply<WriteTxnMarkersResponse> reply_;
  WriteTxnMarkersResponse response_;
};

// What a transaction coordinator understands as "the partition is not ready for it yet".
ErrorCode for_transaction_coordinator(ErrorCode error) {
  switch (error) {
    case ErrorCode::kCoordinatorNotAvailable:
    case ErrorCode::kCoordinatorLoadInProgress:
    case ErrorCode::kNotCoordinator:
      return ErrorCode::kNotLeaderOrFollower;
    default:
      return error;
  }
}

}  // namespace

void handle_write_txn_markers(RequestContext& context, WriteTxnMarkersRequest request,
                              wire::Reply<WriteTxnMarkersResponse> reply) {
  const auto answer = std::make_shared<MarkersAnswer>(std::move(reply));
  Services& services = context.services;
  const wire::DurationMs timeout_ms = services.config->get_int("request.timeout.ms");
  for (const auto& each : request.markers) {
    const wire::EndTransactionMarker marker{.producer_id = each.producer_id,
                                            .producer_epoch = each.producer_epoch,
                                            .committed = each.transaction_result,
                                            .coordinator_epoch = each.coordinator_epoch};
    const size_t producer = answer->producer(each.producer_id);
    for (const auto& topic : each.topics) {
      for (const wire::PartitionIndex index : topic.partition_indexes) {
        const auto done = [answer, producer, name = topic.name, index](ErrorCode error) {
          answer->add(producer, name, index, error);
        };
        const auto partition = services.replicas->find(topic.name, index);
        if (!partition) {
          done(ErrorCode::kUnknownTopicOrPartition);
        } else if (each.producer_id < 0 || each.producer_epoch < 0) {
          // No batch can carry it; Kafka fails to build one.
          done(ErrorCode::kUnknownServerError);
        } else if (topic.name == cluster::groups::kOffsetsTopic) {
          services.groups->end_transaction(
              index, marker, each.transaction_version,
              [done](ErrorCode error) { done(for_transaction_coordinator(error)); });
        } else {
          partition->append_marker(marker, each.transaction_version, timeout_ms,
                                   [done](const AppendOutcome& outcome) { done(outcome.error); });
        }
      }
    }
  }
}

}  // namespace api
