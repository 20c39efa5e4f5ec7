import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.serialization.*;

/** The life of transactional producers: a line for each thing that a user would notice; what the driver is to do is asked for by lines
    like KILL.  Numbers like A10 are those of docs/anomalies.md. */
public class Transactions {
  static String bootstrap, name, topic;
  static Admin admin;

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    name = args[1];
    topic = name + "-topic";
    admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    create(topic, 2);
    commitAndAbort();
    fencing();
    timeout();
    offsets();
    kill("before the end", true);
    kill("after the end", false);
    tell("committed", read(topic, 2, "read_committed"));
    tell("all", read(topic, 2, "read_uncommitted"));
    consumeTransformProduce();
    forgottenProducers();
    System.exit(0);
  }

  static void create(String topic, int partitions) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
  }

  static void tell(String what, Object answer) {
    System.out.println(what + ": " + answer);
    System.out.flush();
  }

  /** Asks the driver for something, and waits until it is done. */
  static void ask(String what) throws Exception {
    System.out.println(what);
    System.out.flush();
    System.in.read();
  }

  /** What happens, or the exception that it ends with. */
  interface Step { void run() throws Exception; }

  static void attempt(String what, Step step) {
    try {
      step.run();
      tell(what, "done");
    } catch (Exception e) {
      boolean wrapped = e instanceof ExecutionException || e.getClass() == KafkaException.class && e.getCause() != null;
      Throwable cause = wrapped ? e.getCause() : e;
      tell(what, cause.getClass().getSimpleName());
    }
  }

  static KafkaProducer<String, String> producer(String id, int timeoutMs) {
    return producer(Map.of("transactional.id", name + "-" + id, "transaction.timeout.ms", timeoutMs));
  }

  static KafkaProducer<String, String> producer(Map<String, ?> settings) {
    Properties properties = new Properties();
    properties.putAll(settings);
    properties.put("bootstrap.servers", bootstrap);
    properties.put("linger.ms", 0);
    return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
  }

  static void send(KafkaProducer<String, String> producer, String value) {
    for (int partition = 0; partition < 2; partition++) {
      producer.send(new ProducerRecord<>(topic, partition, null, value + partition));
    }
  }

  static void commitAndAbort() {
    try (KafkaProducer<String, String> producer = producer("plain", 60000)) {
      producer.initTransactions();
      for (int i = 0; i < 6; i++) {
        producer.beginTransaction();
        send(producer, (i % 2 == 0 ? "committed-" : "aborted-") + i + "-");
        if (i % 2 == 0) producer.commitTransaction(); else { producer.flush(); producer.abortTransaction(); }
      }
      attempt("empty transactions", () -> {
        producer.beginTransaction();
        producer.commitTransaction();
        producer.beginTransaction();
        producer.abortTransaction();
      });
    }
  }

  static void fencing() {
    KafkaProducer<String, String> first = producer("fenced", 60000);
    first.initTransactions();
    first.beginTransaction();
    send(first, "fenced-");
    first.flush();
    KafkaProducer<String, String> second = producer("fenced", 60000);
    attempt("second init", second::initTransactions);
    attempt("first commits", first::commitTransaction);
    attempt("first sends again", () -> first.beginTransaction());
    attempt("second", () -> {
      second.beginTransaction();
      send(second, "committed-second-");
      second.commitTransaction();
    });
    first.close(Duration.ZERO);
    second.close();
  }

  static void timeout() throws Exception {
    KafkaProducer<String, String> late = producer("late", 1000);
    late.initTransactions();
    late.beginTransaction();
    send(late, "late-");
    late.flush();
    Thread.sleep(3000);
    attempt("late commit", late::commitTransaction);
    late.close(Duration.ZERO);
    try (KafkaProducer<String, String> next = producer("late", 1000)) {
      attempt("next of the late", () -> {
        next.initTransactions();
        next.beginTransaction();
        send(next, "committed-after-late-");
        next.commitTransaction();
      });
    }
  }

  static void offsets() throws Exception {
    try (KafkaProducer<String, String> producer = producer("offsets", 60000);
         KafkaConsumer<String, String> consumer = consumer("read_committed", name + "-group")) {
      producer.initTransactions();
      consumer.subscribe(List.of(topic));
      while (consumer.assignment().isEmpty()) consumer.poll(Duration.ofMillis(100));
      TopicPartition partition = new TopicPartition(topic, 0);
      producer.beginTransaction();
      producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(3)), consumer.groupMetadata());
      producer.abortTransaction();
      tell("offset after an abort", consumer.committed(Set.of(partition)).get(partition));
      producer.beginTransaction();
      producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(4)), consumer.groupMetadata());
      send(producer, "committed-with-offsets-");
      producer.commitTransaction();
      tell("offset after a commit", consumer.committed(Set.of(partition)).get(partition).offset());
    }
  }

  static void kill(String when, boolean before) throws Exception {
    try (KafkaProducer<String, String> producer = producer("killed", 60000)) {
      producer.initTransactions();
      producer.beginTransaction();
      send(producer, "committed-killed-" + (before ? "before-" : "after-"));
      producer.flush();
      if (!before) {
        producer.commitTransaction();
        Thread.sleep(1000); // its markers are written
      }
      ask("KILL");
      attempt("killed " + when, () -> {
        if (!before) producer.beginTransaction();
        if (!before) send(producer, "committed-killed-next-");
        producer.commitTransaction();
      });
    }
  }

  /** A10 (KAFKA-17582): an abort leaves the group's offset where it was, and the consumer's position where it is.  Who goes on from
      there skips the records of the abort; who seeks back, and whoever has the partition next, reads them again. */
  static void consumeTransformProduce() throws Exception {
    String input = name + "-input", output = name + "-output";
    create(input, 1);
    create(output, 1);
    try (KafkaProducer<String, String> source = producer(Map.of("enable.idempotence", true));
         KafkaProducer<String, String> producer = producer("transform", 60000)) {
      write(source, input, "0", "1", "2", "3", "4", "5");
      producer.initTransactions();
      for (String outcome : List.of("goes-on", "seeks", "another")) {
        String group = name + "-" + outcome;
        TopicPartition partition = new TopicPartition(input, 0);
        KafkaConsumer<String, String> consumer = consumer("read_committed", group);
        consumer.subscribe(List.of(input));
        transform(consumer, 1, producer, output, outcome, true);
        transform(consumer, 3, producer, output, outcome, false);
        long committed = consumer.committed(Set.of(partition)).get(partition).offset();
        tell("A10 " + outcome + " after an abort", "position " + consumer.position(partition) + ", committed " + committed);
        if (outcome.equals("seeks")) consumer.seek(partition, committed);
        if (outcome.equals("another")) {
          consumer.close();
          consumer = consumer("read_committed", group);
          consumer.subscribe(List.of(input));
        }
        transform(consumer, 5, producer, output, outcome, true);
        consumer.close();
      }
    }
    tell("A10 committed", read(output, 1, "read_committed"));
    tell("A10 all", read(output, 1, "read_uncommitted"));
  }

  /** Reads up to this offset and writes what it read in a transaction. */
  static void transform(KafkaConsumer<String, String> consumer, long last, KafkaProducer<String, String> producer, String output,
                        String prefix, boolean commit) throws Exception {
    producer.beginTransaction();
    TopicPartition partition = null;
    for (long at = -1; at < last; ) {
      for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
        write(producer, output, prefix + "-" + record.value());
        at = record.offset();
        partition = new TopicPartition(record.topic(), record.partition());
      }
    }
    producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(last + 1)), consumer.groupMetadata());
    if (commit) producer.commitTransaction(); else producer.abortTransaction();
  }

  /** A24 (Redpanda 22687): the broker forgets producers that live on.  Of those it does not know it takes any sequence, and they go on. */
  static void forgottenProducers() throws Exception {
    String topic = name + "-forgotten";
    create(topic, 1);
    KafkaProducer<String, String> idempotent = producer(Map.of("enable.idempotence", true));
    write(idempotent, topic, "i0", "i1", "i2");
    KafkaProducer<String, String> one = producer("forgotten-one", 60000), other = producer("forgotten-other", 60000);
    one.initTransactions();
    other.initTransactions();
    transaction(one, true, topic, "c0", "c1");
    ask("PRODUCERS " + topic);
    other.beginTransaction();
    write(other, topic, "a0", "a1");
    ask("FORGET " + topic + " 1");
    attempt("A24 forgotten, idempotent", () -> write(idempotent, topic, "i3", "i4"));
    attempt("A24 not forgotten in its transaction", () -> { write(other, topic, "a2"); other.abortTransaction(); });
    ask("PRODUCERS " + topic);
    attempt("A24 forgotten, commit", () -> transaction(one, true, topic, "c2"));
    ask("PRODUCERS " + topic);
    ask("FORGET " + topic + " 0");
    attempt("A24 forgotten again, idempotent", () -> write(idempotent, topic, "i5"));
    attempt("A24 forgotten again, abort", () -> transaction(one, false, topic, "a3"));
    ask("PRODUCERS " + topic);
    attempt("A24 forgotten after an abort, commit", () -> transaction(other, true, topic, "c3"));
    ask("PRODUCERS " + topic);
    tell("A24 committed", read(topic, 1, "read_committed"));
    tell("A24 all", read(topic, 1, "read_uncommitted"));
    admin.deleteRecords(Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(-1))).all().get();
    ask("PRODUCERS " + topic);
    goOn("A24 records deleted", topic, idempotent, one);
    admin.deleteTopics(List.of(topic)).all().get();
    create(topic, 1);
    goOn("A24 topic made anew", topic, idempotent, one);
    for (KafkaProducer<String, String> producer : List.of(idempotent, one, other)) producer.close(Duration.ZERO);
  }

  static void goOn(String when, String topic, KafkaProducer<String, String> idempotent, KafkaProducer<String, String> transactional)
      throws Exception {
    attempt(when + ", idempotent", () -> write(idempotent, topic, "i"));
    attempt(when + ", abort", () -> transaction(transactional, false, topic, "a"));
    attempt(when + ", commit", () -> transaction(transactional, true, topic, "c"));
    ask("PRODUCERS " + topic);
    tell(when + ", committed", read(topic, 1, "read_committed"));
  }

  static void transaction(KafkaProducer<String, String> producer, boolean commit, String topic, String... values) throws Exception {
    producer.beginTransaction();
    write(producer, topic, values);
    if (commit) producer.commitTransaction(); else producer.abortTransaction();
  }

  /** A batch each. */
  static void write(KafkaProducer<String, String> producer, String topic, String... values) throws Exception {
    for (String value : values) producer.send(new ProducerRecord<>(topic, 0, null, value)).get();
  }

  static KafkaConsumer<String, String> consumer(String isolation, String group) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrap);
    properties.put("isolation.level", isolation);
    properties.put("auto.offset.reset", "earliest");
    properties.put("enable.auto.commit", "false");
    properties.put("max.poll.records", 2);
    if (group != null) properties.put("group.id", group);
    return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
  }

  /** Everything that a reader of this isolation gets, up to its end of the log: its offsets tell of the markers. */
  static String read(String topic, int partitions, String isolation) {
    List<String> values = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer = consumer(isolation, null)) {
      for (int index = 0; index < partitions; index++) {
        TopicPartition partition = new TopicPartition(topic, index);
        consumer.assign(List.of(partition));
        long end = consumer.endOffsets(List.of(partition)).get(partition);
        while (consumer.position(partition) < end) {
          for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
            values.add(record.offset() + ":" + record.value());
          }
        }
      }
    }
    return String.join(" ", values);
  }
}
