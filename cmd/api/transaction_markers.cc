// WriteTxnMarkers (key 27), v0-v2.  v1: flexible.  v2: the transaction.version (KIP-1228).
// Sent by transaction coordinators, and by a tool that ends a hanging transaction.
#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <tuple>
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

  // What became of the request's `marker`th in a partition.  A producer's markers may be several: the
  // last of the request counts, whichever is written first.
  void add(size_t marker, wire::ProducerId producer, const std::string& topic,
           wire::PartitionIndex partition, ErrorCode error) {
    size_t& told = told_[{producer, topic, partition}];
    if (marker < told) return;
    told = marker;
    auto& topics = of(producer).topics;
    auto found = std::find_if(topics.begin(), topics.end(),
                              [&](const auto& each) { return each.name == topic; });
    if (found == topics.end()) {
      topics.emplace_back().name = topic;
      found = std::prev(topics.end());
    }
    for (auto& known : found->partitions) {
      if (known.partition_index == partition) {
        known.error_code = error;
        return;
      }
    }
    found->partitions.push_back({partition, error});
  }

 private:
  WriteTxnMarkersResponse::WritableTxnMarkerResult& of(wire::ProducerId producer) {
    for (auto& marker : response_.markers) {
      if (marker.producer_id == producer) return marker;
    }
    response_.markers.emplace_back().producer_id = producer;
    return response_.markers.back();
  }

  wire::Reply<WriteTxnMarkersResponse> reply_;
  WriteTxnMarkersResponse response_;
  // Whose marker the response has of a partition.
  std::map<std::tuple<wire::ProducerId, std::string, wire::PartitionIndex>, size_t> told_;
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

// No batch can carry it.  An epoch below "none" Kafka refuses only when it is appended.
bool lacks_producer(const WriteTxnMarkersRequest::WritableTxnMarker& marker) {
  return marker.producer_id < 0 || marker.producer_epoch == wire::kNoProducerEpoch;
}

// Kafka fails to build such a batch, and answers the whole request with that.
bool fails_to_build(const Services& services,
                    const WriteTxnMarkersRequest::WritableTxnMarker& marker) {
  if (!lacks_producer(marker)) return false;
  for (const auto& topic : marker.topics) {
    if (topic.name == cluster::groups::kOffsetsTopic) continue;
    for (const wire::PartitionIndex index : topic.partition_indexes) {
      if (services.replicas->find(topic.name, index)) return true;
    }
  }
  return false;
}

WriteTxnMarkersResponse failed_markers(const WriteTxnMarkersRequest& request) {
  WriteTxnMarkersResponse response;
  for (const auto& marker : request.markers) {
    auto found =
        std::find_if(response.markers.begin(), response.markers.end(),
                     [&](const auto& each) { return each.producer_id == marker.producer_id; });
    if (found == response.markers.end()) {
      response.markers.emplace_back().producer_id = marker.producer_id;
      found = std::prev(response.markers.end());
    }
    found->topics.clear();  // the last one of a producer is what Kafka tells
    for (const auto& topic : marker.topics) {
      auto& told = found->topics.emplace_back();
      told.name = topic.name;
      for (const wire::PartitionIndex index : topic.partition_indexes) {
        told.partitions.push_back({index, ErrorCode::kUnknownServerError});
      }
    }
  }
  return response;
}

}  // namespace

void handle_write_txn_markers(RequestContext& context, WriteTxnMarkersRequest request,
                              wire::Reply<WriteTxnMarkersResponse> reply) {
  Services& services = context.services;
  const auto failing =
      std::find_if(request.markers.begin(), request.markers.end(),
                   [&](const auto& marker) { return fails_to_build(services, marker); });
  if (failing != request.markers.end()) {
    reply(failed_markers(request));
    // Those before it are written nevertheless.
    reply =
        wire::Reply<WriteTxnMarkersResponse>([](const std::optional<WriteTxnMarkersResponse>&) {});
    request.markers.erase(failing, request.markers.end());
  }
  const auto answer = std::make_shared<MarkersAnswer>(std::move(reply));
  const wire::DurationMs timeout_ms = services.config->get_int("request.timeout.ms");
  for (size_t number = 0; number < request.markers.size(); ++number) {
    const auto& each = request.markers[number];
    const wire::EndTransactionMarker marker{.producer_id = each.producer_id,
                                            .producer_epoch = each.producer_epoch,
                                            .committed = each.transaction_result,
                                            .coordinator_epoch = each.coordinator_epoch};
    for (const auto& topic : each.topics) {
      for (const wire::PartitionIndex index : topic.partition_indexes) {
        const auto done = [answer, number, producer = each.producer_id, name = topic.name,
                           index](ErrorCode error) {
          answer->add(number, producer, name, index, error);
        };
        const auto partition = services.replicas->find(topic.name, index);
        if (!partition) {
          done(ErrorCode::kUnknownTopicOrPartition);
        } else if (lacks_producer(each)) {
          done(ErrorCode::kUnknownServerError);  // of __consumer_offsets: it fails alone
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
