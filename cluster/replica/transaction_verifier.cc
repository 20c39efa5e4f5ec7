#include "cluster/replica/transaction_verifier.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace cluster::replica {

using wire::ErrorCode;

struct TransactionVerifier::Question {
  TransactionalProducer producer;
  std::vector<VerificationTarget> targets;
  std::vector<Verified> answers;
  wire::DurationMs asked_ms = 0;  // monotonic; the first time
  wire::Callback<void(std::vector<Verified>)> done;

  bool adds() const { return producer.support == TransactionSupport::kAddsPartitions; }
  void fail_asked(ErrorCode error) {
    for (Verified& answer : answers) {
      if (answer.guard != storage::kNoGuard) answer.error = error;
    }
  }
};

namespace {

// The coordinator's word in a producer's terms.
ErrorCode for_producer(ErrorCode error, TransactionSupport support) {
  if (error == ErrorCode::kProducerFenced) return ErrorCode::kInvalidProducerEpoch;
  if (error == ErrorCode::kTransactionAbortable && support == TransactionSupport::kOldErrors) {
    return ErrorCode::kInvalidTxnState;
  }
  return error;
}

}  // namespace

void TransactionVerifier::verify(TransactionalProducer producer,
                                 std::vector<VerificationTarget> targets,
                                 wire::Callback<void(std::vector<Verified>)> done) {
  const auto question = std::make_shared<Question>();
  question->producer = std::move(producer);
  question->targets = std::move(targets);
  question->asked_ms = ports_.clock.monotonic_ms();
  question->done = std::move(done);
  ask(question);
}

void TransactionVerifier::ask(const std::shared_ptr<Question>& question) {
  const TransactionalProducer& producer = question->producer;
  question->answers.assign(question->targets.size(), {});
  std::map<std::string, std::vector<wire::PartitionIndex>> asked;
  for (size_t i = 0; i < question->targets.size(); ++i) {
    const VerificationTarget& target = question->targets[i];
    if (!question->adds() && !target.partition->options().log.verify_transactions) continue;
    const auto guard = target.partition->begin_verification(
        producer.id, {.epoch = producer.epoch,
                      .first_sequence = target.first_sequence,
                      .epoch_per_transaction = question->adds()});
    if (!guard.ok()) {
      question->answers[i].error = guard.error().code;
      continue;
    }
    if (*guard == storage::kNoGuard) continue;
    question->answers[i].guard = *guard;
    const storage::TopicPartition& name = target.partition->name();
    asked[name.topic].push_back(name.partition);
  }
  if (asked.empty()) return settle(question);

  const wire::NodeId coordinator = ports_.coordinator_of(producer.transactional_id);
  if (coordinator == wire::kNoNode) {
    question->fail_asked(ErrorCode::kCoordinatorNotAvailable);
    return settle(question);
  }
  wire::AddPartitionsToTxnRequest request;
  auto& transaction = request.transactions.emplace_back();
  transaction.transactional_id = producer.transactional_id;
  transaction.producer_id = producer.id;
  transaction.producer_epoch = producer.epoch;
  transaction.verify_only = !question->adds();
  for (auto& [topic, partitions] : asked) {
    transaction.topics.push_back({topic, std::move(partitions)});
  }
  ports_.transport.send(coordinator, std::move(request),
                        [self = self_, question](wire::Result<PeerResponse> answer) {
                          if (*self != nullptr) (*self)->receive(question, std::move(answer));
                        });
}

void TransactionVerifier::receive(const std::shared_ptr<Question>& question,
                                  wire::Result<PeerResponse> answer) {
  if (!answer.ok()) {
    question->fail_asked(ErrorCode::kNetworkException);
    return settle(question);
  }
  const auto& response = std::get<wire::AddPartitionsToTxnResponse>(*answer);
  if (response.error_code != ErrorCode::kNone) {
    // That this broker may not ask is nothing a client could act on.
    question->fail_asked(response.error_code == ErrorCode::kClusterAuthorizationFailed
                             ? ErrorCode::kInvalidTxnState
                             : response.error_code);
    return settle(question);
  }
  bool is_concurrent = false;
  for (const auto& result : response.results_by_transaction) {
    for (const auto& topic : result.topic_results) {
      for (const auto& partition : topic.results_by_partition) {
        is_concurrent |= partition.partition_error_code == ErrorCode::kConcurrentTransactions;
        for (size_t i = 0; i < question->targets.size(); ++i) {
          const storage::TopicPartition& name = question->targets[i].partition->name();
          if (name.topic != topic.name || name.partition != partition.partition_index) continue;
          question->answers[i].error =
              for_producer(partition.partition_error_code, question->producer.support);
        }
      }
    }
  }
  const bool in_time = ports_.clock.monotonic_ms() - question->asked_ms < options_.retry_for_ms;
  // The transaction before this one is being ended: that is soon over, and a client's retry costs
  // more.
  if (is_concurrent && question->adds() && in_time) {
    ports_.timers.schedule(options_.retry_backoff_ms, [self = self_, question] {
      if (*self != nullptr) (*self)->ask(question);
    });
    return;
  }
  settle(question);
}

void TransactionVerifier::settle(const std::shared_ptr<Question>& question) {
  question->done(std::move(question->answers));
}

}  // namespace cluster::replica
