// raft_sim: the metadata quorum under a seeded storm.
//
//   raft_sim [--seeds=N] [--seed=FIRST] [--trace] [--bug=NAME]
//
// Prints the first seed that breaks a property, what it broke, and the last lines of its trace.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sim/raft_cluster.h"
#include "wire/base/log.h"

namespace {

using cluster::raft::PlantedBug;

struct NamedBug {
  std::string_view name;
  PlantedBug bug;
};
constexpr NamedBug kBugs[] = {
    {"none", PlantedBug::kNone},
    {"vote-not-persisted", PlantedBug::kVoteNotPersisted},
    {"vote-granted-twice", PlantedBug::kVoteGrantedTwice},
    {"commit-on-minority", PlantedBug::kCommitOnMinority},
    {"truncation-skipped", PlantedBug::kTruncationSkipped},
    {"commit-earlier-epoch", PlantedBug::kCommitEarlierEpoch},
    {"leader-counts-unflushed", PlantedBug::kLeaderCountsUnflushed},
};

bool take(std::string_view argument, std::string_view name, std::string& value) {
  if (!argument.starts_with(name)) return false;
  value = argument.substr(name.size());
  return true;
}

int run(uint64_t first, uint64_t seeds, bool trace, PlantedBug bug) {
  const auto begin = std::chrono::steady_clock::now();
  sim::Reached reached;
  uint64_t events = 0;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    sim::RaftSimOptions options;
    options.seed = seed;
    options.bug = bug;
    options.trace = trace;
    sim::RaftSimResult result = sim::simulate_raft(options);
    reached.add(result.reached);
    events += result.events;
    if (result.failure.empty() && !(trace && seeds == 1)) continue;
    if (!trace) {
      options.trace = true;
      result = sim::simulate_raft(options);
    }
    for (const std::string& line : result.trace) std::printf("%s\n", line.c_str());
    if (result.failure.empty()) continue;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), result.failure.c_str());
    return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%llu seeds, %llu events, %.1f s: all properties held\n",
              static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(events),
              took.count());
  for (size_t i = 0; i < reached.counts.size(); ++i) {
    const auto mark = static_cast<sim::Mark>(i);
    std::printf("  %-26s %llu\n", std::string(sim::mark_name(mark)).c_str(),
                static_cast<unsigned long long>(reached[mark]));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t first = 1;
  uint64_t seeds = 2000;
  bool one = false;
  bool trace = false;
  PlantedBug bug = PlantedBug::kNone;
  wire::log::set_level(wire::log::Level::kOff);
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    std::string value;
    if (take(argument, "--seeds=", value)) {
      seeds = std::strtoull(value.c_str(), nullptr, 10);
      one = true;
    } else if (take(argument, "--seed=", value)) {
      first = std::strtoull(value.c_str(), nullptr, 10);
      if (!one) seeds = 1;
    } else if (argument == "--trace") {
      trace = true;
    } else if (take(argument, "--bug=", value)) {
      bool known = false;
      for (const NamedBug& named : kBugs) {
        if (named.name != value) continue;
        bug = named.bug;
        known = true;
      }
      if (!known) {
        std::fprintf(stderr, "no such bug: %s\n", value.c_str());
        return 2;
      }
    } else {
      std::fprintf(stderr, "usage: raft_sim [--seeds=N] [--seed=FIRST] [--trace] [--bug=NAME]\n");
      return 2;
    }
  }
  return run(first, seeds, trace, bug);
}
