import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Before 0.11 whoever asked for a topic created it, with as many partitions as the broker is configured for. */
final class Topics {
    static void create(String bootstrap, String topic, int partitions) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        try (KafkaProducer<String, String> producer =
                 new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
            int made = producer.partitionsFor(topic).size();
            if (made != partitions) throw new IllegalStateException(made + " partitions");
        }
    }
}
