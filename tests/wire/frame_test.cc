#include "wire/frame.h"

#include <cstring>

#include <gtest/gtest.h>

namespace wire {
namespace {

Bytes join(const std::vector<Bytes>& chunks) {
  std::string all;
  for (const Bytes& chunk : chunks) all += chunk.view();
  return Bytes::adopt(std::move(all));
}

void feed(FrameSplitter& splitter, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = splitter.prepare();
    const size_t size = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), size);
    splitter.received(size);
    bytes.remove_prefix(size);
  }
}

std::string frame_of(const std::string& payload) {
  Writer out;
  out.write(static_cast<int32_t>(payload.size()));
  out.write_raw(std::string_view(payload));
  return std::string(out.take_contiguous().view());
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

TEST(FrameSplitter, CutsFramesWhereverTheReadsEnd) {
  const std::string stream = frame_of("first") + frame_of("") + frame_of("third");
  for (size_t piece = 1; piece <= stream.size(); ++piece) {
    FrameSplitter splitter(100);
    std::vector<std::string> frames;
    for (size_t at = 0; at < stream.size(); at += piece) {
      feed(splitter, std::string_view(stream).substr(at, piece));
      while (auto frame = splitter.next()) frames.emplace_back(frame->view());
    }
    EXPECT_EQ(frames, (std::vector<std::string>{"first", "", "third"})) << "in pieces of " << piece;
  }
}

TEST(FrameSplitter, KeepsFramesAliveWhileItReadsOn) {
  FrameSplitter splitter(1 << 20);
  feed(splitter, frame_of("kept"));
  const auto kept = splitter.next();
  for (int i = 0; i < 10; ++i) {
    feed(splitter, frame_of(std::string(100'000, 'x')));
    ASSERT_TRUE(splitter.next().has_value());
  }
  EXPECT_EQ(kept->view(), "kept");
}

TEST(FrameSplitter, RefusesSizesBeyondTheLimit) {
  FrameSplitter at_limit(5);
  feed(at_limit, frame_of("12345"));
  EXPECT_EQ(at_limit.next()->view(), "12345");
  feed(at_limit, std::string_view("\0\0\0\x06", 4));
  EXPECT_EQ(at_limit.next(), std::nullopt);
  EXPECT_TRUE(at_limit.broken());
}

TEST(FrameSplitter, RefusesNegativeSizes) {
  FrameSplitter splitter(1000);
  feed(splitter, "\xff\xff\xff\xff");
  EXPECT_EQ(splitter.next(), std::nullopt);
  EXPECT_TRUE(splitter.broken());
}

// A client that says 1 GiB and sends a few bytes costs a few bytes.
TEST(FrameSplitter, DoesNotAllocateADeclaredSize) {
  FrameSplitter splitter(1 << 30);
  feed(splitter, std::string_view("\x3f\xff\xff\xff....", 8));
  EXPECT_EQ(splitter.next(), std::nullopt);
  EXPECT_FALSE(splitter.broken());
  EXPECT_LE(splitter.prepare().size(), size_t{64 * 1024});
}

}  // namespace
}  // namespace wire
