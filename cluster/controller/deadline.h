// Operations that came too late.  Kafka's controller queues them and drops those whose time, given by
// the client, is over when their turn comes; here a decision is immediate, and only a time that was
// over from the beginning can be missed.  What asks for nothing is answered without a turn, in time
// or not.
#pragma once

#include "wire/api/alter_partition_reassignments.h"
#include "wire/api/create_partitions.h"
#include "wire/api/create_topics.h"
#include "wire/api/delete_topics.h"
#include "wire/api/elect_leaders.h"

namespace cluster::controller {

// Whether all of it is to be answered REQUEST_TIMED_OUT.
bool is_out_of_time(const wire::CreateTopicsRequest& request);
bool is_out_of_time(const wire::DeleteTopicsRequest& request);
bool is_out_of_time(const wire::CreatePartitionsRequest& request);
bool is_out_of_time(const wire::ElectLeadersRequest& request);
bool is_out_of_time(const wire::AlterPartitionReassignmentsRequest& request);

// The others have no time limit in Kafka's controller either.
template <typename Request>
bool is_out_of_time(const Request&) {
  return false;
}

}  // namespace cluster::controller
