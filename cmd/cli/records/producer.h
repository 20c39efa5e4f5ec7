// Gathers records by partition and sends them as batches; an answer is waited for before the next.
//
// What a broker refused without having written it (it leads no longer, too few replicas are in sync)
// is sent again; what was lost with a connection is not, since it may have been written.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cmd/cli/client.h"
#include "wire/records/record_batch_builder.h"

namespace cli {

struct OutgoingRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  wire::PartitionIndex partition = -1;               // -1: the partitioner's choice
  wire::TimestampMs timestamp = wire::kNoTimestamp;  // none: now
};

// Which partition a key belongs to, in the way of Java's clients or of librdkafka's.
enum class Partitioner { kMurmur2, kCrc32 };
wire::PartitionIndex partition_of_key(Partitioner partitioner, std::string_view key,
                                      size_t partition_count);

struct ProducerOptions {
  std::string topic;
  int16_t acks = -1;
  int32_t timeout_ms = 30'000;
  wire::Compression compression = {};
  Partitioner partitioner = Partitioner::kMurmur2;
  // A batch that has grown to this goes out; the rest with flush().
  size_t batch_bytes = size_t{512} << 10;
};

class Producer {
 public:
  // Looks the topic up; one that is not there is created if the broker does so by itself.
  static wire::Result<std::unique_ptr<Producer>> open(Client& client, ProducerOptions options);

  wire::Status add(const OutgoingRecord& record);
  wire::Status flush();
  size_t count() const { return count_; }
  // That were sent.
  size_t batches() const { return batches_; }

  // Where the last batch went; the offset is none with acks=0.
  struct Written {
    wire::PartitionIndex partition = -1;
    wire::Offset offset = wire::kNoOffset;
  };
  const Written& last_written() const { return written_; }

 private:
  Producer(Client& client, ProducerOptions options, std::vector<PartitionPlace> places)
      : client_(client), options_(std::move(options)), places_(std::move(places)) {}

  wire::Result<wire::PartitionIndex> partition_for(const OutgoingRecord& record);
  wire::Status send(wire::PartitionIndex index);
  // NONE, or what the broker answered.
  wire::Result<wire::ErrorCode> send_once(wire::PartitionIndex index, const wire::Bytes& batch);

  Client& client_;
  const ProducerOptions options_;
  std::vector<PartitionPlace> places_;
  std::map<wire::PartitionIndex, std::unique_ptr<wire::RecordBatchBuilder>> builders_;
  // Where records without a key go until their batch is sent.
  size_t sticky_ = 0;
  size_t count_ = 0;
  size_t batches_ = 0;
  std::string refusal_;
  Written written_;
};

}  // namespace cli
