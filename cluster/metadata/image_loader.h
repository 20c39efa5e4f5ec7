// From the metadata log to images: applies committed batches and publishes the result.
//
// Caught up with the log, each batch is published at once; while catching up (at the start, or
// after a snapshot), the batches that arrive together are published as one image on the next turn
// of the loop.  A metadata transaction (KIP-868) is published when it ends, or forgotten when it is
// aborted, so nobody ever sees half of one. Also writes the snapshots (KIP-630): after so many
// bytes of records, or so much time, at a batch boundary. Lives on shard 0.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "cluster/metadata/delta.h"
#include "cluster/metadata/image.h"
#include "cluster/metadata/metadata_log.h"
#include "cluster/timers.h"
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
  // REQUIRES: everything referenced outlives this.  Call log.subscribe(loader) after the listeners
  // are added, and before the controller subscribes: it starts from this loader's image.
  ImageLoader(ImageLoaderOptions options, MetadataLog& log, const wire::Clock& clock,
              Timers& timers);
  ~ImageLoader() override;

  // REQUIRES: listener outlives this.  It is told at once of the current image if one has been
  // published.
  void add_listener(ImageListener& listener);

  // The latest published image; of an empty log before the first.
  const ImagePtr& image() const { return image_; }
  // The newest committed state, published if it was not yet.
  const ImagePtr& latest();
  // A transaction has begun and neither ended nor been aborted.
  bool in_transaction() const { return transaction_.has_value(); }
  // Records that could not be applied: this node knows less than the log says.
  uint64_t faults() const { return faults_; }

  void on_commit(const CommittedBatch& batch) override;
  void on_snapshot(SnapshotId id, wire::TimestampMs last_append_time_ms,
                   const std::vector<wire::Bytes>& records) override;
  void on_leader_change(LeaderAndEpoch leader) override;

 private:
  void apply(const wire::Bytes& frame, wire::Offset offset);
  void replay(const MetadataRecord& record, wire::Offset offset);
  void fault(wire::Offset offset, const wire::Error& error);
  void publish();
  void publish_soon();
  void notify(const ImageChanges& changes, const ImagePtr& previous);
  void maybe_write_snapshot();

  const ImageLoaderOptions options_;
  MetadataLog& log_;
  const wire::Clock& clock_;
  Timers& timers_;
  std::vector<ImageListener*> listeners_;

  ImagePtr image_;
  bool published_ = false;
  std::unique_ptr<MetadataDelta> delta_;  // on top of image_
  Provenance applied_;                    // through here everything is in delta_
  bool dirty_ = false;                    // applied_ is ahead of image_
  TimerId publish_timer_ = kNoTimer;
  // Records of an open transaction wait here for its end.
  std::optional<std::vector<std::pair<wire::Offset, MetadataRecord>>> transaction_;
  uint64_t faults_ = 0;

  int64_t bytes_since_snapshot_ = 0;
  wire::DurationMs last_snapshot_ms_ = 0;
};

}  // namespace cluster::metadata
