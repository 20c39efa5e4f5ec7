#include "cmd/server/foreign_protocol.h"

#include <gmock/gmock.h>

namespace server {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::optional<ForeignProtocol> of(std::string_view bytes) {
  EXPECT_EQ(bytes.size(), 4U);
  return foreign_protocol(
      std::span<const uint8_t, 4>(reinterpret_cast<const uint8_t*>(bytes.data()), 4));
}

TEST(ForeignProtocol, HttpIsToldWhatThisPortIs) {
  for (const char* verb : {"GET ", "POST", "HEAD", "PRI "}) {
    const auto found = of(verb);
    ASSERT_TRUE(found.has_value()) << verb;
    EXPECT_THAT(found->mistake, HasSubstr("HTTP"));
    EXPECT_THAT(std::string(found->answer), StartsWith("HTTP/1.1 400 "));
  }
  // The length is that of the body.
  const std::string answer(of("GET ")->answer);
  const std::string body = answer.substr(answer.find("\r\n\r\n") + 4);
  EXPECT_THAT(answer, HasSubstr("Content-Length: " + std::to_string(body.size()) + "\r\n"));
  EXPECT_THAT(body, EndsWith("\n"));
}

TEST(ForeignProtocol, TlsOfEachVersionIsNamed) {
  for (const char version : {'\x00', '\x01', '\x03'}) {
    const auto found = of(std::string("\x16\x03", 2) + version + '\x02');
    ASSERT_TRUE(found.has_value());
    EXPECT_THAT(found->mistake, HasSubstr("security.protocol=PLAINTEXT"));
    EXPECT_TRUE(found->answer.empty());
  }
}

TEST(ForeignProtocol, ZooKeepersQuestionIsAnswered) {
  EXPECT_EQ(of("ruok")->answer, "imok");
  EXPECT_TRUE(of("SSH-")->answer.empty());
}

TEST(ForeignProtocol, SizesOfRequestsAreNone) {
  for (const std::string& size : {std::string("\0\0\0\x20", 4), std::string("\x06\x40\0\0", 4),
                                  std::string("\xff\xff\xff\xff")}) {
    EXPECT_FALSE(of(size).has_value());
  }
}

}  // namespace
}  // namespace server
