#include "cluster/metadata/image_loader.h"

#include "cluster/metadata/snapshot.h"
#include "wire/base/log.h"

namespace cluster::metadata {

namespace {

// A record's share of its batch beside its own bytes, roughly.
constexpr int64_t kRecordOverhead = 8;

template <typename Message>
bool is(const MetadataRecord& record) {
  return std::holds_alternative<Message>(record.message);
}

}  // namespace

ImageLoader::ImageLoader(ImageLoaderOptions options, MetadataLog& log, const wire::Clock& clock,
                         Timers& timers)
    : options_(options),
      log_(log),
      clock_(clock),
      timers_(timers),
      image_(std::make_shared<const MetadataImage>()),
      delta_(std::make_unique<MetadataDelta>(image_)),
      last_snapshot_ms_(clock.monotonic_ms()) {}

ImageLoader::~ImageLoader() {
  timers_.cancel(publish_timer_);
}

void ImageLoader::add_listener(ImageListener& listener) {
  listeners_.push_back(&listener);
  if (!published_) return;
  const auto empty = std::make_shared<const MetadataImage>();
  listener.on_image(everything_in(*image_), empty, image_);
}

const ImagePtr& ImageLoader::latest() {
  publish();
  return image_;
}

void ImageLoader::on_commit(const CommittedBatch& batch) {
  wire::Offset offset = batch.base_offset;
  for (const wire::Bytes& frame : batch.records) {
    apply(frame, offset++);
    bytes_since_snapshot_ += static_cast<int64_t>(frame.size()) + kRecordOverhead;
  }
  if (in_transaction()) return;
  applied_ = {batch.last_offset(), batch.epoch, batch.append_time_ms};
  dirty_ = true;
  if (batch.last_offset() + 1 >= log_.high_watermark()) {
    publish();
    maybe_write_snapshot();
  } else {
    publish_soon();
  }
}

void ImageLoader::on_snapshot(SnapshotId id, wire::TimestampMs last_append_time_ms,
                              const std::vector<wire::Bytes>& records) {
  const ImagePtr previous = image_;
  const auto empty = std::make_shared<const MetadataImage>();
  delta_ = std::make_unique<MetadataDelta>(empty);
  transaction_.reset();
  for (const wire::Bytes& frame : records) apply(frame, -1);
  applied_ = {id.end_offset - 1, id.epoch, last_append_time_ms};
  image_ = std::move(*delta_).build(applied_);
  delta_ = std::make_unique<MetadataDelta>(image_);
  dirty_ = false;
  bytes_since_snapshot_ = 0;
  last_snapshot_ms_ = clock_.monotonic_ms();
  notify(changes_between(*previous, *image_), previous);
}

void ImageLoader::on_leader_change(LeaderAndEpoch leader) {
  publish();
  for (ImageListener* listener : listeners_) listener->on_leader_change(leader);
}

void ImageLoader::apply(const wire::Bytes& frame, wire::Offset offset) {
  wire::Result<MetadataRecord> record = decode_record(frame);
  if (!record) return fault(offset, record.error());
  if (is<wire::BeginTransactionRecord>(*record)) {
    if (in_transaction()) {
      return fault(offset,
                   {wire::ErrorCode::kUnknownServerError, "a transaction begins inside another"});
    }
    transaction_.emplace();
  } else if (is<wire::EndTransactionRecord>(*record) || is<wire::AbortTransactionRecord>(*record)) {
    if (!in_transaction()) {
      return fault(offset,
                   {wire::ErrorCode::kUnknownServerError, "a transaction ends that never began"});
    }
    const auto held = std::move(*transaction_);
    transaction_.reset();
    if (is<wire::AbortTransactionRecord>(*record)) return;
    for (const auto& [at, waiting] : held) replay(waiting, at);
  } else if (in_transaction()) {
    transaction_->emplace_back(offset, std::move(*record));
  } else {
    replay(*record, offset);
  }
}

void ImageLoader::replay(const MetadataRecord& record, wire::Offset offset) {
  const wire::Status status = delta_->replay(record, offset);
  if (!status) fault(offset, status.error());
}

// A broker goes on serving what it has; it must never become the controller (Controller::activate).
void ImageLoader::fault(wire::Offset offset, const wire::Error& error) {
  ++faults_;
  wire::log::error("the metadata record at offset {} cannot be applied: {}", offset, error.detail);
}

void ImageLoader::publish() {
  if (!dirty_ || in_transaction()) return;
  dirty_ = false;
  timers_.cancel(publish_timer_);
  publish_timer_ = kNoTimer;
  const ImagePtr previous = image_;
  const ImageChanges changes = delta_->changes();
  image_ = std::move(*delta_).build(applied_);
  delta_ = std::make_unique<MetadataDelta>(image_);
  notify(changes, previous);
}

void ImageLoader::publish_soon() {
  if (publish_timer_ != kNoTimer) return;
  publish_timer_ = timers_.schedule(0, [this] {
    publish_timer_ = kNoTimer;
    publish();
    maybe_write_snapshot();
  });
}

void ImageLoader::notify(const ImageChanges& changes, const ImagePtr& previous) {
  published_ = true;
  // A listener may cause the next image: this one stays alive and the same for all.
  const ImagePtr image = image_;
  for (ImageListener* listener : listeners_) listener->on_image(changes, previous, image);
}

void ImageLoader::maybe_write_snapshot() {
  const wire::DurationMs now = clock_.monotonic_ms();
  const bool by_size = bytes_since_snapshot_ >= options_.max_bytes_between_snapshots;
  const bool by_time = options_.max_snapshot_interval_ms > 0 &&
                       now - last_snapshot_ms_ >= options_.max_snapshot_interval_ms;
  if ((!by_size && !by_time) || in_transaction() || dirty_ || faults_ > 0) return;
  bytes_since_snapshot_ = 0;
  last_snapshot_ms_ = now;
  std::vector<wire::Bytes> frames;
  for (const MetadataRecord& record : image_records(*image_)) {
    frames.push_back(encode_record(record));
  }
  const Provenance& provenance = image_->provenance();
  const wire::Status status = log_.write_snapshot({provenance.last_offset + 1, provenance.epoch},
                                                  provenance.last_append_time_ms, frames);
  if (!status) wire::log::error("metadata snapshot not written: {}", status.error().detail);
}

}  // namespace cluster::metadata
