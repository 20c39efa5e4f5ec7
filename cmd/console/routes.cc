#include "cmd/console/routes.h"

#include <utility>

#include "cmd/console/exposition.h"

namespace console {
namespace {

constexpr const char* kPaths = "/healthz\n/readyz\n/metrics";

}  // namespace

void Routes::serve(const HttpRequest& request, wire::Reply<HttpAnswer> reply) {
  if (request.path == "/healthz") return reply(plain_answer(200, "ok"));
  if (request.path == "/readyz") {
    std::string why_not = why_not_ready_();
    if (why_not.empty()) return reply(plain_answer(200, "ok"));
    return reply(plain_answer(503, std::move(why_not)));
  }
  if (request.path == "/metrics") {
    return metrics_.write([reply = std::move(reply)](std::vector<std::string> page) mutable {
      reply({.status = 200, .content_type = kExpositionType, .body = std::move(page)});
    });
  }
  if (request.path == "/") return reply(plain_answer(200, kPaths));
  reply(plain_answer(404, std::string("there is nothing here; there is\n") + kPaths));
}

}  // namespace console
