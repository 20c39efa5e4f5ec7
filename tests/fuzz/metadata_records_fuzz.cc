// The metadata log: records of any broker, or of a broken disk, replayed as a node replays them.
//
// Input: frames, each after two bytes of length.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "cluster/metadata/bootstrap_checkpoint.h"
#include "cluster/metadata/delta.h"
#include "cluster/metadata/snapshot.h"

using namespace cluster::metadata;  // NOLINT: a program of one function

namespace {

// What decodes is what is written, and again what is read.
void check_round_trip(const MetadataRecord& record) {
  const auto again = decode_record(encode_record(record));
  if (!again.ok()) std::abort();
  // Bytes, because a double may be a NaN.
  if (!(encode_record(*again) == encode_record(record))) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const wire::Bytes input = wire::Bytes::unowned({data, size});
  (void)decode_bootstrap_checkpoint(input);

  MetadataDelta delta(std::make_shared<const MetadataImage>());
  for (size_t at = 0; at + 2 <= size;) {
    const size_t length = std::min<size_t>(size - at - 2, data[at] * 256u + data[at + 1]);
    const auto record = decode_record(input.slice(at + 2, length));
    at += 2 + length;
    if (!record.ok()) continue;
    check_round_trip(*record);
    (void)delta.replay(*record, 0);
  }
  const ImagePtr image = std::move(delta).build({});
  // A snapshot of whatever came of it can be read back.
  MetadataDelta from_snapshot(std::make_shared<const MetadataImage>());
  for (const MetadataRecord& record : image_records(*image)) {
    if (!from_snapshot.replay(record, -1).ok()) std::abort();
  }
  return 0;
}
