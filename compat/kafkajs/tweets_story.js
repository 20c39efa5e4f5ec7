// The tweets story's roles for kafkajs; compat/lib/tweets.py tells the command line and the files.
'use strict'
const fs = require('fs')
const { CompressionTypes, Kafka, Partitioners, logLevel } = require('kafkajs')

const BATCH = 50
const sleep = milliseconds => new Promise(done => setTimeout(done, milliseconds))

function client(bootstrap) {
  const retry = { initialRetryTime: 100, maxRetryTime: 1000, retries: 100 }
  return new Kafka({ clientId: 'tweets', brokers: [bootstrap], logLevel: logLevel.ERROR, retry })
}

async function create(bootstrap, topic, partitions) {
  const admin = client(bootstrap).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: Number(partitions), replicationFactor: 1 }] })
  await admin.disconnect()
}

async function produce(bootstrap, topic, codec, tweets, first, count, rate, ackedPath) {
  const compression = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP }[codec]
  const producer = client(bootstrap).producer({ maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const lines = fs.readFileSync(tweets, 'utf8').split('\n').slice(Number(first), Number(first) + Number(count))
  const acked = fs.openSync(ackedPath, 'a')
  const start = Date.now()
  for (let at = 0; at < lines.length; at += BATCH) {
    await sleep(Math.max(0, start + at / Number(rate) * 1000 - Date.now()))
    const messages = lines.slice(at, at + BATCH).map(line => {
      const [key, value] = line.split('\t')
      return { key, value }
    })
    // It tells where each partition's part of them begins, but not which message went to which.
    await producer.send({ topic, acks: -1, compression, messages })
    fs.writeSync(acked, messages.map((_, i) => `${Number(first) + at + i}\t-1\t-1\n`).join(''))
  }
  await producer.disconnect()
}

async function consume(bootstrap, topic, groupId, recordPath, stop) {
  const record = fs.openSync(recordPath, 'a')
  const consumer = client(bootstrap).consumer({
    groupId, sessionTimeout: 30000, rebalanceTimeout: 10000, heartbeatInterval: 500, maxWaitTimeInMs: 200
  })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
    fs.writeSync(record, `assigned\t${(payload.memberAssignment[topic] || []).join(',')}\n`))
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    fs.writeSync(record, `note\t${String(payload.error).replace(/\s+/g, ' ')}\n`)
    if (!payload.restart) process.exit(1)
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch, isRunning, isStale, resolveOffset, heartbeat }) => {
      if (!isRunning() || isStale() || batch.messages.length === 0) return
      for (const message of batch.messages) {
        fs.writeSync(record, `record\t${batch.partition}\t${message.offset}\t${message.key}\t${message.value}\n`)
        resolveOffset(message.offset)
      }
      const offset = String(BigInt(batch.lastOffset()) + 1n)
      await consumer.commitOffsets([{ topic, partition: batch.partition, offset }])
      fs.writeSync(record, 'committed\n')
      await heartbeat()
    }
  })
  while (!fs.existsSync(stop)) await sleep(100)
  await consumer.disconnect()
}

const roles = { create, produce, consume }
const [role, ...rest] = process.argv.slice(2)
roles[role](...rest).then(() => process.exit(0), error => {
  console.error(error)
  process.exit(1)
})
