#include "wire/writer.h"

#include <gtest/gtest.h>

#include "wire/api/metadata.h"
#include "wire/reader.h"

namespace wire {
namespace {

TEST(Writer, KeepsLargeBytesAsReferences) {
  const Bytes records = Bytes::copy(std::string(10'000, 'r'));
  Writer out;
  out.write(int32_t{7});
  out.write(records);
  out.write(int8_t{1});
  EXPECT_EQ(out.size(), 4u + 4u + 10'000u + 1u);
  const auto chunks = out.take();
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_EQ(chunks[1].data(), records.data());
  EXPECT_EQ(out.size(), 0u);
}

TEST(Writer, JoinsReferencesOnRequest) {
  Writer out;
  out.write_raw(std::string_view("ab"));
  out.write_raw(Bytes::copy(std::string(5000, 'r')));
  out.write_raw(std::string_view("yz"));
  EXPECT_EQ(out.take_contiguous().view(), "ab" + std::string(5000, 'r') + "yz");
}

TEST(Writer, PatchesWhatBecameAChunk) {
  Writer out;
  out.write(int32_t{0});
  out.write_raw(Bytes::copy(std::string(5000, 'r')));
  out.write(int32_t{0});
  out.patch(0, 0x01020304);
  out.patch(5004, -1);
  const Bytes all = out.take_contiguous();
  EXPECT_EQ(all.slice(0, 4).view(), "\x01\x02\x03\x04");
  EXPECT_EQ(all.slice(5004).view(), "\xff\xff\xff\xff");
}

TEST(Writer, ThatIsReusedKeepsItsBufferUnlessSomebodyHoldsIt) {
  Writer out;
  out.write(int32_t{7});
  const uint8_t* const memory = out.chunks()[0].data();
  out.reuse();
  EXPECT_EQ(out.size(), 0u);
  out.write(int32_t{8});
  EXPECT_EQ(out.chunks()[0].data(), memory);
  const Bytes held = out.chunks()[0];
  out.reuse();
  out.write(int32_t{9});
  EXPECT_EQ(held.view(), std::string_view("\0\0\0\x08", 4));
  EXPECT_EQ(out.chunks()[0].view(), std::string_view("\0\0\0\x09", 4));
}

TEST(Writer, GoesOnBehindChunksThatWereLookedAt) {
  Writer out;
  out.write(std::string(200, 'a'));
  const Bytes first = out.chunks()[0];
  out.write(std::string(200, 'b'));  // does not fit behind it
  EXPECT_EQ(out.size(), 404u);
  const auto chunks = out.take();
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(first, chunks[0]);
  EXPECT_EQ(chunks[1].slice(2).view(), std::string(200, 'b'));
}

TEST(Writer, CutsStringsLongerThanTheProtocolHas) {
  Writer out;
  out.write(std::string(40'000, 'x'));
  EXPECT_EQ(out.size(), 2u + 32'767u);
}

TEST(Writer, WritesTheEmptyValueWhereTheVersionHasNoNull) {
  Writer out;
  out.write(std::optional<std::string>(), /*may_be_null=*/false);
  out.write(std::optional<std::vector<int32_t>>(), /*may_be_null=*/false);
  EXPECT_EQ(out.take_contiguous().view(), std::string_view("\0\0\0\0\0\0", 6));
}

// In version 0 an empty list of topics asks for all of them, from version 1 on null does (KIP-4).
TEST(Writer, TurnsMetadatasNullTopicsIntoNoneInVersionZero) {
  MetadataRequest request;
  request.topics.reset();
  Writer out;
  request.encode(out, 0);
  EXPECT_EQ(out.take_contiguous().view(), std::string_view("\0\0\0\0", 4));
  request.encode(out, 1);
  EXPECT_EQ(out.take_contiguous().view(), "\xff\xff\xff\xff");
}

TEST(Writer, WritesVarintsThatTheReaderReads) {
  const int64_t values[] = {0,    -1,        1,         63,        -64,      64,
                            8191, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
  Writer out;
  for (int64_t value : values) out.write_varlong(value);
  for (int64_t value : values) out.write_varint(static_cast<int32_t>(value));
  Reader in(out.take_contiguous());
  for (int64_t value : values) EXPECT_EQ(in.read_varlong(), value);
  for (int64_t value : values) EXPECT_EQ(in.read_varint(), static_cast<int32_t>(value));
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(TaggedFields, StandAfterTheirCountTagsAndSizes) {
  Writer out;
  out.set_flexible(true);
  TaggedFields tags;
  tags.add(0).write(std::string("ab"));
  tags.add(3).write(int16_t{5});
  out.write_tags(tags);
  EXPECT_EQ(out.take_contiguous().view(), std::string_view("\x02\x00\x03\x03"
                                                           "ab\x03\x02\x00\x05",
                                                           10));
}

}  // namespace
}  // namespace wire
