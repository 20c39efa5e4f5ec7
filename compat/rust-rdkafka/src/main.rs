//! The tweets story's roles for Rust's rdkafka; compat/lib/tweets.py tells the arguments and what is in the files.
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::config::{ClientConfig, FromClientConfig};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};

type Outcome = Result<(), Box<dyn Error>>;

fn appending(path: &str) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn config(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("reconnect.backoff.max.ms", "1000");
    config
}

fn create(bootstrap: &str, topic: &str, partitions: i32) -> Outcome {
    let admin: AdminClient<DefaultClientContext> = AdminClient::from_config(&config(bootstrap))?;
    let topics = [NewTopic::new(topic, partitions, TopicReplication::Fixed(1))];
    // The client's futures want an executor; this one need not be woken.
    for result in wait(admin.create_topics(&topics, &AdminOptions::new()))? {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => return Err(format!("{name}: {code}").into()),
        }
    }
    Ok(())
}

/// Polls a future until it is ready.
fn wait<F: std::future::Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(noop_waker());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn noop_waker() -> &'static std::task::Waker {
    struct Nobody;
    impl std::task::Wake for Nobody {
        fn wake(self: std::sync::Arc<Self>) {}
    }
    static WAKER: std::sync::OnceLock<std::task::Waker> = std::sync::OnceLock::new();
    WAKER.get_or_init(|| std::sync::Arc::new(Nobody).into())
}

/// What was acknowledged, and what was not.
struct Acked {
    file: Mutex<File>,
    count: Mutex<usize>,
}

impl ClientContext for Acked {}

impl ProducerContext for Acked {
    type DeliveryOpaque = Box<usize>;

    fn delivery(&self, result: &DeliveryResult<'_>, index: Box<usize>) {
        match result {
            Ok(message) => {
                let mut file = self.file.lock().unwrap();
                writeln!(file, "{}\t{}\t{}", index, message.partition(), message.offset()).unwrap();
                *self.count.lock().unwrap() += 1;
            }
            Err((error, _)) => eprintln!("tweet {index}: {error}"),
        }
    }
}

fn produce(bootstrap: &str, topic: &str, codec: &str, rest: &[String]) -> Outcome {
    let (tweets, first, count, rate, acked) = match rest {
        [tweets, first, count, rate, acked] => {
            (tweets, first.parse::<usize>()?, count.parse::<usize>()?, rate.parse::<f64>()?, acked)
        }
        _ => return Err("produce: five files and numbers are wanted".into()),
    };
    let context = Acked { file: Mutex::new(appending(acked)?), count: Mutex::new(0) };
    let mut config = config(bootstrap);
    config.set("enable.idempotence", "true").set("compression.type", codec).set("linger.ms", "5");
    let producer: ThreadedProducer<Acked> = config.create_with_context(context)?;
    let start = Instant::now();
    for (index, line) in BufReader::new(File::open(tweets)?).lines().enumerate().skip(first).take(count) {
        let line = line?;
        let due = Duration::from_secs_f64((index - first) as f64 / rate);
        if index % 50 == 0 {
            std::thread::sleep(due.saturating_sub(start.elapsed()));
        }
        let (key, value) = line.split_once('\t').ok_or("a line without a tab")?;
        let mut record = BaseRecord::with_opaque_to(topic, Box::new(index)).key(key).payload(value);
        loop {
            match producer.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), unsent)) => {
                    record = unsent;
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
    }
    producer.flush(Duration::from_secs(300))?;
    let done = *producer.context().count.lock().unwrap();
    if done == count { Ok(()) } else { Err(format!("{done} of {count} acknowledged").into()) }
}

/// What a consumer lives through.
struct Record {
    file: Mutex<File>,
}

impl Record {
    fn line(&self, fields: &[&[u8]]) {
        let mut line = fields.join(&b'\t');
        line.push(b'\n');
        self.file.lock().unwrap().write_all(&line).unwrap();
    }

    fn note(&self, what: impl std::fmt::Display) {
        self.line(&[b"note", what.to_string().replace(['\n', '\t'], " ").as_bytes()]);
    }
}

impl ClientContext for Record {}

impl ConsumerContext for Record {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(assigned) => {
                let mut partitions: Vec<i32> = assigned.elements().iter().map(|e| e.partition()).collect();
                partitions.sort();
                let names: Vec<String> = partitions.iter().map(i32::to_string).collect();
                self.line(&[b"assigned", names.join(",").as_bytes()]);
            }
            Rebalance::Revoke(_) => self.line(&[b"assigned", b""]),
            Rebalance::Error(error) => self.note(error),
        }
    }
}

fn consume(bootstrap: &str, topic: &str, group: &str, record: &str, stop: &str) -> Outcome {
    let mut config = config(bootstrap);
    config
        .set("group.id", group)
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .set("session.timeout.ms", "30000")
        .set("heartbeat.interval.ms", "500")
        .set("fetch.wait.max.ms", "200");
    let context = Record { file: Mutex::new(appending(record)?) };
    let consumer: BaseConsumer<Record> = config.create_with_context(context)?;
    consumer.subscribe(&[topic])?;
    let mut uncommitted = 0;
    let mut commit = |read: usize, at_least: usize| {
        uncommitted += read;
        if uncommitted == 0 || uncommitted < at_least {
            return;
        }
        uncommitted = 0;
        match consumer.commit_consumer_state(CommitMode::Sync) {
            Ok(()) => consumer.context().line(&[b"committed"]),
            Err(error) => consumer.context().note(error),
        }
    };
    while !Path::new(stop).exists() {
        match consumer.poll(Duration::from_millis(200)) {
            Some(Ok(message)) => {
                let place = [message.partition().to_string(), message.offset().to_string()];
                let (key, value) = (message.key().unwrap_or(b""), message.payload().unwrap_or(b""));
                consumer.context().line(&[b"record", place[0].as_bytes(), place[1].as_bytes(), key, value]);
                commit(1, 200);
            }
            Some(Err(error)) => consumer.context().note(error),
            None => commit(0, 0),
        }
    }
    commit(0, 0);
    Ok(())
}

fn run(arguments: &[String]) -> Outcome {
    match arguments {
        [role, bootstrap, topic, partitions] if role == "create" => create(bootstrap, topic, partitions.parse()?),
        [role, bootstrap, topic, codec, rest @ ..] if role == "produce" => produce(bootstrap, topic, codec, rest),
        [role, bootstrap, topic, group, record, stop] if role == "consume" => consume(bootstrap, topic, group, record, stop),
        _ => Err("a role and its arguments are wanted".into()),
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Err(error) = run(&arguments) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
