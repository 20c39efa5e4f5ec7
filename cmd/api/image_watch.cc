#include "cmd/api/image_watch.h"

#include <utility>

namespace api {

ImageWatch::~ImageWatch() {
  for (Waiter& waiter : waiters_) {
    timers_.cancel(waiter.timer);
    waiter.done(false);
  }
}

void ImageWatch::wait(const cluster::metadata::ImagePtr& now, Condition condition,
                      wire::DurationMs timeout_ms, wire::Callback<void(bool met)> done) {
  if (now != nullptr && condition(*now)) return done(true);
  const auto waiter = waiters_.insert(waiters_.end(), {std::move(condition), std::move(done)});
  waiter->timer = timers_.schedule(timeout_ms, [this, waiter] {
    auto expired = std::move(waiter->done);
    waiters_.erase(waiter);
    expired(false);
  });
}

void ImageWatch::on_image(const cluster::metadata::ImageChanges&,
                          const cluster::metadata::ImagePtr&,
                          const cluster::metadata::ImagePtr& image) {
  std::vector<wire::Callback<void(bool)>> met;
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    if (!waiter->condition(*image)) {
      ++waiter;
      continue;
    }
    timers_.cancel(waiter->timer);
    met.push_back(std::move(waiter->done));
    waiter = waiters_.erase(waiter);
  }
  for (auto& done : met) done(true);
}

}  // namespace api
