#include "cmd/console/http_request.h"

#include <gtest/gtest.h>

namespace console {
namespace {

constexpr char kScrape[] = "GET /metrics HTTP/1.1\r\nHost: broker:9644\r\n\r\n";

int refusal_of(const std::string& bytes) {
  HttpRequestReader reader;
  reader.add(bytes);
  EXPECT_FALSE(reader.next().has_value()) << bytes;
  return reader.refusal();
}

HttpRequest read(const std::string& bytes) {
  HttpRequestReader reader;
  reader.add(bytes);
  const auto request = reader.next();
  EXPECT_TRUE(request.has_value()) << bytes;
  EXPECT_FALSE(reader.mid_request());
  return request.value_or(HttpRequest{});
}

TEST(HttpRequestReader, ReadsARequestHoweverItIsCut) {
  HttpRequestReader reader;
  for (const char c : std::string_view(kScrape)) {
    EXPECT_FALSE(reader.next().has_value());
    reader.add({&c, 1});
  }
  const auto request = reader.next();
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->path, "/metrics");
  EXPECT_FALSE(request->head_only);
  EXPECT_TRUE(request->keep_alive);
}

TEST(HttpRequestReader, ReadsWhatComesBehindOneByOne) {
  HttpRequestReader reader;
  reader.add(std::string(kScrape) + "HEAD /readyz?verbose=1 HTTP/1.1\r\n\r\n");
  EXPECT_EQ(reader.next()->path, "/metrics");
  EXPECT_TRUE(reader.mid_request());
  const auto second = reader.next();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->path, "/readyz");
  EXPECT_TRUE(second->head_only);
  EXPECT_FALSE(reader.mid_request());
}

TEST(HttpRequestReader, KnowsWhenTheConnectionIsToBeClosed) {
  EXPECT_FALSE(read("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(read("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
  EXPECT_FALSE(read("GET / HTTP/1.1\r\nconnection: TE , close\r\n\r\n").keep_alive);
}

TEST(HttpRequestReader, RefusesWhatIsNoRequest) {
  for (const char* line :
       {"", "GET", "GET /", "GET /  ", "G\x01T / HTTP/1.1", "GET metrics HTTP/1.1",
        "GET http://a/ HTTP/1.1", "GET /\x7f HTTP/1.1", "GET / HTTPS/1.1", "GET / a HTTP/1.1"}) {
    EXPECT_EQ(refusal_of(std::string(line) + "\r\n\r\n"), 400) << line;
  }
  EXPECT_EQ(refusal_of("POST / HTTP/1.1\r\n\r\n"), 405);
  EXPECT_EQ(refusal_of("PRI * HTTP/2.0\r\n\r\n"), 505);
}

TEST(HttpRequestReader, RefusesFieldsThatHideARequest) {
  for (const char* field : {"no colon", " Folded: line", "Name : value", "Content-Length: 5",
                            "content-length: 0, 5", "Transfer-Encoding: chunked"}) {
    EXPECT_EQ(refusal_of(std::string("GET / HTTP/1.1\r\n") + field + "\r\n\r\n"), 400) << field;
  }
  EXPECT_EQ(read("GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n").path, "/");
}

TEST(HttpRequestReader, IsBounded) {
  EXPECT_EQ(refusal_of("GET /" + std::string(HttpRequestReader::kLineBytesMax, 'a')), 414);
  const std::string field = "X: " + std::string(1000, 'x') + "\r\n";
  std::string head = "GET / HTTP/1.1\r\n";
  while (head.size() <= HttpRequestReader::kHeadBytesMax) head += field;
  EXPECT_EQ(refusal_of(head), 431);
  std::string fields = "GET / HTTP/1.1\r\n";
  for (size_t i = 0; i <= HttpRequestReader::kFieldsMax; ++i) fields += "X: y\r\n";
  EXPECT_EQ(refusal_of(fields + "\r\n"), 431);
}

TEST(HttpRequestReader, ReadsNothingBehindARefusal) {
  HttpRequestReader reader;
  reader.add("POST / HTTP/1.1\r\n\r\n");
  EXPECT_FALSE(reader.next().has_value());
  reader.add(kScrape);
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_EQ(reader.refusal(), 405);
}

}  // namespace
}  // namespace console
