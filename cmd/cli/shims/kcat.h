// kcat's command line, and its consumer.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cmd/cli/client.h"
#include "cmd/cli/shims/shims.h"

namespace cli::shims {

struct KcatOptions {
  char mode = '\0';  // P, C, L, Q, G; V and h
  std::string brokers;
  std::vector<std::string> topics;  // of -Q: topic:partition:timestamp
  std::string group;
  int32_t partition = -1;
  std::string delimiter = "\n";
  std::string key_delimiter;
  std::string key;
  std::vector<std::string> headers;
  std::vector<std::string> offsets;  // -o: s@ms and e@ms may both be given
  int64_t count = -1;
  std::string codec = "none";
  std::string format;
  std::vector<std::string> configs;
  std::string config_file;
  std::vector<std::string> rest;
  bool json = false;
  bool exit_at_end = false;
  bool empty_is_null = false;
  bool quiet = false;
  bool lines_of_file = false;
  bool tee = false;
};

// Prints the error as kcat does; 1.
int kcat_failed(const std::string& why);

wire::Result<KcatOptions> parse_kcat(const Words& words);

// -C and -G.
int kcat_consume(Client& client, const KcatOptions& options,
                 const std::map<std::string, std::string>& configs);

}  // namespace cli::shims
