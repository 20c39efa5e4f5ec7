#include "cmd/server/client_connections.h"

#include <future>
#include <utility>

#include <fmt/core.h>

#include "cmd/api/advert_watch.h"
#include "cmd/server/advertised_addresses.h"
#include "cmd/server/ip_address.h"
#include "cmd/server/worker_thread.h"
#include "wire/base/check.h"

namespace server {

void ClientConnections::Member::run(wire::Callback<void()> task) {
  own_shard != nullptr ? own_shard->post(std::move(task)) : task();
}

ClientConnections::ClientConnections(Shard& broker, api::Services& services,
                                     ConnectionLimits limits, AdvertisedAddresses* addresses,
                                     size_t shards)
    : broker_(broker),
      services_(services),
      limits_(std::move(limits)),
      addresses_(addresses),
      members_(shards == 1 ? 1 : shards - 1) {
  CHECK(shards >= 1);
  for (size_t number = 0; number < members_.size(); ++number) {
    Member& member = members_[number];
    if (shards > 1) {
      start_thread(member, number + 1);
      member.hop = std::make_unique<RequestHop>(*member.own_shard, broker_, services_, *this);
    }
    member.connections = std::make_unique<Connections>(
        Connections::Ports{.shard = shards > 1 ? *member.own_shard : broker_,
                           .services = services_,
                           .counter = *this,
                           .hop = member.hop.get()},
        share_of(limits_));
  }
}

ClientConnections::~ClientConnections() {
  close_all();
  for (Member& member : members_) {
    member.connections.reset();
    member.hop.reset();
  }
}

void ClientConnections::start_thread(Member& member, size_t number) {
  std::promise<void> made;
  auto is_made = made.get_future();
  member.thread = std::thread([&member, number, made = std::move(made)]() mutable {
    begin_worker_thread(fmt::format("shard {}", number).c_str());
    member.own_shard = std::make_unique<Shard>();
    Shard& shard = *member.own_shard;
    made.set_value();
    shard.run();
  });
  is_made.wait();
}

// What all may hold together is divided.
ConnectionLimits ClientConnections::share_of(const ConnectionLimits& limits) const {
  ConnectionLimits share = limits;
  share.request_memory_max /= members_.size();
  share.answer_memory_max /= members_.size();
  return share;
}

void ClientConnections::accept(int socket, const std::string& listener, api::ListenerKind kind) {
  const SocketAddress peer = peer_address(socket);
  auto info = std::make_shared<api::ConnectionInfo>();
  info->id = next_id_++;
  info->kind = kind;
  info->client_host = peer.ip.text();
  if (addresses_ != nullptr) {
    const SocketAddress local = local_address(socket);
    auto told = addresses_->tell(listener, local, peer.ip);
    info->vantage = std::move(told.vantage);
    if (told.may_be_wrong) info->told_other_than = host_and_port(local.ip.text(), local.port);
  } else {
    info->vantage = std::make_shared<const api::Vantage>(
        api::Vantage{.listener = listener, .own = std::nullopt});
  }
  const auto verdict = quotas_.admit(info->client_host, info->vantage->listener, limits_);
  Member& member = members_[next_member_++ % members_.size()];
  info->answer_room = &member.connections->answer_room();
  member.run([connections = member.connections.get(),
              client = AcceptedClient{socket, std::move(info), peer.port, verdict}]() mutable {
    connections->take(std::move(client));
  });
}

void ClientConnections::closed(const api::ConnectionInfo& info) {
  quotas_.closed(info.client_host, info.vantage->listener);
  if (!info.told_other_than.empty() && services_.advert_watch != nullptr)
    services_.advert_watch->closed(info.id);
}

void ClientConnections::drain(wire::Callback<void()> done) {
  draining_ = members_.size();
  on_drained_ = std::move(done);
  for (Member& member : members_) {
    member.run([this, connections = member.connections.get()] {
      connections->drain([this] {
        broker_.post([this] {
          if (--draining_ == 0) std::exchange(on_drained_, nullptr)();
        });
      });
    });
  }
}

void ClientConnections::close_all() {
  for (Member& member : members_) {
    if (member.own_shard == nullptr) {
      member.connections->close_all();
    } else if (member.thread.joinable()) {
      member.own_shard->post(
          [connections = member.connections.get(), shard = member.own_shard.get()] {
            connections->close_all();
            shard->stop();
          });
    }
  }
  for (Member& member : members_) {
    if (!member.thread.joinable()) continue;
    member.thread.join();
    member.hop->cut();
  }
}

void ClientConnections::set_limits(ConnectionLimits limits) {
  limits_ = std::move(limits);
  for (Member& member : members_) {
    member.run([connections = member.connections.get(), share = share_of(limits_)]() mutable {
      connections->set_limits(std::move(share));
    });
  }
}

template <typename T>
T ClientConnections::sum(T (Connections::*figure)() const) const {
  T sum = 0;
  for (const Member& member : members_) sum += (member.connections.get()->*figure)();
  return sum;
}

size_t ClientConnections::request_memory() const {
  return sum(&Connections::request_memory);
}

size_t ClientConnections::answer_memory() const {
  return sum(&Connections::answer_memory);
}

uint64_t ClientConnections::refused() const {
  return sum(&Connections::refused);
}

uint64_t ClientConnections::bytes_in() const {
  return sum(&Connections::bytes_in);
}

uint64_t ClientConnections::bytes_out() const {
  return sum(&Connections::bytes_out);
}

}  // namespace server
