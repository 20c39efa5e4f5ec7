// The connections of all clients: on the broker's shard, or on shards of their own
// (odradek.shards).
//
// With one shard every request runs to completion where it was read.  With more, the first has the
// partitions, the coordinators and the controller, and each other one has its share of the sockets:
// it reads and cuts requests, and writes answers, with what memory and time bounds that takes; the
// requests go to the first and back (request_hop.h).  docs/decisions/0008 says what that costs.
//
// Lives on the broker's shard.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cmd/api/request_context.h"
#include "cmd/server/connection_quotas.h"
#include "cmd/server/connections.h"
#include "cmd/server/request_hop.h"
#include "cmd/server/shard.h"

namespace server {

class AdvertisedAddresses;

class ClientConnections final : public ConnectionCounter {
 public:
  // REQUIRES: broker and services outlive this; so do addresses (null: clients are told what is
  // registered).  `limits` are those of all shards together.
  ClientConnections(Shard& broker, api::Services& services, ConnectionLimits limits,
                    AdvertisedAddresses* addresses = nullptr, size_t shards = 1);
  ~ClientConnections();
  ClientConnections(const ClientConnections&) = delete;
  ClientConnections& operator=(const ClientConnections&) = delete;

  // Takes an accepted socket over.
  void accept(int socket, const std::string& listener, api::ListenerKind kind);
  // From now on nothing is read; `done` is called when every request taken has been answered and
  // written.
  void drain(wire::Callback<void()> done);
  // Ends the shards of their own, too: nothing is accepted any more.
  void close_all();
  // Other limits than before, while running.
  void set_limits(ConnectionLimits limits);

  void closed(const api::ConnectionInfo& info) override;
  void room_made() override { quotas_.room_made(); }

  size_t count() const { return quotas_.count(); }
  const std::map<std::string, size_t>& count_by_listener() const {
    return quotas_.count_by_listener();
  }
  uint64_t accepted() const { return next_id_ - 1; }
  // Sums over the shards, as of a moment ago.
  size_t request_memory() const;
  size_t answer_memory() const;
  uint64_t refused() const;
  uint64_t bytes_in() const;
  uint64_t bytes_out() const;

 private:
  // A shard's connections, with its thread if it is not the broker's.
  struct Member {
    std::unique_ptr<Shard> own_shard;
    std::unique_ptr<RequestHop> hop;
    std::unique_ptr<Connections> connections;
    std::thread thread;

    // Where the connections live.
    void run(wire::Callback<void()> task);
  };

  void start_thread(Member& member, size_t number);
  ConnectionLimits share_of(const ConnectionLimits& limits) const;
  template <typename T>
  T sum(T (Connections::*figure)() const) const;

  Shard& broker_;
  api::Services& services_;
  ConnectionLimits limits_;
  AdvertisedAddresses* const addresses_;
  ConnectionQuotas quotas_;
  std::vector<Member> members_;
  size_t next_member_ = 0;
  uint64_t next_id_ = 1;
  size_t draining_ = 0;  // members that have not said that they are drained
  wire::Callback<void()> on_drained_;
};

}  // namespace server
