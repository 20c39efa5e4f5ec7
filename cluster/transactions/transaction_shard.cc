#include "cluster/transactions/transaction_shard.h"

#include <utility>

#include "cluster/transactions/transaction_records.h"
#include "wire/base/log.h"

namespace cluster::transactions {
namespace {

using wire::ErrorCode;

coordinator::PartitionRuntime::Options runtime_options(const TransactionOptions& options) {
  coordinator::PartitionRuntime::Options runtime;
  runtime.commit_timeout_ms = options.request_timeout_ms;
  runtime.tombstone_retention_ms = options.state_log_delete_retention_ms;
  runtime.load_bytes = options.state_log_load_buffer_size;
  return runtime;
}

}  // namespace

TransactionShard::TransactionShard(const TransactionOptions& options, TransactionPorts ports,
                                   coordinator::Outbox& outbox, TransactionMarkers& markers,
                                   wire::PartitionIndex partition, wire::Epoch leader_epoch)
    : clock_(ports.clock),
      producer_ids_(ports.producer_ids),
      markers_(markers),
      cluster_(ports.cluster),
      outbox_(outbox),
      timers_(ports.clock, ports.timers),
      runtime_({ports.clock, ports.timers, ports.writer, ports.reader, ports.store},
               runtime_options(options), coordinator::CoordinatorKind::kTransaction, partition,
               leader_epoch, inspect_record),
      transactions_(runtime_.state(),
                    [this](Transaction& transaction) {
                      if (is_prepared(transaction.committed().state)) {
                        completion_.begin(transaction);
                      }
                      upkeep_.watch_ongoing();
                    }),
      writer_(outbox_, runtime_, transactions_, ports.cluster),
      completion_({ports.clock, timers_, outbox_, markers, transactions_, writer_}, partition,
                  leader_epoch),
      upkeep_({options, ports.clock, timers_, outbox_, runtime_, transactions_},
              [this](const std::string& id) { abort_timed_out(id); }),
      self_(std::make_shared<TransactionShard*>(this)) {}

TransactionShard::~TransactionShard() {
  *self_ = nullptr;
  close();
}

void TransactionShard::load() {
  // Called again when the rows had to be rebuilt: what the objects say may be behind the log then.
  runtime_.load([this] {
    coordinator::Outbox::Turn turn(outbox_);
    markers_.forget(runtime_.partition());
    transactions_.clear();
    upkeep_.start();
  });
}

void TransactionShard::continue_in(wire::Epoch leader_epoch) {
  runtime_.continue_in(leader_epoch);
  completion_.continue_in(leader_epoch);
}

ErrorCode TransactionShard::availability() {
  if (runtime_.state().damaged() && runtime_.availability() == ErrorCode::kNone) {
    coordinator::Outbox::Turn turn(outbox_);
    runtime_.rebuild();
  }
  return runtime_.availability();
}

void TransactionShard::close() {
  coordinator::Outbox::Turn turn(outbox_);
  markers_.forget(runtime_.partition());
  runtime_.close();
  transactions_.clear();
  timers_.cancel_all();
}

void TransactionShard::on_high_watermark(wire::Offset high_watermark) {
  coordinator::Outbox::Turn turn(outbox_);
  runtime_.on_high_watermark(high_watermark);
}

void TransactionShard::with_producer_id(wire::Callback<void(wire::Result<wire::ProducerId>)> then) {
  producer_ids_.next([self = self_,
                      then = std::move(then)](wire::Result<wire::ProducerId> id) mutable {
    const ErrorCode error = *self == nullptr ? ErrorCode::kNotCoordinator : (*self)->availability();
    if (error != ErrorCode::kNone) {
      return then(wire::Error{error, "the partition has moved, or loads again"});
    }
    coordinator::Outbox::Turn turn((*self)->outbox_);
    then(std::move(id));
  });
}

void TransactionShard::init(const std::string& id, const InitRequest& request, InitDone done) {
  coordinator::Outbox::Turn turn(outbox_);
  init_with(id, request, std::nullopt, std::move(done));
}

// Null if it needs an id for a new transaction first.
Transaction* TransactionShard::find_or_create(const std::string& id, const InitRequest& request,
                                              std::optional<wire::ProducerId>& fresh) {
  if (Transaction* found = transactions_.find(id)) return found;
  if (!fresh) return nullptr;
  TransactionMetadata created;
  created.producer_id = *std::exchange(fresh, std::nullopt);
  created.timeout_ms = request.timeout_ms;
  created.last_update_ms = clock_.wall_ms();
  return &transactions_.create(id, std::move(created));
}

void TransactionShard::init_with(const std::string& id, const InitRequest& request,
                                 std::optional<wire::ProducerId> fresh, InitDone done) {
  Transaction* transaction = find_or_create(id, request, fresh);
  InitDecision decision = NeedsProducerId{};
  if (transaction != nullptr) {
    decision =
        decide_init(*transaction, request, cluster_.transaction_version(), fresh, clock_.wall_ms());
  }
  if (std::holds_alternative<NeedsProducerId>(decision)) {
    return with_producer_id(
        [this, id, request, done = std::move(done)](wire::Result<wire::ProducerId> next) mutable {
          if (!next.ok()) return done(next.error().code, {});
          init_with(id, request, *next, std::move(done));
        });
  }
  if (const auto* refusal = std::get_if<Refusal>(&decision)) return done(refusal->error, {});
  if (auto* next = std::get_if<TransactionMetadata>(&decision)) {
    return write_init(id, std::move(*next), std::move(done));
  }
  EndRequest abort;
  abort.producer = {transaction->committed().producer_id, std::get<Fence>(decision).epoch};
  abort.from_client = false;
  abort.client_version = cluster_.transaction_version();
  // The producer comes again, and finds the transaction ended.
  end_with(id, abort, fresh, [done = std::move(done)](EndAnswer answer) mutable {
    done(answer.error == ErrorCode::kNone ? ErrorCode::kConcurrentTransactions : answer.error, {});
  });
}

void TransactionShard::write_init(const std::string& id, TransactionMetadata next, InitDone done) {
  const ProducerIdAndEpoch producer{next.producer_id, next.producer_epoch};
  writer_.write(id, std::move(next), TransactionWriter::OnFailure::kDropPending,
                [this, id, producer, done = std::move(done)](ErrorCode error) mutable {
                  if (error == ErrorCode::kNone) return done(error, producer);
                  const Transaction* transaction = transactions_.find_in_use(id);
                  // A new id that was never written is no id.
                  if (transaction != nullptr && !transaction->pending() &&
                      transaction->committed().producer_epoch == wire::kNoProducerEpoch) {
                    transactions_.erase(id);
                  }
                  done(error, {});
                });
}

void TransactionShard::add(const std::string& id, const AddRequest& request,
                           wire::Callback<void(ErrorCode)> done) {
  coordinator::Outbox::Turn turn(outbox_);
  Transaction* transaction = transactions_.find(id);
  if (transaction == nullptr) return done(ErrorCode::kInvalidProducerIdMapping);
  AddDecision decision = decide_add(*transaction, request, clock_.wall_ms());
  if (const auto* refusal = std::get_if<Refusal>(&decision)) return done(refusal->error);
  writer_.write(id, std::get<TransactionMetadata>(std::move(decision)),
                TransactionWriter::OnFailure::kDropPending,
                [this, done = std::move(done)](ErrorCode error) mutable {
                  upkeep_.watch_ongoing();
                  done(error);
                });
}

std::map<TopicPartition, ErrorCode> TransactionShard::verify_added(const std::string& id,
                                                                   const AddRequest& request) {
  coordinator::Outbox::Turn turn(outbox_);
  if (const Transaction* transaction = transactions_.find(id)) {
    return verify(*transaction, request);
  }
  std::map<TopicPartition, ErrorCode> errors;
  for (const TopicPartition& partition : request.partitions) {
    errors[partition] = ErrorCode::kInvalidProducerIdMapping;
  }
  return errors;
}

void TransactionShard::end(const std::string& id, const EndRequest& request, EndDone done) {
  coordinator::Outbox::Turn turn(outbox_);
  end_with(id, request, std::nullopt, std::move(done));
}

void TransactionShard::end_with(const std::string& id, const EndRequest& request,
                                std::optional<wire::ProducerId> fresh, EndDone done) {
  Transaction* transaction = transactions_.find(id);
  if (transaction == nullptr) return done({ErrorCode::kInvalidProducerIdMapping, {}});
  EndDecision decision = decide_end(*transaction, request, fresh, clock_.wall_ms());
  if (std::holds_alternative<NeedsProducerId>(decision)) {
    return with_producer_id(
        [this, id, request, done = std::move(done)](wire::Result<wire::ProducerId> next) mutable {
          if (!next.ok()) return done({next.error().code, {}});
          end_with(id, request, *next, std::move(done));
        });
  }
  if (const auto* answer = std::get_if<EndAnswer>(&decision)) {
    if (answer->error == ErrorCode::kInvalidTxnState) {
      wire::log::warn("transaction {} is {}, but is to be {}", wire::log::printable(id),
                      state_name(transaction->committed().state),
                      request.commit ? "committed" : "aborted");
    }
    return done(*answer);
  }
  write_end(id, request.client_version, std::get<EndChange>(std::move(decision)), std::move(done));
}

void TransactionShard::write_end(const std::string& id, int16_t client_version, EndChange change,
                                 EndDone done) {
  const bool keeps_epoch_if_failed = change.is_fence && client_version < kEpochBumpVersion;
  writer_.write(id, std::move(change.next), TransactionWriter::OnFailure::kDropPending,
                [this, id, client_version, keeps_epoch_if_failed,
                 done = std::move(done)](ErrorCode error) mutable {
                  Transaction* transaction = transactions_.find_in_use(id);
                  if (error != ErrorCode::kNone || transaction == nullptr) {
                    if (transaction != nullptr && keeps_epoch_if_failed) {
                      transaction->note_failed_fence();
                    }
                    return done({error, {}});
                  }
                  // The outcome is durable: the client is told before the markers are written.
                  const ProducerIdAndEpoch afterwards = completion_.begin(*transaction);
                  done({ErrorCode::kNone,
                        client_version >= kEpochBumpVersion ? afterwards : ProducerIdAndEpoch{}});
                });
}

void TransactionShard::abort_timed_out(const std::string& id) {
  const Transaction* transaction = transactions_.find_in_use(id);
  if (transaction == nullptr) return;
  if (cluster_.transaction_version() < kEpochBumpVersion || !transaction->is_epoch_exhausted()) {
    return fence_timed_out(id, std::nullopt);
  }
  with_producer_id([this, id](wire::Result<wire::ProducerId> next) {
    // Without an id the next look finds it still late.
    if (next.ok()) fence_timed_out(id, *next);
  });
}

void TransactionShard::fence_timed_out(const std::string& id,
                                       std::optional<wire::ProducerId> fresh) {
  Transaction* transaction = transactions_.find_in_use(id);
  if (transaction == nullptr || transaction->pending() ||
      transaction->committed().state != TransactionState::kOngoing) {
    return;
  }
  EndRequest abort;
  abort.producer = {transaction->committed().producer_id, transaction->prepare_fence()};
  abort.from_client = false;
  abort.client_version = cluster_.transaction_version();
  end_with(id, abort, fresh, [id](EndAnswer answer) {
    if (answer.error == ErrorCode::kNone) {
      wire::log::info("transaction {} is aborted: it took longer than its timeout",
                      wire::log::printable(id));
    } else {
      wire::log::warn("transaction {} took too long and could not be aborted: {}",
                      wire::log::printable(id), wire::error_name(answer.error));
    }
  });
}

}  // namespace cluster::transactions
