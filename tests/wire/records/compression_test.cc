#include "wire/records/compression.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>

#include "wire/base/random.h"

namespace wire {
namespace {

constexpr CompressionType kCodecs[] = {CompressionType::kGzip, CompressionType::kSnappy,
                                       CompressionType::kLz4, CompressionType::kZstd};
constexpr size_t kNoLimit = size_t{1} << 40;

std::span<const uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string sample(size_t size, uint64_t seed) {
  SeededRandom random(seed);
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) {
    // Runs and noise in turn.
    text[i] = static_cast<char>(i / 4096 % 2 == 0 ? random.next() : i / 64);
  }
  return text;
}

class EveryCodec : public testing::TestWithParam<CompressionType> {};
INSTANTIATE_TEST_SUITE_P(Codecs, EveryCodec, testing::ValuesIn(kCodecs), [](const auto& tested) {
  return std::string(compression_name(tested.param));
});

TEST_P(EveryCodec, GivesBackWhatItTook) {
  for (const int size : {0, 1, 100, 32'767, 32'768, 32'769, 65'536, 65'537, 300'000}) {
    const std::string plain = sample(static_cast<size_t>(size), 7);
    const Bytes packed = compress({GetParam(), std::nullopt}, bytes(plain));
    const auto back = decompress(GetParam(), packed.span(), kNoLimit);
    ASSERT_TRUE(back.ok()) << back.error().detail;
    EXPECT_TRUE(back->view() == plain) << size;
  }
}

TEST_P(EveryCodec, StreamsInPiecesOfAnySize) {
  const std::string plain = sample(200'000, 8);
  const Bytes packed = compress({GetParam(), std::nullopt}, bytes(plain));
  for (const int piece : {1000, 4096, 65'536, 131'072}) {
    const auto source = Decompressor::create(GetParam(), packed.span());
    std::string back;
    std::vector<uint8_t> out(static_cast<size_t>(piece));
    while (true) {
      const auto got = source->read(out);
      ASSERT_TRUE(got.ok()) << got.error().detail;
      back.append(reinterpret_cast<const char*>(out.data()), *got);
      if (*got < out.size()) break;
    }
    EXPECT_TRUE(back == plain) << piece;
  }
}

TEST_P(EveryCodec, RefusesInputThatIsCutOff) {
  const std::string plain = sample(70'000, 9);
  const Bytes packed = compress({GetParam(), std::nullopt}, bytes(plain));
  for (size_t size = 1; size < packed.size(); size += 1 + packed.size() / 97) {
    const auto back = decompress(GetParam(), packed.span().first(size), kNoLimit);
    // A gzip or zstd stream of no bytes, or snappy cut between blocks, reads as a short one.
    if (back.ok()) {
      EXPECT_LT(back->size(), plain.size()) << size;
    }
  }
}

TEST_P(EveryCodec, SurvivesEveryFlippedByte) {
  const std::string plain = sample(3000, 10);
  const Bytes packed = compress({GetParam(), std::nullopt}, bytes(plain));
  for (size_t at = 0; at < packed.size(); ++at) {
    std::string broken(packed.view());
    broken[at] = static_cast<char>(broken[at] ^ (1 << at % 8));
    (void)decompress(GetParam(), bytes(broken), 1 << 20);  // an answer, whichever
  }
}

TEST_P(EveryCodec, StopsAtTheLimit) {
  const std::string plain(1'000'000, 'x');
  const Bytes packed = compress({GetParam(), std::nullopt}, bytes(plain));
  const auto refused = decompress(GetParam(), packed.span(), plain.size() - 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidRecord);
  EXPECT_TRUE(decompress(GetParam(), packed.span(), plain.size()).ok());
}

TEST(Compression, LevelsAreKafkas) {
  const std::string plain = sample(50'000, 11);
  for (const CompressionType type : kCodecs) {
    const auto range = compression_levels(type);
    if (!range.has_value()) continue;
    for (const int level : {range->min, range->max, range->default_level, -1'000'000, 1000}) {
      const Bytes packed = compress({type, level}, bytes(plain));
      const auto back = decompress(type, packed.span(), kNoLimit);
      ASSERT_TRUE(back.ok());
      EXPECT_TRUE(back->view() == plain);
    }
  }
}

TEST(Compression, NamesAreKafkas) {
  for (const std::string_view name : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    EXPECT_EQ(compression_name(*compression_by_name(name)), name);
  }
  EXPECT_EQ(compression_by_name("producer"), std::nullopt);
}

TEST(Snappy, AcceptsABareBlock) {
  const std::string plain = sample(40'000, 12);
  std::string packed;
  snappy::Compress(plain.data(), plain.size(), &packed);
  const auto back = decompress(CompressionType::kSnappy, bytes(packed), kNoLimit);
  ASSERT_TRUE(back.ok()) << back.error().detail;
  EXPECT_TRUE(back->view() == plain);
}

TEST(Snappy, RefusesALengthThatNoBlockCanHold) {
  const std::string packed("\xFF\xFF\xFF\xFF\x0F\x00\x61", 7);
  EXPECT_FALSE(decompress(CompressionType::kSnappy, bytes(packed), kNoLimit).ok());
}

TEST(Zstd, DeclaredWindowCostsNoMemory) {
  // A header that declares a window of 128 MiB, and a block of one byte.
  const std::string packed("\x28\xB5\x2F\xFD\x00\x88\x09\x00\x00\x61", 10);
  std::vector<std::unique_ptr<Decompressor>> many;
  for (int i = 0; i < 40; ++i) {  // 5 GiB of windows
    many.push_back(Decompressor::create(CompressionType::kZstd, bytes(packed)));
    uint8_t out[16];
    const auto got = many.back()->read(out);
    ASSERT_TRUE(got.ok()) << got.error().detail;
    EXPECT_EQ(*got, 1U);
    EXPECT_EQ(out[0], 'a');
  }
}

// Debian's library reads the formats before zstd 0.8 with decoders that allocate what they declare.
TEST(Zstd, RefusesFramesOfLegacyFormats) {
  // Format 0.7: a window of 128 MiB, a raw block of one byte, the end.
  const std::string legacy("\x27\xB5\x2F\xFD\x00\x88\x40\x00\x01\x61\xC0\x00\x00", 13);
  EXPECT_FALSE(decompress(CompressionType::kZstd, bytes(legacy), kNoLimit).ok());
  const Bytes modern = compress({CompressionType::kZstd, std::nullopt}, bytes("modern"));
  const std::string both = std::string(modern.view()) + legacy;
  EXPECT_FALSE(decompress(CompressionType::kZstd, bytes(both), kNoLimit).ok());
}

TEST(Zstd, ReadsSeveralFramesAndSkipsSkippableOnes) {
  const Bytes one = compress({CompressionType::kZstd, std::nullopt}, bytes("one "));
  const Bytes two = compress({CompressionType::kZstd, std::nullopt}, bytes("two"));
  const std::string skippable("\x53\x2A\x4D\x18\x02\x00\x00\x00\xAA\xBB", 10);
  const std::string all = std::string(one.view()) + skippable + std::string(two.view());
  const auto back = decompress(CompressionType::kZstd, bytes(all), kNoLimit);
  ASSERT_TRUE(back.ok()) << back.error().detail;
  EXPECT_EQ(back->view(), "one two");
}

TEST(Gzip, ReadsSeveralMembers) {
  const Bytes one = compress({CompressionType::kGzip, std::nullopt}, bytes("one "));
  const Bytes two = compress({CompressionType::kGzip, std::nullopt}, bytes("two"));
  const std::string both = std::string(one.view()) + std::string(two.view());
  const auto back = decompress(CompressionType::kGzip, bytes(both), kNoLimit);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->view(), "one two");
}

std::string lz4_frame(const std::string& plain, const LZ4F_preferences_t& preferences) {
  std::string packed(LZ4F_compressFrameBound(plain.size(), &preferences), '\0');
  packed.resize(
      LZ4F_compressFrame(packed.data(), packed.size(), plain.data(), plain.size(), &preferences));
  return packed;
}

TEST(Lz4, ReadsFramesOfOtherWriters) {
  const std::string plain = sample(400'000, 13);
  for (const LZ4F_blockSizeID_t size : {LZ4F_max64KB, LZ4F_max256KB, LZ4F_max4MB}) {
    LZ4F_preferences_t preferences{};
    preferences.frameInfo.blockMode = LZ4F_blockIndependent;
    preferences.frameInfo.blockSizeID = size;
    preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    preferences.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled;
    preferences.frameInfo.contentSize = plain.size();
    const auto back =
        decompress(CompressionType::kLz4, bytes(lz4_frame(plain, preferences)), kNoLimit);
    ASSERT_TRUE(back.ok()) << back.error().detail;
    EXPECT_TRUE(back->view() == plain);
  }
}

TEST(Lz4, RefusesLinkedBlocksAsKafkaDoes) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockLinked;
  const std::string packed = lz4_frame(sample(200'000, 14), preferences);
  EXPECT_FALSE(decompress(CompressionType::kLz4, bytes(packed), kNoLimit).ok());
}

TEST(Lz4, ForgivesTheHeaderHashOfOldMessageSetsOnly) {
  const Bytes packed = compress({CompressionType::kLz4, std::nullopt}, bytes("hello"));
  std::string broken(packed.view());
  broken[6] = static_cast<char>(broken[6] ^ 0x55);
  EXPECT_FALSE(decompress(CompressionType::kLz4, bytes(broken), kNoLimit, 2).ok());
  EXPECT_TRUE(decompress(CompressionType::kLz4, bytes(broken), kNoLimit, 0).ok());
}

TEST(Lz4, IsReadByTheLibrarysOwnReader) {
  const std::string plain = sample(150'000, 15);
  const Bytes packed = compress({CompressionType::kLz4, std::nullopt}, bytes(plain));
  LZ4F_dctx* context = nullptr;
  ASSERT_FALSE(LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)));
  std::string back(plain.size(), '\0');
  size_t out = back.size();
  size_t in = packed.size();
  EXPECT_EQ(LZ4F_decompress(context, back.data(), &out, packed.data(), &in, nullptr), 0U);
  LZ4F_freeDecompressionContext(context);
  EXPECT_TRUE(back == plain);
}

}  // namespace
}  // namespace wire
