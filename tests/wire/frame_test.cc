#include "wire/frame.h"

#include <gtest/gtest.h>

namespace wire {
namespace {

Bytes join(const std::vector<Bytes>& chunks) {
  std::string all;
  for (const Bytes& chunk : chunks) all += chunk.view();
  return Bytes::adopt(std::move(all));
}

TEST(HeaderVersion, FollowsTheApisFirstFlexibleVersion) {
  EXPECT_EQ(request_header_version(ApiKey::kMetadata, 8), 1);
  EXPECT_EQ(request_header_version(ApiKey::kMetadata, 9), 2);
  EXPECT_EQ(response_header_version(ApiKey::kMetadata, 8), 0);
  EXPECT_EQ(response_header_version(ApiKey::kMetadata, 9), 1);
  // Never flexible.
  EXPECT_EQ(request_header_version(ApiKey::kSaslHandshake, 1), 1);
  EXPECT_EQ(response_header_version(ApiKey::kSaslHandshake, 1), 0);
}

// KIP-511: the client does not know yet what the broker speaks.
TEST(HeaderVersion, OfApiVersionsResponsesIsAlwaysZero) {
  EXPECT_EQ(request_header_version(ApiKey::kApiVersions, 3), 2);
  EXPECT_EQ(response_header_version(ApiKey::kApiVersions, 3), 0);
  EXPECT_EQ(response_header_version(ApiKey::kApiVersions, 99), 0);
}

TEST(HeaderVersion, OfAnUnknownApiIsTheOldest) {
  EXPECT_EQ(api_info(int16_t{4242}), nullptr);
  EXPECT_EQ(request_header_version(static_cast<ApiKey>(4242), 3), 1);
}

TEST(Frame, RequestHeaderKeepsTheOldClientIdInFlexibleVersions) {
  Writer out = begin_request_frame(ApiKey::kMetadata, 12, 77, "me");
  const Bytes frame = join(finish_frame(out));
  EXPECT_EQ(frame.view(), std::string_view("\0\0\0\x0d"    // size
                                           "\0\x03\0\x0c"  // Metadata, version 12
                                           "\0\0\0\x4d"    // correlation id
                                           "\0\x02me"      // client id: an int16 length
                                           "\0",           // no tagged fields
                                           17));
  Reader in(frame.slice(4));
  RequestHeader header;
  ASSERT_TRUE(read_request_header(in, header));
  EXPECT_EQ(header.correlation_id, 77);
  EXPECT_EQ(header.client_id, "me");
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(Frame, ReadsTheHeaderOfARequestThatDoesNotExist) {
  Writer out;
  out.write(int16_t{999});
  out.write(int16_t{55});
  out.write(int32_t{42});
  out.write_legacy(std::nullopt);
  Reader in(out.take_contiguous());
  RequestHeader header;
  ASSERT_TRUE(read_request_header(in, header));
  EXPECT_EQ(header.correlation_id, 42);
  EXPECT_EQ(header.client_id, std::nullopt);
}

TEST(Frame, RefusesACutHeader) {
  Reader in(Bytes::copy(std::string_view("\0\x03\0", 3)));
  RequestHeader header;
  EXPECT_FALSE(read_request_header(in, header));
}

}  // namespace
}  // namespace wire
