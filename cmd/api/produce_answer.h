// The answer to one produce request while its batches are appended: complete once every partition
// has said what became of its batch.
//
// A produce is the request that a broker gets most, so its memory is recycled: in the long run none
// is allocated for it.  ProduceMemory keeps what one request needed for the next: of the message its
// vectors and strings, of the answer all of it.  Used on its shard only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cluster/replica/partition.h"
#include "cluster/replica/transaction_verifier.h"
#include "cmd/api/request_context.h"
#include "wire/api/produce.h"
#include "wire/base/reply.h"

namespace api {

class ProduceAnswer;
class ProduceMemory;

// The answer stays where it is: whoever is told encodes or copies it.
using ProduceReply = wire::Reply<const wire::ProduceResponse*>;

// One partition's share of a request, until it is appended.
struct WaitingAppend {
  uint32_t topic = 0;  // its place in the answer
  uint32_t index = 0;
  std::shared_ptr<cluster::replica::Partition> partition;
  wire::Bytes records;
  // What is found only after its transaction was verified.
  wire::ErrorCode refusal = wire::ErrorCode::kNone;
  // Told instead of what became of it: other records for the partition, which were unsound.
  wire::ErrorCode unsound = wire::ErrorCode::kNone;
};

// Holds an answer as std::shared_ptr would, on one shard.  Small enough for a callback to hold
// without an allocation.
class ProduceAnswerRef {
 public:
  explicit ProduceAnswerRef(ProduceAnswer& answer);
  ~ProduceAnswerRef();
  ProduceAnswerRef(const ProduceAnswerRef& other) : ProduceAnswerRef(*other.answer_) {}
  ProduceAnswerRef(ProduceAnswerRef&& other) noexcept
      : answer_(std::exchange(other.answer_, nullptr)) {}
  ProduceAnswerRef& operator=(const ProduceAnswerRef&) = delete;
  ProduceAnswerRef& operator=(ProduceAnswerRef&&) = delete;

  ProduceAnswer* operator->() const { return answer_; }
  ProduceAnswer& operator*() const { return *answer_; }

 private:
  ProduceAnswer* answer_;
};

class ProduceAnswer {
 public:
  explicit ProduceAnswer(ProduceMemory& memory) : memory_(memory) {}
  ProduceAnswer(const ProduceAnswer&) = delete;
  ProduceAnswer& operator=(const ProduceAnswer&) = delete;

  // A new request begins.  `topics` is how many entries response() shall have, none of them filled
  // in.
  void begin(RequestContext& context, ProduceReply reply, size_t topics);

  wire::ProduceResponse& response() { return response_; }
  // Makes an entry for each of `count` partitions of a topic, none of them filled in.
  void add_partitions(size_t topic, size_t count);

  // What is to be appended.  The answer is complete when each of these is.
  std::vector<WaitingAppend>& appends() { return appends_; }
  WaitingAppend& add_append() {
    ++pending_;
    return appends_.emplace_back();
  }

  void refuse(size_t topic, size_t partition, wire::ErrorCode error);
  // The transaction's coordinator did not let it be appended.
  void refuse_unverified(size_t append, wire::ErrorCode error,
                         cluster::replica::TransactionSupport support);
  void complete(size_t append, cluster::replica::AppendOutcome outcome);
  // The handler has started every append.
  void all_started() { complete_one(); }
  // Nothing has been appended, and nothing will be.
  void refuse_all(wire::ErrorCode error, const std::string& message);

 private:
  friend class ProduceAnswerRef;
  friend class ProduceMemory;

  void fill_in(size_t topic, size_t partition, cluster::replica::AppendOutcome outcome);
  void complete_one() {
    if (--pending_ == 0) answer();
  }
  void answer();

  ProduceMemory& memory_;
  size_t references_ = 0;
  Services* services_ = nullptr;
  VantagePtr vantage_;
  int16_t version_ = 0;
  ProduceReply reply_{nullptr};
  wire::ProduceResponse response_;
  std::vector<WaitingAppend> appends_;
  size_t pending_ = 0;
  bool answered_ = false;
};

class ProduceMemory {
 public:
  ~ProduceMemory();

  // An empty request to decode into.
  wire::ProduceRequest take_request() { return std::exchange(request_, {}); }
  // It has been worked off: its records are let go of.
  void keep(wire::ProduceRequest request);

  ProduceAnswerRef take_answer();

 private:
  friend class ProduceAnswerRef;

  void recycle(ProduceAnswer* answer);

  wire::ProduceRequest request_;
  std::vector<ProduceAnswer*> free_;
};

inline ProduceAnswerRef::ProduceAnswerRef(ProduceAnswer& answer) : answer_(&answer) {
  ++answer.references_;
}

inline ProduceAnswerRef::~ProduceAnswerRef() {
  if (answer_ == nullptr || --answer_->references_ > 0) return;
  // One that was dropped unanswered may be the last of its shard, and its memory gone.
  answer_->answered_ ? answer_->memory_.recycle(answer_) : delete answer_;
}

}  // namespace api
