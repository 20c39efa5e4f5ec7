// Checkpoints and the other small texts of a log directory: refused, or read and written again the same.
#include <cstdint>
#include <string_view>

#include "storage/checkpoints.h"
#include "storage/leader_epochs.h"
#include "storage/meta_properties.h"
#include "storage/partition_directory.h"
#include "wire/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto offsets = storage::parse_offset_checkpoint(text, "fuzz"); offsets.ok()) {
    const auto again =
        storage::parse_offset_checkpoint(storage::to_checkpoint_text(*offsets), "fuzz");
    CHECK(again.ok());
    CHECK(*again == *offsets);
  }
  if (const auto epochs = storage::LeaderEpochs::parse(wire::Bytes::copy(text), "fuzz");
      epochs.ok()) {
    const auto again = storage::LeaderEpochs::parse(wire::Bytes::adopt(epochs->to_text()), "fuzz");
    CHECK(again.ok());
    CHECK(again->entries() == epochs->entries());
  }
  if (const auto properties = storage::MetaProperties::parse(text, "fuzz"); properties.ok()) {
    (void)storage::MetaProperties::parse(properties->to_text(), "fuzz");
  }
  if (const auto id = storage::parse_partition_metadata(text, "fuzz"); id.ok()) {
    CHECK(*storage::parse_partition_metadata(storage::to_partition_metadata_text(*id), "fuzz") ==
          *id);
  }
  (void)storage::parse_clean_shutdown(text, "fuzz");
  (void)storage::parse_partition_directory(text);
  return 0;
}
