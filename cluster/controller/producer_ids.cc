#include "cluster/controller/producer_ids.h"

#include <algorithm>
#include <limits>

namespace cluster::controller {

using metadata::kProducerIdBlockSize;
using wire::ErrorCode;

Decision<wire::AllocateProducerIdsResponse> allocate_producer_ids(
    const ControllerState& state, const OperationContext&,
    const wire::AllocateProducerIdsRequest& request) {
  Decision<wire::AllocateProducerIdsResponse> decision;
  auto& response = decision.response;
  response.error_code = check_broker_epoch(state, request.broker_id, request.broker_epoch);
  if (response.error_code != ErrorCode::kNone) return decision;
  const wire::ProducerId first =
      std::max<wire::ProducerId>(state.image->producer_ids().next_producer_id, 0);
  if (first > std::numeric_limits<wire::ProducerId>::max() - kProducerIdBlockSize) {
    response.error_code = ErrorCode::kUnknownServerError;
    return decision;
  }
  wire::ProducerIdsRecord record;
  record.broker_id = request.broker_id;
  record.broker_epoch = request.broker_epoch;
  record.next_producer_id = first + kProducerIdBlockSize;
  decision.records.push_back({record, 0});
  response.producer_id_start = first;
  response.producer_id_len = kProducerIdBlockSize;
  return decision;
}

}  // namespace cluster::controller
