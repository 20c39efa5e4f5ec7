// What the HTTP port answers to which path.
//
//   /healthz   200 while the loop turns: for who restarts what hangs
//   /readyz    200 while clients are served, else 503 and why not: for who sends traffic
//   /metrics   for Prometheus (metrics_page.h)
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "cmd/api/services.h"
#include "cmd/console/http_answer.h"
#include "cmd/console/http_request.h"
#include "cmd/console/metrics_page.h"
#include "wire/base/reply.h"

namespace console {

class Routes {
 public:
  // Empty: clients are served.
  using WhyNotReady = std::function<std::string()>;

  // REQUIRES: services outlives this.
  Routes(api::Services& services, MetricsOptions metrics, WhyNotReady why_not_ready)
      : metrics_(services, std::move(metrics)), why_not_ready_(std::move(why_not_ready)) {}

  void serve(const HttpRequest& request, wire::Reply<HttpAnswer> reply);

 private:
  MetricsPage metrics_;
  const WhyNotReady why_not_ready_;
};

}  // namespace console
