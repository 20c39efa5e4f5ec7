#include "cmd/console/metrics_page.h"

#include <utility>

#include "cluster/groups/group_coordinator.h"
#include "cluster/metadata/image.h"
#include "cluster/replica/replica_set.h"
#include "cluster/timers.h"
#include "cmd/api/request_metrics.h"
#include "cmd/console/group_metrics.h"
#include "cmd/console/metric_sections.h"
#include "cmd/console/partition_metrics.h"
#include "cmd/console/process_facts.h"
#include "storage/disk_executor.h"

namespace console {
namespace {

// A turn of the loop is to stay well below a millisecond.
constexpr size_t kPartitionsPerTurn = 128;

}  // namespace

// One page, from the first question to the answer of all who asked.
class MetricsPage::Scrape : public std::enable_shared_from_this<Scrape> {
 public:
  Scrape(api::Services& services, const MetricsOptions& options)
      : services_(services),
        options_(options),
        budget_(options.series_max),
        partitions_(services.node_id, budget_),
        groups_(budget_) {}
  ~Scrape() { services_.timers->cancel(timer_); }

  void wait(wire::Callback<void(std::vector<std::string>)> done) {
    waiting_.push_back(std::move(done));
  }
  bool is_done() const { return done_; }

  void start() {
    const auto facts = std::make_shared<std::optional<ProcessFacts>>();
    services_.disk->run([facts] { *facts = read_process_facts(); },
                        [weak = weak_from_this(), facts] {
                          if (const auto self = weak.lock()) self->begin(*facts);
                        });
  }

 private:
  void begin(const std::optional<ProcessFacts>& facts) {
    if (facts) write_process(*facts, page_);
    if (services_.request_metrics != nullptr) write_requests(*services_.request_metrics, page_);
    if (const auto network = options_.network()) write_network(*network, page_);
    write_node(services_, page_);
    if (services_.image == nullptr || services_.replicas == nullptr) return finish();
    image_ = services_.image;
    for (const auto& [name, id] : image_->topics().by_name()) topics_.push_back(id);
    next_turn(&Scrape::add_partitions);
  }

  void next_turn(void (Scrape::*step)()) {
    timer_ = services_.timers->schedule(0, [this, step] {
      timer_ = cluster::kNoTimer;
      (this->*step)();
    });
  }

  // From where the last turn stopped.
  void add_partitions() {
    for (size_t added = 0; topic_ < topics_.size(); ++topic_, partition_ = 0) {
      const auto topic = image_->topic(topics_[topic_]);
      for (; partition_ < topic->partitions.size(); ++partition_) {
        if (added++ == kPartitionsPerTurn) return next_turn(&Scrape::add_partitions);
        const auto index = static_cast<wire::PartitionIndex>(partition_);
        partitions_.add(*topic, index, services_.replicas->find(topic->id, index).get());
      }
      partitions_.end_topic(*topic);
    }
    partitions_.finish(services_.replicas->traffic(), page_);
    if (services_.groups == nullptr) return finish();
    list_groups();
  }

  void list_groups() {
    services_.groups->list_groups(
        {}, {},
        wire::Reply<wire::ListGroupsResponse>(
            [weak = weak_from_this()](std::optional<wire::ListGroupsResponse> response) {
              const auto self = weak.lock();
              if (self) self->take_groups(response ? *response : wire::ListGroupsResponse{});
            }));
  }

  void take_groups(const wire::ListGroupsResponse& response) {
    for (const auto& group : response.groups) {
      groups_.add(group);
      group_ids_.push_back(group.group_id);
    }
    next_turn(&Scrape::add_next_group);
  }

  // A group's offsets are one answer, as they are to its members.
  void add_next_group() {
    if (group_ids_.empty()) {
      groups_.finish(page_);
      return finish();
    }
    using Fetched = wire::OffsetFetchResponse::OffsetFetchResponseGroup;
    wire::OffsetFetchRequest::OffsetFetchRequestGroup asked;
    asked.group_id = std::move(group_ids_.back());
    asked.topics.reset();
    group_ids_.pop_back();
    services_.groups->fetch_offsets(
        std::move(asked), false, {},
        wire::Reply<Fetched>([weak = weak_from_this()](std::optional<Fetched> group) {
          const auto self = weak.lock();
          if (!self) return;
          if (group) self->groups_.add_offsets(*group, *self->services_.replicas);
          self->next_turn(&Scrape::add_next_group);
        }));
  }

  void finish() {
    done_ = true;
    write_metric("odradek_metrics_omitted_series", MetricType::kGauge,
                 "Series that this page goes without: odradek.http.metrics.max.series.",
                 uint64_t{budget_.omitted()}, page_);
    const auto self = shared_from_this();  // who is answered may ask again, for the next page
    auto page = std::exchange(page_, {});
    auto waiting = std::exchange(waiting_, {});
    auto last = std::move(waiting.back());
    waiting.pop_back();
    for (auto& done : waiting) done(page);
    last(std::move(page));
  }

  api::Services& services_;
  const MetricsOptions& options_;
  std::vector<wire::Callback<void(std::vector<std::string>)>> waiting_;
  cluster::TimerId timer_ = cluster::kNoTimer;
  bool done_ = false;

  std::vector<std::string> page_;
  SeriesBudget budget_;
  cluster::metadata::ImagePtr image_;
  std::vector<wire::Uuid> topics_;
  size_t topic_ = 0;      // of topics_
  size_t partition_ = 0;  // of that topic
  PartitionMetrics partitions_;
  std::vector<std::string> group_ids_;  // not yet asked for
  GroupMetrics groups_;
};

MetricsPage::MetricsPage(api::Services& services, MetricsOptions options)
    : services_(services), options_(std::move(options)) {}

MetricsPage::~MetricsPage() = default;

void MetricsPage::write(wire::Callback<void(std::vector<std::string>)> done) {
  if (scrape_ != nullptr && !scrape_->is_done()) return scrape_->wait(std::move(done));
  scrape_ = std::make_shared<Scrape>(services_, options_);
  scrape_->wait(std::move(done));
  scrape_->start();
}

}  // namespace console
