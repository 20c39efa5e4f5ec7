// JavaClient BOOTSTRAP TOPIC SECONDS: sends three records, reads them in a group, and says how that went in one line.
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class JavaClient {
    static String roundTrip(String bootstrap, String topic, int seconds) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        config.put("group.id", topic);
        config.put("auto.offset.reset", "earliest");
        config.put("max.block.ms", seconds * 1000);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < 3; ++i) {
                producer.send(new ProducerRecord<>(topic, String.valueOf(i))).get(seconds, TimeUnit.SECONDS);
            }
        }
        List<String> read = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            while (read.size() < 3 && System.nanoTime() < deadline) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) read.add(record.value());
            }
        }
        return read.equals(List.of("0", "1", "2")) ? "ok" : "read " + read;
    }

    public static void main(String[] arguments) {
        String outcome;
        try {
            outcome = roundTrip(arguments[0], arguments[1], Integer.parseInt(arguments[2]));
        } catch (Exception error) {
            outcome = String.valueOf(error);
        }
        System.out.println(outcome);
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }
}
