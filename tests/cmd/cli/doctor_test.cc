#include <gmock/gmock.h>

#include "cmd/cli/doctor/judge.h"
#include "cmd/cli/doctor/probe.h"

namespace cli::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

AddressFinding address(const std::string& host, int32_t port, Reply reply,
                       const std::string& ip = "172.18.0.5") {
  return {.host = host, .port = port, .resolve_error = "", .attempts = {{ip, reply, ""}}};
}

AddressFinding unresolved(const std::string& host, int32_t port) {
  return {.host = host, .port = port, .resolve_error = "Name or service not known", .attempts = {}};
}

// A cluster of one broker that was met at `bootstrap` and says that it is at `advertised`.
Findings cluster(AddressFinding bootstrap, AddressFinding advertised, bool in_container = false) {
  Findings findings;
  findings.in_container = in_container;
  findings.bootstrap = std::move(bootstrap);
  findings.cluster_id = "abc";
  NodeFinding node{.id = 1, .advertised = std::move(advertised)};
  if (node.advertised.is_kafka()) {
    node.cluster_id = "abc";
    node.is_itself = true;
  }
  findings.nodes.push_back(std::move(node));
  return findings;
}

std::vector<int> classes(const Findings& findings) {
  std::vector<int> numbers;
  for (const Verdict& verdict : judge(findings)) numbers.push_back(verdict.number());
  return numbers;
}

AddressFinding kafka(const std::string& host, int32_t port) {
  return address(host, port, Reply::kKafka);
}

TEST(Judge, HasNothingToSayOfWhatWorks) {
  EXPECT_THAT(judge(cluster(kafka("kafka", 9092), kafka("kafka", 9092), true)), IsEmpty());
  EXPECT_THAT(judge(cluster(kafka("localhost", 9092), kafka("127.0.0.1", 9092))), IsEmpty());
}

TEST(Judge, Class1IsLocalhostToldToASiblingContainer) {
  EXPECT_THAT(
      classes(cluster(kafka("kafka", 9092), address("localhost", 9092, Reply::kRefused), true)),
      ElementsAre(1));
  // Something else may listen at the client's own port.
  Findings other = cluster(kafka("kafka", 9092), kafka("localhost", 9092), true);
  other.nodes[0].cluster_id = "another";
  EXPECT_THAT(classes(other), ElementsAre(1));
}

TEST(Judge, Class2IsAContainersNameOrAddressToldToTheHost) {
  EXPECT_THAT(classes(cluster(kafka("localhost", 9092), unresolved("kafka", 9092))),
              ElementsAre(2));
  EXPECT_THAT(
      classes(cluster(kafka("localhost", 9092), address("172.18.0.5", 9092, Reply::kUnreachable))),
      ElementsAre(2));
}

TEST(Judge, Class3IsAListenerForAnotherNetwork) {
  EXPECT_THAT(
      classes(cluster(kafka("kafka", 29092), address("kafka", 9092, Reply::kRefused), true)),
      ElementsAre(3));
}

TEST(Judge, Class4IsAPublishedPortThatDiffers) {
  const Findings findings =
      cluster(kafka("localhost", 29092), address("localhost", 9092, Reply::kRefused));
  EXPECT_THAT(classes(findings), ElementsAre(4));
  EXPECT_THAT(judge(findings)[0].fix, HasSubstr("localhost:29092"));
}

TEST(Judge, Class5IsAConnectionThatIsClosedAtOnce) {
  Findings findings;
  findings.bootstrap = address("localhost", 9092, Reply::kClosed);
  EXPECT_THAT(classes(findings), ElementsAre(5));
}

TEST(Judge, Class6IsAnAddressThatIsNone) {
  EXPECT_THAT(classes(cluster(kafka("localhost", 9092), address("0.0.0.0", 9092, Reply::kRefused))),
              ElementsAre(6));
  EXPECT_THAT(classes(cluster(kafka("localhost", 9092), unresolved("", 9092))), ElementsAre(6));
}

TEST(Judge, Class7IsATopicWithoutALeader) {
  Findings findings = cluster(kafka("kafka", 9092), kafka("kafka", 9092), true);
  findings.steps = {{"create", "", ""},
                    {"produce", "there is no leader", "LEADER_NOT_AVAILABLE"},
                    {"delete", "", ""}};
  EXPECT_THAT(classes(findings), ElementsAre(7));
}

TEST(Judge, Class8IsNobodyThere) {
  Findings findings;
  findings.bootstrap = address("localhost", 9092, Reply::kRefused);
  EXPECT_THAT(classes(findings), ElementsAre(8));
}

TEST(Judge, Class9IsANameOfTwoFamiliesOfWhichOneDoesNotAnswer) {
  AddressFinding both = kafka("localhost", 9092);
  both.attempts.insert(both.attempts.begin(), {"::1", Reply::kRefused, ""});
  const auto verdicts = judge(cluster(both, both));
  ASSERT_EQ(verdicts.size(), 1);
  EXPECT_EQ(verdicts[0].number(), 9);
  EXPECT_FALSE(verdicts[0].fatal);
}

TEST(Judge, Class10IsANameOfKubernetes) {
  EXPECT_THAT(classes(cluster(kafka("localhost", 9092),
                              unresolved("kafka-0.kafka.default.svc.cluster.local", 9092))),
              ElementsAre(10));
}

TEST(Judge, Class11IsLocalhostToldToAnotherMachine) {
  EXPECT_THAT(
      classes(cluster(kafka("build-server", 9092), address("localhost", 9092, Reply::kRefused))),
      ElementsAre(11));
  EXPECT_THAT(classes(cluster(kafka("host.docker.internal", 9092),
                              address("localhost", 9092, Reply::kRefused), true)),
              ElementsAre(11));
}

TEST(Judge, Class12IsAnAddressOfSeveralBrokersOrOfAStranger) {
  Findings shared = cluster(kafka("localhost", 9092), kafka("localhost", 9092));
  shared.nodes.push_back(shared.nodes[0]);
  shared.nodes[1].id = 2;
  shared.nodes[1].is_itself = false;
  EXPECT_THAT(classes(shared), ElementsAre(12, 12));
  Findings stranger = cluster(kafka("kafka", 9092), kafka("kafka-2", 9092));
  stranger.nodes[0].cluster_id = "another";
  EXPECT_THAT(classes(stranger), ElementsAre(12));
}

TEST(Judge, Class13IsAnotherProtocol) {
  for (const Reply reply : {Reply::kTls, Reply::kHttp, Reply::kOther, Reply::kSilence}) {
    Findings findings;
    findings.bootstrap = address("kafka", 8080, reply);
    EXPECT_THAT(classes(findings), ElementsAre(13));
  }
  Findings sasl;
  sasl.bootstrap = kafka("kafka", 9094);
  sasl.closed_on_metadata = true;
  sasl.metadata_error = "closed";
  EXPECT_THAT(classes(sasl), ElementsAre(13));
}

TEST(Judge, PutsWhatIsFatalFirst) {
  AddressFinding both = kafka("localhost", 9092);
  both.attempts.insert(both.attempts.begin(), {"::1", Reply::kRefused, ""});
  EXPECT_THAT(classes(cluster(both, unresolved("kafka", 9092))), ElementsAre(2, 9));
}

TEST(Judge, NotesClocksThatDiffer) {
  Findings findings = cluster(kafka("kafka", 9092), kafka("kafka", 9092));
  findings.clock_skew_ms = -120'000;
  const auto verdicts = judge(findings);
  ASSERT_EQ(verdicts.size(), 1);
  EXPECT_THAT(verdicts[0].what, HasSubstr("120 s behind"));
  EXPECT_FALSE(verdicts[0].fatal);
}

TEST(ComposeSnippet, AdvertisesWhatWasDialledFromOutside) {
  const std::string text =
      compose_snippet(cluster(kafka("build-server", 19092), unresolved("kafka", 9092)));
  EXPECT_THAT(text, HasSubstr("ports: [\"19092:9092\"]"));
  EXPECT_THAT(text, HasSubstr("INTERNAL://kafka:29092,EXTERNAL://build-server:19092"));
}

TEST(ComposeSnippet, NamesTheServiceAsItWasDialledFromAContainer) {
  const std::string text = compose_snippet(
      cluster(kafka("broker", 9092), address("localhost", 9092, Reply::kRefused), true));
  EXPECT_THAT(text, HasSubstr("INTERNAL://broker:29092,EXTERNAL://localhost:9092"));
}

TEST(ComposeSnippet, IsThatOfAHostForWhoCameByLocalhostWhereverItRuns) {
  const std::string text =
      compose_snippet(cluster(kafka("localhost", 19092), unresolved("kafka", 9092), true));
  EXPECT_THAT(text, HasSubstr("INTERNAL://kafka:29092,EXTERNAL://localhost:19092"));
}

TEST(Sniff, TellsProtocolsApartByTheirFirstBytes) {
  EXPECT_EQ(sniff(std::string_view("\0\0\1\0\0\0\0\1\0\0\0\0", 12)), Reply::kKafka);
  EXPECT_EQ(sniff("HTTP/1.1 400 Bad Request"), Reply::kHttp);
  EXPECT_EQ(sniff(std::string_view("\x15\x03\x03\x00\x02\x02\x50", 7)), Reply::kTls);
  EXPECT_EQ(sniff("SSH-2.0-OpenSSH_9.2"), Reply::kOther);
  EXPECT_EQ(sniff("220 mail"), Reply::kOther);
}

TEST(Private, KnowsTheNetworksOfContainers) {
  EXPECT_TRUE(is_private("172.18.0.5"));
  EXPECT_TRUE(is_private("10.0.0.1"));
  EXPECT_TRUE(is_private("fd00::5"));
  EXPECT_FALSE(is_private("172.15.0.1"));
  EXPECT_FALSE(is_private("8.8.8.8"));
  EXPECT_FALSE(is_private("fcbroker"));
}

}  // namespace
}  // namespace cli::doctor
