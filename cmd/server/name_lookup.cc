#include "cmd/server/name_lookup.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include <netdb.h>

namespace server {
namespace {

NameLookup::Result look_up(std::string host) {
  NameLookup::Result result{.host = std::move(host), .addresses = {}, .failure = {}};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(result.host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    result.failure = ::gai_strerror(error);
    return result;
  }
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (const auto address = IpAddress::of(entry->ai_addr)) result.addresses.push_back(*address);
  }
  ::freeaddrinfo(list);
  return result;
}

}  // namespace

// Between the thread and the shard: whichever goes first, the other notices.
struct NameLookup::Mailbox {
  std::mutex mutex;
  Shard* shard = nullptr;  // null: nobody is interested any more; guarded by mutex
  wire::Callback<void(std::vector<Result>)> done;  // the shard's, untouched by the thread
};

NameLookup::NameLookup(Shard& shard, std::vector<std::string> hosts,
                       wire::Callback<void(std::vector<Result>)> done)
    : mailbox_(std::make_shared<Mailbox>()) {
  mailbox_->shard = &shard;
  mailbox_->done = std::move(done);
  std::thread([mailbox = mailbox_, hosts = std::move(hosts)]() mutable {
    std::vector<Result> results;
    for (std::string& host : hosts) results.push_back(look_up(std::move(host)));
    const std::lock_guard lock(mailbox->mutex);
    if (mailbox->shard == nullptr) return;
    mailbox->shard->post([mailbox, results = std::move(results)]() mutable {
      if (mailbox->done) mailbox->done(std::move(results));
    });
  }).detach();
}

NameLookup::~NameLookup() {
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->shard = nullptr;
  mailbox_->done = nullptr;
}

}  // namespace server
