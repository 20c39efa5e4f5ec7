// The configuration of this process: what the file and the command line say, over the defaults.
//
// Immutable once loaded, shared by all shards.  Lower layers never see it: they get plain option
// structs.  Properties that may change while the broker runs are resolved with the image's dynamic
// configs by config_layers.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config/config_def.h"
#include "cluster/config/first_topics.h"
#include "cluster/config/listeners.h"
#include "cluster/config/properties.h"
#include "cluster/controller/decision.h"
#include "cluster/groups/group_options.h"
#include "cluster/transactions/transaction_options.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace cluster::config {

enum class Durability : uint8_t { kFsync, kRelaxed, kMemory };

class BrokerConfig {
 public:
  // `given`: what was set, later sources having replaced earlier ones.  Each unknown name adds a
  // line to `warnings`.  An error says what Kafka would say and means that the process must not
  // start.
  static wire::Result<BrokerConfig> load(Properties given, std::vector<std::string>& warnings);

  // Values by name, as in the table.  REQUIRES: the name is a broker property of that type, and not
  // null.
  bool get_bool(std::string_view name) const;
  int32_t get_int(std::string_view name) const;
  int64_t get_long(std::string_view name) const;
  double get_double(std::string_view name) const;
  std::string get_string(std::string_view name) const;
  std::vector<std::string> get_list(std::string_view name) const;
  // The canonical text, nothing if it is null.
  std::optional<std::string> find(std::string_view name) const;

  // What was set, in canonical form, unknown names included.
  const Properties& given() const { return given_; }

  wire::NodeId node_id() const { return get_int("node.id"); }
  bool is_broker() const { return is_broker_; }
  bool is_controller() const { return is_controller_; }

  // All sockets to open, and those for other controllers among them.
  const std::vector<Endpoint>& listeners() const { return listeners_; }
  // Where clients and brokers are sent.  Never the controller's.
  const std::vector<Endpoint>& advertised_listeners() const { return advertised_; }
  bool is_controller_listener(std::string_view listener) const;
  const std::string& inter_broker_listener() const { return inter_broker_listener_; }
  const std::vector<QuorumVoter>& quorum_voters() const { return voters_; }

  std::vector<std::string> log_dirs() const;
  std::string metadata_log_dir() const;
  // odradek.create.topics.
  const std::vector<FirstTopic>& first_topics() const { return first_topics_; }
  Durability durability() const;

  controller::ControllerOptions controller_options() const;
  groups::GroupOptions group_options() const;
  transactions::TransactionOptions transaction_options() const;

 private:
  BrokerConfig() = default;

  wire::Status take(Properties given, std::vector<std::string>& warnings);
  wire::Status read_roles();
  wire::Status read_listeners();
  wire::Status read_first_topics();
  wire::Status check_roles() const;
  wire::Status check_listeners() const;
  wire::Status check_numbers() const;

  Properties given_;
  bool is_broker_ = false;
  bool is_controller_ = false;
  std::vector<Endpoint> listeners_;
  std::vector<Endpoint> advertised_;
  std::vector<std::string> controller_listeners_;
  std::string inter_broker_listener_;
  std::vector<QuorumVoter> voters_;
  std::vector<FirstTopic> first_topics_;
};

}  // namespace cluster::config
