// Open, committed and aborted transactions of a log: the last stable offset, the transaction index,
// and what survives a stop.  Numbers like A9 are those of our list of known anomalies.
#include <gmock/gmock.h>

#include "storage/segment.h"
#include "tests/storage/log_fixture.h"
#include "wire/records/control_record.h"

namespace storage::testing {

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using wire::ErrorCode;

constexpr AppendRules kCoordinator{.origin = AppendOrigin::kCoordinator};

class LogTransactions : public LogFixture {
 protected:
  LogTransactions() { options_.verify_transactions = false; }

  // Appends `count` records of an open transaction; the first offset.
  wire::Offset data(Log& log, wire::ProducerId producer, int32_t sequence = 0, int count = 1,
                    wire::ProducerEpoch epoch = 0) {
    return append(log, {.count = count,
                        .producer_id = producer,
                        .producer_epoch = epoch,
                        .base_sequence = sequence,
                        .transactional = true})
        .first_offset;
  }
  wire::Result<AppendInfo> try_marker(Log& log, wire::ProducerId producer, bool committed,
                                      wire::ProducerEpoch epoch = 0, int16_t version = 0,
                                      wire::Epoch coordinator_epoch = 1) {
    AppendRules rules = kCoordinator;
    rules.transaction_version = version;
    return log.append_as_leader(
        wire::build_end_transaction_batch({.producer_id = producer,
                                           .producer_epoch = epoch,
                                           .committed = committed,
                                           .coordinator_epoch = coordinator_epoch},
                                          clock_.wall_ms()),
        0, rules);
  }
  wire::Offset marker(Log& log, wire::ProducerId producer, bool committed,
                      wire::ProducerEpoch epoch = 0) {
    auto info = try_marker(log, producer, committed, epoch);
    EXPECT_TRUE(info.ok()) << info.error().detail;
    return info.ok() ? info->first_offset : -1;
  }
  static std::vector<AbortedTransaction> aborted(Log& log, wire::Offset from,
                                                 int64_t max_bytes = 1 << 20) {
    const auto fetched = log.read({.offset = from, .max_bytes = max_bytes, .with_aborted = true});
    EXPECT_TRUE(fetched.ok());
    return fetched->aborted;
  }
  std::string index_of(wire::Offset base) const {
    return "/data/tweets-0/" + segment_file_name(base, kTransactionIndexSuffix);
  }
};

// A27: beside records only the markers of transactions have offsets.
TEST_F(LogTransactions, A27_OnlyMarkersTakeOffsetsBesideRecords) {
  options_.segment_bytes = 400;
  auto log = open();
  wire::Offset next = 0;
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(append(*log, {.count = 3}, round).first_offset, next);
    EXPECT_EQ(data(*log, 7, 2 * round, 2), next + 3);
    EXPECT_EQ(marker(*log, 7, round % 2 == 0), next + 5);
    next += 6;
    sync(*log);
    log = open(false, log->recovery_point());
  }
  EXPECT_GT(log->segment_count(), 1U);
  EXPECT_EQ(log->log_end_offset(), next);
}

TEST_F(LogTransactions, AnOpenTransactionHoldsTheLastStableOffset) {
  auto log = open();
  append(*log);
  EXPECT_FALSE(log->first_unstable_offset().has_value());
  data(*log, 7);
  data(*log, 8);
  EXPECT_EQ(log->first_unstable_offset(), 1);
  marker(*log, 7, true);
  // Decided, but not replicated yet.
  EXPECT_EQ(log->first_unstable_offset(), 1);
  log->note_high_watermark(log->log_end_offset());
  EXPECT_EQ(log->first_unstable_offset(), 2);
  marker(*log, 8, false);
  log->note_high_watermark(log->log_end_offset());
  EXPECT_FALSE(log->first_unstable_offset().has_value());
}

TEST_F(LogTransactions, AbortedTransactionsAreNamedWhereTheirRecordsAreRead) {
  auto log = open();
  data(*log, 7);           // 0
  data(*log, 8);           // 1
  append(*log);            // 2
  marker(*log, 7, false);  // 3
  marker(*log, 8, true);   // 4
  EXPECT_THAT(aborted(*log, 0),
              ElementsAre(AbortedTransaction{
                  .producer_id = 7, .first_offset = 0, .last_offset = 3, .last_stable_offset = 1}));
  EXPECT_THAT(aborted(*log, 3), ElementsAre(::testing::_));
  EXPECT_THAT(aborted(*log, 4), IsEmpty());
  EXPECT_THAT(log->read({.offset = 0, .max_bytes = 1 << 20})->aborted, IsEmpty());
}

TEST_F(LogTransactions, ATransactionThatEndsInALaterSegmentIsFoundFromItsFirst) {
  options_.segment_bytes = 400;
  auto log = open();
  data(*log, 7, 0, 2);
  for (int i = 0; i < 20; ++i) append(*log, {.value_size = 60});
  const wire::Offset end = marker(*log, 7, false);
  ASSERT_GT(log->segment_count(), 3U);
  const auto found = aborted(*log, 0, 100);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].last_offset, end);
  EXPECT_EQ(found[0].last_stable_offset, end + 1);
}

TEST_F(LogTransactions, TheIndexFileIsKafkas) {
  auto log = open();
  data(*log, 0x0102, 0, 3);
  marker(*log, 0x0102, false);
  sync(*log);
  const auto bytes = read_file(files_, index_of(0));
  ASSERT_TRUE(bytes.ok());
  const std::vector<uint8_t> expected = {
      0, 0,                    // version
      0, 0, 0, 0, 0, 0, 1, 2,  // producer id
      0, 0, 0, 0, 0, 0, 0, 0,  // first offset
      0, 0, 0, 0, 0, 0, 0, 3,  // last offset
      0, 0, 0, 0, 0, 0, 0, 4,  // last stable offset
  };
  EXPECT_EQ(std::vector<uint8_t>(bytes->span().begin(), bytes->span().end()), expected);
}

TEST_F(LogTransactions, NoAbortNoFile) {
  auto log = open();
  data(*log, 7);
  marker(*log, 7, true);
  ASSERT_TRUE(log->close().ok());
  EXPECT_THAT(names(), Not(Contains(::testing::EndsWith(".txnindex"))));
}

// A16, in a segment that is sealed when it is recovered: no checkpoint writes its index later.
TEST_F(LogTransactions, A16_RecoveryWritesTheIndexOfSealedSegments) {
  auto log = open();
  data(*log, 7);
  marker(*log, 7, false);
  ASSERT_TRUE(log->roll().ok());
  append(*log);
  log.reset();                                   // killed
  ASSERT_TRUE(files_.remove(index_of(0)).ok());  // which a sync would have written
  log = open();
  append(*log);
  ASSERT_TRUE(log->roll().ok());  // with a snapshot: the next recovery replays nothing before
  sync(*log);
  const wire::Offset recovery_point = log->recovery_point();
  ASSERT_EQ(recovery_point, 4);
  log.reset();  // killed again
  log = open(false, recovery_point);
  EXPECT_EQ(aborted(*log, 0).size(), 1U);
}

// A16: what is aborted stays invisible, whatever the crash left of the index.
TEST_F(LogTransactions, A16_RecoveryRebuildsTheIndexBehindTheRecoveryPoint) {
  options_.segment_bytes = 500;
  std::vector<AbortedTransaction> before;
  wire::Offset recovery_point = 0;
  {
    auto log = open();
    data(*log, 7);
    for (int i = 0; i < 6; ++i) append(*log, {.value_size = 60});
    sync(*log);
    recovery_point = log->recovery_point();
    data(*log, 8);
    marker(*log, 7, false);
    for (int i = 0; i < 12; ++i) append(*log, {.value_size = 60});
    marker(*log, 8, false);
    before = aborted(*log, 0, 10'000);
    sync(*log, false);
  }
  // A power cut: names and data are there, the transaction indexes are not.
  for (const std::string& name : names()) {
    if (!name.ends_with(kTransactionIndexSuffix)) continue;
    ASSERT_TRUE(files_.remove("/data/tweets-0/" + name).ok());
  }
  auto log = open(false, recovery_point);
  std::vector<AbortedTransaction> after = aborted(*log, 0, 10'000);
  EXPECT_EQ(before.size(), 1U);  // of the batches in the first segment
  EXPECT_EQ(after, before);
  EXPECT_EQ(aborted(*log, recovery_point, 100).size(), 2U);
  EXPECT_FALSE(log->producers().has_open_transaction(7, 0));
}

TEST_F(LogTransactions, OpenTransactionsSurviveACleanStopAndAKill) {
  wire::Offset recovery_point = 0;
  {
    auto log = open();
    append(*log);
    data(*log, 7);
    ASSERT_TRUE(log->close().ok());
  }
  {
    auto log = open(true);
    EXPECT_EQ(log->first_unstable_offset(), 1);
    sync(*log);
    recovery_point = log->recovery_point();
    data(*log, 8);
  }
  auto log = open(false, recovery_point);
  EXPECT_EQ(log->first_unstable_offset(), 1);
  marker(*log, 7, false);
  log->note_high_watermark(log->log_end_offset());
  EXPECT_EQ(log->first_unstable_offset(), 2);
  EXPECT_EQ(aborted(*log, 0).size(), 1U);
}

TEST_F(LogTransactions, ACompletedTransactionBelowTheHighWatermarkHoldsNothingAfterARestart) {
  {
    auto log = open();
    data(*log, 7);
    marker(*log, 7, true);
  }
  LogOpen opening = how();
  opening.high_watermark = 2;
  auto log = Log::open(*directory_, opening);
  ASSERT_TRUE(log.ok());
  EXPECT_FALSE((*log)->first_unstable_offset().has_value());
}

TEST_F(LogTransactions, TruncationTakesTheAbortWithItsMarker) {
  auto log = open();
  data(*log, 7);
  marker(*log, 7, false);
  const wire::Offset second = data(*log, 7, 1);
  marker(*log, 7, false);
  ASSERT_TRUE(log->truncate_to(second + 1).ok());
  ASSERT_EQ(aborted(*log, 0).size(), 1U);
  EXPECT_EQ(aborted(*log, 0)[0].first_offset, 0);
  EXPECT_EQ(log->first_unstable_offset(), 0);  // the first one is above the high watermark
  log->note_high_watermark(second);
  EXPECT_EQ(log->first_unstable_offset(), second);
}

TEST_F(LogTransactions, TheIndexGoesWithItsSegment) {
  options_.segment_bytes = 400;
  options_.retention_bytes = 400;
  auto log = open();
  data(*log, 7);
  marker(*log, 7, false);
  for (int i = 0; i < 20; ++i) append(*log, {.value_size = 60});
  sync(*log);
  ASSERT_TRUE(files_.exists(index_of(0)));
  log->note_high_watermark(log->log_end_offset());
  ASSERT_TRUE(log->apply_retention().ok());
  EXPECT_FALSE(files_.exists(index_of(0)));
  EXPECT_THAT(names(), Contains("00000000000000000000.txnindex.deleted"));
}

// A8: with transaction.version 2 an epoch ends once; a delayed end cannot hit the next transaction.
TEST_F(LogTransactions, A8_AMarkerOfTheOpenTransactionsOwnEpochIsRefused) {
  auto log = open();
  data(*log, 7);
  ASSERT_TRUE(try_marker(*log, 7, true, 1, kEpochPerTransaction).ok());
  // The answer was lost, and the marker comes again.
  ASSERT_TRUE(try_marker(*log, 7, true, 1, kEpochPerTransaction).ok());
  data(*log, 7, 0, 1, 1);
  // Once more, but now its epoch is that of the next transaction.
  EXPECT_EQ(try_marker(*log, 7, true, 1, kEpochPerTransaction).error().code,
            ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(try_marker(*log, 7, true, 0, kEpochPerTransaction).error().code,
            ErrorCode::kInvalidProducerEpoch);
  EXPECT_TRUE(log->producers().has_open_transaction(7, 1));
  EXPECT_TRUE(try_marker(*log, 7, false, 2, kEpochPerTransaction).ok());
}

TEST_F(LogTransactions, MarkersOfOlderVersionsEndTheEpochTheyName) {
  auto log = open();
  data(*log, 7, 0, 1, 3);
  EXPECT_EQ(try_marker(*log, 7, true, 2).error().code, ErrorCode::kInvalidProducerEpoch);
  EXPECT_TRUE(try_marker(*log, 7, true, 3, 1).ok());
  EXPECT_EQ(try_marker(*log, 7, true, 3, 1, 0).error().code,
            ErrorCode::kTransactionCoordinatorFenced);
  // The last epoch of all can always be ended.
  data(*log, 9, 0, 1, INT16_MAX);
  EXPECT_TRUE(try_marker(*log, 9, false, INT16_MAX, kEpochPerTransaction).ok());
}

TEST_F(LogTransactions, ABatchOutsideTheOpenTransactionIsRefused) {
  auto log = open();
  data(*log, 7);
  const auto plain = log->append_as_leader(
      make_batch({.producer_id = 7, .producer_epoch = 0, .base_sequence = 1}), 0);
  EXPECT_EQ(plain.error().code, ErrorCode::kInvalidTxnState);
}

TEST_F(LogTransactions, ProducersExpireWhenItIsTimeToLookForThem) {
  options_.producer_id_expiration_ms = 1000;
  options_.producer_id_expiration_check_ms = 5000;
  auto log = open();
  append(*log, {.producer_id = 7, .producer_epoch = 0, .base_sequence = 0});
  clock_.advance(4999);
  log->sweep();
  EXPECT_NE(log->producers().find(7), nullptr);
  clock_.advance(1);
  log->sweep();
  EXPECT_EQ(log->producers().find(7), nullptr);
}

class VerifiedTransactions : public LogTransactions {
 protected:
  VerifiedTransactions() { options_.verify_transactions = true; }

  static VerificationGuard begin(Log& log, wire::ProducerEpoch epoch = 0, int32_t sequence = 0,
                                 bool epoch_per_transaction = false) {
    const auto guard = log.begin_verification(7, {.epoch = epoch,
                                                  .first_sequence = sequence,
                                                  .epoch_per_transaction = epoch_per_transaction});
    EXPECT_TRUE(guard.ok());
    return *guard;
  }
  static ErrorCode produce(Log& log, VerificationGuard guard, int32_t sequence = 0,
                           wire::ProducerEpoch epoch = 0) {
    const auto info = log.append_as_leader(make_batch({.producer_id = 7,
                                                       .producer_epoch = epoch,
                                                       .base_sequence = sequence,
                                                       .transactional = true}),
                                           0, {.guard = guard});
    return info.ok() ? ErrorCode::kNone : info.error().code;
  }
};

// A9: a late batch must not begin a transaction that nobody will end.
TEST_F(VerifiedTransactions, A9_ALateBatchBehindTheMarkerIsRefused) {
  auto log = open();
  EXPECT_EQ(produce(*log, kNoGuard), ErrorCode::kInvalidTxnState);
  const VerificationGuard guard = begin(*log);
  EXPECT_EQ(produce(*log, guard + 1), ErrorCode::kInvalidTxnState);
  EXPECT_EQ(produce(*log, guard), ErrorCode::kNone);
  EXPECT_EQ(begin(*log), kNoGuard);  // open here: nothing to ask
  EXPECT_EQ(produce(*log, kNoGuard, 1), ErrorCode::kNone);
  marker(*log, 7, false);
  EXPECT_EQ(produce(*log, kNoGuard, 2), ErrorCode::kInvalidTxnState);
  EXPECT_EQ(produce(*log, guard, 2), ErrorCode::kInvalidTxnState);
}

TEST_F(VerifiedTransactions, A9_AMarkerBetweenQuestionAndAppendTakesTheGuardAway) {
  auto log = open();
  const VerificationGuard guard = begin(*log);
  marker(*log, 7, false);
  EXPECT_EQ(produce(*log, guard), ErrorCode::kInvalidTxnState);
  EXPECT_NE(begin(*log), guard);
  EXPECT_EQ(produce(*log, guard), ErrorCode::kInvalidTxnState);
  EXPECT_FALSE(log->first_unstable_offset().has_value());
}

TEST_F(VerifiedTransactions, WithVersionTwoTheNextTransactionsGuardOutlivesTheMarker) {
  auto log = open();
  ASSERT_EQ(produce(*log, begin(*log, 0, 0, true)), ErrorCode::kNone);
  // The marker of epoch 1 ends the transaction of epoch 0; the next one has begun to ask.
  const VerificationGuard next = begin(*log, 1, 0, true);
  ASSERT_NE(next, kNoGuard);
  ASSERT_TRUE(try_marker(*log, 7, true, 1, kEpochPerTransaction).ok());
  EXPECT_EQ(produce(*log, next, 0, 1), ErrorCode::kNone);
}

TEST_F(VerifiedTransactions, ALowerSequenceThatWaitsIsNotOvertaken) {
  auto log = open();
  const VerificationGuard guard = begin(*log, 0, 0);
  EXPECT_EQ(begin(*log, 0, 3), guard);
  EXPECT_EQ(produce(*log, guard, 3), ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(produce(*log, guard, 0), ErrorCode::kNone);
}

TEST_F(VerifiedTransactions, AVersionTwoProducerBeginsAtSequenceZero) {
  auto log = open();
  EXPECT_EQ(produce(*log, begin(*log, 0, 5, true), 5), ErrorCode::kOutOfOrderSequenceNumber);
}

TEST_F(VerifiedTransactions, AnEpochThatIsOverIsToldBeforeAnythingIsAsked) {
  auto log = open();
  ASSERT_EQ(produce(*log, begin(*log, 2), 0, 2), ErrorCode::kNone);
  EXPECT_EQ(log->begin_verification(7, {.epoch = 1}).error().code,
            ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(produce(*log, kNoGuard, 0, 1), ErrorCode::kInvalidProducerEpoch);
}

TEST_F(VerifiedTransactions, AVerificationThatNobodyUsesExpires) {
  options_.producer_id_expiration_ms = 1000;
  options_.producer_id_expiration_check_ms = 1000;
  auto log = open();
  const VerificationGuard guard = begin(*log);
  clock_.advance(1000);
  log->sweep();
  EXPECT_EQ(produce(*log, guard), ErrorCode::kInvalidTxnState);
}

}  // namespace

}  // namespace storage::testing
