// A segment file of any bytes: the log opens, ends at the last whole batch, and goes on from there.
#include <cstdint>
#include <span>

#include "storage/fs/memory_file_system.h"
#include "storage/log.h"
#include "storage/log_directory.h"
#include "storage/segment.h"
#include "wire/base/check.h"
#include "wire/base/log.h"
#include "wire/records/record_batch_builder.h"

namespace {

void put(storage::FileSystem& files, const std::string& path, std::span<const uint8_t> bytes) {
  auto file = files.open(path, storage::OpenMode::kCreate);
  CHECK((*file)->write(0, wire::Bytes::copy(bytes)).ok());
}

// Every checksum is made right, or hardly anything would be taken for a batch.
void repair(std::span<uint8_t> bytes) {
  for (size_t at = 0; bytes.size() - at >= wire::kBatchHeaderSize;) {
    const auto run = wire::Bytes::unowned(bytes.subspan(at));
    const auto batch = wire::RecordBatchView::parse(run);
    if (!batch.ok()) return;
    wire::store_big_endian<uint32_t>(bytes.data() + at + wire::kBatchCrcAt, batch->computed_crc());
    at += batch->size_bytes();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  wire::log::set_level(wire::log::Level::kOff);
  const wire::ManualClock clock;
  wire::SeededRandom random(1);
  storage::ManualDiskExecutor disk;
  storage::MemoryFileSystem files(clock);
  storage::StorageServices services{files, clock, random, disk};
  storage::LogDirectory directory(services, "/data");
  CHECK(files.make_directory("/data/t-0").ok());

  std::vector<uint8_t> bytes(data + 1, data + size);
  if ((data[0] & 1) != 0) repair(bytes);
  put(files, "/data/t-0/00000000000000000000.log", bytes);
  const size_t middle = bytes.size() / 2;
  if ((data[0] & 2) != 0) {
    put(files, "/data/t-0/00000000000000000000.index", std::span(bytes).first(middle));
    put(files, "/data/t-0/00000000000000000000.timeindex", std::span(bytes).subspan(middle));
  }
  auto options = std::make_shared<storage::LogOptions>();
  options->index_interval_bytes = 64;
  storage::LogOpen how;
  how.name = {"t", 0};
  how.path = "/data/t-0";
  how.options = options;
  how.clean_shutdown = (data[0] & 4) != 0;
  how.recovery_point = data[0] >> 3;
  auto log = storage::Log::open(directory, how);
  if (!log.ok()) return 0;
  wire::Offset offset = (*log)->log_start_offset();
  while (offset < (*log)->log_end_offset()) {
    const auto fetched = (*log)->read({.offset = offset, .max_bytes = 1000});
    if (!fetched.ok() || fetched->records.empty()) break;
    wire::BatchIterator batches(fetched->records);
    while (batches.next()) offset = batches.batch().next_offset();
    if (batches.position() == 0 && !batches.status().ok()) break;
    if (batches.remaining() == fetched->records.size()) break;
  }
  (void)(*log)->offset_for_timestamp(1000);
  (void)(*log)->offset_of_max_timestamp();
  wire::RecordBatchBuilder builder;
  builder.append(1, "key", "value");
  auto info = (*log)->append_as_leader(builder.build(), 1);
  if (info.ok()) (void)(*log)->truncate_to(info->first_offset / 2);
  (void)(*log)->close();
  return 0;
}
