#include "cluster/formatter.h"

#include <gtest/gtest.h>

#include "cluster/metadata/bootstrap_checkpoint.h"
#include "cluster/metadata/features.h"
#include "cluster/raft/snapshot_store.h"
#include "storage/fs/faulty_file_system.h"
#include "storage/fs/memory_file_system.h"
#include "wire/base/clock.h"

namespace cluster {
namespace {

class FormatterTest : public testing::Test {
 protected:
  FormatterTest() {
    options_.node_id = 3;
    options_.cluster_id = "MkU3OEVBNTcwNTJENDM2Qg";
    options_.directories = {"/data/a", "/data/b"};
    options_.metadata_directory = "/data/a";
  }
  wire::Result<std::vector<std::string>> format() {
    return format_directories(files_, options_, random_, clock_.wall_ms());
  }
  std::vector<metadata::MetadataRecord> bootstrap(const std::string& directory) {
    return metadata::decode_bootstrap_checkpoint(
               storage::read_file(files_, directory + "/bootstrap.checkpoint").value())
        .value();
  }

  wire::ManualClock clock_;
  wire::SeededRandom random_{1};
  storage::MemoryFileSystem files_{clock_};
  FormatOptions options_;
};

TEST_F(FormatterTest, MakesDirectoriesThatSurviveAPowerCut) {
  storage::FaultyFileSystem disk(clock_);
  ASSERT_TRUE(format_directories(disk, options_, random_, clock_.wall_ms()).ok());
  disk.lose_unsynced();
  EXPECT_TRUE(storage::read_meta_properties(disk, "/data/a").value().has_value());
  EXPECT_TRUE(disk.exists("/data/a/bootstrap.checkpoint"));
}

TEST_F(FormatterTest, GivesEachDirectoryAnIdentityAndTheFirstRecords) {
  const auto lines = format();
  ASSERT_TRUE(lines.ok()) << lines.error().detail;
  EXPECT_EQ(lines->front(), "Formatting metadata directory /data/a with metadata.version 4.3-IV0.");
  const auto a = storage::read_meta_properties(files_, "/data/a").value();
  const auto b = storage::read_meta_properties(files_, "/data/b").value();
  ASSERT_TRUE(a.has_value() && b.has_value());
  EXPECT_EQ(a->cluster_id, options_.cluster_id);
  EXPECT_EQ(a->node_id, 3);
  EXPECT_NE(a->directory_id, b->directory_id);
  const auto records = bootstrap("/data/a");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(std::get<wire::FeatureLevelRecord>(records[0].message).name, "metadata.version");
  EXPECT_EQ(std::get<wire::FeatureLevelRecord>(records[0].message).feature_level, 30);
}

TEST_F(FormatterTest, RefusesWhatIsFormattedUnlessToldToPassOverIt) {
  ASSERT_TRUE(format().ok());
  const auto again = format();
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().detail,
            "Log directory /data/a is already formatted. Use --ignore-formatted to ignore this "
            "directory and format the others.");
  const auto before = storage::read_meta_properties(files_, "/data/a").value();
  options_.ignore_formatted = true;
  options_.directories.push_back("/data/c");
  ASSERT_TRUE(format().ok());
  EXPECT_EQ(storage::read_meta_properties(files_, "/data/a").value(), before);
  EXPECT_TRUE(storage::read_meta_properties(files_, "/data/c").value().has_value());
  options_.cluster_id = "other";
  EXPECT_FALSE(format().ok());
}

TEST_F(FormatterTest, AReleaseBringsItsOwnLevels) {
  options_.metadata_version = metadata::metadata_version_level("4.0");
  ASSERT_TRUE(format().ok());
  const auto records = bootstrap("/data/b");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(std::get<wire::FeatureLevelRecord>(records[0].message).feature_level, 25);
  EXPECT_EQ(std::get<wire::FeatureLevelRecord>(records[1].message).name, "transaction.version");
  EXPECT_EQ(std::get<wire::FeatureLevelRecord>(records[1].message).feature_level, 2);
}

TEST_F(FormatterTest, RefusesFeaturesThatAreNotServed) {
  options_.features["group.version"] = 1;
  const auto refused = format();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().detail,
            "Unsupported feature: group.version. Supported features are: "
            "eligible.leader.replicas.version, kraft.version, transaction.version");
  EXPECT_FALSE(files_.exists("/data/a/meta.properties"));
}

TEST_F(FormatterTest, AStandaloneNodeIsTheOnlyVoterOfItsFirstSnapshot) {
  options_.dynamic_quorum = true;
  options_.standalone = FormatOptions::Standalone{"CONTROLLER", "localhost", 9093};
  ASSERT_TRUE(format().ok());
  const auto file = storage::read_file(
      files_, "/data/a/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint");
  ASSERT_TRUE(file.ok());
  const auto content = raft::parse_snapshot(*file);
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content->control.kraft_version, 1);
  const auto id = storage::read_meta_properties(files_, "/data/a").value()->directory_id;
  EXPECT_TRUE(content->control.voters->is_only_voter({3, *id}));
}

}  // namespace
}  // namespace cluster
