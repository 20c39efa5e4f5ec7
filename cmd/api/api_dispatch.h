// serve<handler>: the step between bytes and a typed handler, made once per row of the table.
#pragma once

#include <optional>
#include <utility>

#include "cmd/api/answer_errors.h"
#include "cmd/api/request_context.h"
#include "wire/api/create_acls.h"
#include "wire/api/delete_acls.h"
#include "wire/api/describe_acls.h"
#include "wire/api/produce.h"
#include "wire/base/reply.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace api {

// Whether an answer that nobody waits for (acks=0) holds an error that must close the connection.
template <typename Response>
bool closes_silent_connection(const Response&) {
  return false;
}
bool closes_silent_connection(const wire::ProduceResponse& response);

// Why a request that parses is taken for one that does not, as Apache's request classes do; null if
// it is not.
template <typename Request>
const char* unreadable(const Request&) {
  return nullptr;
}
const char* unreadable(const wire::DescribeAclsRequest& request);
const char* unreadable(const wire::CreateAclsRequest& request);
const char* unreadable(const wire::DeleteAclsRequest& request);

// The response header for a request's version.
void encode_response_header(wire::Writer& writer, wire::ApiKey key, int16_t version,
                            int32_t correlation_id);

// Where the answer to a request goes.  Small enough for a Reply to hold without an allocation: the
// slot knows the rest of the request's header.
struct AnswerDelivery {
  ResponseSlot* slot;
  int32_t correlation_id;
  int16_t version;

  template <typename Response>
  void deliver(const Response& response) const {
    if (slot->silent()) {
      if (closes_silent_connection(response)) return slot->fail("a produce with acks=0 failed");
      return slot->fill();
    }
    encode_response_header(slot->answer(), Response::kApiKey, version, correlation_id);
    response.encode(slot->answer(), version);
    ErrorCounts errors;
    add_errors(response, errors);
    if (!errors.empty()) slot->note_errors(errors);
    slot->fill();
  }
  void fail() const { slot->fail("its handler gave no answer (a bug of this broker)"); }
};

inline AnswerDelivery delivery_to(RequestContext& context) {
  return {&context.slot, context.correlation_id, context.api_version};
}

template <typename Request, typename Response>
void serve_with(void (*handle)(RequestContext&, Request, wire::Reply<Response>),
                RequestContext& context, wire::Reader& reader) {
  Request request;
  request.decode(reader, context.api_version);
  if (!reader.ok()) return context.slot.fail("its body does not parse");
  if (const char* why = unreadable(request)) return context.slot.fail(why);
  handle(context, std::move(request),
         wire::Reply<Response>(
             [delivery = delivery_to(context)](const std::optional<Response>& response) {
               response ? delivery.deliver(*response) : delivery.fail();
             }));
}

template <auto kHandler>
void serve(RequestContext& context, wire::Reader& reader) {
  serve_with(kHandler, context, reader);
}

}  // namespace api
