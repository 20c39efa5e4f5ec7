// Brokers for tests: in memory, on a free port of loopback.
//
//   const { startBroker } = require('odradek')
//   const broker = await startBroker({ topics: 'tweets:3:1' })
//   new Kafka({ brokers: [broker.bootstrap] })
//   await broker.stop()
'use strict'
const { spawn } = require('child_process')
const path = require('path')
const readline = require('readline')

const program = path.join(__dirname, 'bin', 'odradek')

// settings: broker properties over those of `odradek dev`; topics: created at the start.  Rejects with what the broker said if it
// does not start.
function startBroker ({ settings = {}, topics = '' } = {}) {
  const all = topics ? { ...settings, 'odradek.create.topics': topics } : settings
  const options = Object.entries(all).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  // Loopback only, in a container too.
  const fixed = ['dev', '--memory', '--port', '0', '--set', 'odradek.advertised.rescue=false']
  const child = spawn(program, [...fixed, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise(resolve => child.once('close', resolve))
  // Whoever ends without stop(), by a failed test say, leaves no broker behind.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  ended.then(() => process.removeListener('exit', kill))
  const stop = () => {
    child.kill('SIGTERM')
    return ended
  }
  return new Promise((resolve, reject) => {
    const lines = []
    let bootstrap
    const read = line => {
      lines.push(line)
      if (lines.length > 100) lines.shift()
      const listener = /^Listener PLAINTEXT on (\S+:\d+)/.exec(line)
      if (listener) bootstrap = listener[1]
      if (line.startsWith('Kafka Server started')) resolve({ bootstrap, stop, log: () => lines.join('\n') })
    }
    readline.createInterface({ input: child.stdout }).on('line', read)
    readline.createInterface({ input: child.stderr }).on('line', read)
    child.once('error', reject)
    ended.then(() => reject(new Error('the broker did not start: ' + lines.join('\n'))))
  })
}

module.exports = { startBroker, program }
