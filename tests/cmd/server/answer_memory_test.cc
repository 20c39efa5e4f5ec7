#include "cmd/server/answer_memory.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace server {
namespace {

TEST(AnswerMemory, CountsBytesOnceHoweverManyAnswersShareThem) {
  AnswerMemory memory;
  const wire::Bytes buffer = wire::Bytes::copy(std::string(100'000, 'x'));
  const std::vector<wire::Bytes> small = {buffer.slice(0, 10'000)};
  const std::vector<wire::Bytes> large = {buffer.slice(0, 50'000)};
  memory.hold(small);
  EXPECT_EQ(memory.bytes(), 10'000u);
  memory.hold(large);
  memory.hold(large);
  EXPECT_EQ(memory.bytes(), 50'000u);
  memory.release(large);
  memory.release(small);
  EXPECT_EQ(memory.bytes(), 50'000u);
  memory.release(large);
  EXPECT_EQ(memory.bytes(), 0u);
}

TEST(AnswerMemory, AddsWhatIsNotShared) {
  AnswerMemory memory;
  const std::vector<wire::Bytes> answer = {wire::Bytes::copy(std::string(100, 'h')),
                                           wire::Bytes::copy(std::string(8'000, 'b')),
                                           wire::Bytes::copy(std::string(9'000, 'b'))};
  memory.hold(answer);
  EXPECT_EQ(memory.bytes(), 17'100u);
  memory.release(answer);
  EXPECT_EQ(memory.bytes(), 0u);
}

}  // namespace
}  // namespace server
