// From the metadata log to images: applies committed batches and publishes the result, one image a
// batch.
//
// A metadata transaction (KIP-868) is published when it ends, or forgotten when it is aborted, so
// nobody ever sees half of one.  Also writes the snapshots (KIP-630): after so many bytes of
// records, or so much time, at a batch boundary. Lives on shard 0.
#pragma once

#include <memory>
#include <vector>

#include "cluster/metadata/delta.h"
#include "cluster/metadata/image.h"
#include "cluster/metadata/metadata_log.h"
#include "wire/base/clock.h"

namespace cluster::metadata {

struct ImageLoaderOptions {
  int64_t max_bytes_between_snapshots =
      20 * 1024 * 1024;  // metadata.log.max.record.bytes.between.snapshots
  wire::DurationMs max_snapshot_interval_ms =
      60 * 60 * 1000;  // metadata.log.max.snapshot.interval.ms; 0: never
};

class ImageLoader final : public MetadataLogListener {
 public:
  // REQUIRES: log and clock outlive this.  Call log.subscribe(loader) after the listeners are
  // added.
  ImageLoader(ImageLoaderOptions options, MetadataLog& log, const wire::Clock& clock);

  // REQUIRES: listener outlives this.  It is told of the current image at once if there is one.
  void add_listener(ImageListener& listener);

  // The latest published image; of an empty log before the first.
  const ImagePtr& image() const { return image_; }

  void on_commit(const CommittedBatch& batch) override;
  void on_snapshot(SnapshotId id, wire::TimestampMs last_append_time_ms,
                   const std::vector<wire::Bytes>& records) override;
  void on_leader_change(LeaderAndEpoch leader) override;

 private:
  void apply(const wire::Bytes& record, wire::Offset offset);
  void publish(Provenance provenance);
  void maybe_write_snapshot();

  ImageLoaderOptions options_;
  MetadataLog& log_;
  const wire::Clock& clock_;
  std::vector<ImageListener*> listeners_;
  ImagePtr image_;
  std::unique_ptr<MetadataDelta> delta_;  // on top of image_
  // Records of an open transaction wait here for its end.
  bool in_transaction_ = false;
  std::vector<std::pair<wire::Offset, wire::Bytes>> transaction_;
  Provenance applied_;  // through here everything is in image_, NoOps and control batches included
  int64_t bytes_since_snapshot_ = 0;
  wire::DurationMs last_snapshot_ms_ = 0;
};

}  // namespace cluster::metadata
