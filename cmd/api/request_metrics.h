// What is known of the requests of one shard since the process began: how many, of which versions,
// how long they took, which errors they were answered.
//
// Plain numbers, written by the shard's connections and read by it when metrics are asked for: a
// request costs a few additions, no lock, no allocation, no clock (only an error that an API had
// never before allocates its counter).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "cmd/api/answer_errors.h"
#include "wire/api_key.h"
#include "wire/error_code.h"

namespace api {

// Times in buckets, each bucket counting what is not longer than its bound and longer than the one
// before.
class LatencyHistogram {
 public:
  static constexpr std::array<uint32_t, 17> kBoundsMicros = {
      50,     100,     250,     500,     1'000,     2'500,     5'000,     10'000,    25'000,
      50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};

  void add(uint64_t micros) {
    size_t bucket = 0;
    while (bucket < kBoundsMicros.size() && micros > kBoundsMicros[bucket]) ++bucket;
    ++buckets_[bucket];
    sum_micros_ += micros;
  }

  // One for each bound, and what is longer than the last.
  std::span<const uint64_t> buckets() const { return buckets_; }
  uint64_t sum_micros() const { return sum_micros_; }

 private:
  std::array<uint64_t, kBoundsMicros.size() + 1> buckets_{};
  uint64_t sum_micros_ = 0;
};

class RequestMetrics {
 public:
  static constexpr int16_t kVersionsMax = 32;

  struct Api {
    wire::ApiKey key{};
    std::array<uint64_t, kVersionsMax> of_version{};
    uint64_t request_bytes = 0;
    uint64_t response_bytes = 0;
    // From the read that brought the request's last byte to the write that took the answer's.
    LatencyHistogram total;
    std::map<wire::ErrorCode, uint64_t> errors;  // NONE is not among them
  };

  RequestMetrics();

  // Numbers that are no API, or no version, are not counted: such a request is refused elsewhere.
  void received(int16_t key, int16_t version, size_t bytes);
  // `bytes`: with its size prefix; 0: nobody waits for one.
  void answered(int16_t key, uint64_t micros, size_t bytes);
  void failed(int16_t key, const ErrorCounts& errors);

  // One for each API of the protocol, by ascending key.
  std::span<const Api> apis() const { return apis_; }

 private:
  Api* find(int16_t key);

  std::vector<Api> apis_;
  std::vector<int16_t> index_of_key_;  // -1: no such API
};

}  // namespace api
