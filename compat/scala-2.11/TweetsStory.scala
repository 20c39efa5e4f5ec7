import java.io.{File, PrintWriter}
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Paths, StandardOpenOption}
import java.util.concurrent.atomic.AtomicInteger
import java.util.{Properties, Collection => JavaCollection}
import org.apache.kafka.clients.consumer.{ConsumerRebalanceListener, KafkaConsumer}
import org.apache.kafka.clients.producer.{Callback, KafkaProducer, ProducerRecord, RecordMetadata}
import org.apache.kafka.common.serialization.{StringDeserializer, StringSerializer}
import org.apache.kafka.common.{KafkaException, TopicPartition}
import scala.collection.JavaConverters._
import scala.io.Source

/** The tweets story's roles as a Scala program of 2017 had them; compat/lib/tweets.py tells the command line and the files. */
object TweetsStory {
  def main(args: Array[String]): Unit = args.toList match {
    case "create" :: bootstrap :: topic :: partitions :: Nil => create(bootstrap, topic, partitions.toInt)
    case "produce" :: bootstrap :: topic :: codec :: tweets :: first :: count :: rate :: acked :: Nil =>
      produce(bootstrap, topic, codec, tweets, first.toInt, count.toInt, rate.toDouble, acked)
    case "consume" :: bootstrap :: topic :: group :: record :: stop :: Nil =>
      consume(bootstrap, topic, group, record, new File(stop))
    case other => sys.error(s"not a role: $other")
  }

  private def properties(entries: (String, String)*): Properties = {
    val all = new Properties
    entries.foreach { case (name, value) => all.setProperty(name, value) }
    all
  }

  private def using[T <: AutoCloseable, R](resource: T)(body: T => R): R = try body(resource) finally resource.close()

  private def writer(path: String) =
    new PrintWriter(Files.newBufferedWriter(Paths.get(path), UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND))

  private def producerOf(config: Properties) = new KafkaProducer[String, String](config, new StringSerializer, new StringSerializer)

  /** There is no admin client yet: asking for a topic creates it, with the broker's number of partitions. */
  private def create(bootstrap: String, topic: String, partitions: Int): Unit =
    using(producerOf(properties("bootstrap.servers" -> bootstrap))) { producer =>
      val made = producer.partitionsFor(topic).size
      if (made != partitions) sys.error(s"$made partitions")
    }

  private def produce(bootstrap: String, topic: String, codec: String, tweets: String, first: Int, count: Int, rate: Double,
      path: String): Unit = {
    val config = properties(
      "bootstrap.servers" -> bootstrap, "acks" -> "all", "retries" -> Int.MaxValue.toString,
      "max.in.flight.requests.per.connection" -> "1", "compression.type" -> codec, "linger.ms" -> "5")
    val acknowledged = new AtomicInteger
    using(writer(path)) { acked =>
      using(producerOf(config)) { producer =>
        val start = System.nanoTime
        for ((line, index) <- Source.fromFile(tweets, "UTF-8").getLines().zipWithIndex.slice(first, first + count)) {
          if (index % 50 == 0) {
            val due = start + ((index - first) / rate * 1e9).toLong
            Thread.sleep(math.max(0L, (due - System.nanoTime) / 1000000))
          }
          val Array(key, value) = line.split("\t", 2)
          producer.send(new ProducerRecord(topic, key, value), new Callback {
            def onCompletion(metadata: RecordMetadata, error: Exception): Unit =
              if (error != null) System.err.println(s"tweet $index: $error")
              else {
                acknowledged.incrementAndGet()
                acked.println(s"$index\t${metadata.partition}\t${metadata.offset}")
                acked.flush()
              }
          })
        }
      }
    }
    if (acknowledged.get != count) sys.error(s"$acknowledged of $count acknowledged")
  }

  private def consume(bootstrap: String, topic: String, group: String, path: String, stop: File): Unit = {
    val config = properties(
      "bootstrap.servers" -> bootstrap, "group.id" -> group, "auto.offset.reset" -> "earliest",
      "enable.auto.commit" -> "false", "session.timeout.ms" -> "30000", "heartbeat.interval.ms" -> "500",
      "max.poll.records" -> "200")
    using(writer(path)) { record =>
      using(new KafkaConsumer[String, String](config, new StringDeserializer, new StringDeserializer)) { consumer =>
        consumer.subscribe(List(topic).asJava, new ConsumerRebalanceListener {
          def onPartitionsRevoked(partitions: JavaCollection[TopicPartition]): Unit = ()
          def onPartitionsAssigned(partitions: JavaCollection[TopicPartition]): Unit = {
            record.println("assigned\t" + partitions.asScala.map(_.partition).mkString(","))
            record.flush()
          }
        })
        while (!stop.exists) {
          val messages = consumer.poll(200L).asScala
          for (message <- messages)
            record.println(s"record\t${message.partition}\t${message.offset}\t${message.key}\t${message.value}")
          record.flush()
          if (messages.nonEmpty) {
            try { consumer.commitSync(); record.println("committed") }
            catch { case e: KafkaException => record.println("note\t" + e.toString.replaceAll("\\s+", " ")) }
            record.flush()
          }
        }
      }
    }
  }
}
