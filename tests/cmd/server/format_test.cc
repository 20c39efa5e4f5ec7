#include "cmd/server/format.h"

#include <gtest/gtest.h>

#include "storage/fs/memory_file_system.h"
#include "wire/base/clock.h"
#include "wire/base/random.h"

namespace server {
namespace {

using cluster::config::BrokerConfig;
using cluster::config::Properties;

BrokerConfig config_of(const Properties& more = {}) {
  Properties properties = {
      {"process.roles", "broker,controller"},
      {"node.id", "1"},
      {"listeners", "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:0"},
      {"controller.listener.names", "CONTROLLER"},
      {"controller.quorum.bootstrap.servers", "127.0.0.1:9093"},
      {"log.dirs", "/a,/b"},
  };
  for (const auto& [name, value] : more) properties.insert_or_assign(name, value);
  std::vector<std::string> warnings;
  auto config = BrokerConfig::load(std::move(properties), warnings);
  EXPECT_TRUE(config.ok()) << config.error().detail;
  return *std::move(config);
}

class Format : public ::testing::Test {
 protected:
  wire::Result<Identity> read(const Properties& more = {}) {
    return read_or_format(files_, config_of(more), random_);
  }

  wire::ManualClock clock_;
  storage::MemoryFileSystem files_{clock_};
  wire::SeededRandom random_{1};
};

TEST_F(Format, ANodeAloneFoundsItsCluster) {
  const auto identity = read();
  ASSERT_TRUE(identity.ok()) << identity.error().detail;
  EXPECT_EQ(identity->cluster_id.size(), 22u);
  EXPECT_EQ(read()->cluster_id, identity->cluster_id);
}

TEST_F(Format, UnderTheIdThatItIsGiven) {
  EXPECT_EQ(read({{"odradek.cluster.id", "4L6g3nShT-eMCtK--X86sw"}})->cluster_id,
            "4L6g3nShT-eMCtK--X86sw");
  // What is founded keeps its id.
  EXPECT_EQ(read({{"odradek.cluster.id", "another"}})->cluster_id, "4L6g3nShT-eMCtK--X86sw");
}

TEST_F(Format, OneOfSeveralIsNotFormattedByItself) {
  const auto identity = read({{"controller.quorum.bootstrap.servers", "a:9093,b:9093"},
                              {"odradek.cluster.id", "4L6g3nShT-eMCtK--X86sw"}});
  EXPECT_FALSE(identity.ok());
}

TEST_F(Format, DirectoriesOfAnotherNodeAreRefused) {
  ASSERT_TRUE(read().ok());
  EXPECT_FALSE(read({{"node.id", "2"}}).ok());
}

}  // namespace
}  // namespace server
