// Everything that a node keeps, under the crash matrix: topics in the metadata log and its snapshots, records in segments that
// roll and expire, committed offsets in __consumer_offsets and RocksDB, transactions over all of them, checkpoints, clean and
// unclean restarts.
//
// `./dev test` stops the node at a sample of the disk calls, `./dev crash` (run.py) at every one: it runs the same test in a
// few processes, and tells each where to begin and how far to step.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>

#include "tests/cluster/crash/node_workload.h"
#include "wire/base/log.h"

namespace cluster {
namespace {

class NodeCrashMatrix : public ::testing::Test {
 protected:
  NodeCrashMatrix() { wire::log::set_level(wire::log::Level::kOff); }
  ~NodeCrashMatrix() override { wire::log::set_level(wire::log::Level::kInfo); }
};

// A prime, so that the sample has calls of every kind.
constexpr int64_t kSampleStride = 31;

int64_t number_of(const char* variable, int64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoll(text, nullptr, 10);
}

TEST_F(NodeCrashMatrix, WhatWasAcknowledgedSurvivesAStop) {
  const storage::testing::CrashMatrix matrix{
      .make = [] { return std::make_unique<NodeWorkload>(); },
      .first = number_of("NODE_CRASH_FIRST", 1),
      .stride = number_of("NODE_CRASH_STRIDE", kSampleStride)};
  EXPECT_GE(matrix.run(), 300);
}

// The matrix is worth something if it finds what is wrong.
class NodeCrashMatrixFinds : public NodeCrashMatrix, public ::testing::WithParamInterface<Fault> {};

TEST_P(NodeCrashMatrixFinds, TheFault) {
  ::testing::TestPartResultArray found;
  {
    ::testing::ScopedFakeTestPartResultReporter quiet(
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &found);
    storage::testing::CrashMatrix matrix{
        .make = [] { return std::make_unique<NodeWorkload>(GetParam()); },
        .failed = [&found] { return found.size() > 0; }};
    matrix.run();
  }
  EXPECT_GT(found.size(), 0);
}

INSTANTIATE_TEST_SUITE_P(Planted, NodeCrashMatrixFinds,
                         ::testing::Values(Fault::kTrustedChecksums, Fault::kNoSyncs,
                                           Fault::kNoDirectorySyncs),
                         [](const auto& test) {
                           return test.param == Fault::kTrustedChecksums ? "TrustedChecksums"
                                  : test.param == Fault::kNoSyncs        ? "NoSyncs"
                                                                         : "NoDirectorySyncs";
                         });

}  // namespace
}  // namespace cluster
