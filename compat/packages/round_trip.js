// What the npm package promises, with kafkajs.
'use strict'
const { startBroker } = require('odradek')
const { Kafka, logLevel } = require('kafkajs')

async function main () {
  const broker = await startBroker({ topics: 'fixture:3:1' })
  const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.ERROR })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'fixture', messages: [{ value: 'of node' }] })
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: 'g' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'fixture', fromBeginning: true })
  const value = await new Promise(resolve => consumer.run({ eachMessage: async ({ message }) => resolve(message.value.toString()) }))
  await consumer.disconnect()
  await broker.stop()
  if (value !== 'of node') throw new Error('read ' + value)
  await startBroker({ settings: { 'num.partitions': 'many' } }).then(
    () => { throw new Error('started with a wrong setting') },
    error => { if (!error.message.includes('num.partitions')) throw error })
  console.log('Node.js: a round trip, and a failure that tells why')
}

main().catch(error => { console.error(error); process.exit(1) })
