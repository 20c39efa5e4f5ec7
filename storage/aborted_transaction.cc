#include "storage/aborted_transaction.h"

#include <cstdint>
#include <utility>

#include <fmt/core.h>

#include "wire/base/big_endian.h"

namespace storage {

namespace {

constexpr int16_t kVersion = 0;
constexpr size_t kProducerIdAt = 2;
constexpr size_t kFirstOffsetAt = 10;
constexpr size_t kLastOffsetAt = 18;
constexpr size_t kLastStableOffsetAt = 26;
static_assert(kLastStableOffsetAt + sizeof(int64_t) == kAbortedTransactionSize);

}  // namespace

wire::Bytes encode_aborted_transactions(std::span<const AbortedTransaction> transactions) {
  std::string bytes(transactions.size() * kAbortedTransactionSize, '\0');
  auto* to = reinterpret_cast<uint8_t*>(bytes.data());
  for (const AbortedTransaction& transaction : transactions) {
    wire::store_big_endian(to, kVersion);
    wire::store_big_endian(to + kProducerIdAt, transaction.producer_id);
    wire::store_big_endian(to + kFirstOffsetAt, transaction.first_offset);
    wire::store_big_endian(to + kLastOffsetAt, transaction.last_offset);
    wire::store_big_endian(to + kLastStableOffsetAt, transaction.last_stable_offset);
    to += kAbortedTransactionSize;
  }
  return wire::Bytes::adopt(std::move(bytes));
}

wire::Result<std::vector<AbortedTransaction>> decode_aborted_transactions(
    std::span<const uint8_t> bytes, const std::string& path) {
  const auto corrupt = [&](std::string_view what) {
    return wire::Error{wire::ErrorCode::kCorruptMessage, fmt::format("{}: {}", path, what)};
  };
  if (bytes.size() % kAbortedTransactionSize != 0) return corrupt("it ends within an entry");
  std::vector<AbortedTransaction> transactions;
  transactions.reserve(bytes.size() / kAbortedTransactionSize);
  for (; !bytes.empty(); bytes = bytes.subspan(kAbortedTransactionSize)) {
    const uint8_t* from = bytes.data();
    if (wire::load_big_endian<int16_t>(from) != kVersion) return corrupt("an unknown version");
    const AbortedTransaction next{
        .producer_id = wire::load_big_endian<int64_t>(from + kProducerIdAt),
        .first_offset = wire::load_big_endian<int64_t>(from + kFirstOffsetAt),
        .last_offset = wire::load_big_endian<int64_t>(from + kLastOffsetAt),
        .last_stable_offset = wire::load_big_endian<int64_t>(from + kLastStableOffsetAt)};
    if (!transactions.empty() && transactions.back().last_offset >= next.last_offset) {
      return corrupt("its markers do not rise");
    }
    transactions.push_back(next);
  }
  return transactions;
}

wire::Result<std::vector<AbortedTransaction>> read_aborted_transactions(FileSystem& files,
                                                                        const std::string& path) {
  if (!files.exists(path)) return std::vector<AbortedTransaction>();
  const auto bytes = read_file(files, path);
  if (!bytes) return bytes.error();
  return decode_aborted_transactions(bytes->span(), path);
}

}  // namespace storage
