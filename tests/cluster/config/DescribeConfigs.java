// Writes apache_described.tsv: what a broker of Apache Kafka answers to DescribeConfigs, after some configs were set.
// Run by describe_configs.sh; read by tests/cluster/config/describe_configs_test.cc, which sets the same.
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;

public class DescribeConfigs {
    static Admin admin;
    static PrintStream out;

    static void set(ConfigResource.Type type, String name, String key, String value) throws Exception {
        admin.incrementalAlterConfigs(Map.of(new ConfigResource(type, name),
            List.of(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)))).all().get();
    }

    static String text(String value) {
        return value == null ? "(null)" : value;
    }

    static void describe(ConfigResource.Type type, String name) throws Exception {
        ConfigResource resource = new ConfigResource(type, name);
        Config config = admin.describeConfigs(List.of(resource), new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true))
            .all().get().get(resource);
        List<String> lines = new ArrayList<>();
        for (ConfigEntry e : config.entries()) {
            String synonyms = e.synonyms().stream().map(s -> s.name() + "=" + text(s.value()) + "@" + s.source()).collect(Collectors.joining(";"));
            lines.add(String.join("\t", type.toString(), name, e.name(), text(e.value()), e.source().toString(), e.type().toString(),
                e.isReadOnly() ? "read-only" : "", e.isSensitive() ? "sensitive" : "", synonyms));
        }
        lines.sort(null);
        lines.forEach(out::println);
    }

    public static void main(String[] args) throws Exception {
        out = new PrintStream(args[1], StandardCharsets.UTF_8);
        out.println("# Apache Kafka 4.3.1: resource type and name, config, value, source, type, read-only, sensitive, synonyms");
        admin = Admin.create(Map.of("bootstrap.servers", args[0]));
        admin.createTopics(List.of(new NewTopic("tweets", Optional.of(1), Optional.empty())
            .configs(Map.of("retention.ms", "1000", "cleanup.policy", "compact,delete")))).all().get();
        set(ConfigResource.Type.BROKER, "", "log.segment.bytes", "3000000");
        set(ConfigResource.Type.BROKER, "1", "log.segment.bytes", "4000000");
        set(ConfigResource.Type.BROKER, "", "log.flush.interval.ms", "70000");
        set(ConfigResource.Type.BROKER, "1", "background.threads", "5");
        set(ConfigResource.Type.TOPIC, "tweets", "max.message.bytes", "5000");
        set(ConfigResource.Type.GROUP, "readers", "consumer.session.timeout.ms", "46000");
        set(ConfigResource.Type.CLIENT_METRICS, "watch", "interval.ms", "60000");
        Thread.sleep(2000);
        describe(ConfigResource.Type.TOPIC, "tweets");
        describe(ConfigResource.Type.BROKER, "1");
        describe(ConfigResource.Type.BROKER, "");
        describe(ConfigResource.Type.GROUP, "readers");
        describe(ConfigResource.Type.CLIENT_METRICS, "watch");
        out.close();
        System.exit(0);
    }
}
