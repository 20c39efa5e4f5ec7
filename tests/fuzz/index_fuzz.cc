// Index files of any bytes: what is read of them is an index, and a look-up finds its place.
#include <cstdint>
#include <span>

#include "storage/index_file.h"
#include "wire/base/check.h"

namespace {

template <typename Entry>
void check(std::span<const uint8_t> bytes) {
  const auto entries = storage::decode_index<Entry>(bytes);
  CHECK(entries.size() * Entry::kSize <= bytes.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    CHECK(entries[i].may_follow(i == 0 ? nullptr : &entries[i - 1]));
    uint8_t encoded[Entry::kSize];
    entries[i].encode(encoded);
    CHECK(Entry::decode(encoded) == entries[i]);
  }
  storage::IndexFile<Entry> index;
  index.start_empty();
  for (const Entry& entry : entries) index.append(entry);
  for (const Entry& entry : entries) CHECK(index.lookup(entry.key())->key() == entry.key());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check<storage::OffsetIndexEntry>({data, size});
  check<storage::TimeIndexEntry>({data, size});
  return 0;
}
