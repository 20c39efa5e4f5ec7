// Waits until the metadata image shows something: a topic that was just created, a partition that
// got its leader.
//
// Owned by shard 0, whose image it watches.
#pragma once

#include <list>

#include "cluster/metadata/image.h"
#include "cluster/timers.h"
#include "wire/base/callback.h"

namespace api {

class ImageWatch final : public cluster::metadata::ImageListener {
 public:
  using Condition = wire::Callback<bool(const cluster::metadata::MetadataImage&)>;

  // REQUIRES: timers outlives this.
  explicit ImageWatch(cluster::Timers& timers) : timers_(timers) {}
  // Whoever still waits is told so: false.
  ~ImageWatch() override;

  // Calls done(true) as soon as an image meets the condition, perhaps at once, or done(false) after
  // `timeout_ms`.
  void wait(const cluster::metadata::ImagePtr& now, Condition condition,
            wire::DurationMs timeout_ms, wire::Callback<void(bool met)> done);

  void on_image(const cluster::metadata::ImageChanges& changes,
                const cluster::metadata::ImagePtr& previous,
                const cluster::metadata::ImagePtr& image) override;

 private:
  struct Waiter {
    Condition condition;
    wire::Callback<void(bool)> done;
    cluster::TimerId timer = cluster::kNoTimer;
  };

  cluster::Timers& timers_;
  std::list<Waiter> waiters_;
};

}  // namespace api
