#include <gtest/gtest.h>

#include "tests/cluster/controller/harness.h"

namespace cluster::controller {
namespace {

using wire::ErrorCode;

constexpr int8_t kUpgrade = 1;
constexpr int8_t kSafeDowngrade = 2;

class FeatureUpdates : public testing::Test {
 protected:
  FeatureUpdates() { cluster_.start(1); }

  wire::UpdateFeaturesResponse update(const std::string& feature, int16_t level,
                                      int8_t type = kUpgrade, bool validate_only = false,
                                      int16_t version = 2) {
    wire::UpdateFeaturesRequest request;
    request.validate_only = validate_only;
    auto& asked = request.feature_updates.emplace_back();
    asked.feature = feature;
    asked.max_version_level = level;
    asked.upgrade_type = type;
    return cluster_.call(&Controller::update_features, request, version);
  }
  int16_t level(const std::string& feature) const {
    return cluster_.image().features().level(feature);
  }

  Cluster cluster_;
};

TEST_F(FeatureUpdates, GoUpAndDownWhenAskedTo) {
  const auto raised = update("transaction.version", 2);
  EXPECT_EQ(raised.error_code, ErrorCode::kNone);
  EXPECT_EQ(raised.error_message, std::nullopt);
  EXPECT_EQ(level("transaction.version"), 2);
  const auto refused = update("transaction.version", 1);
  EXPECT_EQ(refused.error_code, ErrorCode::kInvalidUpdateVersion);
  EXPECT_EQ(refused.error_message,
            "The update failed for all features since the following feature had an error: Invalid "
            "update version 1 for feature transaction.version. Can't downgrade the version of this "
            "feature without setting the upgrade type to either safe or unsafe downgrade.");
  EXPECT_EQ(update("transaction.version", 1, kSafeDowngrade, /*validate_only=*/true).error_code,
            ErrorCode::kNone);
  EXPECT_EQ(level("transaction.version"), 2);
  EXPECT_EQ(update("transaction.version", 1, kSafeDowngrade).error_code, ErrorCode::kNone);
  EXPECT_EQ(level("transaction.version"), 1);
}

TEST_F(FeatureUpdates, AFeatureThatThereIsNotHasNoLevelAtAll) {
  const auto refused = update("nonsense", 0, kSafeDowngrade);
  EXPECT_EQ(refused.error_code, ErrorCode::kInvalidUpdateVersion);
  EXPECT_EQ(refused.error_message,
            "The update failed for all features since the following feature had an error: Invalid "
            "update version 0 for feature nonsense. Feature nonsense not found.");
  EXPECT_EQ(update("share.version", 0).error_code, ErrorCode::kNone);
}

TEST_F(FeatureUpdates, OldVersionsAnswerEachFeature) {
  const auto answer = update("transaction.version", 2, kUpgrade, false, /*version=*/1);
  ASSERT_EQ(answer.results.size(), 1u);
  EXPECT_EQ(answer.results[0].feature, "transaction.version");
  EXPECT_EQ(answer.results[0].error_message, "NONE");
  EXPECT_TRUE(update("none", 1, kUpgrade, false, /*version=*/1).results.empty());
}

TEST_F(FeatureUpdates, VersionZeroOnlyUpgrades) {
  update("transaction.version", 2);
  wire::UpdateFeaturesRequest request;
  auto& asked = request.feature_updates.emplace_back();
  asked.feature = "transaction.version";
  asked.max_version_level = 1;
  asked.allow_downgrade = true;
  EXPECT_EQ(cluster_.call(&Controller::update_features, request, 0).error_code,
            ErrorCode::kInvalidUpdateVersion);
}

TEST_F(FeatureUpdates, KRaftVersionIsFinalisedInTheLogItself) {
  EXPECT_EQ(update("kraft.version", 1, kUpgrade, /*validate_only=*/true).error_code,
            ErrorCode::kNone);
  EXPECT_EQ(cluster_.log.kraft_version(), 0);
  EXPECT_EQ(update("kraft.version", 1).error_code, ErrorCode::kNone);
  EXPECT_EQ(cluster_.log.kraft_version(), 1);
  EXPECT_EQ(level("kraft.version"), 0);
  // Once more changes nothing; back is refused.
  EXPECT_EQ(update("kraft.version", 1).error_code, ErrorCode::kNone);
  EXPECT_EQ(update("kraft.version", 0, kSafeDowngrade).error_message,
            "The update failed for all features since the following feature had an error: Invalid "
            "update version 0 for feature kraft.version. Can't downgrade the version of this "
            "feature.");
}

TEST_F(FeatureUpdates, KRaftVersionWaitsForTheVoters) {
  cluster_.log.knows_voters = false;
  const size_t before = cluster_.log.batch_count();
  for (const bool validate_only : {true, false}) {
    EXPECT_EQ(update("kraft.version", 1, kUpgrade, validate_only).error_code,
              ErrorCode::kInvalidUpdateVersion);
  }
  EXPECT_EQ(cluster_.log.kraft_version(), 0);
  EXPECT_EQ(cluster_.log.batch_count(), before);
}

}  // namespace
}  // namespace cluster::controller
