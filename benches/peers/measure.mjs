// What all peers are measured with: bytes of every TCP connection of this process, time, memory, a server to talk to.
import fs from "node:fs"
import net from "node:net"
import { spawn } from "node:child_process"

const open = new Set()
let ended = 0
const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (...given) {
  if (!open.has(this)) {
    open.add(this)
    this.once("close", () => { open.delete(this); ended += this.bytesRead + this.bytesWritten })
  }
  return connect.apply(this, given)
}

/** Bytes carried over all connections this process made, both ways, without the headers of TCP. */
export const connections = () => [...open].reduce((sum, socket) => sum + socket.bytesRead + socket.bytesWritten, ended)
export const sleep = time => new Promise(done => setTimeout(done, time))
/** Waits until a time on this process's clock. */
export const left = async at => { const rest = at - performance.now(); if (rest > 0) await sleep(rest) }
export const figure = (peer, job, what, value) => console.log(JSON.stringify({ peer, job, what, value }))

export function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] : null
}

/** Waits until no byte moved for a while; returns when the last one did. */
export async function still(quiet = 800) {
  let bytes = connections(), last = performance.now()
  while (performance.now() - last < quiet) {
    await sleep(10)
    if (connections() !== bytes) { bytes = connections(); last = performance.now() }
  }
  return last
}

/** Memory of a process, in MiB. */
export const resident = pid => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024

const children = []
process.on("exit", () => children.forEach(child => child.kill("SIGKILL")))

/** Starts a server on a port of its own, and waits until it takes connections. */
export async function server({ script, environment }) {
  const port = await freePort()
  const begin = performance.now()
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, ...environment, PORT: String(port) },
    stdio: ["ignore", "ignore", "inherit"],
  })
  children.push(child)
  while (!await answers(port)) {
    if (child.exitCode !== null) throw new Error(`${script} ended`)
    await sleep(2)
  }
  const stop = async () => { const over = new Promise(done => child.once("exit", done)); child.kill(); await over }
  return { port, pid: child.pid, started: performance.now() - begin, stop }
}

const freePort = () => new Promise((done, failed) => {
  const asked = net.createServer().once("error", failed)
  asked.listen(0, "127.0.0.1", () => { const { port } = asked.address(); asked.close(() => done(port)) })
})

const answers = port => new Promise(done => {
  const tried = net.connect(port, "127.0.0.1", () => { tried.destroy(); done(true) })
  tried.once("error", () => done(false))
})
