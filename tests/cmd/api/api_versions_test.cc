// Answers that are kept must not be kept for too long, nor be given to the wrong asker.
#include "cmd/api/api_versions.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cluster/metadata/delta.h"
#include "cmd/api/answer_errors.h"
#include "wire/api/api_versions.h"
#include "wire/control/response_header.h"
#include "wire/writer.h"

namespace api {
namespace {

class KeptSlot final : public ResponseSlot {
 public:
  void fill() override { bytes = answer().take_contiguous(); }
  void fail(std::string_view reason) override { refusal = reason; }
  void note_errors(const ErrorCounts& errors) override { counted += errors.all().size(); }

  wire::Bytes bytes;
  std::string refusal;
  size_t counted = 0;
};

class ApiVersions : public ::testing::Test {
 protected:
  ApiVersions() { publish(10, 25); }

  // An image as of `offset`, with metadata.version at `level`.
  void publish(wire::Offset offset, int16_t level) {
    cluster::metadata::MetadataDelta delta(
        std::make_shared<const cluster::metadata::MetadataImage>());
    wire::FeatureLevelRecord record;
    record.name = "metadata.version";
    record.feature_level = level;
    EXPECT_TRUE(delta.replay({record, 0}, offset).ok());
    services_.image = std::move(delta).build({.last_offset = offset});
  }

  wire::ApiVersionsResponse ask(int16_t version, int32_t correlation_id = 1,
                                const std::string& name = "client") {
    wire::ApiVersionsRequest request;
    request.client_software_name = name;
    request.client_software_version = "1.0";
    wire::Writer writer;
    request.encode(writer, version);
    wire::Reader body(writer.take_contiguous());
    RequestContext context{services_, connection_,    slot_, wire::ApiKey::kApiVersions,
                           version,   correlation_id, "test"};
    serve_api_versions(context, body);
    wire::Reader reader(slot_.bytes);
    wire::ResponseHeader header;
    header.decode(reader, 0);
    EXPECT_EQ(header.correlation_id, correlation_id);
    wire::ApiVersionsResponse response;
    response.decode(reader, version);
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.remaining(), 0u);
    return response;
  }
  static bool lists(const wire::ApiVersionsResponse& response, wire::ApiKey key) {
    return std::any_of(response.api_keys.begin(), response.api_keys.end(), [key](const auto& each) {
      return each.api_key == static_cast<int16_t>(key);
    });
  }

  Services services_;
  ConnectionInfo connection_;
  KeptSlot slot_;
};

TEST_F(ApiVersions, EachVersionAndEachAskerHasItsOwn) {
  for (int round = 0; round < 2; ++round) {
    for (int16_t version = 0; version <= 4; ++version) {
      const auto response = ask(version, 100 * round + version);
      EXPECT_TRUE(lists(response, wire::ApiKey::kProduce));
      EXPECT_EQ(response.finalized_features_epoch, version >= 3 ? 10 : -1);
    }
  }
}

TEST_F(ApiVersions, ListenersOfControllersServeOthers) {
  EXPECT_TRUE(lists(ask(4), wire::ApiKey::kProduce));
  connection_.kind = ListenerKind::kController;
  EXPECT_FALSE(lists(ask(4), wire::ApiKey::kProduce));
  EXPECT_TRUE(lists(ask(4), wire::ApiKey::kVote));
}

TEST_F(ApiVersions, ANewImageIsTold) {
  const auto level = [](const wire::ApiVersionsResponse& response) {
    for (const auto& feature : response.finalized_features) {
      if (feature.name == "metadata.version") return feature.max_version_level;
    }
    return int16_t{-1};
  };
  EXPECT_EQ(level(ask(4)), 25);
  publish(11, 26);
  const auto response = ask(4);
  EXPECT_EQ(level(response), 26);
  EXPECT_EQ(response.finalized_features_epoch, 11);
  services_.image = nullptr;
  EXPECT_TRUE(ask(4).finalized_features.empty());
}

TEST_F(ApiVersions, AClientWithoutAProperNameIsRefusedAndCounted) {
  ask(4);
  EXPECT_EQ(ask(4, 2, "-").error_code, wire::ErrorCode::kInvalidRequest);
  EXPECT_EQ(slot_.counted, 1u);
  EXPECT_EQ(connection_.client_software_name, "client");
  EXPECT_EQ(ask(2, 3, "-").error_code, wire::ErrorCode::kNone);  // of old ones nobody asks
}

TEST_F(ApiVersions, ABodyThatDoesNotParseIsRefused) {
  RequestContext context{services_, connection_, slot_, wire::ApiKey::kApiVersions, 3, 1, "test"};
  wire::Reader reader(wire::Bytes::copy(std::string_view("\x05x")));
  serve_api_versions(context, reader);
  EXPECT_EQ(slot_.refusal, "its body does not parse");
}

}  // namespace
}  // namespace api
