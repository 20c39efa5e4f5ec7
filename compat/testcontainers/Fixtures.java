// Each Kafka fixture of Testcontainers for Java, started with our image; a round trip through what it says is the address.
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.kafka.ConfluentKafkaContainer;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

public class Fixtures {
    interface Started {
        String bootstrap();
    }

    static final DockerImageName IMAGE = DockerImageName.parse("localhost/odradek:8.0.0");
    static int passed;
    static int failed;

    static void roundTrip(String bootstrap) throws Exception {
        var producing = Map.<String, Object>of("bootstrap.servers", bootstrap, "enable.idempotence", true);
        try (var producer = new KafkaProducer<>(producing, new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>("fixture", "of testcontainers")).get();
        }
        var consuming = Map.<String, Object>of("bootstrap.servers", bootstrap, "group.id", "fixture", "auto.offset.reset", "earliest");
        try (var consumer = new KafkaConsumer<>(consuming, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of("fixture"));
            for (int tries = 0; tries < 40; tries++) {
                for (var record : consumer.poll(Duration.ofMillis(500))) {
                    if (record.value().equals("of testcontainers")) return;
                }
            }
        }
        throw new IllegalStateException("nothing was read");
    }

    static void check(String name, GenericContainer<?> container, Started started) {
        long start = System.nanoTime();
        try (container) {
            container.start();
            double seconds = (System.nanoTime() - start) / 1e9;
            roundTrip(started.bootstrap());
            System.out.printf("Java   %-28s passed, ready after %.1f s%n", name, seconds);
            passed++;
        } catch (Exception | Error error) {
            System.out.printf("Java   %-28s FAILED%n", name);
            error.printStackTrace(System.out);
            failed++;
        }
    }

    @SuppressWarnings("deprecation")
    public static void main(String[] arguments) {
        var apache = new KafkaContainer(IMAGE.asCompatibleSubstituteFor("apache/kafka"));
        check("KafkaContainer", apache, apache::getBootstrapServers);
        var confluent = new ConfluentKafkaContainer(IMAGE.asCompatibleSubstituteFor("confluentinc/cp-kafka"));
        check("ConfluentKafkaContainer", confluent, confluent::getBootstrapServers);
        var old = new org.testcontainers.containers.KafkaContainer(IMAGE.asCompatibleSubstituteFor("confluentinc/cp-kafka"));
        check("containers.KafkaContainer", old, old::getBootstrapServers);
        var kraft = new org.testcontainers.containers.KafkaContainer(IMAGE.asCompatibleSubstituteFor("confluentinc/cp-kafka")).withKraft();
        check("containers, with KRaft", kraft, kraft::getBootstrapServers);
        System.out.printf("%d passed, %d failed%n", passed, failed);
        System.exit(failed == 0 ? 0 : 1);
    }
}
