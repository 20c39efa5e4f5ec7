#include "cmd/server/frame_reader.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace server {
namespace {

std::string big_endian_text(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

// A request of API 18, version 0, with `rest` behind the head.
std::string request(std::string_view rest) {
  const std::string frame = std::string("\0\x12\0\0", 4) + std::string(rest);
  return big_endian_text(static_cast<uint32_t>(frame.size())) + frame;
}

class FrameReaderTest : public testing::Test {
 protected:
  void limit(size_t frame_bytes_max) {
    reader_.emplace(api::ListenerKind::kBroker, frame_bytes_max);
  }
  // What comes out of one read of these bytes.
  FrameReader::Next feed(std::string_view bytes, bool frugal = false) {
    while (!bytes.empty()) {
      iovec pieces[2];
      const int count = reader_->prepare(slab_, pool_, frugal, pieces);
      size_t received = 0;
      for (int i = 0; i < count; ++i) {
        const size_t size = std::min(bytes.size(), pieces[i].iov_len);
        std::memcpy(pieces[i].iov_base, bytes.data(), size);
        bytes.remove_prefix(size);
        received += size;
      }
      reader_->received(received, slab_);
      wire::Bytes frame;
      FrameReader::Next next;
      while ((next = reader_->next(pool_, frame)) == FrameReader::Next::kFrame)
        frames_.push_back(frame);
      if (next == FrameReader::Next::kRefused) return next;
    }
    return FrameReader::Next::kNeedsBytes;
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const wire::Bytes& frame : frames_) all.emplace_back(frame.view().substr(4));
    return all;
  }

  ReadSlab slab_;
  BufferPool pool_;
  std::optional<FrameReader> reader_{std::in_place, api::ListenerKind::kBroker, size_t{1} << 20};
  std::vector<wire::Bytes> frames_;
};

TEST_F(FrameReaderTest, CutsFramesWhereverTheReadsEnd) {
  const std::string stream = request("first!") + request("second") + request("the third");
  for (const bool frugal : {false, true}) {
    for (size_t piece = 1; piece <= stream.size(); ++piece) {
      frames_.clear();
      for (size_t at = 0; at < stream.size(); at += piece)
        feed(std::string_view(stream).substr(at, piece), frugal);
      EXPECT_EQ(texts(), (std::vector<std::string>{"first!", "second", "the third"}))
          << "in pieces of " << piece;
    }
  }
}

TEST_F(FrameReaderTest, KeepsFramesAliveWhileItReadsOn) {
  feed(request("kept it"));
  for (int i = 0; i < 10; ++i) feed(request(std::string(100'000, 'x')));
  ASSERT_EQ(frames_.size(), 11u);
  EXPECT_EQ(texts()[0], "kept it");
}

TEST_F(FrameReaderTest, RefusesSizesBeyondTheLimit) {
  limit(12);
  EXPECT_EQ(feed(request("12345678")), FrameReader::Next::kNeedsBytes);
  EXPECT_EQ(frames_.size(), 1u);
  EXPECT_EQ(feed(big_endian_text(13)), FrameReader::Next::kRefused);
  EXPECT_NE(reader_->refusal().find("socket.request.max.bytes=12"), std::string::npos);
}

TEST_F(FrameReaderTest, RefusesNegativeSizes) {
  EXPECT_EQ(feed("\xff\xff\xff\xff"), FrameReader::Next::kRefused);
}

TEST_F(FrameReaderTest, RefusesAnUnknownKeyBeforeTheBodyArrives) {
  EXPECT_EQ(feed(big_endian_text(100'000) + std::string("\x7f\0\0\0", 4)),
            FrameReader::Next::kRefused);
  EXPECT_EQ(reader_->held_bytes(), 0u);
}

// A client that says a megabyte and sends a few bytes costs a few bytes.
TEST_F(FrameReaderTest, DoesNotAllocateADeclaredSize) {
  feed(big_endian_text(1 << 20) + std::string("\0\x12\0\0....", 8));
  EXPECT_TRUE(reader_->mid_frame());
  EXPECT_LE(reader_->held_bytes(), size_t{16 * 1024});
}

TEST_F(FrameReaderTest, ParksWhatItHasNotCut) {
  iovec pieces[2];
  const std::string stream = request("first!") + request("second");
  reader_->prepare(slab_, pool_, false, pieces);
  std::memcpy(pieces[0].iov_base, stream.data(), stream.size());
  reader_->received(stream.size(), slab_);
  wire::Bytes frame;
  ASSERT_EQ(reader_->next(pool_, frame), FrameReader::Next::kFrame);
  reader_->park();
  EXPECT_EQ(reader_->held_bytes(), request("second").size());
  ASSERT_EQ(reader_->next(pool_, frame), FrameReader::Next::kFrame);
  EXPECT_EQ(frame.view().substr(4), "second");
}

// A turn of many small requests fills more than one slab, each turn the same ones.
TEST(ReadSlab, FullOnesAreUsedAgainOnceNoSliceHoldsThem) {
  constexpr size_t kRead = 60 * 1024;
  constexpr int kReads = 12;  // three slabs full
  ReadSlab slab;
  std::set<const uint8_t*> first_turn;
  for (int turn = 0; turn < 3; ++turn) {
    std::vector<wire::Bytes> held;
    std::set<const uint8_t*> places;
    for (int i = 0; i < kReads; ++i) {
      std::memset(slab.room().data(), i, kRead);
      held.push_back(slab.take(kRead));
      places.insert(held.back().data());
    }
    for (int i = 0; i < kReads; ++i) {
      const wire::Bytes& bytes = held[static_cast<size_t>(i)];
      EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [i](uint8_t byte) { return byte == i; }));
    }
    if (turn == 0) first_turn = places;
    EXPECT_EQ(places, first_turn);
  }
}

}  // namespace
}  // namespace server
