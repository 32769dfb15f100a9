// The jobs, once for all peers: `node jobs.mjs PEER JOB [DOCUMENTS]`, where PEER is a file beside this one.
// Each figure is printed as one JSON line. The jobs are those of benches/src: change them together.
import { connections, figure, left, percentile, resident, server, sleep, still } from "./measure.mjs"

const [, , name, job, count] = process.argv
const peer = await import(`./${name}.mjs`)
const documents = Number(count ?? 1000)
const edits = Number(process.env.EDITS ?? 1000)
const seconds = Number(process.env.SECONDS ?? 20)
const folder = process.env.FOLDER
const report = (what, value) => figure(peer.title, job, what, value)

const jobs = {
  // One writes 100 times a second, one reads; both are connected to the peer's server.
  async j1() {
    const host = await server(peer.serving(folder))
    const writer = await peer.client(host.port)
    const written = await writer.make("edits")
    await still()
    const reader = await peer.client(host.port)
    const read = await reader.find(written.id)
    await still()
    const sent = new Map(), took = []
    read.onKeys(keys => { for (const key of keys) if (sent.has(key)) took.push(performance.now() - sent.get(key)) })
    const before = connections()
    const begin = performance.now()
    for (let number = 0; number < edits; number++) {
      await left(begin + number * 10)
      sent.set(`e${number}`, performance.now())
      written.put(`e${number}`, `value ${number}`)
    }
    const end = performance.now() + 120000
    while (took.length < edits && performance.now() < end) await sleep(2)
    await still()
    const bytes = connections() - before
    report("edits seen", took.length)
    report("p50 ms", percentile(took, 0.5))
    report("p99 ms", percentile(took, 0.99))
    report("bytes per edit", bytes / edits)
  },

  // A fresh client takes documents of 20 changes from a server that was started again.
  async j2() {
    const { host, ids } = await filled()
    const reader = await peer.client(host.port)
    const before = connections()
    const begin = performance.now()
    const found = await Promise.all(ids.map(id => reader.find(id)))
    const whole = found.filter(document => document.items() === 19).length
    report("seconds", (performance.now() - begin) / 1000)
    await still()
    report("documents whole", whole)
    report("bytes per document", (connections() - before) / ids.length)
  },

  // The same client loses its connection and comes back, with nothing changed.
  async j3() {
    const { host, ids } = await filled()
    const reader = await peer.client(host.port)
    await Promise.all(ids.map(id => reader.find(id)))
    await still()
    const before = connections()
    const begin = performance.now()
    await reader.reconnect()
    const last = await still(2500)
    report("bytes", connections() - before)
    report("ms", last - begin)
  },

  // Twenty clients type five times a second each in one text.
  async j4() {
    const host = await server(peer.serving(folder))
    const clients = [await peer.client(host.port)]
    const texts = [await clients[0].make("text")]
    await still()
    while (clients.length < 20) {
      const client = await peer.client(host.port)
      clients.push(client)
      texts.push(await client.find(texts[0].id))
    }
    await still()
    const sent = new Map(), took = []
    texts.forEach((text, reader) => text.onInsert(inserted => {
      for (const [word] of inserted.matchAll(/c\d+e\d+;/g)) {
        const edit = sent.get(word)
        if (edit !== undefined && edit.writer !== reader) took.push(performance.now() - edit.at)
      }
    }))
    const begin = performance.now()
    await Promise.all(texts.map(async (text, writer) => {
      for (let number = 0; number < seconds * 5; number++) {
        await left(begin + writer * 10 + number * 200)
        const word = `c${writer}e${number};`
        sent.set(word, { writer, at: performance.now() })
        text.type(word)
      }
    }))
    const typed = performance.now()
    const letters = [...sent.keys()].join("").length
    const same = () => texts.every(text => text.length() === letters)
    while (!same() && performance.now() - typed < 120000) await sleep(10)
    report("converged", same() ? 1 : 0)
    report("ms after the last edit", performance.now() - typed)
    report("p50 ms", percentile(took, 0.5))
    report("p99 ms", percentile(took, 0.99))
    report("edits seen", took.length)
  },

  // How long until a server with documents on its disk answers, and what it then holds in memory.
  async j5() {
    const { host } = await filled()
    await sleep(2000)
    report("start ms", host.started)
    report("idle MiB", resident(host.pid))
  },
}

async function filled() {
  const first = await server(peer.serving(folder))
  const writer = await peer.client(first.port)
  const ids = []
  for (let number = 0; number < documents; number++) {
    const document = await writer.make("items")
    ids.push(document.id)
    document.fill(number)
    if (number % 100 === 99) await still(200)
  }
  await still(2000)
  writer.leave?.()
  if (!peer.keeps) return { host: first, ids }
  await first.stop()
  return { host: await server(peer.serving(folder)), ids }
}

await jobs[job]()
process.exit(0)
