#include "cluster/metadata/image_loader.h"

#include <gtest/gtest.h>

#include "tests/cluster/controller/harness.h"

namespace cluster::metadata {
namespace {

using controller::FakeMetadataLog;

class Recorder final : public ImageListener {
 public:
  void on_image(const ImageChanges& changes, const ImagePtr&, const ImagePtr& image) override {
    images.push_back(image);
    topics_changed.push_back(changes.topics.size());
  }
  std::vector<ImagePtr> images;
  std::vector<size_t> topics_changed;
};

wire::Bytes topic_records(uint64_t id) {
  wire::TopicRecord record;
  record.name = "topic-" + std::to_string(id);
  record.topic_id = {id, 1000};
  return encode_record({record, 0});
}
template <typename Message>
wire::Bytes bare() {
  return encode_record({Message{}, 0});
}

class ImageLoaderTest : public testing::Test {
 protected:
  ImageLoaderTest() {
    loader_.add_listener(recorder_);
    log_.subscribe(loader_);
    log_.elect(FakeMetadataLog::kSelf);
  }
  void append(std::vector<wire::Bytes> records) { ASSERT_TRUE(log_.append(1, records).ok()); }

  wire::ManualClock clock_;
  FakeTimers timers_{clock_};
  FakeMetadataLog log_;
  ImageLoader loader_{{.max_bytes_between_snapshots = 200}, log_, clock_, timers_};
  Recorder recorder_;
};

TEST_F(ImageLoaderTest, PublishesEachBatchWhenCaughtUp) {
  append({topic_records(1)});
  append({topic_records(2), topic_records(3)});
  ASSERT_EQ(recorder_.images.size(), 2u);
  EXPECT_EQ(recorder_.images[0]->topics().size(), 1u);
  EXPECT_EQ(recorder_.images[1]->topics().size(), 3u);
  EXPECT_EQ(recorder_.topics_changed[1], 2u);
  EXPECT_EQ(loader_.image()->provenance().last_offset, 2);
}

TEST_F(ImageLoaderTest, PublishesOneImageForABacklog) {
  log_.commits_at_once = false;
  for (uint64_t id = 1; id <= 5; ++id) append({topic_records(id)});
  log_.commit_all();
  // All but the last came while more was known to follow.
  ASSERT_EQ(recorder_.images.size(), 1u);
  EXPECT_EQ(recorder_.images[0]->topics().size(), 5u);
  timers_.run_due();
  EXPECT_EQ(recorder_.images.size(), 1u);
}

TEST_F(ImageLoaderTest, NobodySeesHalfATransaction) {
  append({bare<wire::BeginTransactionRecord>(), topic_records(1)});
  append({topic_records(2)});
  EXPECT_TRUE(recorder_.images.empty());
  EXPECT_TRUE(loader_.in_transaction());
  append({topic_records(3), bare<wire::EndTransactionRecord>()});
  ASSERT_EQ(recorder_.images.size(), 1u);
  EXPECT_EQ(recorder_.images[0]->topics().size(), 3u);
}

TEST_F(ImageLoaderTest, AnAbortedTransactionNeverWas) {
  append({bare<wire::BeginTransactionRecord>(), topic_records(1)});
  append({bare<wire::AbortTransactionRecord>()});
  append({topic_records(2)});
  EXPECT_EQ(loader_.image()->topics().size(), 1u);
  EXPECT_NE(loader_.image()->topic("topic-2"), nullptr);
  EXPECT_EQ(loader_.faults(), 0u);
}

TEST_F(ImageLoaderTest, CountsWhatItCannotApplyAndGoesOn) {
  append({wire::Bytes::copy("\x01\x7f"), topic_records(1)});
  EXPECT_EQ(loader_.faults(), 1u);
  EXPECT_EQ(loader_.image()->topics().size(), 1u);
}

TEST_F(ImageLoaderTest, WritesASnapshotAfterSoManyBytes) {
  for (uint64_t id = 1; id <= 10 && log_.snapshot.empty(); ++id) append({topic_records(id)});
  ASSERT_FALSE(log_.snapshot.empty());
  EXPECT_EQ(log_.snapshot_id.end_offset, loader_.image()->provenance().last_offset + 1);
  EXPECT_EQ(log_.snapshot.size(), loader_.image()->topics().size());
  // Another node starts from it.
  ImageLoader other({}, log_, clock_, timers_);
  Recorder recorder;
  other.add_listener(recorder);
  other.on_snapshot(log_.snapshot_id, 1, log_.snapshot);
  ASSERT_EQ(recorder.images.size(), 1u);
  EXPECT_TRUE(other.image()->same_content(*loader_.image()));
}

TEST_F(ImageLoaderTest, ALateListenerIsToldOfEverythingAtOnce) {
  append({topic_records(1), topic_records(2)});
  Recorder late;
  loader_.add_listener(late);
  ASSERT_EQ(late.images.size(), 1u);
  EXPECT_EQ(late.topics_changed[0], 2u);
}

}  // namespace
}  // namespace cluster::metadata
