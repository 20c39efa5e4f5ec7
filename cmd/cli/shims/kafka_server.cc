// kafka-server-start, kafka-server-stop, kafka-run-class and zookeeper-server-start: how scripts and test fixtures
// of Kafka's own distribution start a broker.
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/shims/shims.h"
#include "cmd/cli/shims/stand_in_ports.h"
#include "cmd/cli/shims/tool.h"

namespace cli::shims {
namespace {

// The verb with these words behind it.
int run_verb(void (*add)(CLI::App& app, int& exit_code), const char* verb, const Words& words) {
  CLI::App app("", "odradek");
  int exit_code = 0;
  add(app, exit_code);
  std::vector<std::string> reversed(words.rbegin(), words.rend());  // CLI11 takes them from the end
  reversed.emplace_back(verb);
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  return exit_code;
}

// Goes to the background, as `-daemon` of Kafka's script; false in the process that is to go on as itself.
bool leave_to_child() {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child != 0) return child > 0;
  ::setsid();
  return false;
}

constexpr uint16_t kZookeeperPort = 2181;

struct Class {
  std::string_view name;
  std::string_view tool;
};
// The main classes behind Kafka's scripts, old and new.
constexpr Class kJavaClasses[] = {
    {"kafka.Kafka", "kafka-server-start"},
    {"kafka.admin.TopicCommand", "kafka-topics"},
    {"org.apache.kafka.tools.TopicCommand", "kafka-topics"},
    {"kafka.admin.ConfigCommand", "kafka-configs"},
    {"kafka.admin.ConsumerGroupCommand", "kafka-consumer-groups"},
    {"org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "kafka-consumer-groups"},
    {"kafka.tools.ConsoleProducer", "kafka-console-producer"},
    {"org.apache.kafka.tools.ConsoleProducer", "kafka-console-producer"},
    {"kafka.tools.ConsoleConsumer", "kafka-console-consumer"},
    {"org.apache.kafka.tools.consumer.ConsoleConsumer", "kafka-console-consumer"},
    {"kafka.tools.GetOffsetShell", "kafka-get-offsets"},
    {"org.apache.kafka.tools.GetOffsetShell", "kafka-get-offsets"},
    {"kafka.tools.StorageTool", "kafka-storage"},
    {"kafka.tools.DumpLogSegments", "kafka-dump-log"},
    {"org.apache.kafka.tools.DumpLogSegments", "kafka-dump-log"},
    {"org.apache.zookeeper.server.quorum.QuorumPeerMain", "zookeeper-server-start"},
};

}  // namespace

int kafka_server_start(const Words& words) {
  Words serve;
  bool daemon = false;
  bool is_override = false;
  for (const std::string& word : words) {
    if (word == "-daemon" || word == "daemon") {
      daemon = true;
    } else if (word == "--override") {
      is_override = true;
    } else if (is_override) {
      serve.insert(serve.end(), {"--set", word});
      is_override = false;
    } else if (word.starts_with("-")) {
      continue;  // -name, -loggc: Java's
    } else {
      serve.insert(serve.end(), {"-c", word});
    }
  }
  if (serve.empty()) {
    std::fprintf(
        stderr,
        "USAGE: kafka-server-start [-daemon] server.properties [--override property=value]*\n");
    return 1;
  }
  // Kafka's script knows the file alone; images write their variables into it.
  serve.emplace_back("--no-environment");
  if (daemon && leave_to_child()) return 0;
  return run_verb(add_serve, "serve", serve);
}

int kafka_run_class(const Words& words) {
  Words rest = words;
  // What is meant for the JVM.
  while (!rest.empty() && rest.front().starts_with("-")) {
    const bool takes_value = rest.front() == "-name";
    rest.erase(rest.begin(), rest.begin() + (takes_value && rest.size() > 1 ? 2 : 1));
  }
  if (rest.empty()) {
    std::fprintf(stderr, "USAGE: kafka-run-class [-daemon] [-name servicename] classname [opts]\n");
    return 1;
  }
  // Fixtures make a node for the broker in ZooKeeper; there is nothing to make.
  if (rest.front() == "org.apache.zookeeper.ZooKeeperMain") return 0;
  for (const Class& known : kJavaClasses) {
    if (known.name != rest.front()) continue;
    return find_tool(known.tool)->run({rest.begin() + 1, rest.end()});
  }
  std::fprintf(stderr, "Error: Could not find or load main class %s\n", rest.front().c_str());
  return 1;
}

// Scripts wait for the process, its line or its port; it ends when it is told to.
int zookeeper_server_start(const Words& words) {
  uint16_t port = kZookeeperPort;
  bool daemon = false;
  for (const std::string& word : words) {
    if (word == "-daemon" || word == "daemon") daemon = true;
    if (word.starts_with("-") || word == "daemon") continue;
    const auto file = read_property_file(word);
    if (!file.ok()) continue;  // fixtures name files that only their own image has
    const auto told = file->find("clientPort");
    if (told != file->end())
      std::from_chars(told->second.data(), told->second.data() + told->second.size(), port);
  }
  if (daemon && leave_to_child()) return 0;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  StandInPorts ports(zookeeper_answer);
  ports.open({port});
  // In one line: what reads line by line, as kafka-python's fixtures do, may see no second one.
  std::printf("No ZooKeeper is started, but binding to port 0.0.0.0:%d for whoever waits\n", port);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}

}  // namespace cli::shims
