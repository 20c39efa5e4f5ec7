#include "wire/reader.h"

#include <gtest/gtest.h>

#include "wire/api/metadata.h"
#include "wire/writer.h"

namespace wire {
namespace {

Reader reader_of(std::initializer_list<int> bytes) {
  std::string text;
  for (int byte : bytes) text += static_cast<char>(byte);
  return Reader(Bytes::adopt(std::move(text)));
}

Reader flexible_reader_of(std::initializer_list<int> bytes) {
  Reader in = reader_of(bytes);
  in.set_flexible(true);
  return in;
}

TEST(Reader, ReadsBigEndianNumbers) {
  Reader in = reader_of({0x12, 0x34, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff});
  int16_t small = 0;
  int32_t negative = 0;
  uint16_t port = 0;
  in.read(small);
  in.read(negative);
  in.read(port);
  EXPECT_EQ(small, 0x1234);
  EXPECT_EQ(negative, -2);
  EXPECT_EQ(port, 65535);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(Reader, StaysFailedAndYieldsZeros) {
  Reader in = reader_of({1, 2, 3});
  int64_t number = 7;
  in.read(number);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(number, 0);
  int8_t byte = 7;
  in.read(byte);
  EXPECT_EQ(byte, 0);
  EXPECT_EQ(in.remaining(), 0u);
  EXPECT_EQ(in.error(), "the message ends inside a number");
}

TEST(Reader, KeepsBrokenUtf8AsItCame) {
  Reader in = reader_of({0, 2, 0xc3, 0x28});
  std::string text;
  in.read(text);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(text, "\xc3\x28");
}

TEST(Reader, TellsNullFromEmpty) {
  Reader in = reader_of({0xff, 0xff, 0, 0});
  std::optional<std::string> null = "x";
  std::optional<std::string> empty;
  in.read(null);
  in.read(empty);
  EXPECT_EQ(null, std::nullopt);
  EXPECT_EQ(empty, "");
}

TEST(Reader, RefusesNullWhereTheVersionHasNone) {
  Reader in = flexible_reader_of({0});
  std::optional<std::string> text;
  in.read(text, /*may_be_null=*/false);
  EXPECT_EQ(in.error(), "a string that cannot be null is null");
}

TEST(Reader, RefusesLengthsBelowMinusOne) {
  Reader in = reader_of({0xff, 0xfe, 0, 0});
  std::optional<std::string> text;
  in.read(text);
  EXPECT_EQ(in.error(), "a length is negative");
}

TEST(Reader, RefusesLengthsBeyondTheMessage) {
  Reader in = reader_of({0x7f, 0xff, 0xff, 0xff, 1});
  Bytes bytes;
  in.read(bytes);
  EXPECT_EQ(in.error(), "a length exceeds what the message contains");
}

TEST(Reader, RefusesStringsLongerThanTheProtocolHas) {
  Writer out;
  out.write_unsigned_varint(32768 + 1);
  out.write_raw(std::string(32768, 'x'));
  Reader in(out.take_contiguous());
  in.set_flexible(true);
  std::string text;
  in.read(text);
  EXPECT_EQ(in.error(), "a string is longer than 32767 bytes");
}

TEST(Reader, BelievesAnArraysLengthOnlyIfTheElementsFit) {
  Reader in = reader_of({0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2});
  std::vector<int32_t> numbers;
  in.read(numbers);
  EXPECT_EQ(in.error(), "an array is longer than what the message contains");
  EXPECT_EQ(numbers.capacity(), 0u);
}

TEST(Reader, BelievesAnArrayOfStructsOnlyIfTheSmallestFit) {
  // 2^30 topics declared, a few bytes given.
  Reader in = flexible_reader_of({0x81, 0x80, 0x80, 0x80, 0x04, 1, 2, 3, 4, 5, 6, 7});
  MetadataRequest request;
  request.decode(in, 9);
  EXPECT_FALSE(in.ok());
  EXPECT_TRUE(!request.topics || request.topics->empty());
}

TEST(Reader, DecodesIntoWhatAMessageBeforeHasLeft) {
  MetadataRequest longer;
  for (const char* name : {"first", "second", "third"})
    longer.topics.emplace().emplace_back().name = name;
  MetadataRequest shorter;
  shorter.topics.emplace().emplace_back().name = "other";
  MetadataRequest decoded;
  for (const MetadataRequest* each : {&longer, &shorter, &longer}) {
    Writer out;
    each->encode(out, 4);
    Reader in(out.take_contiguous());
    decoded.decode(in, 4);
    ASSERT_TRUE(in.ok()) << in.error();
    EXPECT_EQ(decoded, *each);
  }
}

TEST(Reader, ReadsVarints) {
  Reader in = reader_of({0x96, 0x01, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x01});
  EXPECT_EQ(in.read_unsigned_varint(), 150u);
  EXPECT_EQ(in.read_unsigned_varint(), UINT32_MAX);
  EXPECT_EQ(in.read_varint(), -1);
  EXPECT_TRUE(in.ok());
}

TEST(Reader, RefusesVarintsOfMoreThan32Bits) {
  Reader six_bytes = reader_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x01});
  six_bytes.read_unsigned_varint();
  EXPECT_FALSE(six_bytes.ok());
  Reader too_large = reader_of({0xff, 0xff, 0xff, 0xff, 0x1f});
  too_large.read_unsigned_varint();
  EXPECT_FALSE(too_large.ok());
}

TEST(Reader, ReadsAndRefusesVarlongsAtTheLimit) {
  Reader lowest = reader_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01});
  EXPECT_EQ(lowest.read_varlong(), INT64_MIN);
  EXPECT_TRUE(lowest.ok());
  Reader too_large = reader_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03});
  too_large.read_varlong();
  EXPECT_FALSE(too_large.ok());
  Reader eleven_bytes =
      reader_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01});
  eleven_bytes.read_varlong();
  EXPECT_FALSE(eleven_bytes.ok());
}

TEST(Reader, PassesOverUnknownTaggedFields) {
  Reader in = flexible_reader_of({2, 5, 1, 0xaa, 9, 2, 0xbb, 0xcc, 0x77});
  in.skip_tags();
  int8_t next = 0;
  in.read(next);
  EXPECT_EQ(next, 0x77);
  EXPECT_TRUE(in.ok());
}

TEST(Reader, RefusesMoreTaggedFieldsThanAnyMessageHas) {
  Reader in = flexible_reader_of({65, 0, 0, 1, 0});
  in.skip_tags();
  EXPECT_EQ(in.error(), "a struct has more than 64 tagged fields");
}

TEST(Reader, RefusesATaggedFieldBeyondTheMessage) {
  Reader in = flexible_reader_of({1, 0, 100, 1});
  in.skip_tags();
  EXPECT_EQ(in.error(), "a tagged field exceeds what the message contains");
}

TEST(TagReader, RefusesAValueShorterThanItsField) {
  Reader in = flexible_reader_of({1, 0, 3, 1, 2, 3});
  TagReader tags(in);
  ASSERT_TRUE(tags.next());
  int16_t value = 0;
  in.read(value);
  EXPECT_FALSE(tags.next());
  EXPECT_EQ(in.error(), "a tagged field is longer than its value");
}

TEST(TagReader, KeepsAValueInsideItsField) {
  Reader in = flexible_reader_of({1, 0, 1, 1, 2, 3});
  TagReader tags(in);
  ASSERT_TRUE(tags.next());
  int16_t value = 0;
  in.read(value);
  EXPECT_FALSE(tags.next());
  EXPECT_EQ(in.error(), "the message ends inside a number");
  EXPECT_EQ(in.remaining(), 0u);
}

}  // namespace
}  // namespace wire
