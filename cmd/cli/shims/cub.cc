// cub and ub: Confluent's utility belts, of which compose files and entrypoints call `kafka-ready`.
#include <charconv>
#include <chrono>
#include <cstdio>

#include <fmt/core.h>
#include <unistd.h>

#include "cmd/cli/shims/tool.h"

namespace cli::shims {
namespace {

constexpr OptionRow kCubOptions[] = {
    {"b|bootstrap-servers|bootstrap_servers", Takes::kText, "Brokers to ask."},
    {"z|zookeeper_connect|zookeeper-connect", Takes::kText, "Of earlier releases."},
    {"c|config", Takes::kText, "Property file of the client."},
    {"s|security-protocol|security_protocol|security", Takes::kText, "PLAINTEXT."},
    kHelpRow,
};

constexpr useconds_t kAskAgainMicroseconds = 200'000;

std::optional<int64_t> number(const std::string& text) {
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

struct Wanted {
  std::string bootstrap;
  PropertyFile configs;
  int64_t brokers = 1;
  int64_t timeout_seconds = 0;
};

// How many brokers the cluster has; 0 if none answers.
size_t count_brokers(const Wanted& wanted) {
  auto client = connect(wanted.bootstrap, wanted.configs, "cub", 0);
  if (!client.ok()) return 0;
  const auto brokers = (*client)->brokers();
  return brokers.ok() ? brokers->size() : 0;
}

int wait_for_brokers(const Wanted& wanted) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(wanted.timeout_seconds);
  size_t count = 0;
  do {
    count = count_brokers(wanted);
    if (static_cast<int64_t>(count) >= wanted.brokers) return 0;
    usleep(kAskAgainMicroseconds);
  } while (std::chrono::steady_clock::now() < deadline);
  std::fprintf(stderr, "Expected %lld brokers but found only %zu at %s within %lld seconds.\n",
               static_cast<long long>(wanted.brokers), count, wanted.bootstrap.c_str(),
               static_cast<long long>(wanted.timeout_seconds));
  return 1;
}

int kafka_ready(const Words& words) {
  const auto options = ToolOptions::parse(kCubOptions, words);
  if (!options.ok()) return usage(options.error().detail, kCubOptions);
  Wanted wanted;
  wanted.bootstrap = options->value_or("b", "");
  if (const auto path = options->value("c")) {
    auto read = read_property_file(*path);
    if (!read.ok()) {
      std::fprintf(stderr, "%s\n", read.error().detail.c_str());
      return 1;
    }
    wanted.configs = std::move(*read);
  }
  if (const auto protocol = options->value("s")) wanted.configs["security.protocol"] = *protocol;
  std::vector<int64_t> numbers;
  for (const std::string& word : options->rest()) {
    if (const auto value = number(word)) {
      numbers.push_back(*value);
    } else if (wanted.bootstrap.empty()) {
      wanted.bootstrap = word;
    }
  }
  if (numbers.size() != 2) {
    return usage("kafka-ready takes the number of brokers and the seconds to wait", kCubOptions);
  }
  wanted.brokers = numbers[0];
  wanted.timeout_seconds = numbers[1];
  if (wanted.bootstrap.empty()) {
    if (!options->has("z")) return usage("kafka-ready takes -b HOST:PORT", kCubOptions);
    wanted.bootstrap = "localhost:9092";
    std::fprintf(stderr, "there is no ZooKeeper: the broker at %s is asked\n",
                 wanted.bootstrap.c_str());
  }
  return wait_for_brokers(wanted);
}

}  // namespace

int cub(const Words& words) {
  const std::string verb = words.empty() ? "" : words[0];
  if (verb == "kafka-ready") return kafka_ready({words.begin() + 1, words.end()});
  if (verb == "zk-ready") {
    std::fprintf(stderr, "there is no ZooKeeper to wait for\n");
    return 0;
  }
  std::fprintf(stderr, "of cub and ub there are kafka-ready and zk-ready here, not \"%s\"\n",
               verb.c_str());
  return 1;
}

}  // namespace cli::shims
